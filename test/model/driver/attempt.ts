/** One attempt of an activity: the real code of the activity, in the real context of the SDK. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Info } from '@temporalio/activity';
import {
  ActivityCancellationDetails,
  type ActivityFunction,
  arrayFromPayloads,
  defaultFailureConverter,
  defaultPayloadConverter,
  noopMetricMeter,
  type Payload,
} from '@temporalio/common';
import { DefaultLogger } from '@temporalio/worker';
import { Activity } from '@temporalio/worker/lib/activity.js';

export type ActivityResult = Awaited<ReturnType<Activity['run']>>;

/** An attempt, as the world sees who asks it for something. */
export interface Attempt {
  runId: string;
  activityType: string;
  activityId: string;
  number: number;
  isLocal: boolean;
  /** Its process is dead: what it was about to do never happens, and no answer reaches it. */
  lost: boolean;
}

export interface RunningAttempt {
  attempt: Attempt;
  /** Never rejects; never settles once the attempt is lost. */
  result: Promise<ActivityResult>;
  cancel(reason: 'CANCELLED' | 'TIMED_OUT'): void;
}

const running = new AsyncLocalStorage<Attempt>();

/** The attempt within which this is called. */
export const currentAttempt = (): Attempt | undefined => running.getStore();

const DATA_CONVERTER = {
  payloadConverter: defaultPayloadConverter,
  failureConverter: defaultFailureConverter,
  payloadCodecs: [],
};

/** Something that is written to the worker's log. */
export type OnLog = (message: string, details: unknown) => void;

// biome-ignore lint/suspicious/noExplicitAny: the SDK's own type of an activity's parameters
export type AnyActivity = ActivityFunction<any[], unknown>;

export function startAttempt(
  info: Pick<
    Info,
    | 'activityId'
    | 'activityType'
    | 'attempt'
    | 'isLocal'
    | 'startToCloseTimeoutMs'
    | 'scheduleToCloseTimeoutMs'
    | 'scheduledTimestampMs'
  > & { workflowId: string; runId: string },
  activity: AnyActivity,
  input: readonly Payload[],
  onLog: OnLog,
): RunningAttempt {
  const { workflowId, runId, ...told } = info;
  const attempt: Attempt = {
    runId,
    activityType: told.activityType,
    activityId: told.activityId,
    number: told.attempt,
    isLocal: told.isLocal,
    lost: false,
  };
  const inContext = new Activity(
    {
      ...told,
      workflowExecution: { workflowId, runId },
      taskToken: new Uint8Array(),
      base64TaskToken: '',
      namespace: 'default',
      activityNamespace: 'default',
      workflowNamespace: 'default',
      workflowType: 'onboardNumber',
      taskQueue: 'number-onboarding',
      heartbeatDetails: undefined,
      currentAttemptScheduledTimestampMs: told.scheduledTimestampMs,
      inWorkflow: true,
    },
    activity,
    DATA_CONVERTER,
    { type: 'activity', namespace: 'default', workflowId, isLocal: told.isLocal },
    undefined,
    () => undefined,
    undefined,
    new DefaultLogger('WARN', ({ message, meta }) => onLog(message, meta)),
    noopMetricMeter,
    [],
  );
  const args = arrayFromPayloads(DATA_CONVERTER.payloadConverter, [...input]);
  return {
    attempt,
    result: running
      .run(attempt, () => inContext.run({ args, headers: {} }))
      .then((result) => (attempt.lost ? new Promise<never>(() => undefined) : result)),
    cancel(reason) {
      if (!attempt.lost) {
        inContext.cancel(
          reason,
          new ActivityCancellationDetails({
            cancelRequested: reason === 'CANCELLED',
            timedOut: reason === 'TIMED_OUT',
          }),
        );
      }
    },
  };
}
