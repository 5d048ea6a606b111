import { look, setTwoStepPin as setPinAtMeta } from '../activity-options.js';
import { lookAt, noTries, reportOf, settled, tried, waitBeforeNext } from '../attempts.js';
import { withRegisterAgain } from '../plan.js';
import {
  cannotFinish,
  contradicted,
  enter,
  follow,
  mark,
  note,
  type Run,
  waitFor,
} from '../run.js';
import { shielded } from '../shielded.js';

/**
 * Sets the PIN that register sent, or where register was skipped the staged one. This is the pivot: once Meta has accepted
 * the PIN, the run only goes forward. Repeating it with the same PIN is harmless and spends nothing, so passing trouble is
 * waited out. A cancel is held while Meta may have accepted the PIN.
 */
export async function setTwoStepPin(run: Run): Promise<void> {
  const { phoneNumberId } = run.input;
  enter(run, 'Securing');
  mark(run, 'setTwoStepPin', 'running');
  for (let tries = noTries(Date.now()); ; ) {
    const answer = await shielded(() =>
      settled(setPinAtMeta({ phoneNumberId, pinVersion: run.pin?.version ?? '' })),
    );
    if (answer.ok) {
      run.pinAccepted = true;
      run.problem = undefined;
      return mark(run, 'setTwoStepPin', 'done');
    }
    const { problem } = answer;
    if (problem.verdict === 'notRegistered') {
      contradicted(run, problem);
      return registerAgain(run);
    }
    tries = tried(tries, problem);
    const waitMs = waitBeforeNext(problem, tries, Number.POSITIVE_INFINITY, Date.now());
    if (waitMs === undefined) cannotFinish(run, reportOf(problem));
    const wait = () => waitFor(run, 'Meta, to set the PIN again', waitMs, problem);
    await (problem.outcome === 'unknown' ? shielded(wait) : wait());
  }
}

async function registerAgain(run: Run): Promise<void> {
  const read = await lookAt(look.readNumber, { phoneNumberId: run.input.phoneNumberId });
  if (read.ok) run.number = read.value;
  else note(run, read.problem);
  follow(run, withRegisterAgain(run.steps));
}
