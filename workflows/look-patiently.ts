import { noTries, PATIENCE_MS, type Settled, tried, waitBeforeNext } from './attempts.js';
import type { Run } from './run.js';
import { waitFor } from './waits.js';

/**
 * A look that waits out passing trouble, visibly, for up to {@link PATIENCE_MS}. What it gives in the end is the answer, or
 * the problem that does not pass.
 */
export async function lookPatiently<T>(
  run: Run,
  attempt: () => Promise<Settled<T>>,
): Promise<Settled<T>> {
  const { problem } = run;
  for (let tries = noTries(Date.now()); ; ) {
    const looked = await attempt();
    if (looked.ok) {
      run.problem = problem;
      return looked;
    }
    tries = tried(tries, looked.problem);
    const waitMs = waitBeforeNext(looked.problem, tries, Number.POSITIVE_INFINITY, Date.now());
    if (waitMs === undefined) return looked;
    await waitFor(run, 'Meta or the PIN store, to look again', waitMs, looked.problem);
  }
}
