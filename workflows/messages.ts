/**
 * The contract that other programs rely on: names, inputs, answers. It holds types and constants only, so that a client
 * can import it without the workflow runtime.
 *
 * Every id of Meta is a digit string: ids go above 2^53 and would lose digits as numbers.
 * Every instant is an ISO 8601 string in UTC. Durations are strings such as `'24 hours'` (the `ms` package's format).
 */

import type { Duration } from '@temporalio/common';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export type { Finding, FindingKind, ReconcileReport } from '../activities/fleet/report.js';
export type * from './later-messages.js';

/** The task queue that workers of this product poll. */
export const TASK_QUEUE = 'number-onboarding';

/** Workflow type names. */
export const ONBOARD_NUMBER = 'onboardNumber';
/** Gives a registered number another PIN. */
export const ROTATE_PIN = 'rotatePin';
/** Registers a number again, as Meta wants it after a change of its display name. */
export const REREGISTER_NUMBER = 'reregisterNumber';
/** Deregisters a number on purpose. */
export const OFFBOARD_NUMBER = 'offboardNumber';
/** Rotates the PINs that are older than a given age. */
export const ROTATE_DUE_PINS = 'rotateDuePins';
/** Rotates the PIN of one number, once the number is free and the time has come. */
export const ROTATE_LATER = 'rotateLater';
/** Compares Meta's numbers, the PIN store and the open runs. */
export const RECONCILE = 'reconcile';
/** Does what is to be done about something that Meta's webhooks said of a number. */
export const HANDLE_NUMBER_EVENT = 'handleNumberEvent';

/**
 * The workflows that work on one number, under its workflow id ({@link workflowIdOf}). All of them answer {@link MESSAGES.progress},
 * take `retry` where parked, and end with an {@link OnboardingResult} or a failure of {@link FAILURE_TYPES}.
 */
export const NUMBER_OPERATIONS = [
  ONBOARD_NUMBER,
  ROTATE_PIN,
  REREGISTER_NUMBER,
  OFFBOARD_NUMBER,
] as const;

export type NumberOperation = (typeof NUMBER_OPERATIONS)[number];
/** Hands one notification to the webhook that the worker is configured with; touches no number. */
export const SEND_NOTIFICATION = 'sendNotification';

/**
 * The id of the one workflow that may touch a number at a time. Temporal allows one open run per id, so the id is the lock.
 *
 * @param phoneNumberId Meta's id of the number, a digit string; never the telephone number itself
 */
export function workflowIdOf(phoneNumberId: string): string {
  return `whatsapp-number-${phoneNumberId}`;
}

/** Names of the messages a run of `onboardNumber` takes. */
export const MESSAGES = {
  /** Signal: the code, as a string or {@link CodeSubmission}. */
  submitCode: 'submitCode',
  /** Signal: ask Meta for a new code, {@link ResendRequest}. */
  resendCode: 'resendCode',
  /** Signal: move the deadline, a duration string or {@link ExtendRequest}. */
  extend: 'extend',
  /** Signal to a parked run: the cause is cured, try again, {@link DecisionRequest}. */
  retry: 'retry',
  /** Signal to a run parked because Meta refused its PIN: finish without, {@link DecisionRequest}. */
  accept: 'accept',
  /** Signal: two-step verification was turned off at Meta. A run that is parked for its PIN tries again; others ignore it. */
  pinReset: 'pinReset',
  /** Signal to a run that asks for the code only when an agent is ready: one is, {@link AgentReady}. */
  agentReady: 'agentReady',
  /** Update: the code; answers with a {@link CodeVerdict}. */
  tryCode: 'tryCode',
  /** Update: take the number, so that nobody else enters codes for it, {@link ClaimRequest}; answers a {@link ClaimAnswer}. */
  claim: 'claim',
  /** Update: give the number back, {@link ReleaseRequest}; answers a {@link ReleaseAnswer}. */
  release: 'release',
  /** Query: {@link OnboardingProgress}; of `rotateDuePins`, {@link SweepProgress}. */
  progress: 'progress',
} as const;

