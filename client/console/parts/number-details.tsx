import type { OnboardingDetail } from '../../api/schemas.js';
import { useNow } from '../context.js';
import { Icon } from './icons.js';
import { Clock } from './times.js';

/** What the run is called and when it ran, who holds the number, what was decided last. */
export function NumberDetails({ detail }: { detail: OnboardingDetail }) {
  const now = useNow();
  const { phoneNumberId, runId, startedAt, endedAt, progress, link } = detail;
  return (
    <section class="card" aria-labelledby="facts-details">
      <h2 id="facts-details">Details</h2>
      <dl class="pairs">
        <dt>Meta’s id</dt>
        <dd>
          <code>{phoneNumberId}</code>
        </dd>
        <dt>Started</dt>
        <dd>
          <Clock at={startedAt} />
        </dd>
        {endedAt !== undefined && (
          <>
            <dt>Ended</dt>
            <dd>
              <Clock at={endedAt} />
            </dd>
          </>
        )}
        {detail.run === 'running' &&
          progress?.claim !== undefined &&
          Date.parse(progress.claim.until) > now && (
            <>
              <dt>Held by</dt>
              <dd>
                {progress.claim.by} until <Clock at={progress.claim.until} />
                {progress.claim.takenFrom !== undefined &&
                  `, taken from ${progress.claim.takenFrom.by}: ${progress.claim.takenFrom.reason}`}
              </dd>
            </>
          )}
        {progress?.decided !== undefined && (
          <>
            <dt>Decided</dt>
            <dd>
              {progress.decided.decision} at <Clock at={progress.decided.at} />
              {progress.decided.by === undefined ? '' : `, by ${progress.decided.by}`}
            </dd>
          </>
        )}
        {progress?.ignored !== undefined && detail.run === 'running' && (
          <>
            <dt>Ignored</dt>
            <dd>
              {progress.ignored.message} at <Clock at={progress.ignored.at} />:{' '}
              {progress.ignored.reason}
            </dd>
          </>
        )}
        <dt>Run</dt>
        <dd>
          <code class="long">{runId}</code>
        </dd>
      </dl>
      {link !== undefined && (
        <p>
          <a class="away" href={link} target="_blank" rel="noreferrer">
            Open in the Temporal UI <Icon name="away" size={16} />
          </a>
        </p>
      )}
    </section>
  );
}
