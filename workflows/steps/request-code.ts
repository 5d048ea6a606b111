import type { Problem } from '../../activities/failures.js';
import type { NumberFacts } from '../../activities/number-facts.js';
import { requestCode as requestFromMeta } from '../activity-options.js';
import { noTries, reportOf, settled, tried, waitBeforeNext } from '../attempts.js';
import { RESEND_GAP_MS } from '../code-rules.js';
import { instantText } from '../instant-text.js';
import { withFound } from '../plan.js';
import {
  cannotFinish,
  enter,
  follow,
  mark,
  note,
  type Run,
  type SentCode,
  waitFor,
} from '../run.js';

const MOST_ATTEMPTS = 5;

/** How often a first code that Meta would not send is asked for again by itself, after the wait Meta wants; then a person. */
const MOST_REFUSALS = 1;

/**
 * Asks Meta to send a code: the first one, or a new one that somebody wants. A request whose outcome is unknown is taken as
 * sent and never repeated by itself: two codes on one phone confuse people, and the newer kills the older.
 */
export async function requestCode(run: Run): Promise<void> {
  const { phoneNumberId, codeMethod, language } = run.input;
  const first = run.code === undefined;
  if (first) enter(run, 'Registering');
  mark(run, 'requestCode', 'running');
  for (let tries = noTries(Date.now()); ; ) {
    const wanted = run.resend;
    const method = wanted?.method ?? codeMethod;
    const startedAt = Date.now();
    const answer = await settled(
      requestFromMeta({
        phoneNumberId,
        method,
        language: wanted?.language ?? language,
        // What `prepare` read a moment ago need not be read again.
        readFirst: !first || tries.all > 0 || run.waitStartedAt !== undefined,
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
    tries = tried(tries, problem);
    const waitMs = waitBeforeNext(problem, tries, MOST_ATTEMPTS, Date.now());
    if (waitMs === undefined) return refused(run, problem, first);
    await waitFor(run, 'Meta, to ask for a code again', waitMs, problem);
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
  run.code = code;
  run.refusedCodes = new Set();
  run.sentCount += 1;
  run.nextSendAt = code.sentAt + RESEND_GAP_MS;
  if (run.resend === wanted) run.resend = undefined; // else somebody has asked for another one meanwhile
  run.reminded.delete('code');
  run.problem = undefined;
}

/**
 * Meta, or this product's own cap, will not send a code now. A code that was sent before stays good; without one, the run
 * goes on waiting and asks again when it may.
 */
function refused(run: Run, problem: Problem, first: boolean): void {
  const allowedAt =
    problem.allowedAt === undefined
      ? Date.now() + (problem.waitMs ?? 0)
      : Date.parse(problem.allowedAt);
  const capped = problem.verdict === 'codeRequestCap';
  run.refusedRequests += capped ? 0 : 1;
  const askAgain =
    capped || (problem.verdict === 'codeNotSent' && run.refusedRequests <= MOST_REFUSALS);
  if (first && !askAgain) cannotFinish(run, reportOf(problem));
  note(run, problem);
  run.nextSendAt = Math.max(run.nextSendAt, allowedAt);
  if (capped || first) {
    run.resend ??= {};
    run.extraMs += Math.max(0, allowedAt - Date.now());
    const when = instantText(allowedAt);
    mark(run, 'requestCode', 'deferred', `asked for again at ${when}: ${problem.text}`);
    return;
  }
  run.resend = undefined;
  mark(
    run,
    'requestCode',
    'done',
    `no new code: ${problem.text}; the earlier one may still be used`,
  );
}
