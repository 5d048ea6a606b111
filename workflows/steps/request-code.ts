import type { Problem } from '../../activities/failures.js';
import type { NumberFacts } from '../../activities/number-facts.js';
import { requestCode as requestFromMeta } from '../activity-options.js';
import {
  noTries,
  passes,
  reportOf,
  settled,
  type Tries,
  tried,
  waitBeforeNext,
} from '../attempts.js';
import { CODE_LIFETIME_MS, READY_MS, RESEND_GAP_MS } from '../code-rules.js';
import { instantText } from '../instant-text.js';
import { park } from '../park.js';
import { withFound } from '../plan.js';
import {
  agentIsMissing,
  cannotFinish,
  enter,
  follow,
  mark,
  note,
  type Run,
  type SentCode,
} from '../run.js';

const MOST_ATTEMPTS = 5;

/** How often a first code that Meta would not send is asked for again by itself, after the wait Meta wants; then a person. */
const MOST_REFUSALS = 1;

const UNTIL_AGENT = 'asked for when an agent is ready, as a code lives ten minutes';

/** A clock that is behind Meta's or Temporal's must not have the run ask again and again. */
const SHORTEST_WAIT_MS = 10_000;

/**
 * Asks Meta to send a code: the first one, or a new one that somebody wants. A request whose outcome is unknown is taken as
 * sent and never repeated by itself: two codes on one phone confuse people, and the newer kills the older.
 *
 * Nothing is waited for in here, so that a code that somebody has can be tried meanwhile.
 */
export async function requestCode(run: Run): Promise<void> {
  const { phoneNumberId, codeMethod, language } = run.input;
  const first = run.code === undefined;
  if (agentIsMissing(run)) return leaveToAgent(run);
  // Whoever is at hand for the code waits for it, while Meta is asked as before.
  if (first && run.waitStartedAt === undefined) enter(run, 'Registering');
  mark(run, 'requestCode', 'running');
  // What `prepare` read a moment ago need not be read again.
  let known = first && run.waitStartedAt === undefined && run.ownRegister === undefined;
  for (; ; known = false) {
    if (agentIsMissing(run)) return leaveToAgent(run);
    const wanted = run.resend;
    const method = wanted?.method ?? codeMethod;
    const startedAt = Date.now();
    const answer = await settled(
      requestFromMeta({
        phoneNumberId,
        method,
        language: wanted?.language ?? language,
        readFirst: !known,
      }),
    );
    if (answer.ok && !answer.value.sent) return noCodeNeeded(run, answer.value.number);
    if (answer.ok && answer.value.sent) {
      sent(run, wanted, startedAt, {
        method,
        sentAt: Date.parse(answer.value.sentAt),
        maybe: false,
      });
      run.nextSendAt = Date.parse(answer.value.nextSendAt);
      return mark(run, 'requestCode', 'done');
    }
    if (answer.ok) continue; // both answers are handled above
    const { problem } = answer;
    if (problem.outcome === 'unknown') {
      sent(run, wanted, startedAt, { method, sentAt: startedAt, maybe: true });
      note(run, problem);
      const reason = 'Meta’s answer was lost: the code may have been sent';
      return mark(run, 'requestCode', 'done', reason);
    }
    const tries = tried(run.codeTries ?? noTries(Date.now()), problem);
    run.codeTries = tries;
    run.refusedRequests += problem.verdict === 'codeNotSent' ? 1 : 0;
    const askAgainAt = whenToAskAgain(run, problem, tries);
    if (askAgainAt !== undefined) return askLater(run, problem, askAgainAt);
    if (!first && Date.now() - (run.code?.sentAt ?? 0) < CODE_LIFETIME_MS) {
      return keepEarlier(run, problem);
    }
    if (first && problem.verdict === 'refused') cannotFinish(run, reportOf(problem));
    await park(run, problem);
    run.codeTries = undefined;
  }
}

function noCodeNeeded(run: Run, number: NumberFacts): void {
  run.number = number;
  run.resend = undefined;
  follow(run, withFound(run.steps, number, run.ownRegister !== undefined));
}

/** A new code is on its way, which makes the former one useless. */
function sent(run: Run, wanted: Run['resend'], startedAt: number, code: SentCode): void {
  run.submissions.answerAll(
    { verdict: 'notWaiting', reason: 'A new code was asked for after this one.' },
    startedAt,
  );
  const requestedBy = wanted?.requestedBy;
  run.code = { ...code, ...(requestedBy === undefined ? {} : { requestedBy }) };
  run.refusedCodes = new Set();
  run.sentCount += 1;
  run.codeTries = undefined;
  run.nextSendAt = code.sentAt + RESEND_GAP_MS;
  if (run.resend === wanted) run.resend = undefined; // else somebody has asked for another one meanwhile
  run.reminded.delete('code');
  run.problem = undefined;
}

/**
 * When Meta is asked again by itself, in milliseconds since the epoch: after passing trouble, at the end of this product's own
 * cap, and for a first code once more after a refusal. Undefined where a person has to wish for it.
 */
function whenToAskAgain(run: Run, problem: Problem, tries: Tries): number | undefined {
  const { verdict, waitMs = 0, allowedAt } = problem;
  const now = Date.now();
  if (verdict === 'codeRequestCap') return Date.parse(allowedAt ?? '');
  if (verdict === 'codeNotSent') {
    const once = run.code === undefined && run.refusedRequests <= MOST_REFUSALS;
    return once ? now + waitMs : undefined;
  }
  const pauseMs = waitBeforeNext(problem, tries, MOST_ATTEMPTS, now);
  return pauseMs === undefined ? undefined : now + pauseMs;
}

/** Nobody is at hand: the code is asked for once somebody is. */
function leaveToAgent(run: Run): void {
  run.agentAwaited = true;
  run.resend = undefined;
  mark(run, 'requestCode', 'deferred', UNTIL_AGENT);
}

/** A code that was sent before stays good meanwhile, and the time does not count towards the deadline. */
function askLater(run: Run, problem: Problem, at: number): void {
  note(run, problem);
  run.nextSendAt = Math.max(run.nextSendAt, at, Date.now() + shortestWaitMs(problem));
  const waitMs = run.nextSendAt - Date.now();
  run.extraMs += waitMs;
  if (run.input.startCode === 'whenAgentReady' && waitMs > READY_MS) {
    leaveToAgent(run);
    return;
  }
  run.resend ??= {};
  const when = instantText(run.nextSendAt);
  mark(run, 'requestCode', 'deferred', `asked for again at ${when}: ${problem.text}`);
}

const shortestWaitMs = (problem: Problem) => (passes(problem) ? 0 : SHORTEST_WAIT_MS);

/** Meta will not send a new code now; who wants one asks again. */
function keepEarlier(run: Run, problem: Problem): void {
  note(run, problem);
  run.nextSendAt = Math.max(run.nextSendAt, Date.now() + (problem.waitMs ?? 0));
  run.resend = undefined;
  const earlier = 'the earlier one may still be used';
  mark(run, 'requestCode', 'done', `no new code: ${problem.text}; ${earlier}`);
}
