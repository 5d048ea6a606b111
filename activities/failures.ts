import { ApplicationFailure } from '@temporalio/common';
import {
  CALL_WORDS,
  GraphApiError,
  GraphConnectionError,
  GraphError,
  GraphPacedError,
} from './graph-api/errors.js';
import { type Verdict, verdictRowOf, waitMsOf } from './graph-api/verdicts.js';
import type { NumberFacts } from './number-facts.js';
import {
  PinNotFoundError,
  PinRecordChangedError,
  PinStoreError,
  PinStoreUnreachableError,
} from './pin-store/pin-store.js';

/** What became of the request that failed. */
export type FailedOutcome =
  /** Meta answered that it did not do it. */
  | 'refused'
  /** Nobody knows: Meta may have done it. */
  | 'unknown'
  /** The request never left. */
  | 'notSent';

/** Verdicts on failures of Meta, and those of this product itself. */
export type ProblemVerdict =
  | Verdict
  /** The PIN store did not answer. */
  | 'pinStoreUnreachable'
  /** The PIN store answered that it will not. */
  | 'pinStoreRefused'
  /** The budget is used up by this product's own count, so nothing was sent; `allowedAt` says when the next may be sent. */
  | 'budgetSpent'
  /** This product's own cap on code requests; `allowedAt` says when the next may be sent. */
  | 'codeRequestCap';

/** Why an activity failed: first element of its `ApplicationFailure`'s details. Holds no PIN, code or token. */
export interface Problem {
  verdict: ProblemVerdict;
  outcome: FailedOutcome;
  code?: number;
  subcode?: number;
  /** What was said, by Meta where it said something. */
  text: string;
  /** What a person can do. */
  advice: string;
  fbtraceId?: string;
  /** Milliseconds before the same request may be sent again. */
  waitMs?: number;
  /** Instant (ISO 8601, UTC) from which it is allowed again. */
  allowedAt?: string;
  /** Use of the limit that the request counts towards, with the request where it was sent. */
  budget?: { used: number; limit: number };
  /** The PIN is not in the PIN store any more. */
  pinGone?: true;
  /** The number as the activity read it right before it sent. */
  numberBefore?: NumberFacts;
}

/** Stable `type` of the `ApplicationFailure` for each verdict. */
export const FAILURE_TYPE_OF: Record<ProblemVerdict, string> = {
  retryLater: 'RetryLater',
  rateLimited: 'RateLimited',
  verifyFirst: 'VerifyFirst',
  alreadyDone: 'AlreadyDone',
  codeNotSent: 'CodeNotSent',
  codeRefused: 'CodeRefused',
  pinMismatch: 'PinMismatch',
  pinGuessLimit: 'PinGuessLimit',
  notRegistered: 'NotRegistered',
  deregisterFirst: 'DeregisterFirst',
  budgetExceeded: 'BudgetExceeded',
  budgetSpent: 'BudgetSpent',
  nameNotApproved: 'NameNotApproved',
  operatorNeeded: 'OperatorNeeded',
  refused: 'RefusedForGood',
  pinStoreUnreachable: 'PinStoreUnreachable',
  pinStoreRefused: 'PinStoreRefused',
  codeRequestCap: 'CodeRequestCap',
};

const PASSING: ReadonlySet<ProblemVerdict> = new Set([
  'retryLater',
  'rateLimited',
  'pinStoreUnreachable',
]);

/** Temporal's own retries are for short waits; longer ones are timers of the workflow, which people see. */
const LONGEST_RETRY_DELAY_MS = 60_000;

/** A failure for Temporal: its sentence for people, its {@link Problem} for the workflow. */
export function failure(
  sentence: string,
  problem: Problem,
  type: string = FAILURE_TYPE_OF[problem.verdict],
): ApplicationFailure {
  const { verdict, waitMs } = problem;
  const nonRetryable = !PASSING.has(verdict) || (waitMs ?? 0) > LONGEST_RETRY_DELAY_MS;
  return ApplicationFailure.create({
    message: sentence,
    type,
    nonRetryable,
    ...(nonRetryable || waitMs === undefined ? {} : { nextRetryDelay: waitMs }),
    details: [problem],
  });
}

/** What a failure's type begins with where a counted write was to be sent and certainly was not. */
export const NOTHING_SENT = 'NothingSent.';

/**
 * The failure of a write that was not sent. Its type says so: by the type alone, the ledger tells what Meta never saw.
 */
