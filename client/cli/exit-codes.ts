import { PinNotFoundError } from '../../activities/pin-store/pin-store.js';
import { FAILURE_TYPES } from '../../workflows/messages.js';
import {
  InvalidInputError,
  NoCodeAwaitedError,
  NotHaltedError,
  NotParkedError,
  OnboardingEndedError,
  OnboardingFailedError,
  OnboardingInProgressError,
  OnboardingNotFoundError,
  ScheduleNotFoundError,
  SweepInProgressError,
} from '../errors.js';
import type { OnboardingStatus } from '../onboarding-status.js';
import { WAITING } from './stand-text.js';

/** What a command's exit code says. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  /** A person is awaited: for the code, an agent who is ready for it, an operator's cure, or what a registered number still lacks to be live. */
  waiting: 5,
  /** Ctrl-C, as shells number it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES_HELP = `Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 not found, 4 refused, 5 waiting for a person.`;

/**
 * @param status of the newest onboarding: `done` when the number is live, also while the run works and needs nobody;
 *   `waiting` also when it ended with a number that is registered and not live yet
 */
export function exitCodeOfStatus(status: OnboardingStatus): ExitCode {
  if (status.run === 'running') {
    return WAITING.has(status.stage) ? EXIT.waiting : EXIT.done;
  }
  if (status.run === 'completed') {
    return status.result?.outcome === 'registered' ? EXIT.waiting : EXIT.done;
  }
  return status.failure?.type === FAILURE_TYPES.refused ? EXIT.refused : EXIT.failed;
}

const REFUSALS = [
  OnboardingInProgressError,
  OnboardingEndedError,
  NoCodeAwaitedError,
  NotParkedError,
  NotHaltedError,
  SweepInProgressError,
];

const NOT_FOUND = [OnboardingNotFoundError, ScheduleNotFoundError, PinNotFoundError];

export function exitCodeOfError(error: unknown): ExitCode {
  if (error instanceof InvalidInputError) return EXIT.usage;
  if (NOT_FOUND.some((notFound) => error instanceof notFound)) return EXIT.notFound;
  if (error instanceof NoCodeAwaitedError && error.stage === 'Parked') return EXIT.waiting;
  if (REFUSALS.some((refusal) => error instanceof refusal)) return EXIT.refused;
  if (error instanceof OnboardingFailedError && error.failureType === FAILURE_TYPES.refused) {
    return EXIT.refused;
  }
  return EXIT.failed;
}
