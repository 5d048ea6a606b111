import { EXPIRY_TEXTS } from '../../../workflows/current-details.js';
import type { OnboardingProgress } from '../../../workflows/messages.js';
import { useMay } from '../context.js';
import { Age, Clock, Left } from './times.js';

/** What the run waits for, since and until when, what a person can do, and what happens when nobody does. */
export function WaitingFacts({
  progress: { waiting, problem },
  parked,
}: {
  progress: OnboardingProgress;
  parked: boolean;
}) {
  const mayOperate = useMay('onboarding:operate');
  if (waiting === undefined) return null;
  return (
    <section class="card" aria-labelledby="facts-waiting">
      <h2 id="facts-waiting">{parked ? 'Parked' : 'What it waits for'}</h2>
      <p class="waiting-for">
        {parked ? 'It waits for ' : ''}
        {waiting.for}
        {parked && !mayOperate ? '. An operator is needed.' : ''}
      </p>
      {waiting.cure !== undefined && waiting.cure !== problem?.advice && <p>{waiting.cure}</p>}
      <dl class="pairs">
        <dt>Since</dt>
        <dd>
          <Clock at={waiting.since} /> (<Age since={waiting.since} after="ago" />)
        </dd>
        <dt>Until</dt>
        <dd>
          <Clock at={waiting.until} /> (<Left until={waiting.until} before="in" over="now" />)
          {waiting.onExpiry !== undefined && `; ${EXPIRY_TEXTS[waiting.onExpiry]}`}
        </dd>
        {waiting.reminder !== undefined && (
          <>
            <dt>Reminder</dt>
            <dd>{waiting.reminder}</dd>
          </>
        )}
      </dl>
    </section>
  );
}
