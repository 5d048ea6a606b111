import type { BudgetUse, OnboardingProgress } from '../../../workflows/messages.js';
import type { OnboardingDetail } from '../../api/schemas.js';
import { useNow } from '../context.js';
import { Clock } from './times.js';

/** How the run ended, and where the PIN lies; never the PIN. */
export function EndFacts({ detail: { result, failure } }: { detail: OnboardingDetail }) {
  if (result !== undefined) {
    const { pin, summary, missing, cancelRequested } = result;
    return (
      <section class="card" aria-labelledby="facts-result">
        <h2 id="facts-result">Result</h2>
        <p>{summary}</p>
        {missing.length > 0 && (
          <ul class="plain-list">
            {missing.map((each) => (
              <li key={each}>still missing: {each}</li>
            ))}
          </ul>
        )}
        {cancelRequested && (
          <p>A cancel came after the PIN was set, so the run went on to its end.</p>
        )}
        <dl class="pairs">
          <dt>PIN</dt>
          <dd>
            in {pin.store}: <code class="long">{pin.record}</code>, version{' '}
            <code class="long">{pin.version}</code>;{' '}
            {pin.confirmed ? (
              'accepted by Meta in this run'
            ) : (
              <>
                not checked at Meta in this run
                {pin.since !== undefined && (
                  <>
                    ; current since <Clock at={pin.since} />
                  </>
                )}
              </>
            )}
          </dd>
        </dl>
      </section>
    );
  }
  // A run's own message is its problem and what was not undone in one sentence; those are shown apart.
  if (failure === undefined || failure.details?.problem !== undefined) return null;
  return (
    <section class="card card-bad" aria-labelledby="facts-result">
      <h2 id="facts-result">Result</h2>
      <p>{failure.message}</p>
    </section>
  );
}

/** What a run that could not finish has undone and what it has not. */
export function Undone({ detail: { failure, progress } }: { detail: OnboardingDetail }) {
  const { undone = [], notUndone = [] } = failure?.details ?? progress?.compensation ?? {};
  if (undone.length + notUndone.length === 0) return null;
  return (
    <section class="card" aria-labelledby="facts-undone">
      <h2 id="facts-undone">Undone</h2>
      <ul class="plain-list">
        {undone.map((each) => (
          <li key={each}>{each}</li>
        ))}
        {notUndone.map((each) => (
          <li key={each}>
            <b>Not undone:</b> {each}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** How much of Meta's limits is used, as far as the run has counted. */
export function Requests({ budget }: { budget: OnboardingProgress['budget'] }) {
  return (
    <section class="card" aria-labelledby="facts-requests">
      <h2 id="facts-requests">Requests to Meta</h2>
      <dl class="pairs">
        <Use name="Register" use={budget.register} />
        <Use name="Deregister" use={budget.deregister} />
      </dl>
      <p class="quiet">Meta’s limits in 72 hours, for this number.</p>
    </section>
  );
}

function Use({ name, use: { used, limit, nextAt } }: { name: string; use: BudgetUse }) {
  const now = useNow();
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {used} of {limit}
        {nextAt !== undefined && Date.parse(nextAt) > now && (
          <>
            ; the next is allowed at <Clock at={nextAt} />
          </>
        )}
      </dd>
    </>
  );
}
