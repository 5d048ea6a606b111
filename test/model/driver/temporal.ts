/** Temporal as far as one number's runs go: one open run per id, messages to it, one worker, and the past runs. */
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { NumberActivities } from '../../../activities/number.js';
import type { PastRun, PastRuns } from '../../../activities/past-runs.js';
import {
  DESK_MEMO,
  type DeskCard,
  MESSAGES,
  type OnboardingInput,
  type OnboardingProgress,
  SEARCH_ATTRIBUTES,
  SEND_NOTIFICATION,
  workflowIdOf,
} from '../../../workflows/messages.js';
import type { Notification } from '../../../workflows/notification.js';
import { type AnyActivity, type OnLog, startAttempt } from './attempt.js';
import { type ModelRun, openRun } from './run.js';
import { decoded, type Sandbox } from './sandbox.js';
import type { UpdateCall } from './updates.js';
import { Violation } from './violation.js';
import type { VirtualTime } from './virtual-time.js';

/** A run, with what its start said and what lists show of it. */
export interface NumberRun extends ModelRun {
  readonly previousRunId: string | undefined;
  readonly input: OnboardingInput;
  /** The search attribute `OnboardingStage`, once set by the run. */
  stageAttribute: string | undefined;
  /** The memo for lists of waiting numbers, once published by the run. */
  card: DeskCard | undefined;
  /** What people were notified of, in order. */
  readonly notifications: Notification[];
}

export interface ModelTemporal {
  /** All runs of the number, oldest first. */
  readonly runs: readonly NumberRun[];
  readonly openRun: NumberRun | undefined;
  readonly workerUp: boolean;
  /** @returns undefined where a run is open, as the server then refuses another one */
  start(input: Omit<OnboardingInput, 'previousRunId'>): NumberRun | undefined;
  cancel(): void;
  terminate(): void;
  signal(name: string, input: Payload): void;
  update(name: string, input: Payload): UpdateCall | undefined;
  progress(run: NumberRun): Promise<OnboardingProgress | undefined>;
  /** What the Temporal UI shows of a run. */
  details(run: NumberRun): Promise<string | undefined>;
  /** SIGKILL: what its activities were doing is lost; another worker starts after so many milliseconds. */
  killWorker(downMs: number): void;
  /** The runs as `temporalPastRuns` finds them: by a listing that lags, and by the chain of previous run ids. */
  readonly pastRuns: PastRuns;
}

export interface TemporalOptions {
  time: VirtualTime;
  sandbox: Sandbox;
  phoneNumberId: string;
  /** Looked up at each attempt, since they ask this server for the past runs. */
  activities(): NumberActivities;
  /** How long Temporal takes to hand out a task, in milliseconds. */
  dispatchMs(): number;
  /** How long listings lag, in milliseconds. */
  listingLagMs: number;
  onLog: OnLog;
  onRunEnd(run: NumberRun): void;
}

const METADATA_QUERY = '__temporal_workflow_metadata';