/** Search attributes, both of type Keyword. The embedded server registers them; `wa-onboard setup` does so elsewhere. */
export const SEARCH_ATTRIBUTES = {
  stage: defineSearchAttributeKey('OnboardingStage', SearchAttributeType.KEYWORD),
  label: defineSearchAttributeKey('OnboardingLabel', SearchAttributeType.KEYWORD),
} as const;

/** The steps of the sequence, in the order in which they are shown. */
export const STEP_NAMES = [
  'register',
  'requestCode',
  'awaitCode',
  'verifyCode',
  'setTwoStepPin',
  'storePin',
] as const;

export type StepName = (typeof STEP_NAMES)[number];

export type StepState =
  | 'pending'
  | 'running'
  | 'done'
  | 'skipped'
  | 'deferred'
  | 'compensated'
  | 'failed';

/** Where a run stands; the value of the search attribute `OnboardingStage`. */
export type OnboardingStage =
  | 'Preparing'
  | 'Registering'
  | 'AwaitingAgent'
  | 'AwaitingCode'
  | 'Securing'
  | 'Parked'
  | 'Compensating'
  | 'Live'
  | 'Offboarded'
  | 'Failed';

/** How Meta delivers a code. */
export type CodeMethod = 'SMS' | 'VOICE';

/** Input of the workflow `onboardNumber`. */
export interface OnboardingInput {
  /** Meta's id of the number: a digit string. */
  phoneNumberId: string;
  /** @default 'SMS' */
  codeMethod?: CodeMethod;
  /** Language of the code's message as `ll_CC`. @default 'en_US' */
  language?: string;
  /** Who asked for this onboarding, for people to read. */
  requestedBy?: string;
  /** A name for people, shown in lists and in the Temporal UI. Put no telephone number here. At most 200 characters. */
  label?: string;
  /** How long to wait for a code before undoing and failing. @default '24 hours' */
  codeDeadline?: Duration;
  /** Allow setting a new PIN on a registered number whose PIN the PIN store does not know. @default false */
  takeOver?: boolean;
  /** What happens when Meta refuses the PIN after an accepted register and nobody decides. @default 'park' */
  onPinRefused?: 'park' | 'compensate';
  /**
   * When Meta is asked for the code. A code lives ten minutes, so with many numbers `whenAgentReady` is the better way: the run
   * prepares, and waits for the signal `agentReady` (or a wish for a code) before it has one sent.
   *
   * @default 'now'
   */
  startCode?: 'now' | 'whenAgentReady';
  /**
   * The run of this number before this one, which the client reads before it starts. Listing runs lags by some seconds;
   * following these ids does not, so the budget's ledger misses no request of a run that has just ended.
   */
  previousRunId?: string;
}

/** What `submitCode` and `tryCode` take beside a plain string. Anything but the digits is ignored: `"123-830"` is fine. */
export interface CodeSubmission {
  code: string;
  /** Who typed it, for people to read. */
  submittedBy?: string;
}

export interface ResendRequest {
  /** @default the run's `codeMethod` */
  method?: CodeMethod;
  /** @default the run's `language` */
  language?: string;
  requestedBy?: string;
}

export interface ExtendRequest {
  /** How much later the deadline is to be, such as `'48 hours'`. */
  by: Duration;
  requestedBy?: string;
}

/** What the signal `agentReady` takes, if anything. */
export interface AgentReady {
  requestedBy?: string;
}

/**
 * Who has taken a number to enter its codes. It ends by itself at `until`; whoever reads it compares. Codes that anybody else
 * submits meanwhile are not tried.
 */
export interface Claim {
  by: string;
  since: string;
  /** Moves with each claim and each code of the holder. */
  until: string;
  /** Whose claim was ended by this one, and why. */
  takenFrom?: { by: string; reason: string };
}

export interface ClaimRequest {
  by: string;
  /** Ends the claim of somebody else: why. */
  takeOver?: string;
}

export interface ReleaseRequest {
  by: string;
}

export type ClaimAnswer =
  | { verdict: 'held'; claim: Claim }
  | { verdict: 'heldByOther'; claim: Claim; reason: string }
  | { verdict: 'ended'; reason: string };

