import type { Run } from './run.js';
import { shielded } from './shielded.js';
import { setTwoStepPin } from './steps/set-two-step-pin.js';
import { storePin } from './steps/store-pin.js';

/** Sets the run's PIN and stores it; another one, where it is gone from the PIN store meanwhile. */
export async function securePin(run: Run): Promise<void> {
  do {
    await setTwoStepPin(run);
    if (run.pinAccepted) await shielded(() => storePin(run));
  } while (run.pin === undefined);
}
