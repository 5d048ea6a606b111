import type { Client } from '@temporalio/client';

/** Numbers of Temporal's `TaskQueueType`. */
const QUEUE_TYPES = [1 /* workflow */, 2 /* activity */] as const;

/** A worker's poll lasts up to a minute, and Temporal remembers a poller for five: one that asked longer ago is gone. */
const FRESH_MS = 90_000;

/** Does a worker poll the task queue for both workflows and activities? Errors of the SDK pass. */
export async function workerPolling(temporal: Client, taskQueue: string): Promise<boolean> {
  const seenAt = await workerSeenAt(temporal, taskQueue);
  return seenAt !== undefined && Date.now() - seenAt < FRESH_MS;
}

/**
 * When a worker last asked for both workflow and activity tasks, in milliseconds since the epoch, to the second; undefined
 * where Temporal remembers none. A poll is noted when it begins and when it ends, so an idle worker that is well was last seen
 * up to a minute ago. Errors of the SDK pass.
 */
export async function workerSeenAt(
  temporal: Client,
  taskQueue: string,
): Promise<number | undefined> {
  const seen = await Promise.all(
    QUEUE_TYPES.map(async (taskQueueType) => {
      const { pollers } = await temporal.workflowService.describeTaskQueue({
        namespace: temporal.options.namespace,
        taskQueue: { name: taskQueue },
        taskQueueType,
      });
      return Math.max(
        0,
        ...pollers.map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000),
      );
    }),
  );
  return Math.min(...seen) || undefined;
}
