import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES, TASK_QUEUE } from '../workflows/messages.js';
import { workflowBundle } from './workflow-bundle.js';

/** A worker cannot be started. The message is one sentence for people. */
export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError';
}

export interface OnboardingWorkerOptions {
  connection: NativeConnection;
  namespace: string;
  /** @default 'number-onboarding' */
  taskQueue?: string;
  /** What `createNumberActivities` makes. */
  activities: object;
  /** @default the prebuilt bundle, or one made from the sources */
  workflowBundle?: NonNullable<WorkerOptions['workflowBundle']>;
  /** Ordinary activities at a time, and as many local ones. @default 40 */
  maxActivities?: number;
  /** Ordinary activities that this worker begins per second. @default no limit */
  maxActivitiesPerSecond?: number;
  /**
   * Ordinary activities that Temporal hands out per second, to all workers of the task queue together. Where workers
   * differ, the last one that asked for work decides. @default no limit
   */
  maxTaskQueueActivitiesPerSecond?: number;
  /** Workflows kept in memory. @default 200 */
  maxWorkflows?: number;
  /** How long running activities may go on after `shutdown`, in milliseconds, before they are cancelled. @default 20000 */
  shutdownGraceMs?: number;
}

/** Beyond the grace, the time for cancelled activities to say so before the worker gives up on them. */
const FORCE_AFTER_MS = 10_000;

/**
 * A worker for this product's task queue. `run()` starts it.
 *
 * @throws {@link WorkerStartError} when the namespace or one of the search attributes is missing on the server: a run
 *   that sets a missing one would be stuck for ever, its workflow task failing again and again
 */
export async function createOnboardingWorker(options: OnboardingWorkerOptions): Promise<Worker> {
  await requireSearchAttributes(options.connection, options.namespace);
  return Worker.create({
    ...workerOptions(options),
    workflowBundle: options.workflowBundle ?? (await workflowBundle()),
  });
}

/**
 * The SDK's options, the workflow bundle apart. Pure.
 *
 * The SDK would run 100 activities and 100 local ones at a time, each with a connection to Meta or the PIN store. A run has
 * one at a time, and a local one also holds one of the worker's 40 workflow task slots, so 40 of each is what 40 slots can
 * use.
 *
 * Local activities, which only read Meta, are held by no limit per second. A limit of the task queue makes the SDK send
 * every ordinary activity through the queue; without one it may begin some right where they are scheduled, which the
 * worker's own limit does not see.
 */
export function workerOptions(
  options: Omit<OnboardingWorkerOptions, 'workflowBundle'>,
): WorkerOptions & { taskQueue: string } {
  const { maxActivities = 40, shutdownGraceMs = 20_000 } = options;
  const { maxActivitiesPerSecond, maxTaskQueueActivitiesPerSecond } = options;
  return {
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: options.taskQueue ?? TASK_QUEUE,
    activities: options.activities,
    reuseV8Context: true,
    maxConcurrentActivityTaskExecutions: maxActivities,
    maxConcurrentLocalActivityExecutions: maxActivities,
    ...(maxActivitiesPerSecond === undefined ? {} : { maxActivitiesPerSecond }),
    ...(maxTaskQueueActivitiesPerSecond === undefined ? {} : { maxTaskQueueActivitiesPerSecond }),
    maxCachedWorkflows: options.maxWorkflows ?? 200,
    shutdownGraceTime: shutdownGraceMs,
    shutdownForceTime: shutdownGraceMs + FORCE_AFTER_MS,
  };
}

/** A value of `IndexedValueType`: one exact string. */
const KEYWORD = 2;

async function requireSearchAttributes(
  connection: NativeConnection,
  namespace: string,
): Promise<void> {
  const known = await customAttributes(connection, namespace);
  const missing = Object.values(SEARCH_ATTRIBUTES)
    .map(({ name }) => name)
    .filter((name) => known[name] !== KEYWORD);
  if (missing.length === 0) return;
  throw new WorkerStartError(
    `Temporal's namespace "${namespace}" lacks the search ${
      missing.length === 1 ? 'attribute' : 'attributes'
    } ${missing.join(' and ')} of type Keyword; run "npx wa-onboard setup", then start the worker again.`,
  );
}

const GRPC_NOT_FOUND = 5;
const GRPC_PERMISSION_DENIED = 7;
const GRPC_UNAUTHENTICATED = 16;

async function customAttributes(
  connection: NativeConnection,
  namespace: string,
): Promise<Record<string, unknown>> {
  try {
    return (await connection.operatorService.listSearchAttributes({ namespace })).customAttributes;
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === GRPC_NOT_FOUND) {
      throw new WorkerStartError(
        `Temporal has no namespace "${namespace}"; create it there, or set TEMPORAL_NAMESPACE to one that exists.`,
      );
    }
    if (code === GRPC_PERMISSION_DENIED || code === GRPC_UNAUTHENTICATED) {
      throw new WorkerStartError(
        `Temporal does not let these credentials into namespace "${namespace}"; check TEMPORAL_API_KEY or the TEMPORAL_TLS_ variables.`,
      );
    }
    throw error;
  }
}
