/** Sentences of the console. What the command line says as well comes from where it does. Pure. */

import { TRIES_PER_CODE } from '../../workflows/code-rules.js';
import type {
  CodeVerdict,
  NumberOperation,
  OnboardingProgress,
  StepState,
  SubmissionVerdict,
} from '../../workflows/messages.js';
import type { CodePending } from './api-answers.js';
import { clockText, durationText } from './time-texts.js';

/** What became of a code, for showing: a word first, then sentences. */
export interface VerdictText {
  tone: 'good' | 'bad' | 'open';
  heading: string;
  lines: string[];
  fbtraceId?: string;
}

/** @param now milliseconds since the epoch */
export function verdictText(verdict: CodeVerdict | CodePending, now: number): VerdictText {
  switch (verdict.verdict) {
    case 'verified':
      return {
        tone: 'good',
        heading: 'Verified',
        lines: ['Meta took the code. The number goes on by itself.'],
      };
    case 'refused': {
      const { text, advice, codeAgeSeconds, triesLeft, fbtraceId } = verdict;
      const age =
        codeAgeSeconds === undefined
          ? []
          : [`The newest code was ${durationText(codeAgeSeconds * 1_000)} old.`];
      return {
        tone: 'bad',
        heading: 'Refused',
        lines: [[text, advice].join(' '), [...age, triesText(triesLeft)].join(' ')],
        ...(fbtraceId === undefined ? {} : { fbtraceId }),
      };
    }
    case 'notWaiting': {
      const { heldBy, reason } = verdict;
      return heldBy === undefined
        ? { tone: 'open', heading: 'Not tried', lines: [reason] }
        : {
            tone: 'open',
            heading: `Held by ${heldBy.by}`,
            lines: [reason, `${heldBy.by} holds it until ${clockText(heldBy.until, now)}.`],
          };
    }
    case 'ended':
      return { tone: 'open', heading: 'Ended', lines: [verdict.reason] };
    case 'pending':
      return { tone: 'open', heading: 'Not known yet', lines: [verdict.reason] };
  }
}

/** The request itself did not work out. */
export function notSentText(error: unknown): VerdictText {
  return {
    tone: 'bad',
    heading: 'Not sent',
    lines: [error instanceof Error ? error.message : String(error)],
  };
}

function triesText(triesLeft: number): string {
  if (triesLeft === 0) return 'No tries left: ask for a new code before you try another.';
  return `${triesLeft} ${triesLeft === 1 ? 'try' : 'tries'} left.`;
}

export { TRIES_PER_CODE };

export const STEP_STATE_TEXTS: Record<StepState, string> = {
  pending: 'pending',
  running: 'running',
  done: 'done',
  skipped: 'skipped',
  deferred: 'deferred',
  compensated: 'compensated',
  failed: 'failed',
};

export const SUBMISSION_TEXTS: Record<SubmissionVerdict, string> = {
  verified: 'verified',
  refused: 'refused',
  unknown: 'tried, outcome unknown',
  notJudged: 'not judged',
};

/** What is done with a number, as a heading and in a sentence. A server of another version may say something else, or nothing. */
const OPERATION_TEXTS: Readonly<Record<string, { title: string; noun: string }>> = {
  onboardNumber: { title: 'Onboarding', noun: 'onboarding' },
  rotatePin: { title: 'Rotation of the PIN', noun: 'rotation' },
  reregisterNumber: { title: 'Registering again', noun: 'new registration' },
  offboardNumber: { title: 'Offboarding', noun: 'offboarding' },
} satisfies Record<NumberOperation, { title: string; noun: string }>;

/** Names what is done where that is no onboarding, of which most are. */
export function operationTitle(operation: NumberOperation): string | undefined {
  return operation === 'onboardNumber' ? undefined : OPERATION_TEXTS[operation]?.title;
}

/** Such as `rotation`. */
export function operationNoun(operation: NumberOperation): string {
  return OPERATION_TEXTS[operation]?.noun ?? 'run';
}

/** `use the newest, sent 14:32 by Ana`, where several codes were sent. */
export function newestCodeText(
  code: { sentCount: number; sentAt: string; requestedBy?: string },
  now: number,
): string | undefined {
  if (code.sentCount < 2) return undefined;
  const by = code.requestedBy === undefined ? '' : ` by ${code.requestedBy}`;
  return `use the newest, sent ${clockText(code.sentAt, now)}${by}`;
}

/** What cancelling would do now, a sentence each. */
export function cancelTexts(progress: OnboardingProgress | undefined): string[] {
  if (progress !== undefined && progress.operation !== 'onboardNumber') {
    return [
      `The ${operationNoun(progress.operation)} stops and cannot be resumed; a new one may be started.`,
      'What Meta has done by then stays as it is.',
      ...(progress.operation === 'rotatePin'
        ? ['A PIN that was made for it stays in the PIN store, and the next rotation uses it.']
        : []),
    ];
  }
  if (progress === undefined) {
    return [
      'The onboarding stops. What it has done at Meta is undone as far as that is possible.',
      KEPT,
    ];
  }
  const done = (name: string) =>
    progress.steps.some((step) => step.name === name && step.state === 'done');
  return [
    'The onboarding stops and cannot be resumed; a new one may be started.',
    done('register')
      ? 'The number is deregistered at Meta again, if this onboarding registered it.'
      : 'Nothing was registered at Meta, so nothing has to be deregistered.',
    ...(progress.code === undefined ? [] : ['A code that was sent cannot be called back.']),
    ...(done('verifyCode') ? ['The number stays verified at Meta.'] : []),
    KEPT,
  ];
}

const KEPT = 'A PIN that was made for it stays in the PIN store, and the next onboarding uses it.';

/** Once Meta has the PIN, an onboarding only goes forward: a cancel would be noted and change nothing. */
export function mayCancel(progress: OnboardingProgress | undefined): boolean {
  if (progress === undefined) return true;
  const pinSet = progress.steps.some(
    ({ name, state }) => name === 'setTwoStepPin' && state === 'done',
  );
  return (
    !pinSet &&
    progress.stage !== 'Compensating' &&
    progress.stage !== 'Live' &&
    progress.stage !== 'Failed' &&
    progress.waiting?.onExpiry !== 'alertAgain'
  );
}
