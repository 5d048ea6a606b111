export type { Duration } from '@temporalio/common';
export type * from '../workflows/messages.js';
export {
  DESK_MEMO,
  FAILURE_TYPES,
  MESSAGES,
  ONBOARD_NUMBER,
  SEARCH_ATTRIBUTES,
  STEP_NAMES,
  TASK_QUEUE,
  workflowIdOf,
} from '../workflows/messages.js';
export type { SentDecision } from './decide.js';
export * from './errors.js';
export {
  type ConnectOptions,
  OnboardingClient,
  type OnboardingClientOptions,
} from './onboarding-client.js';
export type {
  OnboardingFailure,
  OnboardingStatus,
  OnboardingSummary,
  RunState,
} from './onboarding-status.js';
export type { ListFilter, ListPage, ListPageRequest } from './read-onboardings.js';
export type { StartedOnboarding, StartOptions } from './start-onboarding.js';
export type { SubmitOptions, TryCodeOptions } from './try-code.js';
