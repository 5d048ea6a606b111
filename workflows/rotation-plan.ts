/** What a rotation will do, decided from what Meta and the PIN store say of a number. Pure. */
import type { NumberFacts } from '../activities/number-facts.js';
import type { Preparation } from '../activities/steps/looks.js';
import { instantText } from './instant-text.js';
import type { ProblemReport } from './messages.js';
import { refusalOf } from './plan.js';

export interface RotationState {
  number: NumberFacts;
  pins: Preparation['pins'];
  /** PINs that became current before this instant (milliseconds since the epoch) are due. @default all are */
  dueBefore?: number;
}

export type RotationPlan =
  | ({ kind: 'refused' } & ProblemReport)
  | { kind: 'nothingToDo'; reason: string; pinVersion: string }
  /** `pinVersion` is the pending one to go on with; undefined where one has to be staged. */
  | { kind: 'rotate'; pinVersion?: string };

/** Why a number that is not registered gets no other PIN. */
export const NOT_REGISTERED: ProblemReport = {
  text: 'The number is not registered at Meta, so its PIN cannot be set.',
  advice:
    'Start its onboarding, which registers it with the PIN in the PIN store: npx wa-onboard start <id>.',
};

const NO_PIN: ProblemReport = {
  text: 'The PIN store has no PIN that this number was given, so somebody else may run it.',
  advice:
    'If it is yours, set a PIN with an onboarding that takes it over: npx wa-onboard start <id> --take-over.',
};

/**
 * A pending PIN comes first: whether Meta has it cannot be known, so every run goes on with it until Meta has taken it. A number
 * of which it is not known whether it is registered is tried: Meta refuses where it is not, and nothing is lost.
 */
export function planRotation({ number, pins, dueBefore }: RotationState): RotationPlan {
  const refusal = refusalOf(number) ?? (number.registered === 'no' ? NOT_REGISTERED : undefined);
  if (refusal !== undefined) return { kind: 'refused', ...refusal };
  const { current, pending } = pins?.versions ?? {};
  if (pending !== undefined) return { kind: 'rotate', pinVersion: pending.version };
  if (current === undefined) return { kind: 'refused', ...NO_PIN };
  const since = Date.parse(current.lastRotated ?? current.createdAt);
  if (dueBefore !== undefined && since >= dueBefore && pins?.stale === undefined) {
    const reason = `The PIN is the current one since ${instantText(since)} and not due: nothing to do.`;
    return { kind: 'nothingToDo', reason, pinVersion: current.version };
  }
  return { kind: 'rotate' };
}
