import type { Problem } from '../../activities/failures.js';
import type { DeregisterAnswer } from '../../activities/steps/deregister.js';
import { deregister, look } from '../activity-options.js';
import { lookAt, noTries, type Settled, settled, tried, waitBeforeNext } from '../attempts.js';
import { lookPatiently } from '../look-patiently.js';
import { park } from '../park.js';
import { enter, mark, note, type Run, recordUse } from '../run.js';
import { shielded } from '../shielded.js';
import { waitFor } from '../waits.js';

/** Deregister requests that may be spent before a person is asked; Meta allows ten in 72 hours. */
const MOST_DEREGISTERS = 3;
const BETWEEN_MS = 5 * 60_000;

/** Deregisters the number because an operator wants it so. Every attempt reads the number first, within the same activity. */
export async function deregisterOnPurpose(run: Run): Promise<void> {
  const { phoneNumberId } = run.input;
  enter(run, 'Compensating');
  mark(run, 'register', 'running');
  let sent = false;
  for (let tries = noTries(Date.now()); ; ) {
    const attempt = (): Promise<Settled<DeregisterAnswer>> =>
      settled(deregister({ phoneNumberId, why: 'offboarding', wasFree: false }));
    const answer: Settled<DeregisterAnswer> = await (sent ? shielded(attempt) : attempt());
    if (answer.ok) {
      const { result, budget } = answer.value;
      if (budget !== undefined) run.budget.deregister = budget;
      run.problem = undefined;
      const done = result === 'deregistered' || sent;
      mark(
        run,
        'register',
        done ? 'compensated' : 'skipped',
        done ? 'deregistered' : NOT_REGISTERED,
      );
      return shielded(() => readAfter(run));
    }
    const problem: Problem = answer.problem;
    recordUse(run, 'deregister', problem);
    tries = tried(tries, problem);
    sent ||= problem.outcome === 'unknown';
    const waitMs = waitBeforeNext(retried(problem), tries, MOST_DEREGISTERS, Date.now());
    if (waitMs !== undefined) {
      const ms = problem.outcome === 'notSent' ? waitMs : Math.max(waitMs, BETWEEN_MS);
      const wait = () => waitFor(run, 'Meta, to deregister the number again', ms, problem);
      // Who cancels is to hear what became of the number.
      await (sent ? shielded(wait) : wait());
      continue;
    }
    await park(run, problem);
    tries = noTries(Date.now());
  }
}

const NOT_REGISTERED = 'the number was not registered';

/** An incomplete deregistration is deregistered again. */
function retried(problem: Problem): Problem {
  return problem.verdict === 'deregisterFirst' ? { ...problem, verdict: 'retryLater' } : problem;
}

/** Whether two-step verification is on decides what becomes of the PIN record. */
async function readAfter(run: Run): Promise<void> {
  const { phoneNumberId } = run.input;
  const read = await lookPatiently(run, () => lookAt(look.readNumber, { phoneNumberId }));
  if (read.ok) run.number = read.value;
  else {
    run.number = undefined;
    note(run, read.problem);
  }
}
