import { ONBOARD_NUMBER } from '../../workflows/messages.js';
import type { OnboardingStatus, OnboardingSummary } from '../onboarding-status.js';
import { OPERATION_WORDS } from './operation-words.js';
import type { Colors } from './view.js';

/** Where an onboarding stands, in a word or two. Lists know no results, and so not which end a completed one came to. */
export function standText(summary: Pick<OnboardingStatus, 'run' | 'stage' | 'result'>): string {
  switch (summary.run) {
    case 'running':
      return RUNNING_TEXTS[summary.stage ?? 'Preparing'];
    case 'completed':
      if (summary.result === undefined) return 'finished';
      return OUTCOME_TEXTS[summary.result.outcome];
    case 'timedOut':
      return 'timed out';
    default:
      return summary.run;
  }
}

const OUTCOME_TEXTS: Record<NonNullable<OnboardingStatus['result']>['outcome'], string> = {
  live: 'live',
  registered: 'registered, not yet live',
  rotated: 'done',
  offboarded: 'done',
};

/** Stages in which a person is awaited. */
export const WAITING: ReadonlySet<OnboardingStatus['stage']> = new Set([
  'AwaitingAgent',
  'AwaitingCode',
  'Parked',
]);

const RUNNING_TEXTS: Record<NonNullable<OnboardingSummary['stage']>, string> = {
  Preparing: 'preparing',
  Registering: 'registering',
  AwaitingAgent: 'waiting for an agent',
  AwaitingCode: 'waiting for the code',
  Securing: 'securing with the PIN',
  Parked: 'parked, needs an operator',
  Compensating: 'undoing',
  Live: 'finishing',
  Offboarded: 'finishing',
  Failed: 'failing',
};

/** With what is done, where that is no onboarding: `rotation: parked, needs an operator`. */
export function operationStand(
  status: Pick<OnboardingStatus, 'operation' | 'run' | 'stage' | 'result'>,
): string {
  const stand = standText(status);
  return status.operation === ONBOARD_NUMBER
    ? stand
    : `${OPERATION_WORDS[status.operation]}: ${stand}`;
}

/** The same, painted by whether it is well, over, or needs somebody. */
export function coloredStand(
  status: Pick<OnboardingStatus, 'operation' | 'run' | 'stage' | 'result'>,
  colors: Colors,
): string {
  const text = operationStand(status);
  if (status.run === 'completed') {
    return status.result?.outcome === 'registered' ? colors.yellow(text) : colors.green(text);
  }
  if (status.run !== 'running') return colors.red(text);
  return WAITING.has(status.stage) ? colors.yellow(text) : colors.cyan(text);
}