/** `released` also where nobody held it. */
export type ReleaseAnswer =
  | { verdict: 'released' }
  | { verdict: 'heldByOther'; claim: Claim; reason: string }
  | { verdict: 'ended'; reason: string };

/** What an operator may decide on a parked run. Cancelling is the third way out. */
export type Decision = 'retry' | 'accept';

/** What the signals `retry` and `accept` take, if anything. */
export interface DecisionRequest {
  requestedBy?: string;
}

/** The answer to `tryCode`. */
export type CodeVerdict =
  | { verdict: 'verified' }
  | {
      verdict: 'refused';
      /** What Meta said. Meta has one answer for wrong, expired and too fast (136025). */
      text: string;
      advice: string;
      /** Age of the newest code that was sent, in seconds, where one was sent by this run. */
      codeAgeSeconds?: number;
      /** How many more codes may be tried before a new one has to be sent. */
      triesLeft: number;
      fbtraceId?: string;
    }
  | {
      verdict: 'notWaiting';
      reason: string;
      /** Where the code was not tried because somebody else has taken the number. */
      heldBy?: Claim;
    }
  | { verdict: 'ended'; reason: string };

/** What became of a submitted code; `notJudged`: Meta answered something else, such as that the access token has expired. */
export type SubmissionVerdict = 'verified' | 'refused' | 'unknown' | 'notJudged';

export interface StepProgress {
  name: StepName;
  state: StepState;
  reason?: string;
  startedAt?: string;
  endedAt?: string;
}

/** What went wrong, in words for people. Holds no PIN, code or token. */
export interface ProblemReport {
  /** Meta's error code, where Meta answered with one. */
  code?: number;
  subcode?: number;
  /** What was said, by Meta where it said something. */
  text: string;
  /** What a person can do about it. */
  advice: string;
  /** Meta's id of the request, for Meta's support. */
  fbtraceId?: string;
}

export interface BudgetUse {
  /** Requests of this kind in the last 72 hours, across all runs of the number, as far as this run has counted. */
  used: number;
  limit: number;
  /** When the next one may be sent, where the budget is spent. */
  nextAt?: string;
}

/** A number without its telephone number, which never enters Temporal. */
export interface NumberForPeople {
  /** The last four digits of the telephone number. */
  lastDigits?: string;
  /** The name of the business as Meta shows it to customers. */
  businessName?: string;
}

/** Answer of the query `progress`. */
export interface OnboardingProgress {
  phoneNumberId: string;
  /** What is done with the number. Steps that an operation does not have are shown as skipped. */
  operation: NumberOperation;
  stage: OnboardingStage;
  label?: string;
  /** How people know the number: as Meta gave it when the run last read it. */
  number?: NumberForPeople;
  /** All six steps, always, in the order of {@link STEP_NAMES}. */
  steps: StepProgress[];
  /** What the run waits for. `until` is when it stops waiting by itself. */
  waiting?: {
    for: string;
    since: string;
    until: string;
    cure?: string;
    reminder?: string;
    /** The decisions that end this wait. A parked run always takes `retry`; a run that only waits may take it as well. */
    decisions?: Decision[];
    /** What happens at `until` where the run is parked and nobody has decided. */
    onExpiry?: ParkExpiry;
  };
  /** The newest decision of an operator on this run. */
  decided?: { decision: Decision; by?: string; at: string };
  /** The newest code that Meta was asked for. */
  code?: {
    method: CodeMethod;
    sentAt: string;
    expiresAt: string;
    /** How many were asked for by this run. */
    sentCount: number;
    /** Codes refused since the newest one was sent. */
    refusedCount: number;
    /** How many more may be tried before a new one has to be sent. */
    triesLeft: number;
    /** Who asked for it, where somebody did. */
    requestedBy?: string;
    /** When the next may be asked for. */
    nextSendAt: string;
    /** True where Meta's answer was lost, so that the code may or may not have been sent. */
    maybe?: boolean;
    /** Who submitted codes and what became of them; never the code. */
    submissions?: { by?: string; at: string; verdict: SubmissionVerdict }[];
  };
  /** The last claim; over where its `until` has passed. */
  claim?: Claim;
  budget: { register: BudgetUse; deregister: BudgetUse };
  problem?: ProblemReport;
  /** The last message that had no effect, and why: one that made no sense, or a code that was not awaited. */
  ignored?: { message: string; at: string; reason: string };
  /** What a run that could not finish, or was cancelled, has undone and what it has not, in words. */
  compensation?: { undone: string[]; notUndone: string[] };
}

