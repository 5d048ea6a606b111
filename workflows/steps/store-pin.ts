import type { Problem } from '../../activities/failures.js';
import { storePin as promotePin } from '../activity-options.js';
import { passes, settled } from '../attempts.js';
import { park } from '../park.js';
import { mark, type Run } from '../run.js';
import { waitFor } from '../waits.js';

const NEXT_TRY_MS = 5 * 60_000;

/** How long a PIN store that cannot be reached is waited for before an operator is called. */
const STORE_PATIENCE_MS = 3_600_000;

/**
 * Makes the PIN that Meta has accepted the current one. It is tried until it works: Meta has this PIN now, and it cannot be
 * read back. A store that refuses, or stays away, parks the run, which is never undone and goes on trying by itself.
 */
export async function storePin(run: Run): Promise<void> {
  mark(run, 'storePin', 'running');
  const since = Date.now();
  for (let problem = await promote(run); problem !== undefined; problem = await promote(run)) {
    if (passes(problem) && Date.now() - since < STORE_PATIENCE_MS) {
      const what = 'the PIN store, to keep the PIN that Meta has accepted';
      await waitFor(run, what, NEXT_TRY_MS, problem);
      continue;
    }
    const ended = await park(run, problem, {
      onExpiry: 'alertAgain',
      selfTry: async () => (await promote(run)) === undefined,
    });
    if (ended === 'selfCured') break;
  }
  run.problem = undefined;
  mark(run, 'storePin', 'done');
}

/** @returns what kept the PIN store from it */
async function promote(run: Run): Promise<Problem | undefined> {
  const { phoneNumberId } = run.input;
  const stored = await settled(promotePin({ phoneNumberId, pinVersion: run.pin?.version ?? '' }));
  if (!stored.ok) return stored.problem;
  run.pinSince = stored.value.lastRotated;
  return undefined;
}
