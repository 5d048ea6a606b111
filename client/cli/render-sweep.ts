import type { SweepProgress, SweptOutcome } from '../../workflows/messages.js';
import type { SweepStatus } from '../fleet.js';
import { block, type Line } from './block.js';
import { table } from './table.js';
import { durationText, instantAndAge, instantText } from './time-text.js';
import type { View } from './view.js';
import { DEFAULT_COLUMNS, wrap } from './wrap.js';

const OUTCOMES: Record<SweptOutcome, string> = {
  rotated: 'rotated',
  failed: 'failed',
  unreadable: 'record unreadable',
  refused: 'takes no PIN as it is',
  busy: 'busy: another run was open',
  underWay: 'still under way',
  notDue: 'not due any more',
};

/** Those that need somebody first. */
const ORDER: readonly SweptOutcome[] = [
  'failed',
  'unreadable',
  'refused',
  'underWay',
  'busy',
  'notDue',
  'rotated',
];

/** The newest sweep: how far it is, what came of the numbers, and why it halted where it did. */
export function renderSweep(sweep: SweepStatus, view: View): string[] {
  const { progress } = sweep;
  return [
    ...headOf(sweep, view),
    '',
    ...(sweep.progressMissing === undefined
      ? []
      : block('Note', [[sweep.progressMissing, view.colors.yellow]], view)),
    ...(progress === undefined ? [] : bodyOf(progress, view)),
    ...block('Next', nextOf(sweep), view),
  ];
}

/** How the sweep stands: `halted`, as Temporal shows it as running. */
export function sweepStand({ run, progress }: SweepStatus): string {
  if (run !== 'running') return run === 'completed' ? 'finished' : run;
  return progress?.state === 'halted' ? 'halted, needs an operator' : 'rotating';
}

function headOf(sweep: SweepStatus, { now, colors }: View): string[] {
  const stand = sweepStand(sweep);
  const paint =
    stand === 'finished' ? colors.green : stand === 'rotating' ? colors.cyan : colors.yellow;
  const times =
    sweep.endedAt === undefined
      ? `started ${instantAndAge(sweep.startedAt, now)}`
      : `ended ${instantAndAge(sweep.endedAt, now)}, after ${durationText(
          Date.parse(sweep.endedAt) - Date.parse(sweep.startedAt),
        )}`;
  return [
    `${colors.bold('Rotation of due PINs')} · ${paint(stand)}`,
    colors.dim(times),
    ...(sweep.progress === undefined
      ? []
      : [colors.dim(`PINs set before ${instantText(sweep.progress.dueBefore)} are due`)]),
  ];
}

function bodyOf(progress: SweepProgress, view: View): string[] {
  const { counts, halted, problem, others } = progress;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return [
    ...(halted === undefined
      ? []
      : [
          ...block(
            'Halted',
            [
              [halted.text, view.colors.red],
              `What to do: ${halted.advice}`,
              `since ${instantAndAge(halted.since, view.now)}`,
              `it ends by itself at ${instantAndAge(halted.until, view.now)}`,
            ],
            view,
          ),
        ]),
    ...(problem === undefined || halted !== undefined
      ? []
      : block(
          'Problem',
          [[problem.text, view.colors.red] satisfies Line, `What to do: ${problem.advice}`],
          view,
        )),
    ...block(
      'Numbers',
      total === 0
        ? [progress.state === 'finished' ? 'none was due' : 'none so far']
        : ORDER.filter((outcome) => counts[outcome] > 0).map((outcome): Line => {
            const text = `${counts[outcome]} ${OUTCOMES[outcome]}`;
            return outcome === 'rotated' ? [text, view.colors.green] : text;
          }),
      view,
    ),
    ...(others.length === 0 ? [] : ['', ...othersTable(others, view), '']),
  ];
}

/** Numbers that were not rotated, each with why; the reason is wrapped below itself. */
function othersTable(others: SweepProgress['others'], view: View): string[] {
  const sorted = ORDER.flatMap((outcome) => others.filter((other) => other.outcome === outcome));
  const indent = 2;
  const rows = sorted.map(({ phoneNumberId, label, outcome }) => [
    phoneNumberId,
    label ?? '',
    OUTCOMES[outcome],
  ]);
  const [head = '', ...lines] = table(['NUMBER', 'NAME', 'WHAT CAME OF IT'], rows, view.colors.dim);
  const width = (view.columns ?? DEFAULT_COLUMNS) - 2 * indent;
  return [
    `${' '.repeat(indent)}${head}`,
    ...lines.flatMap((line, index) => [
      `${' '.repeat(indent)}${line}`,
      ...wrap(sorted[index]?.why ?? '', width).map(
        (why) => `${' '.repeat(2 * indent)}${view.colors.dim(why)}`,
      ),
    ]),
  ];
}

function nextOf(sweep: SweepStatus): string[] {
  if (sweep.run === 'running') {
    return sweep.progress?.state === 'halted' ? ['npx wa-onboard sweep resume'] : [];
  }
  const { failed = 0, unreadable = 0, refused = 0, busy = 0 } = sweep.progress?.counts ?? {};
  return [
    ...(failed + unreadable + refused > 0 ? ['npx wa-onboard pin troubleshoot <id>'] : []),
    ...(failed + busy > 0 || sweep.run !== 'completed' ? ['npx wa-onboard sweep start'] : []),
  ];
}
