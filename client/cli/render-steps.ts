import { STEP_TITLES } from '../../workflows/current-details.js';
import { ONBOARD_NUMBER, type StepProgress, type StepState } from '../../workflows/messages.js';
import type { OnboardingStatus } from '../onboarding-status.js';
import { durationText } from './time-text.js';
import type { Colors, View } from './view.js';
import { DEFAULT_COLUMNS, wrap } from './wrap.js';

const MARKS: Record<StepState, string> = {
  pending: '○',
  running: '●',
  done: '✔',
  skipped: '–',
  deferred: '↷',
  compensated: '↺',
  failed: '✖',
};

const TITLE_WIDTH = 26;
const TIME_WIDTH = 7;
/** Two blanks, the mark, a blank, the title, a blank, the time, two blanks. */
const REMARK_AT = 4 + TITLE_WIDTH + 1 + TIME_WIDTH + 2;

/** All six steps as the run last told them; none where nothing told. */
export function stepsOf(
  status: Pick<OnboardingStatus, 'progress' | 'result' | 'failure'>,
): StepProgress[] {
  return status.progress?.steps ?? status.result?.steps ?? status.failure?.details?.steps ?? [];
}

/** The steps that are worth a line: of other operations than an onboarding, those that they have. */
export function shownSteps(
  status: Pick<OnboardingStatus, 'operation' | 'progress' | 'result' | 'failure'>,
): StepProgress[] {
  const steps = stepsOf(status);
  return status.operation === ONBOARD_NUMBER
    ? steps
    : steps.filter(({ state }) => state !== 'skipped');
}

/** A line for each step, more where its reason is long. */
export function renderSteps(steps: StepProgress[], view: View, running: boolean): string[] {
  if (steps.length === 0) return [view.colors.dim('  The steps are not known at the moment.')];
  return steps.flatMap((step) => renderStep(step, view, running));
}

function renderStep(step: StepProgress, view: View, running: boolean): string[] {
  const { colors } = view;
  const paint = STEP_COLORS[step.state](colors);
  const mark =
    step.state === 'running' && running ? (view.runningMark ?? MARKS.running) : MARKS[step.state];
  const title = STEP_TITLES[step.name];
  const time = stepTime(step, view.now, running) ?? '';
  const word = WORDED_STATES.has(step.state) ? step.state : undefined;
  const [first = '', ...rest] = wrap(
    [word, step.reason].filter(Boolean).join(': '),
    (view.columns ?? DEFAULT_COLUMNS) - REMARK_AT,
  );
  const columns = `${title.padEnd(TITLE_WIDTH)} ${time.padStart(TIME_WIDTH)}  `;
  const bare = first === '' ? columns.trimEnd() : columns;
  return [
    `  ${paint(mark)} ${step.state === 'pending' ? colors.dim(bare) : bare}${colors.dim(first)}`,
    ...rest.map((more) => `${' '.repeat(REMARK_AT)}${colors.dim(more)}`),
  ];
}

/** Marks that do not speak for themselves get their word. */
const WORDED_STATES: ReadonlySet<StepState> = new Set([
  'skipped',
  'deferred',
  'compensated',
  'failed',
]);

const STEP_COLORS: Record<StepState, (colors: Colors) => Colors['dim']> = {
  pending: (colors) => colors.dim,
  running: (colors) => colors.cyan,
  done: (colors) => colors.green,
  skipped: (colors) => colors.dim,
  deferred: (colors) => colors.yellow,
  compensated: (colors) => colors.yellow,
  failed: (colors) => colors.red,
};

function stepTime(step: StepProgress, now: Date, running: boolean): string | undefined {
  if (step.startedAt === undefined) return undefined;
  const end = step.endedAt ?? (running && step.state === 'running' ? now.toISOString() : undefined);
  return end === undefined ? undefined : durationText(Date.parse(end) - Date.parse(step.startedAt));
}
