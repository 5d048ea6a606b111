import {
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { type Parsed, parseClaim, parsePhoneNumberId, parseRelease } from '../workflows/input.js';
import {
  type ClaimAnswer,
  type ClaimRequest,
  MESSAGES,
  type ReleaseAnswer,
  type ReleaseRequest,
} from '../workflows/messages.js';
import { InvalidInputError } from './errors.js';
import type { NumberRuns } from './number-runs.js';
import { usable } from './usable-input.js';

const ENDED = { verdict: 'ended', reason: 'The onboarding ended before it answered.' } as const;

/** @throws NoWorkerAnswerError, OnboardingNotFoundError, OnboardingEndedError */
export function claim(
  runs: NumberRuns,
  phoneNumberId: string,
  request: ClaimRequest,
): Promise<ClaimAnswer> {
  return ask<ClaimAnswer>(runs, phoneNumberId, MESSAGES.claim, parseClaim(request));
}

/** @throws NoWorkerAnswerError, OnboardingNotFoundError, OnboardingEndedError */
export function release(
  runs: NumberRuns,
  phoneNumberId: string,
  request: ReleaseRequest,
): Promise<ReleaseAnswer> {
  return ask<ReleaseAnswer>(runs, phoneNumberId, MESSAGES.release, parseRelease(request));
}

async function ask<Answer>(
  runs: NumberRuns,
  phoneNumberId: string,
  update: string,
  request: Parsed<object>,
): Promise<Answer | typeof ENDED> {
  const id = usable(parsePhoneNumberId(phoneNumberId));
  const payload = usable(request);
  try {
    return await runs.call(() =>
      runs.handle(id).executeUpdate<Answer, [object]>(update, { args: [payload] }),
    );
  } catch (error) {
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
      throw await runs.noAnswer(id, error);
    }
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
      if (error.cause.type === 'AcceptedUpdateCompletedWorkflow') return ENDED;
      throw new InvalidInputError(error.cause.message, { cause: error });
    }
    throw await runs.explained(error, id);
  }
}
