/** What is done again and again: Temporal Schedules, none of which is there until somebody asks for it. */
import {
  ScheduleNotFoundError as NoSuchSchedule,
  type ScheduleDescription,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
  type ScheduleUpdateOptions,
} from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import { durationMs } from '../workflows/input.js';
import {
  RECONCILE,
  type ReconcileInput,
  ROTATE_DUE_PINS,
  type SweepInput,
} from '../workflows/messages.js';
import { parseReconcileInput, parseSweepInput } from '../workflows/operation-input.js';
import { InvalidInputError, ScheduleNotFoundError } from './errors.js';
import { SECURING } from './fleet.js';
import type { NumberRuns } from './number-runs.js';
import { usable } from './usable-input.js';

/** `rotation` sweeps PINs that are due; `reconcile` compares Meta, the PIN store and the open runs. */
export type ScheduleName = 'rotation' | 'reconcile';

export const SCHEDULE_NAMES: readonly ScheduleName[] = ['rotation', 'reconcile'];

/** A schedule as it stands. Instants are ISO 8601 in UTC. */
export interface ScheduleStatus {
  name: ScheduleName;
  scheduleId: string;
  paused: boolean;
  /** Why it is paused, where somebody said so. */
  note?: string;
  /** How often it acts, such as `1 day`. */
  every: string;
  /** What each run is started with. */
  input: SweepInput | ReconcileInput;
  /** When it will act next. */
  next: string[];
  /** What it began last, newest first. */
  recent: { at: string; workflowId: string }[];
}

export interface Schedules {
  /**
   * Makes a schedule, or changes the one there is. `rotation` looks every day for PINs older than `age`, so that none gets much
   * older, and 1,000 numbers that were onboarded together are not all rotated on the day on which somebody made the schedule.
   *
   * @throws InvalidInputError
   */
  set(name: 'rotation', input: SweepInput): Promise<void>;
  set(name: 'reconcile', input: ReconcileInput & { every: Duration }): Promise<void>;
  /** Undefined where there is none. */
  describe(name: ScheduleName): Promise<ScheduleStatus | undefined>;
  /** @throws ScheduleNotFoundError, as the ones below */
  pause(name: ScheduleName, note?: string): Promise<void>;
  resume(name: ScheduleName): Promise<void>;
  /** Removes the schedule. What it has begun goes on. */
  remove(name: ScheduleName): Promise<void>;
  /** Has it act now, unless what it began last is still open. */
  runNow(name: ScheduleName): Promise<void>;
}

const DAY: Duration = '1 day';
const MINUTE_MS = 60_000;

/** Not all companies' sweeps on the same second, nor right at midnight. */
const JITTER: Duration = '1 hour';

/** Being down for longer than this skips what would have been begun meanwhile; the next time finds it. */
const CATCH_UP: Duration = '12 hours';

interface Plan {
  every: Duration;
  workflowType: string;
  input: SweepInput | ReconcileInput;
}

const idOf = (name: ScheduleName) => `whatsapp-${name === 'rotation' ? 'pin-rotation' : name}`;

export function schedulesOf(runs: NumberRuns): Schedules {
  const { temporal } = runs;

  function planOf(name: ScheduleName, given: object): Plan {
    if (name === 'rotation') {
      usable(parseSweepInput(given));
      return { every: DAY, workflowType: ROTATE_DUE_PINS, input: given };
    }
    const { every, ...input } = given as ReconcileInput & { every: Duration };
    usable(parseReconcileInput(input));
    if ((durationMs(every) ?? 0) < MINUTE_MS) {
      throw new InvalidInputError(
        'Say how often, as a duration such as "1 day", from 1 minute to 30 days.',
      );
    }
    return { every, workflowType: RECONCILE, input };
  }

  const partsOf = (name: ScheduleName, { every, workflowType, input }: Plan) => ({
    action: {
      type: 'startWorkflow' as const,
      workflowType,
      // Temporal appends the instant to it.
      workflowId: `${idOf(name)}-run`,
      taskQueue: runs.place.taskQueue,
      args: [input],
      typedSearchAttributes: SECURING,
    },
    spec: { intervals: [{ every }], jitter: JITTER },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP },
    memo: { every, input },
  });

  async function asking<T>(name: ScheduleName, call: () => Promise<T>): Promise<T> {
    try {
      return await runs.call(call);
    } catch (error) {
      if (error instanceof NoSuchSchedule) throw new ScheduleNotFoundError(name);
      throw runs.translated(error);
    }
  }

  const handleOf = (name: ScheduleName) => temporal.schedule.getHandle(idOf(name));

  return {
    async set(name: ScheduleName, given: object) {
      const plan = planOf(name, given);
      const { memo, ...parts } = partsOf(name, plan);
      const created: ScheduleOptions = { scheduleId: idOf(name), ...parts, memo };
      try {
        await asking(name, () =>
          handleOf(name).update(
            (known) => ({ ...parts, state: known.state }) as ScheduleUpdateOptions,
          ),
        );
      } catch (error) {
        if (!(error instanceof ScheduleNotFoundError)) throw error;
        await asking(name, () => temporal.schedule.create(created));
      }
    },

    async describe(name) {
      try {
        return statusOf(name, await asking(name, () => handleOf(name).describe()));
      } catch (error) {
        if (error instanceof ScheduleNotFoundError) return undefined;
        throw error;
      }
    },

    // Without a note of ours, the SDK writes one of its own.
    pause: (name, note = 'paused') => asking(name, () => handleOf(name).pause(note)),
    resume: (name) => asking(name, () => handleOf(name).unpause('resumed')),
    remove: (name) => asking(name, () => handleOf(name).delete()),
    runNow: (name) => asking(name, () => handleOf(name).trigger(ScheduleOverlapPolicy.SKIP)),
  };
}

function statusOf(name: ScheduleName, known: ScheduleDescription): ScheduleStatus {
  const { state, info, action, spec } = known;
  const [input = {}] = 'args' in action ? ((action.args ?? []) as [object?]) : [];
  const everyMs = Number(spec.intervals?.[0]?.every ?? 0);
  return {
    name,
    scheduleId: known.scheduleId,
    paused: state.paused,
    ...(state.note === undefined || state.note === '' ? {} : { note: state.note }),
    every: everyText(everyMs),
    input: input as SweepInput | ReconcileInput,
    next: info.nextActionTimes.map((at) => at.toISOString()),
    recent: info.recentActions
      .map(({ takenAt, action: { workflow } }) => ({
        at: takenAt.toISOString(),
        workflowId: workflow.workflowId,
      }))
      .reverse(),
  };
}

function everyText(ms: number): string {
  const units: [string, number][] = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', MINUTE_MS],
    ['second', 1_000],
  ];
  const [unit, size] = units.find(([, each]) => ms >= each && ms % each === 0) ?? [
    'millisecond',
    1,
  ];
  const count = ms / size;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
