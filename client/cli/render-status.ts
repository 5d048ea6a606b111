/**
 * Onboardings as lines for people. Pure: the same status, time and colours give the same lines.
 */
import { type OnboardingProgress, ROTATE_PIN } from '../../workflows/messages.js';
import type { OnboardingStatus } from '../onboarding-status.js';
import { block } from './block.js';
import { maskedDigits } from './masked-digits.js';
import { nextCommands } from './next-commands.js';
import { renderBudget } from './render-budget.js';
import { renderClaim } from './render-claim.js';
import { renderCode } from './render-code.js';
import { renderEnd } from './render-end.js';
import { ignoredText, renderProblem } from './render-problem.js';
import { renderSteps, shownSteps, stepsOf } from './render-steps.js';
import { renderWaiting } from './render-waiting.js';
import { coloredStand } from './stand-text.js';
import { durationText, instantAndAge } from './time-text.js';
import type { View } from './view.js';
import { DEFAULT_COLUMNS, wrap } from './wrap.js';

/**
 * Everything about one onboarding: head, steps, what it waits for, code, budget, problem, end, and what to type next. Of a
 * parked one the problem comes first, since that is what somebody has to cure.
 */
export function renderStatus(status: OnboardingStatus, view: View): string[] {
  const { progress } = status;
  const running = status.run === 'running';
  const parked = running && status.stage === 'Parked';
  const problem = renderProblem(status, view);
  return [
    ...renderHead(status, view),
    ...stepLines(status, parked ? standing(view) : view),
    '',
    ...(status.progressMissing !== undefined && running
      ? block('Note', [[status.progressMissing, view.colors.yellow]], view)
      : []),
    ...(parked ? problem : []),
    ...(running ? renderClaim(progress?.claim, view) : []),
    ...(progress !== undefined && running ? renderWaiting(progress, view) : []),
    ...(progress?.code !== undefined ? renderCode(progress.code, view, running && !parked) : []),
    ...(progress === undefined || status.operation === ROTATE_PIN
      ? []
      : renderBudget(progress, view)),
    ...(progress?.decided === undefined
      ? []
      : block('Decided', [decidedText(progress.decided, view.now)], view)),
    ...(progress?.ignored !== undefined && running
      ? block('Ignored', [ignoredText(progress.ignored)], view)
      : []),
    ...(parked ? [] : problem),
    ...renderEnd(status, view),
    ...block('Next', nextCommands(status, view.now), view),
  ];
}

/** None where the steps are known and all of them are skipped: then the result says why. */
function stepLines(status: OnboardingStatus, view: View): string[] {
  const steps = shownSteps(status);
  if (steps.length === 0 && stepsOf(status).length > 0) return [];
  return ['', ...renderSteps(steps, view, status.run === 'running')];
}

/** Nothing moves while an operator is awaited. */
function standing({ runningMark: _, ...view }: View): View {
  return view;
}

function renderHead(
  status: OnboardingStatus,
  { now, colors, columns = DEFAULT_COLUMNS }: View,
): string[] {
  const name = status.label ?? status.progress?.label;
  const times =
    status.endedAt === undefined
      ? `started ${instantAndAge(status.startedAt, now)}`
      : `ended ${instantAndAge(status.endedAt, now)}, after ${durationText(
          Date.parse(status.endedAt) - Date.parse(status.startedAt),
        )}`;
  return [
    `${colors.bold(status.phoneNumberId)}${name ? ` · ${name}` : ''} · ${coloredStand(status, colors)}`,
    ...wrap(knownAs(status), columns),
    colors.dim(times),
  ];
}

function decidedText(
  { decision, by, at }: NonNullable<OnboardingProgress['decided']>,
  now: Date,
): string {
  return `${decision} at ${instantAndAge(at, now)}${by === undefined ? '' : `, by ${by}`}`;
}

/** The number as people know it: the business, and the last digits of the telephone number. */
function knownAs({ progress, card }: OnboardingStatus): string {
  const { businessName, lastDigits } = progress?.number ?? card ?? {};
  return [
    ...(businessName === undefined ? [] : [businessName]),
    ...(lastDigits === undefined ? [] : [maskedDigits(lastDigits)]),
  ].join(' · ');
}
