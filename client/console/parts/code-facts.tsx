import type { OnboardingProgress } from '../../../workflows/messages.js';
import { METHOD_TEXTS } from '../../method-text.js';
import { SUBMISSION_TEXTS } from '../words.js';
import { Clock, Left, LifeRing } from './times.js';

type Code = NonNullable<OnboardingProgress['code']>;

/** The newest code that Meta was asked for; never the code. */
export function CodeFacts({ code, running }: { code: Code; running: boolean }) {
  return (
    <section class="card" aria-labelledby="facts-code">
      <h2 id="facts-code">Code</h2>
      <div class="code-facts">
        {running && <LifeRing from={code.sentAt} until={code.expiresAt} size={40} />}
        <p>
          {code.maybe ? 'May have been sent' : 'Sent'} by {METHOD_TEXTS[code.method]} at{' '}
          <Clock at={code.sentAt} />
          {code.requestedBy === undefined ? '' : `, asked for by ${code.requestedBy}`}
        </p>
      </div>
      <dl class="pairs">
        {running && (
          <>
            <dt>Good for</dt>
            <dd>
              <Left until={code.expiresAt} over="expired" />
            </dd>
            <dt>Next code</dt>
            <dd>
              <Left until={code.nextSendAt} before="in" over="may be asked for now" />
            </dd>
            <dt>Tries left</dt>
            <dd>
              {code.triesLeft} of {code.triesLeft + code.refusedCount}
            </dd>
          </>
        )}
        <dt>Asked for</dt>
        <dd>{code.sentCount === 1 ? 'once' : `${code.sentCount} times`}</dd>
      </dl>
    </section>
  );
}

/** Who submitted codes, and what became of them. */
export function Submissions({ code }: { code: Code | undefined }) {
  const submissions = code?.submissions ?? [];
  if (submissions.length === 0) return null;
  return (
    <section class="card" aria-labelledby="facts-submissions">
      <h2 id="facts-submissions">Submitted codes</h2>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">At</th>
            <th scope="col">By</th>
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        <tbody>
          {submissions.map(({ at, by, verdict }) => (
            <tr key={at}>
              <td>
                <Clock at={at} />
              </td>
              <td>{by ?? 'somebody'}</td>
              <td>
                <span class="badge" data-tone={TONES[verdict]}>
                  {SUBMISSION_TEXTS[verdict]}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const TONES = { verified: 'good', refused: 'bad', unknown: 'wait', notJudged: 'wait' } as const;