export function createTemporal(options: TemporalOptions): ModelTemporal {
  const { time, phoneNumberId } = options;
  const workflowId = workflowIdOf(phoneNumberId);
  const runs: NumberRun[] = [];
  let workerUp = true;
  const open = () => runs.find((run) => run.closedAt === undefined);

  function start(request: Omit<OnboardingInput, 'previousRunId'>): NumberRun | undefined {
    if (open() !== undefined) return undefined;
    const runId = `00000000-0000-4000-8000-${String(runs.length + 1).padStart(12, '0')}`;
    const previousRunId = runs.at(-1)?.runId;
    const input = { ...request, ...(previousRunId === undefined ? {} : { previousRunId }) };
    const base = openRun(
      { runId, workflowId, input: defaultPayloadConverter.toPayload(input) },
      {
        time,
        sandbox: options.sandbox,
        workerUp: () => workerUp,
        dispatchMs: options.dispatchMs,
        startAttempt(command, isLocal, attempt, startToCloseTimeoutMs, scheduledTimestampMs) {
          const type = command.activityType ?? '';
          return startAttempt(
            {
              workflowId,
              runId,
              activityId: command.activityId ?? '',
              activityType: type,
              attempt,
              isLocal,
              startToCloseTimeoutMs,
              scheduleToCloseTimeoutMs: 0,
              scheduledTimestampMs,
            },
            activityOf(options.activities(), type),
            command.arguments ?? [],
            options.onLog,
          );
        },
        onSearchAttributes: (fields) => {
          run.stageAttribute = stageIn(fields) ?? run.stageAttribute;
        },
        onMemo: (fields) => {
          run.card = decoded(fields[DESK_MEMO]) as DeskCard;
        },
        onChild(type, given) {
          if (type !== SEND_NOTIFICATION) throw new Violation('stuck', `no workflow ${type}`);
          run.notifications.push(decoded(given) as Notification);
        },
        onEnd: () => options.onRunEnd(run),
      },
    );
    const more: Omit<NumberRun, keyof ModelRun> = {
      previousRunId,
      input,
      stageAttribute: undefined,
      card: undefined,
      notifications: [],
    };
    const run: NumberRun = Object.assign(base, more); // the getters of the base go on working
    runs.push(run);
    return run;
  }

  return {
    runs,
    get openRun() {
      return open();
    },
    get workerUp() {
      return workerUp;
    },
    start,
    cancel: () => open()?.deliver({ cancelWorkflow: { reason: 'a person wants it' } }),
    terminate: () => open()?.terminate(),
    signal: (signalName, input) =>
      open()?.deliver({
        signalWorkflow: { signalName, input: [input], identity: 'a person', headers: {} },
      }),
    update: (name, input) => open()?.update(name, input),
    progress: async (run) => (await run.query(MESSAGES.progress)) as OnboardingProgress | undefined,
    async details(run) {
      const metadata = await run.query(METADATA_QUERY);
      return (metadata as { currentDetails?: string } | undefined)?.currentDetails;
    },
    killWorker(downMs) {
      if (!workerUp) return;
      workerUp = false;
      for (const run of runs) run.workerKilled();
      time.after(downMs, () => {
        workerUp = true;
        for (const run of runs) run.workerStarted();
      });
    },
    pastRuns: pastRunsOver(runs, options),
  };
}

function pastRunsOver(
  runs: readonly NumberRun[],
  { time, listingLagMs }: TemporalOptions,
): PastRuns {
  return {
    newest: async () => runs.at(-1)?.runId,
    async of(_, runId, since) {
      const byId = new Map(runs.map((run) => [run.runId, run]));
      const listed = runs.filter(
        ({ startedAt, closedAt }) =>
          startedAt <= time.now() - listingLagMs &&
          (closedAt === undefined || closedAt >= since.getTime()),
      );
      const found = new Set<NumberRun>();
      const queue = [runId, ...listed.map((run) => run.runId)];
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
        const run = byId.get(id);
        if (run === undefined || found.has(run)) continue;
        found.add(run);
        if (run.startedAt >= since.getTime() && run.previousRunId) queue.push(run.previousRunId);
      }
      return [...found]
        .filter(({ closedAt }) => closedAt === undefined || closedAt >= since.getTime())
        .sort((a, b) => b.startedAt - a.startedAt)
        .map(pastRun);
    },
  };
}

function pastRun(run: NumberRun): PastRun {
  const { runId, startedAt, closedAt, previousRunId } = run;
  return {
    runId,
    startedAt: new Date(startedAt),
    ...(closedAt === undefined ? {} : { closedAt: new Date(closedAt) }),
    cutOff: run.end?.kind === 'terminated',
    ...(previousRunId === undefined ? {} : { previousRunId }),
    activities: run.activities.map((activity) => ({
      type: activity.type,
      id: activity.id,
      ...(activity.closedAt === undefined ? {} : { closedAt: new Date(activity.closedAt) }),
      ...(activity.failureType === undefined ? {} : { failureType: activity.failureType }),
      startToCloseMs: activity.startToCloseMs,
    })),
  };
}

function activityOf(activities: NumberActivities, type: string): AnyActivity {
  const found: Record<string, AnyActivity | undefined> = { ...activities };
  const activity = found[type];
  if (activity === undefined) throw new Error(`The workflow wants an activity ${type}.`);
  return activity;
}

/** Temporal's limit for a search attribute of type Keyword, and its refusal of those it does not know. */
const LONGEST_KEYWORD_BYTES = 2_048;

function stageIn(fields: Record<string, Payload>): string | undefined {
  const known = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name);
  for (const [name, payload] of Object.entries(fields)) {
    const value = decoded(payload);
    if (!known.includes(name) || typeof value !== 'string') {
      throw new Violation('stuck', `Temporal refuses the search attribute ${name}`);
    }
    if (Buffer.byteLength(value) > LONGEST_KEYWORD_BYTES) {
      throw new Violation('stuck', `the search attribute ${name} is too long`);
    }
  }
  const stage = decoded(fields[SEARCH_ATTRIBUTES.stage.name]);
  return typeof stage === 'string' ? stage : undefined;
}
