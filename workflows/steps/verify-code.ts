import type { Problem } from '../../activities/failures.js';
import type { NumberFacts } from '../../activities/number-facts.js';
import { look, verifyCode as verifyWithMeta } from '../activity-options.js';
import { lookAt, noTries, passes, reportOf, settled, tried, waitBeforeNext } from '../attempts.js';
import { TRIES_PER_CODE } from '../code-rules.js';
import { instantText } from '../instant-text.js';
import type { CodeVerdict, SubmissionVerdict } from '../messages.js';
import { park } from '../park.js';
import { withCodeSkipped } from '../plan.js';
import { cannotFinish, follow, mark, note, type Run } from '../run.js';
import type { Submission } from '../submissions.js';
import { waitFor } from '../waits.js';

const MOST_ATTEMPTS = 5;

/** A code whose outcome was lost is sent once more, after a read. */
const MOST_UNKNOWN = 2;

/** A code lives ten minutes and somebody waits for the verdict, so trouble on the way to Meta is not waited out for longer. */
const LONGEST_WAIT_MS = 60_000;

/** Hands the submitted code to Meta. A refused one leaves the run waiting for the next. */
export async function verifyCode(run: Run): Promise<void> {
  const { submission } = run;
  if (submission === undefined) return waitAgain(run);
  const useless = uselessWithoutAsking(run, submission);
  if (useless !== undefined) {
    submission.answer = useless;
    return waitAgain(run);
  }
  mark(run, 'verifyCode', 'running');
  let unknown = 0;
  for (let tries = noTries(Date.now()); ; ) {
    const { phoneNumberId } = run.input;
    const answer = await settled(
      verifyWithMeta({ phoneNumberId, code: submission.code, readFirst: unknown > 0 }),
    );
    if (answer.ok) return verified(run, submission, answer.value.number);
    const { problem } = answer;
    if (problem.verdict === 'codeRefused') {
      run.refusedCodes.add(submission.code);
      record(run, submission, 'refused');
      submission.answer = refusal(run, problem);
      note(run, problem);
      return waitAgain(run, 'the last code was refused');
    }
    tries = tried(tries, problem);
    if (problem.outcome === 'unknown') unknown += 1;
    const waitMs =
      unknown < MOST_UNKNOWN
        ? waitBeforeNext(problem, tries, MOST_ATTEMPTS, Date.now())
        : undefined;
    if (waitMs !== undefined && waitMs <= LONGEST_WAIT_MS) {
      await waitFor(run, 'Meta, to hand it the code again', waitMs, problem);
      continue;
    }
    if (unknown > 0) {
      const read = await lookAt(look.readNumber, { phoneNumberId });
      if (read.ok && read.value.verified === 'yes') return verified(run, submission, read.value);
    }
    record(run, submission, unknown > 0 || passes(problem) ? 'unknown' : 'notJudged');
    if (problem.verdict === 'refused') {
      submission.answer = { verdict: 'ended', reason: `${problem.text} ${problem.advice}` };
      cannotFinish(run, reportOf(problem));
    }
    if (!passes(problem)) {
      const reason = `The run is parked, submit the code again when it waits: ${problem.text} ${problem.advice}`;
      submission.answer = { verdict: 'notWaiting', reason };
      await park(run, problem);
      return waitAgain(run, 'an operator was needed; submit the code again');
    }
    submission.answer = refusal(run, problem);
    note(run, problem);
    return waitAgain(run, 'Meta did not say what became of the last code');
  }
}

function verified(run: Run, submission: Submission, number: NumberFacts | undefined): void {
  const { submittedBy } = submission;
  run.number = number ?? run.number;
  record(run, submission, 'verified');
  submission.answer = { verdict: 'verified' };
  run.problem = undefined;
  run.resend = undefined;
  run.verifiedNumber = true;
  mark(run, 'verifyCode', 'done', submittedBy && `code from ${submittedBy}`);
  follow(run, withCodeSkipped(run.steps, 'a code that was sent before this run was used'));
}

function waitAgain(run: Run, reason?: string): void {
  run.submission = undefined;
  mark(run, 'verifyCode', 'pending', reason);
  mark(run, 'awaitCode', 'pending');
}

/** A code that Meta has refused, or one too many, is not sent: each wrong one brings Meta's guessing limit nearer. */
function uselessWithoutAsking(run: Run, { code }: Submission): CodeVerdict | undefined {
  if (run.refusedCodes.has(code)) {
    return refusal(run, {
      text: 'This code was refused before.',
      advice: 'Read the code again, the newest one, or ask for a new one.',
    });
  }
  if (run.refusedCodes.size >= TRIES_PER_CODE) {
    return refusal(run, {
      text: `${TRIES_PER_CODE} codes were refused since the last one was sent, so no more are tried.`,
      advice: `Ask for a new code (possible from ${instantText(run.nextSendAt)}).`,
    });
  }
  return undefined;
}

function refusal(
  run: Run,
  { text, advice, fbtraceId }: Pick<Problem, 'text' | 'advice' | 'fbtraceId'>,
): CodeVerdict {
  return {
    verdict: 'refused',
    text,
    advice,
    ...(run.code === undefined
      ? {}
      : { codeAgeSeconds: Math.round((Date.now() - run.code.sentAt) / 1000) }),
    triesLeft: Math.max(0, TRIES_PER_CODE - run.refusedCodes.size),
    ...(fbtraceId === undefined ? {} : { fbtraceId }),
  };
}

function record(run: Run, { submittedBy, at }: Submission, verdict: SubmissionVerdict): void {
  const entry = { at: new Date(at).toISOString(), verdict };
  run.history.push(submittedBy === undefined ? entry : { by: submittedBy, ...entry });
}
