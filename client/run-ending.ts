import type { WorkflowFailedError } from '@temporalio/client';
import {
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import type { OnboardingFailureDetails } from '../workflows/messages.js';
import {
  OnboardingCancelledError,
  OnboardingFailedError,
  OnboardingTerminatedError,
} from './errors.js';
import type { OnboardingFailure } from './onboarding-status.js';

/** What a run that did not complete says of its end. */
export function failureOf(error: WorkflowFailedError): OnboardingFailure {
  const { cause } = error;
  if (cause instanceof CancelledFailure) {
    return { type: 'Cancelled', message: 'Cancelled; what could be undone was.' };
  }
  if (cause instanceof TerminatedFailure) {
    return { type: 'Terminated', message: `Terminated (${cause.message}); nothing was undone.` };
  }
  if (cause instanceof TimeoutFailure) {
    return { type: 'TimedOut', message: 'The run hit its time limit; nothing was undone.' };
  }
  const failure = innermostApplicationFailure(cause);
  const details = failure?.details?.[0];
  return {
    type: failure?.type ?? 'Failed',
    message: failure?.message ?? cause?.message ?? error.message,
    ...(isFailureDetails(details) ? { details } : {}),
  };
}

/** The same as an error to throw. */
export function endingError(phoneNumberId: string, error: WorkflowFailedError): Error {
  const because = { cause: error };
  if (error.cause instanceof CancelledFailure) {
    return new OnboardingCancelledError(phoneNumberId, because);
  }
  if (error.cause instanceof TerminatedFailure) {
    return new OnboardingTerminatedError(phoneNumberId, error.cause.message, because);
  }
  const { type, message, details } = failureOf(error);
  return new OnboardingFailedError(phoneNumberId, type, message, details, because);
}

function innermostApplicationFailure(error: unknown): ApplicationFailure | undefined {
  if (error instanceof ApplicationFailure) return error;
  return error instanceof Error ? innermostApplicationFailure(error.cause) : undefined;
}

function isFailureDetails(value: unknown): value is OnboardingFailureDetails {
  return (
    typeof value === 'object' && value !== null && 'phoneNumberId' in value && 'steps' in value
  );
}
