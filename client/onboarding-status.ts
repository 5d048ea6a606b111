import type { WorkflowExecutionInfo, WorkflowExecutionStatusName } from '@temporalio/client';
import type {
  DeskCard,
  NumberOperation,
  OnboardingFailureDetails,
  OnboardingProgress,
  OnboardingResult,
  OnboardingStage,
} from '../workflows/messages.js';
import {
  DESK_MEMO,
  NUMBER_OPERATIONS,
  ONBOARD_NUMBER,
  SEARCH_ATTRIBUTES,
} from '../workflows/messages.js';

/** How a run stands for Temporal. */
export type RunState = 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timedOut';

/** What lists show of an onboarding, or of what else is done with a number. Instants are ISO 8601 in UTC. */
export interface OnboardingSummary {
  phoneNumberId: string;
  workflowId: string;
  runId: string;
  /** What the run does with the number. */
  operation: NumberOperation;
  run: RunState;
  /** As the run last published it: it changes when a person must act and when the run ends, not with every step. */
  stage?: OnboardingStage;
  label?: string;
  startedAt: string;
  endedAt?: string;
  /** What the run last published for people who work through waiting numbers. */
  card?: DeskCard;
}

/** How a run failed, as it said itself. */
export interface OnboardingFailure {
  /** One of `FAILURE_TYPES`, or `Cancelled`, `Terminated`, `TimedOut`. */
  type: string;
  message: string;
  details?: OnboardingFailureDetails;
}

/** All that is known of the newest run of a number, running or ended, whatever it does with it. */
export interface OnboardingStatus extends OnboardingSummary {
  /** What the run says of itself. Absent when no worker answered; then {@link progressMissing} says so. */
  progress?: OnboardingProgress;
  /** One sentence: why {@link progress} is absent. */
  progressMissing?: string;
  /** Of a run that completed. */
  result?: OnboardingResult;
  /** Of a run that ended otherwise. */
  failure?: OnboardingFailure;
}

const RUN_STATES: Partial<Record<WorkflowExecutionStatusName, RunState>> = {
  RUNNING: 'running',
  PAUSED: 'running',
  CONTINUED_AS_NEW: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timedOut',
};

const WORKFLOW_ID_PREFIX = /^whatsapp-number-/;

type ExecutionInfo = Pick<
  WorkflowExecutionInfo,
  | 'workflowId'
  | 'runId'
  | 'type'
  | 'status'
  | 'startTime'
  | 'closeTime'
  | 'typedSearchAttributes'
  | 'memo'
>;

/** The summary of a run from what Temporal lists or describes of it. */
export function summaryOf(info: ExecutionInfo): OnboardingSummary {
  const stage = info.typedSearchAttributes.get(SEARCH_ATTRIBUTES.stage);
  const label = info.typedSearchAttributes.get(SEARCH_ATTRIBUTES.label);
  const run = runStateOf(info.status.name);
  const card = cardOf(info.memo?.[DESK_MEMO] as DeskCard | undefined, run);
  return {
    phoneNumberId: info.workflowId.replace(WORKFLOW_ID_PREFIX, ''),
    workflowId: info.workflowId,
    runId: info.runId,
    operation: isNumberOperation(info.type) ? info.type : ONBOARD_NUMBER,
    run,
    ...(stage === undefined ? {} : { stage: stage as OnboardingStage }),
    ...(label === undefined ? {} : { label }),
    startedAt: info.startTime.toISOString(),
    ...(info.closeTime === undefined ? {} : { endedAt: info.closeTime.toISOString() }),
    ...(card === undefined ? {} : { card }),
  };
}

export function runStateOf(name: WorkflowExecutionStatusName): RunState {
  return RUN_STATES[name] ?? 'running';
}

export function isNumberOperation(type: string): type is NumberOperation {
  return NUMBER_OPERATIONS.some((operation) => operation === type);
}

/** An ended run waits for nothing, whatever it last published. */
function cardOf(card: DeskCard | undefined, run: RunState): DeskCard | undefined {
  if (card === undefined || run === 'running') return card;
  const { waiting: _waiting, code: _code, claim: _claim, ...known } = card;
  return known;
}
