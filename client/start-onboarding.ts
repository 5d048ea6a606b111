import { createHash } from 'node:crypto';
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
import { IdempotencyKeyReusedError, OnboardingInProgressError } from './errors.js';
import type { NumberRuns } from './number-runs.js';
import { detailsText, summaryText } from './start-texts.js';
import { usable } from './usable-input.js';

export interface StartedOnboarding {
  phoneNumberId: string;
  workflowId: string;
  runId: string;
  /** The run of this number before this one, where there was one. */
  previousRunId?: string;
  /** True where an earlier start with the same idempotency key began this run, and this one began nothing. */
  repeated?: true;
}

export interface StartOptions {
  /**
   * A start that is repeated with the same key and input answers the run that the first one began, running or ended, as long
   * as it is the number's newest.
   */
  idempotencyKey?: string;
}

/** Memo of a run that was started with an idempotency key: digests of the key and the input. */
const START_MEMO = 'OnboardingStart';

interface StartMemo {
  key: string;
  input: string;
  previousRunId?: string;
}

/** @throws OnboardingInProgressError, IdempotencyKeyReusedError, SearchAttributesMissingError */
export async function startOnboarding(
  runs: NumberRuns,
  input: Omit<OnboardingInput, 'previousRunId'>,
  { idempotencyKey }: StartOptions = {},
): Promise<StartedOnboarding> {
  const complete = usable(parseOnboardingInput(input));
  const { phoneNumberId, label } = complete;
  const workflowId = workflowIdOf(phoneNumberId);
  const previous = await runs.describe(phoneNumberId);
  const digests =
    idempotencyKey === undefined
      ? undefined
      : {
          key: digest(idempotencyKey),
          input: digest(JSON.stringify(Object.entries(complete).sort())),
        };
  const repeated = startedBefore(phoneNumberId, previous, digests);
  if (repeated !== undefined) return repeated;
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
          ...(digests === undefined
            ? {}
            : { memo: { [START_MEMO]: { ...digests, ...previousRun } } }),
          staticSummary: summaryText(complete),
          staticDetails: detailsText(complete),
        },
      ),
    );
    return { phoneNumberId, workflowId, runId: handle.firstExecutionRunId, ...previousRun };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      const open = await runs.describe(phoneNumberId);
      const begun = startedBefore(phoneNumberId, open, digests);
      if (begun !== undefined) return begun;
      if (open !== undefined) throw inProgress(phoneNumberId, open);
    }
    throw runs.translated(error);
  }
}

/** @throws IdempotencyKeyReusedError */
function startedBefore(
  phoneNumberId: string,
  run: WorkflowExecutionDescription | undefined,
  digests: StartMemo | undefined,
): StartedOnboarding | undefined {
  if (run === undefined || digests === undefined) return undefined;
  const memo = run.memo?.[START_MEMO] as StartMemo | undefined;
  if (memo?.key !== digests.key) return undefined;
  if (memo.input !== digests.input) throw new IdempotencyKeyReusedError(phoneNumberId, run.runId);
  const { previousRunId } = memo;
  return {
    phoneNumberId,
    workflowId: run.workflowId,
    runId: run.runId,
    ...(previousRunId === undefined ? {} : { previousRunId }),
    repeated: true,
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
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
