import type { Problem } from '../../activities/failures.js';
import { storePin as promotePin, setTwoStepPin as setPinAtMeta } from '../activity-options.js';
import { noTries, passes, settled, tried, waitBeforeNext } from '../attempts.js';
import { park } from '../park.js';
import { follow, mark, type Run } from '../run.js';
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
  if (run.stored !== undefined) {
    run.pinSince = run.stored.lastRotated;
    run.stored = undefined;
    return mark(run, 'storePin', 'done');
  }
  for (let problem = await promote(run); problem !== undefined; problem = await promoteLate(run)) {
    if (passes(problem) && Date.now() - since < STORE_PATIENCE_MS) {
      const what = 'the PIN store, to keep the PIN that Meta has accepted';
      await waitFor(run, what, NEXT_TRY_MS, problem);
      continue;
    }
    const ended = await park(run, problem, {
      onExpiry: 'alertAgain',
      selfTry: async () => (await promoteLate(run)) === undefined,
    });
    if (ended === 'selfCured') break;
    // An operator has looked at what somebody else did to the record.
    run.currentBefore = undefined;
    if (problem.pinGone) return setAnotherPin(run);
  }
  run.problem = undefined;
  mark(run, 'storePin', 'done');
}

/** Meta has a PIN that is nowhere any more. It takes another one in its place, without being told the old one. */
function setAnotherPin(run: Run): void {
  run.pin = undefined;
  run.pinAccepted = false;
  follow(run, {
    ...run.steps,
    setTwoStepPin: { state: 'pending' },
    storePin: { state: 'pending' },
  });
}

/**
 * Some time after Meta has accepted the PIN, somebody may have set another one there. So once the PIN store has made it the current
 * one, it is set once more, which is harmless; not before, as the record may say that another one is to be.
 */
async function promoteLate(run: Run): Promise<Problem | undefined> {
  const problem = await promote(run);
  if (problem === undefined) await setOnceMore(run);
  return problem;
}

async function setOnceMore(run: Run): Promise<void> {
  const { phoneNumberId } = run.input;
  const pinVersion = run.pin?.version ?? '';
  for (let tries = noTries(Date.now()); ; ) {
    const again = await settled(setPinAtMeta({ phoneNumberId, pinVersion }));
    if (again.ok) return;
    tries = tried(tries, again.problem);
    const waitMs = waitBeforeNext(again.problem, tries, Number.POSITIVE_INFINITY, Date.now());
    if (waitMs === undefined) {
      // Meta has taken this PIN once, and does not say which one it has now.
      const ended = await park(run, again.problem, {
        takes: ['retry', 'accept'],
        onExpiry: 'accept',
      });
      if (ended !== 'retry') return;
      tries = noTries(Date.now());
      continue;
    }
    await waitFor(run, 'Meta, to set the PIN once more', waitMs, again.problem);
  }
}

/** @returns what kept the PIN store from it */
async function promote(run: Run): Promise<Problem | undefined> {
  const { phoneNumberId } = run.input;
  const { currentBefore } = run;
  const stored = await settled(
    promotePin({
      phoneNumberId,
      pinVersion: run.pin?.version ?? '',
      ...(currentBefore === undefined ? {} : { expected: { current: currentBefore } }),
    }),
  );
  if (!stored.ok) return stored.problem;
  run.pinSince = stored.value.lastRotated;
  return undefined;
}
