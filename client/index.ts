export type { Duration } from '@temporalio/common';
export type * from '../workflows/messages.js';
export {
  DESK_MEMO,
  FAILURE_TYPES,
  MESSAGES,
  NUMBER_OPERATIONS,
  OFFBOARD_NUMBER,
  ONBOARD_NUMBER,
  RECONCILE,
  REREGISTER_NUMBER,
  ROTATE_DUE_PINS,
  ROTATE_PIN,
  SEARCH_ATTRIBUTES,
  STEP_NAMES,
  TASK_QUEUE,
  workflowIdOf,
} from '../workflows/messages.js';
export type { Notice, NoticeType } from '../workflows/notification.js';
export type { SentDecision } from './decide.js';
export * from './errors.js';
export type { NumberRun, RotateLaterOptions, StartedRun, SweepStatus } from './fleet.js';
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
export type { ScheduleName, ScheduleStatus, Schedules } from './schedules.js';
export type { StartedOnboarding, StartOptions } from './start-onboarding.js';
export type { OffboardOptions, ReregisterOptions, RotateOptions } from './start-operation.js';
export type { SubmitOptions, TryCodeOptions } from './try-code.js';
