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
  /** Activities at a time. @default 40 */
  maxActivities?: number;
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
  const { connection, namespace, shutdownGraceMs = 20_000 } = options;
  await requireSearchAttributes(connection, namespace);
  return Worker.create({
    connection,
    namespace,
    taskQueue: options.taskQueue ?? TASK_QUEUE,
    activities: options.activities,
    workflowBundle: options.workflowBundle ?? (await workflowBundle()),
    reuseV8Context: true,
    maxConcurrentActivityTaskExecutions: options.maxActivities ?? 40,
    maxCachedWorkflows: options.maxWorkflows ?? 200,
    shutdownGraceTime: shutdownGraceMs,
    shutdownForceTime: shutdownGraceMs + FORCE_AFTER_MS,
  });
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
