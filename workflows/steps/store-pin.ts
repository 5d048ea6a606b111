import { storePin as promotePin } from '../activity-options.js';
import { settled } from '../attempts.js';
import { mark, type Run, waitFor } from '../run.js';

const NEXT_TRY_MS = 5 * 60_000;

/**
 * Makes the PIN that Meta has accepted the current one. It is tried until it works: Meta has this PIN now, and it cannot be
 * read back.
 */
export async function storePin(run: Run): Promise<void> {
  mark(run, 'storePin', 'running');
  for (;;) {
    const tried = await settled(
      promotePin({ phoneNumberId: run.input.phoneNumberId, pinVersion: run.pin?.version ?? '' }),
    );
    if (tried.ok) {
      run.pinSince = tried.value.lastRotated;
      run.problem = undefined;
      return mark(run, 'storePin', 'done');
    }
    await waitFor(
      run,
      'the PIN store, to keep the PIN that Meta has accepted',
      NEXT_TRY_MS,
      tried.problem,
    );
  }
}
