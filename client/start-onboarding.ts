import type { WorkflowExecutionDescription } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { parseOnboardingInput } from '../workflows/input.js';
import {
  ONBOARD_NUMBER,
  type OnboardingInput,
  type OnboardingResult,
  SEARCH_ATTRIBUTES,
  workflowIdOf,
} from '../workflows/messages.js';
import { OnboardingInProgressError } from './errors.js';
import type { NumberRuns } from './number-runs.js';
import { detailsText, summaryText } from './start-texts.js';
import { usable } from './usable-input.js';

export interface StartedOnboarding {
  phoneNumberId: string;
  workflowId: string;
  runId: string;
  /** The run of this number before this one, where there was one. */
  previousRunId?: string;
}

/** @throws OnboardingInProgressError, SearchAttributesMissingError */
export async function startOnboarding(
  runs: NumberRuns,
  input: Omit<OnboardingInput, 'previousRunId'>,
): Promise<StartedOnboarding> {
  const complete = usable(parseOnboardingInput(input));
  const { phoneNumberId, label } = complete;
  const workflowId = workflowIdOf(phoneNumberId);
  const previous = await runs.describe(phoneNumberId);
  if (previous?.status.name === 'RUNNING') throw inProgress(phoneNumberId, previous);
  const previousRun = previous === undefined ? {} : { previousRunId: previous.runId };
  try {
    const handle = await runs.call(() =>
      runs.temporal.workflow.start<(run: OnboardingInput) => Promise<OnboardingResult>>(
        ONBOARD_NUMBER,
        {
          workflowId,
          taskQueue: runs.place.taskQueue,
          workflowIdConflictPolicy: 'FAIL',
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          args: [{ ...input, ...previousRun }],
          typedSearchAttributes: [
            { key: SEARCH_ATTRIBUTES.stage, value: 'Preparing' },
            ...(label ? [{ key: SEARCH_ATTRIBUTES.label, value: label }] : []),
          ],
          staticSummary: summaryText(complete),
          staticDetails: detailsText(complete),
        },
      ),
    );
    return { phoneNumberId, workflowId, runId: handle.firstExecutionRunId, ...previousRun };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      const open = await runs.describe(phoneNumberId);
      if (open !== undefined) throw inProgress(phoneNumberId, open);
    }
    throw runs.translated(error);
  }
}

function inProgress(
  phoneNumberId: string,
  open: WorkflowExecutionDescription,
): OnboardingInProgressError {
  return new OnboardingInProgressError(
    phoneNumberId,
    open.runId,
    open.type,
    open.startTime.toISOString(),
  );
}
