/**
 * Onboardings as lines for people. Pure: the same status, time and colours give the same lines.
 */
import type pc from 'picocolors';
import { TRIES_PER_CODE } from '../../workflows/code-rules.js';
import { STEP_TITLES } from '../../workflows/current-details.js';
import type {
  BudgetUse,
  OnboardingProgress,
  ProblemReport,
  StepProgress,
  StepState,
} from '../../workflows/messages.js';
import { METHOD_TEXTS } from '../method-text.js';
import type { OnboardingStatus, OnboardingSummary } from '../onboarding-status.js';
import { nextCommands, triesLeftOf } from './next-commands.js';
import { durationText, instantAndAge, instantText, relativeText } from './time-text.js';
import { DEFAULT_COLUMNS, wrap } from './wrap.js';

export type Colors = ReturnType<typeof pc.createColors>;

export interface View {
  now: Date;
  colors: Colors;
  /** Where lines are to end. @default 80 */
  columns?: number;
  /** Stands for the step that runs, where the view moves. @default '●' */
  runningMark?: string;
}

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
const LABEL_WIDTH = 12;

/** Everything about one onboarding: head, steps, what it waits for, code, budget, problem, end, and what to type next. */
export function renderStatus(status: OnboardingStatus, view: View): string[] {
  const { progress } = status;
  const running = status.run === 'running';
  return [
    ...renderHead(status, view),
    '',
    ...renderSteps(stepsOf(status), view, running),
    '',
    ...(status.progressMissing !== undefined && running
      ? block('Note', [[status.progressMissing, view.colors.yellow]], view)
      : []),
    ...(progress !== undefined && running ? renderWaiting(progress, view) : []),
    ...(progress?.code !== undefined ? renderCode(progress.code, view, running) : []),
    ...(progress === undefined ? [] : renderBudget(progress.budget, view)),
    ...(progress?.ignored !== undefined && running
      ? block('Ignored', [ignoredText(progress.ignored)], view)
      : []),
    ...renderProblem(status, view),
    ...renderEnd(status, view),
    ...block('Next', nextCommands(status, view.now), view),
  ];
}

/** All six steps as the run last told them; none where nothing told. */
export function stepsOf(status: OnboardingStatus): StepProgress[] {
  return status.progress?.steps ?? status.result?.steps ?? status.failure?.details?.steps ?? [];
}

function renderHead(status: OnboardingStatus, { now, colors }: View): string[] {
  const name = status.label ?? status.progress?.label;
  const times =
    status.endedAt === undefined
      ? `started ${instantAndAge(status.startedAt, now)}`
      : `ended ${instantAndAge(status.endedAt, now)}, after ${durationText(
          Date.parse(status.endedAt) - Date.parse(status.startedAt),
        )}`;
  return [
    `${colors.bold(status.phoneNumberId)}${name ? ` · ${name}` : ''} · ${coloredStand(status, colors)}`,
    colors.dim(times),
  ];
}

