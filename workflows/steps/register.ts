import { deregister, look, register as registerNumber } from '../activity-options.js';
import { lookAt, noTries, reportOf, settled, tried, waitBeforeNext } from '../attempts.js';
import { withCodeFirst, withCodeSkipped, withRegisterSkipped } from '../plan.js';
import {
  cannotFinish,
  contradicted,
  enter,
  follow,
  mark,
  note,
  type Run,
  spent,
  waitFor,
} from '../run.js';

/** Each attempt spends one of Meta's ten requests in 72 hours. */
const MOST_ATTEMPTS = 4;

/** Meta finishes an incomplete deregistration in a while; so many times it is asked to. */
const MOST_DEREGISTERS = 2;

/**
 * Registers the number with this run's PIN. Every attempt reads the number first, within the same activity, so that an
 * attempt whose outcome was lost is never repeated on a number that it did register.
 */
export async function register(run: Run): Promise<void> {
  const { phoneNumberId } = run.input;
  const learning =
    run.steps.register.state === 'pending' && run.steps.requestCode.state === 'pending';
  enter(run, 'Registering');
  mark(run, 'register', 'running');
  let deregisters = 0;
  for (let tries = noTries(Date.now()); ; ) {
    const answer = await settled(
      registerNumber({ phoneNumberId, pinVersion: run.pin?.version ?? '' }),
    );
    if (answer.ok) {
      const { sent, before, note: said, budget } = answer.value;
      run.number = before;
      if (budget !== undefined) run.budget.register = budget;
      if (!sent && run.ownRegister === undefined)
        return follow(run, withRegisterSkipped(run.steps));
      run.ownRegister = {
        wasFree: run.ownRegister?.wasFree ?? before.registered === 'no',
        wasStateless: run.ownRegister?.wasStateless ?? before.stateless,
      };
      mark(run, 'register', 'done', sent ? said : 'an earlier request of this run had worked');
      if (learning) await skipCodeIfRegistered(run);
      return;
    }
    const { problem } = answer;
    tries = tried(tries, problem);
    spent(run, 'register', problem);
    if (problem.outcome === 'unknown') {
      run.ownRegister ??= {
        wasFree: problem.numberBefore?.registered === 'no',
        wasStateless: problem.numberBefore?.stateless ?? false,
      };
    }
    if (problem.verdict === 'verifyFirst') {
      if (!learning) contradicted(run, problem);
      return follow(run, withCodeFirst(run.steps));
    }
    if (problem.verdict === 'deregisterFirst' && deregisters < MOST_DEREGISTERS) {
      deregisters += 1;
      note(run, problem);
      const undone = await settled(deregister({ phoneNumberId, why: 'incomplete', wasFree: true }));
      if (!undone.ok && undone.problem.verdict !== 'deregisterFirst') note(run, undone.problem);
      await waitFor(run, 'Meta to finish an earlier deregistration', problem.waitMs ?? 0, problem);
      continue;
    }
    const waitMs = waitBeforeNext(problem, tries, MOST_ATTEMPTS, Date.now());
    if (waitMs === undefined) cannotFinish(run, reportOf(problem));
    await waitFor(run, 'Meta, to register the number again', waitMs, problem);
  }
}

/** Meta took a register before any code: if the number now reads registered, it needs none. */
async function skipCodeIfRegistered(run: Run): Promise<void> {
  const read = await lookAt(look.readNumber, { phoneNumberId: run.input.phoneNumberId });
  if (!read.ok) return note(run, read.problem);
  run.number = read.value;
  if (read.value.registered === 'yes') {
    follow(run, withCodeSkipped(run.steps, 'Meta registered the number without a code'));
  }
}
