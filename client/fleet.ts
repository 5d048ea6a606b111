/** What is done with all numbers, or with one at a later time: sweeps, reconcile, events, notifications. */
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import {
  type TypedSearchAttributes,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import { parsePhoneNumberId } from '../workflows/input.js';
import {
  HANDLE_NUMBER_EVENT,
  type LaterRotation,
  MESSAGES,
  type NumberEventInput,
  type OnboardingStage,
  RECONCILE,
  type ReconcileInput,
  type ReconcileReport,
  ROTATE_DUE_PINS,
  ROTATE_LATER,
  SEARCH_ATTRIBUTES,
  SEND_NOTIFICATION,
  type SweepInput,
  type SweepProgress,
  workflowIdOf,
} from '../workflows/messages.js';
import {
  type Notice,
  notificationOfNotice,
  notificationWorkflowIdOf,
} from '../workflows/notification.js';
import {
  parseLaterRotation,
  parseNumberEvent,
  parseReconcileInput,
  parseSweepInput,
} from '../workflows/operation-input.js';
import { NotHaltedError, RunFailedError, SweepInProgressError } from './errors.js';
import type { NumberRuns } from './number-runs.js';
import { type RunState, runStateOf } from './onboarding-status.js';
import { failureOf } from './run-ending.js';
import { GRPC, grpcCodeOf } from './temporal-errors.js';
import { usable } from './usable-input.js';

/** A run that works on no number by itself. */
export interface StartedRun {
  workflowId: string;
  runId: string;
}

export type RotateLaterOptions = Omit<LaterRotation, 'phoneNumberId'>;

/** A run of a number, as lists show it. Instants are ISO 8601 in UTC. */
export interface NumberRun {
  runId: string;
  /** Workflow type, such as `rotatePin`. */
  operation: string;
  run: RunState;
  startedAt: string;
  endedAt?: string;
  stage?: OnboardingStage;
}

/** The newest sweep. */
export interface SweepStatus extends StartedRun {
  run: RunState;
  startedAt: string;
  endedAt?: string;
  /** What the sweep says of itself; of one that has ended, its result. */
  progress?: SweepProgress;
  /** One sentence: why {@link SweepStatus.progress} is absent. */
  progressMissing?: string;
}

/** One sweep at a time where people start them by hand. */
const SWEEP_ID = 'rotate-due-pins';

const NOTIFICATION_TIMEOUT = '25 hours';

export async function rotateLater(
  runs: NumberRuns,
  phoneNumberId: string,
  options: RotateLaterOptions,
): Promise<StartedRun & { at: string }> {
  const { afterMs, ...input } = usable(parseLaterRotation({ phoneNumberId, ...options }));
  const workflowId = `whatsapp-later-rotation-${phoneNumberId}-${randomUUID()}`;
  const { runId } = await started(runs, ROTATE_LATER, workflowId, input);
  return { workflowId, runId, at: new Date(Date.now() + afterMs).toISOString() };
}

/** @param key the same for every time that Meta says the same */
export async function handleNumberEvent(
  runs: NumberRuns,
  input: NumberEventInput,
  key: string,
): Promise<'begun' | 'repeated'> {
  const usableInput = usable(parseNumberEvent(input));
  const workflowId = `whatsapp-number-event-${usableInput.phoneNumberId}-${key}`;
  try {
    await started(
      runs,
      HANDLE_NUMBER_EVENT,
      workflowId,
      usableInput,
      'ALLOW_DUPLICATE_FAILED_ONLY',
    );
    return 'begun';
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return 'repeated';
    throw error;
  }
}

/** @throws RunFailedError where nothing could be compared */
export async function reconcile(runs: NumberRuns, input: ReconcileInput): Promise<ReconcileReport> {
  usable(parseReconcileInput(input));
  const workflowId = `reconcile-${randomUUID()}`;
  const { runId } = await started(runs, RECONCILE, workflowId, input);
  try {
    return await runs.temporal.workflow.getHandle(workflowId, runId).result();
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw runs.translated(error);
    const { type, message } = failureOf(error);
    throw new RunFailedError(workflowId, runId, type, message, { cause: error });
  }
}

/** Hands a notification over. Where no webhook is configured, a worker drops it. */
export async function notify(runs: NumberRuns, notice: Notice): Promise<void> {
  const notification = notificationOfNotice(notice, randomUUID(), new Date().toISOString());
  await runs.call(() =>
    runs.temporal.workflow
      .start(SEND_NOTIFICATION, {
        workflowId: notificationWorkflowIdOf(notification),
        taskQueue: runs.place.taskQueue,
        args: [notification],
        workflowExecutionTimeout: NOTIFICATION_TIMEOUT,
      })
      .catch((error: unknown) => {
        throw runs.translated(error);
      }),
  );
}

/** The runs of a number that Temporal remembers, newest first. Lists lag some seconds behind. */
export async function runsOf(runs: NumberRuns, phoneNumberId: string): Promise<NumberRun[]> {
  const workflowId = workflowIdOf(usable(parsePhoneNumberId(phoneNumberId)));
  const found: NumberRun[] = [];
  try {
    for await (const info of runs.temporal.workflow.list({
      query: `WorkflowId = '${workflowId}'`,
    })) {
      const stage = info.typedSearchAttributes.get(SEARCH_ATTRIBUTES.stage);
      found.push({
        runId: info.runId,
        operation: info.type,
        run: runStateOf(info.status.name),
        startedAt: info.startTime.toISOString(),
        ...(info.closeTime === undefined ? {} : { endedAt: info.closeTime.toISOString() }),
        ...(stage === undefined ? {} : { stage: stage as OnboardingStage }),
      });
    }
  } catch (error) {
    throw runs.translated(error);
  }
  return found.sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}

/** @throws SweepInProgressError */
export async function startSweep(runs: NumberRuns, input: SweepInput): Promise<StartedRun> {
  usable(parseSweepInput(input));
  const open = await newestSweep(runs);
  if (open?.run === 'running') throw new SweepInProgressError(open.runId);
  try {
    return await started(runs, ROTATE_DUE_PINS, SWEEP_ID, input);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new SweepInProgressError((await newestSweep(runs))?.runId ?? '');
  }
}

/** The newest sweep, whether by hand or by the schedule; undefined where Temporal remembers none. */
export async function sweepStatus(runs: NumberRuns): Promise<SweepStatus | undefined> {
  const newest = await newestSweep(runs);
  if (newest === undefined) return undefined;
  const { halted: _halted, ...sweep } = newest;
  return { ...sweep, ...(await toldBySweep(runs, newest)) };
}

/** @throws NotHaltedError */
export async function resumeSweep(
  runs: NumberRuns,
  options: { requestedBy?: string },
): Promise<StartedRun> {
  const newest = await sweepStatus(runs);
  // Without an answer of a worker nobody knows; the signal is kept for when there is one.
  const halted = newest?.progress === undefined || newest.progress.state === 'halted';
  if (newest?.run !== 'running' || !halted) throw new NotHaltedError();
  const { workflowId, runId } = newest;
  try {
    await runs.call(() =>
      runs.temporal.workflow.getHandle(workflowId).signal(MESSAGES.retry, options),
    );
  } catch (error) {
    throw runs.translated(error);
  }
  return { workflowId, runId };
}

/**
 * They start runs with these search attributes, and could not say so where the namespace lacks them: this way, the start is
 * refused.
 */
export const SECURING = [{ key: SEARCH_ATTRIBUTES.stage, value: 'Securing' }];

type KnownSweep = Omit<SweepStatus, 'progress' | 'progressMissing'> & { halted: boolean };

/** By hand there is one workflow id, which is looked at without lag; those of the schedule are listed. */
async function newestSweep(runs: NumberRuns): Promise<KnownSweep | undefined> {
  const known: KnownSweep[] = [];
  const take = (info: {
    workflowId: string;
    runId: string;
    status: { name: Parameters<typeof runStateOf>[0] };
    startTime: Date;
    closeTime?: Date | undefined;
    typedSearchAttributes: TypedSearchAttributes;
  }) => {
    known.push({
      workflowId: info.workflowId,
      runId: info.runId,
      run: runStateOf(info.status.name),
      startedAt: info.startTime.toISOString(),
      ...(info.closeTime === undefined ? {} : { endedAt: info.closeTime.toISOString() }),
      halted: info.typedSearchAttributes.get(SEARCH_ATTRIBUTES.stage) === 'Parked',
    });
  };
  try {
    const query = `WorkflowType = '${ROTATE_DUE_PINS}' AND ExecutionStatus != 'ContinuedAsNew'`;
    for await (const info of runs.temporal.workflow.list({ query, pageSize: 20 })) {
      take(info);
      if (known.length === 20) break;
    }
    take(await runs.call(() => runs.temporal.workflow.getHandle(SWEEP_ID).describe()));
  } catch (error) {
    if (grpcCodeOf(error) !== GRPC.notFound && !isNotFound(error)) throw runs.translated(error);
  }
  // One that has halted waits for somebody, whatever else is open.
  const rank = ({ run, halted }: KnownSweep) => (run !== 'running' ? 0 : halted ? 2 : 1);
  return known.sort((a, b) => rank(b) - rank(a) || b.startedAt.localeCompare(a.startedAt))[0];
}

async function toldBySweep(
  runs: NumberRuns,
  { workflowId, runId, run }: KnownSweep,
): Promise<Pick<SweepStatus, 'progress' | 'progressMissing'>> {
  const handle = runs.temporal.workflow.getHandle(workflowId, runId);
  try {
    if (run === 'completed') return { progress: (await handle.result()) as SweepProgress };
    const progress = await runs.within(runs.place.queryTimeoutMs, () =>
      handle.query<SweepProgress>(MESSAGES.progress),
    );
    return { progress };
  } catch (error) {
    return { progressMissing: `The sweep does not answer: ${runs.translated(error).message}` };
  }
}

async function started(
  runs: NumberRuns,
  type: string,
  workflowId: string,
  input: unknown,
  workflowIdReusePolicy: 'ALLOW_DUPLICATE' | 'ALLOW_DUPLICATE_FAILED_ONLY' = 'ALLOW_DUPLICATE',
): Promise<StartedRun> {
  try {
    const handle = await runs.call(() =>
      runs.temporal.workflow.start(type, {
        workflowId,
        taskQueue: runs.place.taskQueue,
        args: [input],
        typedSearchAttributes: SECURING,
        workflowIdReusePolicy,
        workflowIdConflictPolicy: 'FAIL',
      }),
    );
    return { workflowId, runId: handle.firstExecutionRunId };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw error;
    throw runs.translated(error);
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === 'WorkflowNotFoundError';
}
