import { EXPIRY_TEXTS, STEP_TITLES } from '../../workflows/current-details.js';
import type { ProblemReport } from '../../workflows/messages.js';
import { METHOD_TEXTS } from '../method-text.js';
import type { OnboardingStatus } from '../onboarding-status.js';
import { nextCommands } from './next-commands.js';
import { lasting } from './render-claim.js';
import { ignoredText, problemOf, sourceOf } from './render-problem.js';
import { shownSteps } from './render-steps.js';
import { operationStand } from './stand-text.js';
import { durationText, instantText } from './time-text.js';
import type { View } from './view.js';

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
    ...newTexts(
      before,
      after,
      ({ progress }) => progress?.decided && decidedText(progress.decided),
    ),
    ...(isParked(before) && after.run === 'running' && !isParked(after)
      ? [`no longer parked: ${operationStand(after)}`]
      : []),
    ...stepChanges(before, after),
    ...newTexts(before, after, (status) =>
      status.run === 'running' && !isParked(status) && status.progress?.waiting !== undefined
        ? `waiting for ${status.progress.waiting.for} until ${instantText(status.progress.waiting.until)}`
        : undefined,
    ),
    ...newTexts(before, after, ({ run, progress }) =>
      run === 'running' ? progress?.waiting?.reminder : undefined,
    ),
    ...newTexts(before, after, ({ progress }) => progress?.code && codeText(progress.code)),
    ...claimChanges(before, after, now),
    ...submissionChanges(before, after),
    ...newTexts(before, after, ({ run, progress }) =>
      run === 'running' && progress?.ignored !== undefined
        ? `ignored: ${ignoredText(progress.ignored)}`
        : undefined,
    ),
    ...newTexts(before, after, (status) => problemText(problemOf(status))),
    ...parkChanges(before, after, now),
    ...newTexts(before, after, ({ run, progressMissing }) =>
      run === 'running' ? progressMissing : undefined,
    ),
    ...newTexts(before, after, (status) =>
      status.run === 'running' ? undefined : endText(status, now),
    ),
  ].map((line) => `${stamp}  ${after.phoneNumberId}  ${line}`);
}

const isParked = (status: OnboardingStatus | undefined) =>
  status?.run === 'running' && status.stage === 'Parked';

/** That the run is parked, until when, and what may be typed: also when it is parked again right after a decision. */
function parkChanges(
  before: OnboardingStatus | undefined,
  after: OnboardingStatus,
  now: Date,
): string[] {
  if (!isParked(after)) return [];
  const key = ({ progress }: OnboardingStatus) =>
    JSON.stringify([progress?.waiting, progress?.decided]);
  if (before !== undefined && isParked(before) && key(before) === key(after)) return [];
  return [
    `${isParked(before) ? 'still parked' : 'parked'}${expiryText(after)}`,
    `next: ${nextCommands(after, now).join(' · ')}`,
  ];
}

function expiryText({ progress }: OnboardingStatus): string {
  const { until, onExpiry } = progress?.waiting ?? {};
  if (until === undefined) return '';
  return ` until ${instantText(until)}${onExpiry === undefined ? '' : `; ${EXPIRY_TEXTS[onExpiry]}`}`;
}

function decidedText({
  decision,
  by,
  at,
}: NonNullable<NonNullable<OnboardingStatus['progress']>['decided']>): string {
  return `decided: ${decision} at ${instantText(at)}${by === undefined ? '' : `, by ${by}`}`;
}

function stepChanges(before: OnboardingStatus | undefined, after: OnboardingStatus): string[] {
  const known = new Map(
    (before === undefined ? [] : shownSteps(before)).map((step) => [
      step.name,
      JSON.stringify(step),
    ]),
  );
  return shownSteps(after)
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

/** Who has taken the number, when that is somebody else than before. Prolonging a claim is no news, nor is its end by itself. */
function claimChanges(
  before: OnboardingStatus | undefined,
  after: OnboardingStatus,
  now: Date,
): string[] {
  if (after.run !== 'running') return [];
  const [was, is] = [before, after].map((status) => lasting(status?.progress?.claim, now));
  if (is === undefined) return was === undefined ? [] : [`given back by ${was.by}`];
  const from =
    is.takenFrom === undefined ? '' : `, from ${is.takenFrom.by}: ${is.takenFrom.reason}`;
  return was?.by === is.by ? [] : [`taken by ${is.by} until ${instantText(is.until)}${from}`];
}

function codeText(code: NonNullable<NonNullable<OnboardingStatus['progress']>['code']>): string {
  return `code ${code.maybe ? 'may have been ' : ''}sent by ${METHOD_TEXTS[code.method]}${code.requestedBy === undefined ? '' : ` for ${code.requestedBy}`}, good until ${instantText(code.expiresAt)}`;
}

function problemText(problem: ProblemReport | undefined): string | undefined {
  if (problem === undefined) return undefined;
  const source = sourceOf(problem);
  const text = problem.text.replace(/\.$/, '');
  return `problem: ${text}${source === '' ? '' : ` (${source})`}. What to do: ${problem.advice}`;
}

function endText(status: OnboardingStatus, now: Date): string {
  const { result, failure } = status;
  const told = failure?.details?.problem !== undefined; // on a line of its own
  const said = result?.summary ?? (told ? undefined : failure?.message);
  return [
    `ended: ${operationStand(status)}`,
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