/**
 * The end of a park that nobody decided on: `compensate` undoes what can be undone and fails; `accept` finishes with the
 * PIN unconfirmed; `alertAgain` goes on waiting, since Meta has the PIN already.
 */
export type ParkExpiry = 'compensate' | 'accept' | 'alertAgain';

/** Where a PIN lies. Never the PIN. */
export interface PinReference {
  /** Name of the PIN store, such as `local`. */
  store: string;
  /** Name of the record in that store. */
  record: string;
  /** Id of the version of that record. */
  version: string;
}

/** Result of the workflow `onboardNumber`, and of the other {@link NUMBER_OPERATIONS}. */
export interface OnboardingResult {
  phoneNumberId: string;
  /** Of the other operations; absent for an onboarding. */
  operation?: NumberOperation;
  /**
   * `live`: registered and able to send. `registered`: registered at Meta, with `missing` still to come. `rotated`: the current PIN
   * is another one, or was found not to be due. `offboarded`: not registered any more.
   */
  outcome: 'live' | 'registered' | 'rotated' | 'offboarded';
  /** One sentence for people: what was done, or why there was nothing to do. */
  summary: string;
  /** False where the run found nothing to do and wrote nothing. */
  changed: boolean;
  /** What a registered number still lacks, in words. Empty for `live`. */
  missing: string[];
  steps: StepProgress[];
  pin: PinReference & {
    /** True where Meta accepted this PIN as the two-step-verification PIN in this run. */
    confirmed: boolean;
    /** Since when this PIN is the current one in the PIN store, where it is. */
    since?: string;
  };
  /** What an offboarding did with the PIN record. */
  pinRecord?: 'kept' | 'deleted' | 'none';
  /** True where a cancel came after the PIN was set: the run went on to its end, because undoing would lose the PIN. */
  cancelRequested?: boolean;
}

/** Types of the `ApplicationFailure` that a run fails with. */
export const FAILURE_TYPES = {
  /** The input was not usable. Nothing was done. */
  invalidInput: 'InvalidInput',
  /** What Meta or the PIN store says of the number forbids onboarding it. Nothing was done. */
  refused: 'OnboardingRefused',
  /** No right code came before the deadline. What could be undone was. */
  deadline: 'CodeDeadlinePassed',
  /** A step could not be done. What could be undone was. */
  failed: 'OnboardingFailed',
} as const;

/** First element of `details` of a failed run's `ApplicationFailure`. */
export interface OnboardingFailureDetails {
  phoneNumberId: string;
  steps: StepProgress[];
  problem?: ProblemReport;
  /** What compensation undid, in words. */
  undone: string[];
  /** What could not be undone, in words. */
  notUndone: string[];
  /** True where the number, as Meta says it is, forbids the operation: trying again is no use until it changes. */
  unfit?: true;
}

/** Key of the memo that holds a run's {@link DeskCard}. */
export const DESK_MEMO = 'OnboardingDesk';

/**
 * What a list of waiting numbers shows of a run, kept as a memo so that listing runs gives it without asking each of them. It is
 * published when a wait for a person begins or changes and when a claim does, so it is the truth of the last wait only.
 */
export interface DeskCard extends NumberForPeople {
  waiting?: Omit<NonNullable<OnboardingProgress['waiting']>, 'reminder'>;
  code?: Omit<NonNullable<OnboardingProgress['code']>, 'submissions'>;
  claim?: Claim;
  problem?: Pick<ProblemReport, 'text' | 'code'>;
}
