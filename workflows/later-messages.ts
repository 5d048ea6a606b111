/**
 * The part of the contract that is about numbers after their onboarding: rotations, sweeps, reconcile, what Meta says. Types only;
 * `messages.ts` has all of it.
 */
import type { Duration } from '@temporalio/common';
import type { OnboardingInput, ProblemReport } from './messages.js';

/** Input of the workflow `rotatePin`. */
export interface RotationInput {
  /** Meta's id of the number: a digit string. */
  phoneNumberId: string;
  /** Why, for people to read. */
  reason?: string;
  requestedBy?: string;
  label?: string;
  /**
   * Nothing is done where the current PIN became so at or after this instant (ISO 8601) and is not known to be stale.
   *
   * @default the PIN is rotated whatever its age
   */
  dueBefore?: string;
  /** A version that must not be the current one in the end, as somebody has seen it. It may be pending or current now. */
  replace?: string;
  /**
   * `park` waits for an operator where Meta or the PIN store refuses; `fail` ends the run at once, as nobody looks at each of
   * a thousand. The pending PIN is kept either way, and the next rotation goes on with it.
   *
   * @default 'park'
   */
  onRefused?: 'park' | 'fail';
  /** As in {@link OnboardingInput}. */
  previousRunId?: string;
}

/** Input of the workflow `reregisterNumber`. */
export interface ReregistrationInput {
  phoneNumberId: string;
  reason?: string;
  requestedBy?: string;
  label?: string;
  /** Nothing is sent where Meta says that the number was registered at or after this instant (ISO 8601). @default it is sent */
  unlessSince?: string;
  previousRunId?: string;
}

/** Input of the workflow `offboardNumber`. */
export interface OffboardingInput {
  phoneNumberId: string;
  /** The same id once more: an offboarding that nobody meant stops a number that is in use. */
  confirm: string;
  /**
   * What becomes of the number's PIN record. Two-step verification outlives a deregistration, and who registers the number next
   * needs its PIN. `keep` keeps it; `ifTwoStepOff` deletes it where Meta says that two-step verification is off; `delete`
   * deletes it all the same.
   *
   * @default 'ifTwoStepOff'
   */
  pinRecord?: 'keep' | 'ifTwoStepOff' | 'delete';
  reason?: string;
  requestedBy?: string;
  label?: string;
  previousRunId?: string;
}

/** Input of the workflow `rotateLater`. */
export interface LaterRotation {
  phoneNumberId: string;
  /** How long to wait first. @default not at all */
  after?: Duration;
  reason?: string;
  requestedBy?: string;
  label?: string;
  /** As in {@link RotationInput}. */
  replace?: string;
  /** As in {@link RotationInput}. */
  dueBefore?: string;
}

/** Input of the workflow `rotateDuePins`. */
export interface SweepInput {
  /** PINs older than this are rotated, such as `'90 days'`, between 1 day and 10 years. @default '90 days' */
  age?: Duration;
  /** How many rotations to begin in a minute, 1 to 600. @default 10 */
  perMinute?: number;
  /** Rotations under way at a time, 1 to 200. @default 20 */
  atOnce?: number;
  /** The sweep halts when more than this share of the last 20 rotations failed, above 0 up to 1. @default 0.2 */
  haltShare?: number;
  requestedBy?: string;
}

/** What became of a number in a sweep. */
export type SweptOutcome =
  | 'rotated'
  /** Another run of the number was open. */
  | 'busy'
  /** It was not due any more when its turn came. */
  | 'notDue'
  /** Meta gives no PIN to the number as it is: it is not registered any more, banned, deleted. Does not halt a sweep. */
  | 'refused'
  | 'failed'
  /** Begun, and neither done nor failed within half an hour; it goes on by itself. */
  | 'underWay'
  /** Its record cannot be read. */
  | 'unreadable';

/** Answer of the query `progress` of `rotateDuePins`, and its result. Instants are ISO 8601 in UTC. */
export interface SweepProgress {
  state: 'sweeping' | 'halted' | 'finished';
  startedAt: string;
  endedAt?: string;
  /** PINs that became current before this instant are rotated. */
  dueBefore: string;
  counts: Record<SweptOutcome, number>;
  /** The numbers that were rotated, up to 40,000 of them. */
  rotated: string[];
  /** Of every number with another outcome, what and why; of each number the last, and up to 2,000 numbers. */
  others: {
    phoneNumberId: string;
    label?: string;
    outcome: Exclude<SweptOutcome, 'rotated'>;
    why?: string;
  }[];
  /** Why a halted sweep halted, and what a person can do. It goes on by the signal `retry`, until `until`; then it ends. */
  halted?: { since: string; until: string; text: string; advice: string };
  problem?: ProblemReport;
}

/** Input of the workflow `reconcile`. */
export interface ReconcileInput {
  /** The WhatsApp Business account. @default the one that the worker is configured with */
  wabaId?: string;
  /** PINs older than this are a finding. @default '90 days' */
  age?: Duration;
  /** Subscribe the app to the account's webhooks where it is not. @default false */
  subscribe?: boolean;
  /** Register numbers again whose display name has changed. @default false */
  reregister?: boolean;
  /** Notify people of what was found. @default true */
  notify?: boolean;
  requestedBy?: string;
}

/** Something that Meta's webhooks said of a number. Holds no telephone number. */
export type NumberEvent =
  /** Somebody changed the PIN, or turned it on, in WhatsApp Manager. */
  | { event: 'pinChanged'; at: string; rotate: 'offer' | 'automatic' }
  /** Somebody asked Meta to turn two-step verification off. `requester` is Meta's id of that person. */
  | { event: 'pinResetRequested'; at: string; requester?: string }
  /** Two-step verification was turned off. */
  | { event: 'pinReset'; at: string; rotate: 'offer' | 'automatic' }
  /** Meta has approved or declined a display name. */
  | {
      event: 'nameDecided';
      at: string;
      decision: 'approved' | 'declined';
      name?: string;
      reason?: string;
    };

/** Input of the workflow `handleNumberEvent`. */
export interface NumberEventInput {
  phoneNumberId: string;
  label?: string;
  /** What was said; `at` is when, ISO 8601. */
  said: NumberEvent;
}

/** What `handleNumberEvent` did, in words. */
export interface NumberEventResult {
  done: string[];
}
