import type { Problem } from '../../activities/failures.js';
import type { RegisterAnswer } from '../../activities/steps/register.js';
import { deregister, look, register as registerNumber } from '../activity-options.js';
import {
  lookAt,
  noTries,
  reportOf,
  settled,
  type Tries,
  tried,
  waitBeforeNext,
} from '../attempts.js';
import { lookPatiently } from '../look-patiently.js';
import { watchNameReview } from '../name-review.js';
import { contradicted, PIN_PARK_MS, park } from '../park.js';
import { chooseOtherPin } from '../pin-ladder.js';
import { withCodeFirst, withCodeSkipped, withRegisterSkipped } from '../plan.js';
import { cannotFinish, enter, follow, mark, note, type Run, recordUse } from '../run.js';
import { securePin } from '../secure-pin.js';
import { waitFor } from '../waits.js';

/** Each attempt spends one of Meta's ten requests in 72 hours. */
const MOST_ATTEMPTS = 4;

/** After some rate limits, so rarely that no ten requests fall into 72 hours. */
const RARELY_MS = 8 * 3_600_000;

/** How far Meta's clock may be behind. */
const META_CLOCK_MS = 5_000;

/** So many times Meta may call an earlier deregistration incomplete before a person is asked. */
const MOST_INCOMPLETE = 2;

/** What was tried with one PIN since an operator last said to try again. */
interface Effort {
  tries: Tries;
  /** How often Meta called an earlier deregistration incomplete. */
  incomplete: number;
}

const noEffort = (): Effort => ({ tries: noTries(Date.now()), incomplete: 0 });

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
  for (let effort = noEffort(); ; ) {
    const pinVersion = run.pin?.version ?? '';
    const answer = await settled(registerNumber({ phoneNumberId, pinVersion, ...again(run) }));
    if (answer.ok) return registered(run, answer.value, learning);
    const { problem } = answer;
    effort.tries = tried(effort.tries, problem);
    recordUse(run, 'register', problem);
    if (problem.outcome === 'unknown' && run.registerAgain !== undefined) {
      // Whether it was done, Meta tells by when it says the number was last registered: in whole seconds, by its own clock.
      run.registerAgain.unlessSince ??= new Date(run.startedAt - META_CLOCK_MS).toISOString();
    } else if (problem.outcome === 'unknown') {
      run.ownRegister ??= {
        wasFree: problem.numberBefore?.registered === 'no',
        wasStateless: problem.numberBefore?.stateless ?? false,
      };
    }
    if (problem.verdict === 'verifyFirst' && run.registerAgain === undefined) {
      if (!learning) await contradicted(run, problem);
      return follow(run, withCodeFirst(run.steps));
    }
    effort = await cure(run, problem, effort);
  }
}

async function registered(run: Run, answer: RegisterAnswer, learning: boolean): Promise<void> {
  const { sent, before, note: said, budget } = answer;
  run.number = before;
  run.problem = undefined;
  if (budget !== undefined) run.budget.register = budget;
  if (run.registerAgain !== undefined) {
    return sent
      ? mark(run, 'register', 'done', said)
      : mark(run, 'register', 'skipped', 'Meta has registered it anew already');
  }
  if (!sent && run.ownRegister === undefined) return follow(run, withRegisterSkipped(run.steps));
  run.ownRegister = {
    wasFree: (sent && before.registered === 'no') || (run.ownRegister?.wasFree ?? false),
    wasStateless: run.ownRegister?.wasStateless ?? before.stateless,
  };
  mark(run, 'register', 'done', sent ? said : 'an earlier request of this run had worked');
  if (learning) await skipCodeIfRegistered(run);
}

/**
 * Brings about what it takes to send the request again: another PIN, a wait, a person.
 *
 * @returns the effort so far, which begins anew with another PIN and after an operator has said to try again
 * @throws `ApplicationFailure` where Meta will never do it
 */
