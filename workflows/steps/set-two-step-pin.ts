import type { Problem } from '../../activities/failures.js';
import type { ExpectedCurrent } from '../../activities/steps/pin-steps.js';
import { look, setTwoStepPin as setPinAtMeta, WRITE_MS } from '../activity-options.js';
import { lookAt, noTries, passes, settled, tried, waitBeforeNext } from '../attempts.js';
import { lookPatiently } from '../look-patiently.js';
import { FAILURE_TYPES, ROTATE_PIN } from '../messages.js';
import { contradicted, PARK_MS, type ParkEnd, PIN_PARK_MS, park } from '../park.js';
import { withoutPinSet, withRegisterAgain } from '../plan.js';
import { stage } from '../prepare.js';
import { NOT_REGISTERED } from '../rotation-plan.js';
import { cannotFinish, enter, follow, mark, type Run } from '../run.js';
import { shielded } from '../shielded.js';
import { waitFor } from '../waits.js';

/**
 * Sets the PIN that register sent, or where register was skipped the staged one. This is the pivot: once Meta has accepted
 * the PIN, the run only goes forward. Repeating it with the same PIN is harmless and spends nothing, so passing trouble is
 * waited out. A cancel is held while Meta may have accepted the PIN, until an operator is needed.
 */
export async function setTwoStepPin(run: Run): Promise<void> {
  const { phoneNumberId } = run.input;
  let maybeSet = false;
  enter(run, 'Securing');
  mark(run, 'setTwoStepPin', 'running');
  for (let tries = noTries(Date.now()); ; ) {
    await stage(run);
    const pinVersion = run.pin?.version ?? '';
    const answer = await shielded(() =>
      settled(setPinAtMeta({ phoneNumberId, pinVersion, ...storingOf(run) })),
    );
    if (answer.ok) {
      run.pinAccepted = true;
      run.stored = answer.value?.stored;
      run.problem = undefined;
      return mark(run, 'setTwoStepPin', 'done');
    }
    const { problem } = answer;
    maybeSet ||= problem.outcome === 'unknown';
    if (problem.outcome === 'unknown') run.maybeSettingUntil = Date.now() + WRITE_MS;
    if (problem.verdict === 'notRegistered') {
      if (run.operation === ROTATE_PIN) {
        run.unfit = true;
        cannotFinish(run, NOT_REGISTERED, FAILURE_TYPES.refused);
      }
      await contradicted(run, problem);
      if (run.contradictions === 1 || (await readsNotRegistered(run))) {
        return follow(run, withRegisterAgain(run.steps));
      }
      continue;
    }
    tries = tried(tries, problem);
    const waitMs = waitBeforeNext(problem, tries, Number.POSITIVE_INFINITY, Date.now());
    if (waitMs !== undefined) {
      const wait = () => waitFor(run, 'Meta, to set the PIN again', waitMs, problem);
      await (maybeSet ? shielded(wait) : wait());
      continue;
    }
    const ended = await parkRefusedPin(run, problem);
    if (problem.pinGone && !maybeSet) run.pin = undefined; // another one is staged
    if (ended === 'accept' || ended === 'expired') {
      const how = ended === 'accept' ? 'and that was accepted' : 'and nobody decided otherwise';
      return follow(run, withoutPinSet(run.steps, `Meta refused, ${how}: ${problem.text}`));
    }
    tries = noTries(Date.now());
  }
}

/** A rotation has the PIN made the current one in the same request, which costs nothing more where all goes well. */
function storingOf({ operation, currentBefore }: Run): { thenStore?: ExpectedCurrent } {
  if (operation !== ROTATE_PIN) return {};
  return { thenStore: currentBefore === undefined ? {} : { expected: { current: currentBefore } } };
}

/**
 * Where Meta has refused to set the PIN, but accepted this run's register with this very PIN, an operator may be content with
 * that: the number works, and the PIN is in the PIN store.
 */
function parkRefusedPin(run: Run, problem: Problem): Promise<ParkEnd> {
  const refusedByMeta = problem.outcome === 'refused' && !passes(problem);
  const acceptable = refusedByMeta && run.steps.register.state === 'done';
  return park(run, problem, {
    takes: acceptable ? ['retry', 'accept'] : ['retry'],
    ms: problem.verdict === 'pinMismatch' ? PIN_PARK_MS : PARK_MS,
    onExpiry: acceptable && run.input.onPinRefused === 'park' ? 'accept' : 'compensate',
    forPin: problem.verdict === 'pinMismatch',
  });
}

/** An operator said to try again: only what Meta then shows as not registered is registered once more. */
async function readsNotRegistered(run: Run): Promise<boolean> {
  const { phoneNumberId } = run.input;
  const read = await lookPatiently(run, () => lookAt(look.readNumber, { phoneNumberId }));
  if (!read.ok) return false;
  run.number = read.value;
  return read.value.registered === 'no';
}