export function notSent(cause: ApplicationFailure): ApplicationFailure {
  const problem = problemIn(cause);
  if (problem === undefined) return cause;
  const type = `${NOTHING_SENT}${FAILURE_TYPE_OF[problem.verdict]}`;
  return failure(cause.message, { ...problem, outcome: 'notSent' }, type);
}

/** The problem that a failure carries. */
export function problemIn({ details }: ApplicationFailure): Problem | undefined {
  const [first] = details ?? [];
  return isProblem(first) ? first : undefined;
}

function isProblem(details: unknown): details is Problem {
  return (
    typeof details === 'object' && details !== null && 'verdict' in details && 'outcome' in details
  );
}

/**
 * Turns what an activity caught into the failure it hands to Temporal. What is not known here (a cancellation, a failure
 * made already, a defect) is returned as it is.
 *
 * @param sending true once the write itself was begun; before that, nothing was sent, whatever the error says
 */
export function failureOf(error: unknown, sending = true): unknown {
  if (error instanceof GraphError) return graphFailure(error, sending);
  if (error instanceof PinStoreError) return pinStoreFailure(error);
  return error;
}

function graphFailure(error: GraphError, sending: boolean): ApplicationFailure {
  if (error instanceof GraphPacedError) return pacedFailure(error);
  const outcome = sending ? outcomeOf(error) : 'notSent';
  if (error instanceof GraphApiError) {
    const { answer, call, subjectId } = error;
    const row = verdictRowOf(call, answer);
    const waitMs = waitMsOf(row, answer);
    const { code, subcode, text, fbtraceId } = answer;
    const codes = subcode === undefined ? `${code}` : `${code}/${subcode}`;
    const trace = fbtraceId === undefined ? '' : ` fbtrace_id ${fbtraceId}.`;
    return failure(
      `Meta refused to ${CALL_WORDS[call]} ${subjectId}: ${text} (${codes}). ${row.advice}${trace}`,
      {
        verdict: row.verdict,
        outcome,
        code,
        ...(subcode === undefined ? {} : { subcode }),
        text,
        advice: row.advice,
        ...(fbtraceId === undefined ? {} : { fbtraceId }),
        ...(waitMs === undefined ? {} : { waitMs }),
      },
    );
  }
  const advice =
    outcome === 'unknown' && error.call !== 'read'
      ? 'It may or may not have been done; the run finds out before it goes on.'
      : 'Check that the Graph API can be reached from the worker.';
  return failure(`${error.message} ${advice}`, {
    verdict: 'retryLater',
    outcome,
    text: error.message,
    advice,
  });
}

function pacedFailure({ message, callsPerHour, waitMs }: GraphPacedError): ApplicationFailure {
  const advice =
    'Nothing to do: it goes on by itself when the cap allows. If that takes long, raise GRAPH_API_CALLS_PER_HOUR as far as Meta’s quota for the account allows.';
  return failure(`${message} ${advice}`, {
    verdict: 'rateLimited',
    outcome: 'notSent',
    text: `This worker has used up its own cap of ${callsPerHour} calls to Meta per hour.`,
    advice,
    waitMs,
  });
}

function outcomeOf(error: GraphError): FailedOutcome {
  if (error instanceof GraphApiError) {
    return verdictRowOf(error.call, error.answer).maybeDone ? 'unknown' : 'refused';
  }
  return error instanceof GraphConnectionError && error.neverSent ? 'notSent' : 'unknown';
}

function pinStoreFailure(error: PinStoreError): ApplicationFailure {
  const unreachable = error instanceof PinStoreUnreachableError;
  const gone = error instanceof PinNotFoundError;
  const advice = unreachable
    ? 'Check that the PIN store can be reached from the worker; the run goes on by itself.'
    : gone
      ? 'The PIN this run staged is gone from the PIN store: restore the record, for a PIN cannot be read back from Meta; or say retry, and another PIN is set.'
      : error instanceof PinRecordChangedError
        ? 'Find out who changed the record and why; retry makes the PIN that Meta has accepted the current one, and keeps the other as the previous one.'
        : 'Give the worker access to the PIN store again; npx wa-onboard doctor says what is missing.';
  return failure(error.message, {
    verdict: unreachable ? 'pinStoreUnreachable' : 'pinStoreRefused',
    outcome: 'notSent',
    text: error.message,
    advice,
    ...(gone ? { pinGone: true as const } : {}),
  });
}
