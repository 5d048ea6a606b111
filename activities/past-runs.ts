import type { Client, WorkflowHandle } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';

type HistoryEvent = NonNullable<
  Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']
>[number];

/** One activity that a run scheduled: for a counted request, one request that Meta may have seen. */
export interface ScheduledActivity {
  type: string;
  id: string;
  /** When it ended, by Temporal's clock; absent while it runs, and where its run ended first. */
  closedAt?: Date;
  /** `type` of the failure it ended with. */
  failureType?: string;
  startToCloseMs: number;
}

/** A run of a number's workflow id, read from its history. */
export interface PastRun {
  runId: string;
  startedAt: Date;
  closedAt?: Date;
  /** True where the run was terminated or timed out: an activity of it may still be running. */
  cutOff: boolean;
  /** The run before this one, as its client read it before starting. */
  previousRunId?: string;
  activities: ScheduledActivity[];
}

/** The runs of a number, whatever became of them. */
export interface PastRuns {
  /**
   * All runs of the workflow id that were open at or after `since`, the given one included, newest first.
   *
   * @throws what the Temporal client throws when the server cannot be asked
   */
  of(workflowId: string, runId: string, since: Date): Promise<PastRun[]>;

  /** The run id of the newest run of the workflow id, as Temporal knows it at this moment; undefined where there is none. */
  newest(workflowId: string): Promise<string | undefined>;
}

/**
 * The runs as Temporal keeps them. Listing lags behind by some seconds, so the run ids found by listing are joined by the
 * chain of previous run ids, which does not; a run that Temporal has dropped since (retention) counts as none.
 *
 * @param client called at each use: within an activity, the client of its worker
 */
export function temporalPastRuns(client: () => Client): PastRuns {
  return {
    async of(workflowId, runId, since) {
      const found = new Map<string, PastRun>();
      let ids = [runId, ...(await listedRunIds(client(), workflowId, since))];
      while (ids.length > 0) {
        const fresh = [...new Set(ids)].filter((id) => !found.has(id));
        const runs = await Promise.all(fresh.map((id) => readRun(client(), workflowId, id)));
        for (const run of runs) if (run !== undefined) found.set(run.runId, run);
        ids = runs
          .filter((run) => run !== undefined && run.startedAt >= since)
          .flatMap((run) => (run?.previousRunId === undefined ? [] : [run.previousRunId]))
          .filter((id) => !found.has(id));
      }
      return [...found.values()]
        .filter((run) => run.closedAt === undefined || run.closedAt >= since)
        .sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
    },

    async newest(workflowId) {
      try {
        return (await client().workflow.getHandle(workflowId).describe()).runId;
      } catch (error) {
        if (error instanceof Error && error.name === 'WorkflowNotFoundError') return undefined;
        throw error;
      }
    },
  };
}

async function listedRunIds(client: Client, workflowId: string, since: Date): Promise<string[]> {
  const ids: string[] = [];
  for await (const run of client.workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
    if (run.closeTime === undefined || run.closeTime >= since) ids.push(run.runId);
  }
  return ids;
}

async function readRun(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<PastRun | undefined> {
  try {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const run = pastRunOf(runId, history.events ?? []);
    const input = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads;
    const previousRunId = await previousRunIdIn(client, input);
    return previousRunId === undefined ? run : { ...run, previousRunId };
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return undefined;
    throw error;
  }
}

type Payloads = Parameters<typeof decodeArrayFromPayloads>[1];

async function previousRunIdIn(client: Client, input: Payloads): Promise<string | undefined> {
  try {
    const [start] = await decodeArrayFromPayloads(client.options.loadedDataConverter, input);
    return isStart(start) ? start.previousRunId : undefined;
  } catch {
    return undefined; // a run whose input nobody can read did nothing and knew no run before it
  }
}

function isStart(input: unknown): input is { previousRunId: string } {
  return (
    typeof input === 'object' &&
    input !== null &&
    'previousRunId' in input &&
    typeof input.previousRunId === 'string'
  );
}

/** What a history tells of a run. Pure. */
export function pastRunOf(runId: string, events: HistoryEvent[]): PastRun {
  const activities = new Map<string, ScheduledActivity>();
  for (const event of events) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      activities.set(String(event.eventId), {
        type: scheduled.activityType?.name ?? '',
        id: scheduled.activityId ?? '',
        startToCloseMs: Number(scheduled.startToCloseTimeout?.seconds ?? 0) * 1000,
      });
      continue;
    }
    const closed =
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskTimedOutEventAttributes ??
      event.activityTaskCanceledEventAttributes;
    const activity = activities.get(String(closed?.scheduledEventId));
    if (activity === undefined) continue;
    activity.closedAt = instantOf(event);
    const failureType =
      event.activityTaskFailedEventAttributes?.failure?.applicationFailureInfo?.type;
    if (failureType) activity.failureType = failureType;
  }
  const first = events[0];
  const last = events.at(-1);
  const cutOff = Boolean(
    last?.workflowExecutionTerminatedEventAttributes ??
      last?.workflowExecutionTimedOutEventAttributes,
  );
  const closed =
    cutOff ||
    Boolean(
      last?.workflowExecutionCompletedEventAttributes ??
        last?.workflowExecutionFailedEventAttributes ??
        last?.workflowExecutionCanceledEventAttributes ??
        last?.workflowExecutionContinuedAsNewEventAttributes,
    );
  return {
    runId,
    startedAt: first ? instantOf(first) : new Date(0),
    ...(closed && last ? { closedAt: instantOf(last) } : {}),
    cutOff,
    activities: [...activities.values()],
  };
}

function instantOf(event: HistoryEvent): Date {
  const { seconds, nanos } = event.eventTime ?? {};
  return new Date(Number(seconds ?? 0) * 1000 + Math.floor((nanos ?? 0) / 1e6));
}
