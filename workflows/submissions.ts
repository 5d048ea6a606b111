/** Codes on their way from people to the sequence. */
import { condition } from '@temporalio/workflow';
import type { CodeSubmission, CodeVerdict } from './messages.js';

/** A code that somebody handed in, until it has its answer. */
export interface Submission {
  code: string;
  submittedBy?: string;
  /** Milliseconds since the epoch. */
  at: number;
  answer?: CodeVerdict;
}

export interface Submissions {
  /** Hands in a code. Once closed, it is answered at once. */
  add(submission: CodeSubmission): Submission;
  /** The oldest one without an answer. */
  next(): Submission | undefined;
  /** Answers every open one that came before `before` (milliseconds since the epoch; default: all). */
  answerAll(answer: CodeVerdict, before?: number): void;
  /** Answers the open ones and all that come from now on; `ended` for good. */
  close(answer: CodeVerdict): void;
  /** Takes codes again, unless it has ended. */
  reopen(): void;
}

/**
 * @param onAdded called with each code that is to be tried
 * @param onIgnored called where a code is not tried because none is awaited, with the reason
 */
export function createSubmissions(
  onAdded: () => void,
  onIgnored: (reason: string) => void,
): Submissions {
  let open: Submission[] = [];
  let closedWith: CodeVerdict | undefined;

  function answer(submission: Submission, verdict: CodeVerdict): void {
    submission.answer = verdict;
    if (verdict.verdict === 'notWaiting') onIgnored(verdict.reason);
  }

  function answerAll(verdict: CodeVerdict, before = Number.POSITIVE_INFINITY): void {
    for (const submission of open) {
      if (submission.answer === undefined && submission.at < before) answer(submission, verdict);
    }
    open = open.filter((submission) => submission.answer === undefined);
  }

  return {
    add({ code, submittedBy }) {
      const submission: Submission = {
        code,
        at: Date.now(),
        ...(submittedBy === undefined ? {} : { submittedBy }),
      };
      if (closedWith === undefined) {
        open.push(submission);
        onAdded();
      } else answer(submission, closedWith);
      return submission;
    },
    next: () => open.find((submission) => submission.answer === undefined),
    answerAll,
    close(answer) {
      if (closedWith?.verdict !== 'ended') closedWith = answer;
      answerAll(closedWith ?? answer);
    },
    reopen() {
      if (closedWith?.verdict !== 'ended') closedWith = undefined;
    },
  };
}

/** Waits for the answer to a submission. The sequence answers every one, at the latest when the run ends. */
export async function answerTo(submission: Submission): Promise<CodeVerdict> {
  await condition(() => submission.answer !== undefined);
  return submission.answer ?? { verdict: 'ended', reason: 'The run has ended.' };
}
