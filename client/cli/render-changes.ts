import { STEP_TITLES } from '../../workflows/current-details.js';
import type { ProblemReport } from '../../workflows/messages.js';
import { METHOD_TEXTS } from '../method-text.js';
import type { OnboardingStatus } from '../onboarding-status.js';
import { nextCommands } from './next-commands.js';
import { ignoredText, problemOf, standText, stepsOf, type View } from './render.js';
import { durationText, instantText } from './time-text.js';

/**
 * What is new since `before`, one line each, for logs and pipes.
 *
 * @param before undefined for the first status: then all that is not pending is new
 */
export function renderChanges(
  before: OnboardingStatus | undefined,
  after: OnboardingStatus,
  { now }: View,
): string[] {
  const stamp = instantText(now.toISOString());
  return [
    ...stepChanges(before, after),
    ...newTexts(before, after, ({ run, progress }) =>
      run === 'running' && progress?.waiting !== undefined
        ? `waiting for ${progress.waiting.for} until ${instantText(progress.waiting.until)}`
        : undefined,
    ),
    ...newTexts(before, after, ({ run, progress }) =>
      run === 'running' ? progress?.waiting?.reminder : undefined,
    ),
    ...newTexts(before, after, ({ progress }) => progress?.code && codeText(progress.code)),
    ...submissionChanges(before, after),
    ...newTexts(before, after, ({ run, progress }) =>
      run === 'running' && progress?.ignored !== undefined
        ? `ignored: ${ignoredText(progress.ignored)}`
        : undefined,
    ),
    ...newTexts(before, after, (status) => problemText(problemOf(status))),
    ...newTexts(before, after, ({ run, progressMissing }) =>
      run === 'running' ? progressMissing : undefined,
    ),
    ...newTexts(before, after, (status) =>
      status.run === 'running' ? undefined : endText(status, now),
    ),
  ].map((line) => `${stamp}  ${after.phoneNumberId}  ${line}`);
}

function stepChanges(before: OnboardingStatus | undefined, after: OnboardingStatus): string[] {
  const known = new Map(
    (before === undefined ? [] : stepsOf(before)).map((step) => [step.name, JSON.stringify(step)]),
  );
  return stepsOf(after)
    .filter((step) => step.state !== 'pending' && known.get(step.name) !== JSON.stringify(step))
    .map(({ name, state, reason, startedAt, endedAt }) => {
      const took =
        startedAt === undefined || endedAt === undefined
          ? ''
          : ` in ${durationText(Date.parse(endedAt) - Date.parse(startedAt))}`;
      return `${STEP_TITLES[name]}: ${state}${took}${reason === undefined ? '' : ` (${reason})`}`;
    });
}

function submissionChanges(
  before: OnboardingStatus | undefined,
  after: OnboardingStatus,
): string[] {
  const known = new Set(
    before?.progress?.code?.submissions?.map((submission) => JSON.stringify(submission)),
  );
  return (after.progress?.code?.submissions ?? [])
    .filter((submission) => !known.has(JSON.stringify(submission)))
    .map(({ by, verdict }) => `code${by === undefined ? '' : ` typed by ${by}`}: ${verdict}`);
}

function codeText(code: NonNullable<NonNullable<OnboardingStatus['progress']>['code']>): string {
  return `code ${code.maybe ? 'may have been ' : ''}sent by ${METHOD_TEXTS[code.method]}, good until ${instantText(code.expiresAt)}`;
}

function problemText(problem: ProblemReport | undefined): string | undefined {
  if (problem === undefined) return undefined;
  return `problem: ${problem.text.replace(/\.?$/, '.')} What to do: ${problem.advice}`;
}

function endText(status: OnboardingStatus, now: Date): string {
  const { result, failure } = status;
  const told = failure?.details?.problem !== undefined; // on a line of its own
  const said = result?.summary ?? (told ? undefined : failure?.message);
  return [
    `ended: ${standText(status)}`,
    ...(said === undefined ? [] : [said]),
    ...(result?.missing ?? []).map((missing) => `still missing: ${missing}`),
    ...nextCommands(status, now),
  ].join(' · ');
}

/** The text that `read` finds, where it is another than before. */
function newTexts(
  before: OnboardingStatus | undefined,
  after: OnboardingStatus,
  read: (status: OnboardingStatus) => string | undefined,
): string[] {
  const text = read(after);
  return text === undefined || (before !== undefined && read(before) === text) ? [] : [text];
}
