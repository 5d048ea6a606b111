import type { SweepStatus } from '../fleet.js';
import type { ScheduleName, ScheduleStatus } from '../schedules.js';
import { block, type Line } from './block.js';
import { sweepStand } from './render-sweep.js';
import { durationText, instantAndAge } from './time-text.js';
import type { View } from './view.js';

const TITLES: Record<ScheduleName, string> = {
  rotation: 'Rotation of due PINs',
  reconcile: 'Comparison of Meta, the PIN store and the runs',
};

const SET: Record<ScheduleName, string> = {
  rotation: 'npx wa-onboard schedule rotation --every 90d',
  reconcile: 'npx wa-onboard schedule reconcile --every 1d',
};

const NEXT_SHOWN = 3;

/** Notes that tell nothing: the SDK's own where nobody said why, and a word that the stand says already. */
const EMPTY_NOTE = /via TypeScript SDK"?$|^(?:paused|resumed)$/;

/** One schedule, or that there is none. */
export function renderSchedule(
  name: ScheduleName,
  schedule: ScheduleStatus | undefined,
  view: View,
): string[] {
  const { colors, now } = view;
  if (schedule === undefined) {
    return [
      `${colors.bold(name)} · ${colors.dim('not scheduled')}`,
      ...block('Begin it', [SET[name]], view),
    ];
  }
  const { paused, note, next, recent } = schedule;
  const last = recent.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
  return [
    `${colors.bold(name)} · ${TITLES[name]} · ${paused ? colors.yellow('paused') : colors.green('on')}`,
    ...block('Looks', [`every ${everyText(schedule.every)}`], view),
    ...block('Told', inputTexts(schedule.input), view),
    ...(note === undefined || note === '' || EMPTY_NOTE.test(note)
      ? []
      : block('Note', [note], view)),
    ...block(
      'Next',
      paused
        ? [`none: resume it with npx wa-onboard schedule resume ${name}`]
        : next.slice(0, NEXT_SHOWN).map((at) => instantAndAge(at, now)),
      view,
    ),
    ...block('Last', [last === undefined ? 'not yet' : instantAndAge(last.at, now)], view),
  ];
}

/** A line or two on the newest sweep, below the schedule that begins them. */
export function renderLastSweep(sweep: SweepStatus | undefined, view: View): string[] {
  if (sweep === undefined) return [];
  const counts = sweep.progress?.counts;
  const others =
    counts === undefined
      ? 0
      : Object.values(counts).reduce((sum, n) => sum + n, 0) - counts.rotated;
  const halted = sweep.progress?.halted;
  return block(
    'Last sweep',
    [
      `${sweepStand(sweep)}, ${
        sweep.endedAt === undefined
          ? `started ${instantAndAge(sweep.startedAt, view.now)}`
          : `ended ${instantAndAge(sweep.endedAt, view.now)}`
      }`,
      ...(counts === undefined
        ? []
        : [
            counts.rotated + others === 0
              ? 'no PIN was due'
              : `${counts.rotated} rotated, ${others} not; see npx wa-onboard sweep`,
          ]),
      ...(halted === undefined ? [] : [[halted.text, view.colors.red] satisfies Line]),
    ],
    view,
  );
}

/** `86400s`, `1 day`: as people say it after `every`. */
function everyText(every: string): string {
  const seconds = /^([0-9]+)(?:s| ?seconds?)$/.exec(every)?.[1];
  const text = seconds === undefined ? every : durationText(Number(seconds) * 1_000);
  return text.replace(/^1 ?d(?:ay)?$/, 'day').replace(/^1 ?h(?:our)?$/, 'hour');
}

const INPUT_TEXTS: Record<string, (value: unknown) => string | undefined> = {
  age: (value) => `PINs older than ${String(value)}`,
  perMinute: (value) => `${String(value)} rotations begun a minute at most`,
  atOnce: (value) => `${String(value)} under way at a time at most`,
  haltShare: (value) => `halts when more than ${Math.round(Number(value) * 100)} % fail`,
  wabaId: (value) => `account ${String(value)}`,
  subscribe: (value) => (value === true ? 'subscribes the app where it is not' : undefined),
  reregister: (value) =>
    value === true ? 'registers numbers again whose display name changed' : undefined,
  notify: (value) => (value === false ? 'notifies nobody' : undefined),
  requestedBy: (value) => `asked for by ${String(value)}`,
};

function inputTexts(input: object): string[] {
  return Object.entries(input).flatMap(([name, value]) => INPUT_TEXTS[name]?.(value) ?? []);
}