function renderSteps(steps: StepProgress[], view: View, running: boolean): string[] {
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

function renderWaiting({ waiting }: OnboardingProgress, view: View): string[] {
  if (waiting === undefined) return [];
  const { now, colors } = view;
  return block(
    'Waiting for',
    [
      [waiting.for, colors.bold],
      `until ${instantAndAge(waiting.until, now)}`,
      ...(waiting.cure === undefined ? [] : [waiting.cure]),
      ...(waiting.reminder === undefined ? [] : [[waiting.reminder, colors.yellow] satisfies Line]),
    ],
    view,
  );
}

function renderCode(
  code: NonNullable<OnboardingProgress['code']>,
  view: View,
  running: boolean,
): string[] {
  const { now, colors } = view;
  const fresh = Date.parse(code.expiresAt) > now.getTime();
  const sent = code.maybe ? 'may have been sent' : 'sent';
  const counts = [
    ...(code.sentCount > 1 ? [`asked for ${code.sentCount} times`] : []),
    ...(code.refusedCount > 0 ? [`${code.refusedCount} refused since the newest was sent`] : []),
  ].join(', ');
  const triesLeft = triesLeftOf(code);
  const tries = `tries left ${triesLeft} of ${TRIES_PER_CODE}`;
  return block(
    'Code',
    [
      `${sent} by ${METHOD_TEXTS[code.method]} at ${instantAndAge(code.sentAt, now)}`,
      ...(running
        ? [
            fresh
              ? `good for another ${durationText(Date.parse(code.expiresAt) - now.getTime())}`
              : ([`expired ${relativeText(code.expiresAt, now)}`, colors.yellow] satisfies Line),
            `a new one may be asked for ${
              Date.parse(code.nextSendAt) > now.getTime()
                ? `at ${instantAndAge(code.nextSendAt, now)}`
                : 'now'
            }`,
            triesLeft > 0
              ? tries
              : ([
                  `${tries}: ask for a new code before you try another`,
                  colors.yellow,
                ] satisfies Line),
          ]
        : []),
      ...(counts === '' ? [] : [counts]),
      ...submissionLines(code.submissions ?? [], now),
    ],
    view,
  );
}

/** The newest submissions, a line each, below the count of all where older ones are left out. */
function submissionLines(submissions: Submissions, now: Date): string[] {
  const newest = submissions.slice(-SHOWN_SUBMISSIONS);
  return [
    ...(submissions.length > newest.length
      ? [`${submissions.length} codes were submitted; the last ${newest.length}:`]
      : []),
    ...newest.map(
      ({ at, by, verdict }) =>
        `${verdict === 'unknown' ? 'tried, outcome unknown' : verdict} at ${instantAndAge(at, now)}${
          by === undefined ? '' : `, typed by ${by}`
        }`,
    ),
  ];
}

type Submissions = NonNullable<NonNullable<OnboardingProgress['code']>['submissions']>;

const SHOWN_SUBMISSIONS = 5;

function renderBudget(
  { register, deregister }: OnboardingProgress['budget'],
  view: View,
): string[] {
  const text = (name: string, { used, limit, nextAt }: BudgetUse) =>
    `${name} ${used} of ${limit}${
      nextAt === undefined ? '' : `, next ${instantAndAge(nextAt, view.now)}`
    }`;
  return block(
    'Requests',
    [`${text('register', register)} · ${text('deregister', deregister)} (Meta's limits in 72 h)`],
    view,
  );
}

/** A message that had no effect, and why. */
export function ignoredText({
  message,
  at,
  reason,
}: NonNullable<OnboardingProgress['ignored']>): string {
  return `${message} at ${instantText(at)}: ${reason}`;
}

/** What is wrong now, or ended the run; what was wrong on the way to another end is over. */
export function problemOf({ run, progress, failure }: OnboardingStatus): ProblemReport | undefined {
  if (run !== 'running' && run !== 'failed') return undefined;
  return progress?.problem ?? failure?.details?.problem;
}

function renderProblem(status: OnboardingStatus, view: View): string[] {
  const problem = problemOf(status);
  if (problem === undefined) return [];
  const { colors } = view;
  const source = [
    ...(problem.code === undefined
      ? []
      : [
          `Meta's code ${problem.code}${problem.subcode === undefined ? '' : `/${problem.subcode}`}`,
        ]),
    ...(problem.fbtraceId === undefined ? [] : [`fbtrace_id ${problem.fbtraceId}`]),
  ].join(', ');
  return block(
    'Problem',
    [
      [problem.text, colors.red],
      ...(source === '' ? [] : [[source, colors.dim] satisfies Line]),
      `What to do: ${problem.advice}`,
    ],
    view,
  );
}

function renderEnd({ result, failure, progress }: OnboardingStatus, view: View): string[] {
  const { colors } = view;
  if (result !== undefined) {
    const { pin } = result;
    return [
      ...block(
        'Result',
        [
          result.summary,
          ...result.missing.map((missing): Line => [`still missing: ${missing}`, colors.yellow]),
          ...(result.cancelRequested
            ? ['A cancel came after the PIN was set, so the onboarding went on to its end.']
            : []),
        ],
        view,
      ),
      ...block(
        'PIN',
        [
          `in ${pin.store}: ${pin.record}, version ${pin.version}`,
          pin.confirmed
            ? 'accepted by Meta in this run'
            : `not checked at Meta in this run${
                pin.since === undefined ? '' : `; current since ${instantText(pin.since)}`
              }`,
        ],
        view,
      ),
    ];
  }
  if (failure === undefined) return [];
  const { undone = [], notUndone = [] } = failure.details ?? progress?.compensation ?? {};
  const problem = failure.details?.problem;
  return [
    // A run's own message is its problem and what was not undone in one sentence; those are shown apart.
    ...(problem === undefined ? block('Ended', [[failure.message, colors.red]], view) : []),
    ...block('Undone', undone, view),
    ...block(
      'Not undone',
      notUndone.map((left): Line => [left, colors.yellow]),
      view,
    ),
  ];
}

/** Where an onboarding stands, in a word or two. */
export function standText(summary: OnboardingSummary & Pick<OnboardingStatus, 'result'>): string {
  switch (summary.run) {
    case 'running':
      return RUNNING_TEXTS[summary.stage ?? 'Preparing'];
    case 'completed':
      return summary.result?.outcome === 'registered' ? 'registered, not yet live' : 'live';
    case 'timedOut':
      return 'timed out';
    default:
      return summary.run;
  }
}

const RUNNING_TEXTS: Record<NonNullable<OnboardingSummary['stage']>, string> = {
  Preparing: 'preparing',
  Registering: 'registering',
  AwaitingCode: 'waiting for the code',
  Securing: 'securing with the PIN',
  Parked: 'parked, needs an operator',
  Compensating: 'undoing',
  Live: 'finishing',
  Failed: 'failing',
};

function coloredStand(status: OnboardingStatus, colors: Colors): string {
  const text = standText(status);
  if (status.run === 'completed') {
    return status.result?.outcome === 'registered' ? colors.yellow(text) : colors.green(text);
  }
  if (status.run !== 'running') return colors.red(text);
  return status.stage === 'AwaitingCode' || status.stage === 'Parked'
    ? colors.yellow(text)
    : colors.cyan(text);
}

type Paint = (text: string) => string;

/** A line, or one to paint: it is wrapped before, as colours have no width. */
type Line = string | [text: string, paint: Paint];

/** Lines under a label; nothing where there are none. */
function block(label: string, lines: Line[], view: View): string[] {
  const width = (view.columns ?? DEFAULT_COLUMNS) - LABEL_WIDTH - 3;
  return lines
    .flatMap((line) => {
      const [text, paint] = typeof line === 'string' ? [line, (plain: string) => plain] : line;
      return wrap(text, width).map(paint);
    })
    .map(
      (line, index) =>
        `  ${view.colors.dim((index === 0 ? label : '').padEnd(LABEL_WIDTH))} ${line}`,
    );
}
