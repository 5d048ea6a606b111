/** Starts an operation on a number from another workflow. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ApplicationFailure, ParentClosePolicy, sleep, startChild } from '@temporalio/workflow';
import { newestRunOf } from './activity-options.js';
import { settled } from './attempts.js';
import {
  type NumberOperation,
  type OnboardingStage,
  SEARCH_ATTRIBUTES,
  workflowIdOf,
} from './messages.js';

const FIRST_WAIT_MS = 10 * 60_000;
const LONGEST_WAIT_MS = 6 * 3_600_000;

/** What else works on the number may be parked for two weeks. */
const PATIENCE_MS = 15 * 24 * 3_600_000;

/** What an operation is started with, as far as it is started here. */
export interface Operation {
  phoneNumberId: string;
  label?: string;
}

/**
 * Starts an operation, which lives on when the workflow that started it ends.
 *
 * @returns false where another run of the number is open
 */
export async function startOperation<Input extends Operation>(
  operation: NumberOperation,
  input: Input,
): Promise<boolean> {
  const workflowId = workflowIdOf(input.phoneNumberId);
  const before = await settled(newestRunOf({ workflowId }));
  const { runId } = before.ok ? before.value : {};
  try {
    await startChild(operation, {
      workflowId,
      args: [{ ...input, ...(runId === undefined ? {} : { previousRunId: runId }) }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      typedSearchAttributes: attributesOf(input.label),
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/** `type` of the failure of a workflow that could not start what it was to start. */
export const NOT_BEGUN = 'NotBegun';

/**
 * As {@link startOperation}, once the number is free.
 *
 * @throws `ApplicationFailure` of type {@link NOT_BEGUN} where it is not for 15 days
 */
export async function startWhenFree<Input extends Operation>(
  operation: NumberOperation,
  input: Input,
): Promise<void> {
  const since = Date.now();
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    if (await startOperation(operation, input)) return;
    if (Date.now() - since >= PATIENCE_MS) {
      throw ApplicationFailure.nonRetryable(
        `Number ${input.phoneNumberId} was busy for 15 days, so ${operation} was not begun: see what works on it (npx wa-onboard status ${input.phoneNumberId}), then begin it by hand.`,
        NOT_BEGUN,
      );
    }
    await sleep(waitMs, { summary: 'Until the number is free' });
  }
}

/** Search attributes of a run that begins. */
export function attributesOf(label: string | undefined) {
  const stage: OnboardingStage = 'Preparing';
  return [
    { key: SEARCH_ATTRIBUTES.stage, value: stage },
    ...(label === undefined ? [] : [{ key: SEARCH_ATTRIBUTES.label, value: label }]),
  ];
}
