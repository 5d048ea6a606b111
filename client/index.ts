export type { Duration } from '@temporalio/common';
export type * from '../workflows/messages.js';
export {
  FAILURE_TYPES,
  MESSAGES,
  ONBOARD_NUMBER,
  SEARCH_ATTRIBUTES,
  STEP_NAMES,
  TASK_QUEUE,
  workflowIdOf,
} from '../workflows/messages.js';
export * from './errors.js';
export {
  type ConnectOptions,
  type ListFilter,
  OnboardingClient,
  type OnboardingClientOptions,
  type StartedOnboarding,
  type SubmitOptions,
  type TryCodeOptions,
} from './onboarding-client.js';
export type {
  OnboardingFailure,
  OnboardingStatus,
  OnboardingSummary,
  RunState,
} from './onboarding-status.js';
