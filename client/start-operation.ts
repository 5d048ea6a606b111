import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  type NumberOperation,
  OFFBOARD_NUMBER,
  type OffboardingInput,
  type OnboardingResult,
  REREGISTER_NUMBER,
  type ReregistrationInput,
  ROTATE_PIN,
  type RotationInput,
  SEARCH_ATTRIBUTES,
  workflowIdOf,
} from '../workflows/messages.js';
import {
  parseOffboardingInput,
  parseReregistrationInput,
  parseRotationInput,
} from '../workflows/operation-input.js';
import { OnboardingInProgressError } from './errors.js';
import type { NumberRuns } from './number-runs.js';
import { summaryOf } from './onboarding-status.js';
import type { StartedOnboarding } from './start-onboarding.js';
import { cut } from './start-texts.js';
import { usable } from './usable-input.js';

export type RotateOptions = Pick<RotationInput, 'reason' | 'requestedBy' | 'replace'>;
export type ReregisterOptions = Pick<ReregistrationInput, 'reason' | 'requestedBy' | 'unlessSince'>;
export type OffboardOptions = Pick<
  OffboardingInput,
  'confirm' | 'pinRecord' | 'reason' | 'requestedBy'
>;

type Input = { [ROTATE_PIN]: RotationInput } & { [REREGISTER_NUMBER]: ReregistrationInput } & {
  [OFFBOARD_NUMBER]: OffboardingInput;
};

const TITLES: Record<Exclude<NumberOperation, 'onboardNumber'>, string> = {
  rotatePin: 'Rotate the PIN of',
  reregisterNumber: 'Register again',
  offboardNumber: 'Offboard',
};

/** @throws InvalidInputError, OnboardingInProgressError, SearchAttributesMissingError */
export async function rotatePin(
  runs: NumberRuns,
  phoneNumberId: string,
  options: RotateOptions,
): Promise<StartedOnboarding> {
  const { onRefused: _default, ...input } = usable(
    parseRotationInput({ phoneNumberId, ...options }),
  );
  return startOperation(runs, ROTATE_PIN, input);
}

/** @throws InvalidInputError, OnboardingInProgressError, SearchAttributesMissingError */
export async function reregister(
  runs: NumberRuns,
  phoneNumberId: string,
  options: ReregisterOptions,
): Promise<StartedOnboarding> {
  return startOperation(
    runs,
    REREGISTER_NUMBER,
    usable(parseReregistrationInput({ phoneNumberId, ...options })),
  );
}

/** @throws InvalidInputError, OnboardingInProgressError, SearchAttributesMissingError */
export async function offboard(
  runs: NumberRuns,
  phoneNumberId: string,
  options: OffboardOptions,
): Promise<StartedOnboarding> {
  return startOperation(
    runs,
    OFFBOARD_NUMBER,
    usable(parseOffboardingInput({ phoneNumberId, ...options })),
  );
}

async function startOperation<Operation extends keyof Input>(
  runs: NumberRuns,
  operation: Operation,
  input: Input[Operation],
): Promise<StartedOnboarding> {
  const { phoneNumberId, requestedBy, reason } = input;
  const workflowId = workflowIdOf(phoneNumberId);
  const previous = await runs.describe(phoneNumberId);
  if (previous?.status.name === 'RUNNING') {
    throw new OnboardingInProgressError(
      phoneNumberId,
      previous.runId,
      previous.type,
      previous.startTime.toISOString(),
    );
  }
  const previousRun = previous === undefined ? {} : { previousRunId: previous.runId };
  // A number keeps its label from run to run: who may see it can depend on that.
  const label = previous && summaryOf(previous).label;
  try {
    const handle = await runs.call(() =>
      runs.temporal.workflow.start<(given: Input[Operation]) => Promise<OnboardingResult>>(
        operation,
        {
          workflowId,
          taskQueue: runs.place.taskQueue,
          workflowIdConflictPolicy: 'FAIL',
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          args: [{ ...input, ...previousRun, ...(label === undefined ? {} : { label }) }],
          typedSearchAttributes: [
            { key: SEARCH_ATTRIBUTES.stage, value: 'Preparing' },
            ...(label === undefined ? [] : [{ key: SEARCH_ATTRIBUTES.label, value: label }]),
          ],
          staticSummary: cut(`${TITLES[operation]} ${label ?? phoneNumberId}`),
          staticDetails: [
            `Number ${phoneNumberId}`,
            ...(requestedBy ? [`asked for by ${requestedBy}`] : []),
            ...(reason ? [`because ${reason}`] : []),
          ].join(', '),
        },
      ),
    );
    return { phoneNumberId, workflowId, runId: handle.firstExecutionRunId, ...previousRun };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      const open = await runs.describe(phoneNumberId);
      if (open !== undefined) {
        const startedAt = open.startTime.toISOString();
        throw new OnboardingInProgressError(phoneNumberId, open.runId, open.type, startedAt);
      }
    }
    throw runs.translated(error);
  }
}
