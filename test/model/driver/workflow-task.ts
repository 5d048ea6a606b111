/** What goes to the workflow code in one go, and in which order: as the SDK's core sorts it. Pure. */
import { msNumberToTs } from '@temporalio/common/lib/time.js';
import type { Activation, Command, Job } from './sdk-types.js';

/** Activations that have their place in history, and what the workflow code answered to each. */
export interface CommittedActivation {
  at: number;
  activation: Activation;
  commands: readonly Command[];
}

/** Flags that a history of this SDK carries from its first task on. */
const SDK_FLAGS = [1, 2];

export function activationOf(jobs: readonly Job[], now: number): Activation {
  return {
    timestamp: msNumberToTs(now),
    jobs: [...jobs].sort((a, b) => rank(a) - rank(b)),
    historyLength: 3,
    availableInternalFlags: SDK_FLAGS,
    isReplaying: false,
  };
}

function rank(job: Job): number {
  if (job.initializeWorkflow) return 0;
  if (job.signalWorkflow || job.doUpdate) return 3;
  return job.resolveActivity?.isLocal ? 5 : 4;
}

/** Does this command end the run? */
export function endOf({
  completeWorkflowExecution: completed,
  failWorkflowExecution: failed,
  cancelWorkflowExecution: canceled,
}: Command): RunEnd | undefined {
  if (completed) return { kind: 'completed', payload: completed.result };
  if (failed) return { kind: 'failed', failure: failed.failure };
  return canceled ? { kind: 'canceled' } : undefined;
}

export type RunEnd =
  | { kind: 'completed'; payload: NonNullable<Command['completeWorkflowExecution']>['result'] }
  | { kind: 'failed'; failure: NonNullable<Command['failWorkflowExecution']>['failure'] }
  | { kind: 'canceled' }
  | { kind: 'terminated' };