async function cure(run: Run, problem: Problem, effort: Effort): Promise<Effort> {
  const { verdict } = problem;
  if (verdict === 'refused') return cannotFinish(run, reportOf(problem));
  if (verdict === 'pinMismatch' && run.registerAgain !== undefined && !run.pinAccepted) {
    note(run, problem);
    // Meta has this PIN then, whatever comes of the registration.
    await securePin(run);
    enter(run, 'Registering');
    return noEffort();
  }
  if (verdict === 'pinMismatch' && run.registerAgain === undefined)
    return chooseOtherPin(run, problem).then(noEffort);
  if (verdict === 'nameNotApproved') return watchNameReview(run, problem).then(noEffort);
  if (verdict === 'deregisterFirst' && effort.incomplete < MOST_INCOMPLETE) {
    await finishDeregistration(run, problem);
    return { ...effort, incomplete: effort.incomplete + 1 };
  }
  const waitMs = waitBeforeNext(problem, effort.tries, MOST_ATTEMPTS, Date.now());
  if (waitMs !== undefined) {
    const wait = WAITS[verdict] ?? 'Meta, to register the number again';
    await waitFor(run, wait, Math.max(waitMs, rateLimitMs(problem, effort)), problem);
    return effort;
  }
  await park(run, problem, verdict === 'pinGuessLimit' ? { ms: PIN_PARK_MS } : {});
  return noEffort();
}

const WAITS: Partial<Record<Problem['verdict'], string>> = {
  budgetSpent: 'Meta’s limit of register requests, to register the number then',
  budgetExceeded: 'the end of Meta’s 72-hour block, to register the number then',
  pinGuessLimit: 'Meta, to try the PIN again',
};

function again({ registerAgain }: Run): { again?: { unlessSince?: string } } {
  return registerAgain === undefined ? {} : { again: registerAgain };
}

/** A rate limit is never the end; but a request that met one counts, so that more than a few are sent ever so rarely. */
function rateLimitMs({ verdict, outcome }: Problem, { tries }: Effort): number {
  const counted = verdict === 'rateLimited' && outcome !== 'notSent';
  return counted && tries.all >= MOST_ATTEMPTS ? RARELY_MS : 0;
}

/** Has Meta finish an earlier deregistration; only once it has taken the request is the number registered again. */
async function finishDeregistration(run: Run, problem: Problem): Promise<void> {
  const { phoneNumberId } = run.input;
  note(run, problem);
  for (let tries = noTries(Date.now()); ; ) {
    const undone = await settled(deregister({ phoneNumberId, why: 'incomplete', wasFree: true }));
    if (undone.ok) {
      if (undone.value.budget !== undefined) run.budget.deregister = undone.value.budget;
      const what = 'Meta to finish an earlier deregistration';
      return waitFor(run, what, problem.waitMs ?? 0, problem);
    }
    const refusal = undone.problem;
    recordUse(run, 'deregister', refusal);
    tries = tried(tries, refusal);
    const again = refusal.verdict === 'deregisterFirst' ? ({ verdict: 'retryLater' } as const) : {};
    const waitMs = waitBeforeNext({ ...refusal, ...again }, tries, MOST_DEREGISTERS, Date.now());
    if (waitMs !== undefined) {
      await waitFor(run, 'Meta, to deregister the number again', waitMs, refusal);
      continue;
    }
    await park(run, refusal);
    tries = noTries(Date.now());
  }
}

/** Deregister requests spent on one incomplete deregistration before a person is asked. */
const MOST_DEREGISTERS = 2;

/** Meta took a register before any code: if the number now reads registered, it needs none. */
async function skipCodeIfRegistered(run: Run): Promise<void> {
  const { phoneNumberId } = run.input;
  const read = await lookPatiently(run, () => lookAt(look.readNumber, { phoneNumberId }));
  if (!read.ok) return note(run, read.problem);
  run.number = read.value;
  if (read.value.registered === 'yes') {
    follow(run, withCodeSkipped(run.steps, 'Meta registered the number without a code'));
  }
}
