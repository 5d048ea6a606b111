import type { Problem } from '../activities/failures.js';
import type { DeregisterAnswer } from '../activities/steps/deregister.js';
import { deregister, look } from './activity-options.js';
import { lookAt, noTries, settled, tried, waitBeforeNext } from './attempts.js';
import { enter, mark, note, type OwnRegister, type Run, recordUse } from './run.js';
import { waitFor } from './waits.js';

/** Deregister requests that one compensation may spend of Meta's ten in 72 hours. */
const MOST_DEREGISTERS = 3;
const BETWEEN_DEREGISTERS_MS = 5 * 60_000;

/** What was undone and what was not, in words. */
export interface Undone {
  undone: string[];
  notUndone: string[];
}

/**
 * Undoes what a run did that could not finish, newest first. Call it shielded from cancellation.
 *
 * A staged PIN is never undone: Meta may have it, deregistering does not clear it there, and the next run uses it.
 */
export async function compensate(run: Run): Promise<Undone> {
  const result: Undone = { undone: [], notUndone: [] };
  if (run.ownRegister !== undefined) {
    enter(run, 'Compensating');
    await undoRegister(run, run.ownRegister, result);
  }
  if (run.verifiedNumber) result.notUndone.push('The number stays verified.');
  if (run.sentCount > 0)
    result.notUndone.push(`Codes asked for: ${run.sentCount}; they cannot be recalled.`);
  if (run.pin !== undefined) {
    result.notUndone.push('The PIN stays in the PIN store; the next run uses it.');
  }
  return result;
}

async function undoRegister(run: Run, own: OwnRegister, result: Undone): Promise<void> {
  const { phoneNumberId } = run.input;
  for (let tries = noTries(Date.now()); ; ) {
    const answer = await settled(deregister({ phoneNumberId, why: 'ownRegister', ...own }));
    if (answer.ok) {
      if (answer.value.budget !== undefined) run.budget.deregister = answer.value.budget;
      return report(run, answer.value.result, result);
    }
    const { problem } = answer;
    note(run, problem);
    recordUse(run, 'deregister', problem);
    tries = tried(tries, problem);
    const again = AGAIN.has(problem.verdict) ? ({ verdict: 'retryLater' } as const) : {};
    const waitMs = waitBeforeNext({ ...problem, ...again }, tries, MOST_DEREGISTERS, Date.now());
    if (waitMs !== undefined) {
      const ms = Math.max(waitMs, BETWEEN_DEREGISTERS_MS);
      await waitFor(run, 'Meta, to deregister the number again', ms, problem);
      continue;
    }
    const read = await lookAt(look.readNumber, { phoneNumberId });
    if (read.ok && read.value.registered === 'no') return report(run, 'notRegistered', result);
    mark(run, 'register', 'failed', 'could not be undone');
    const still = read.ok && read.value.registered === 'yes' ? 'is' : 'may be';
    result.notUndone.push(
      `The number ${still} still registered, for it could not be deregistered: ${problem.text} ${problem.advice}`,
    );
    return;
  }
}

/** Beside passing trouble, what Meta may yet do: an incomplete deregistration, and what a person may cure meanwhile. */
const AGAIN = new Set<Problem['verdict']>(['deregisterFirst', 'operatorNeeded']);

function report(run: Run, done: DeregisterAnswer['result'], result: Undone): void {
  if (done === 'left') {
    mark(run, 'register', 'done', 'left registered: it cannot be told whose registration it is');
    result.notUndone.push(
      'The number is left registered: before this run it could not be told whether it was.',
    );
    return;
  }
  const already = done === 'notRegistered';
  mark(run, 'register', 'compensated', already ? 'it reads as not registered' : 'deregistered');
  result.undone.push(already ? 'The number is not registered.' : 'The number was deregistered.');
}
