/** Calls of activities whose failure is data to decide on, not an exception to let through. */
import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { Problem } from '../activities/failures.js';
import type { ProblemReport } from './messages.js';

export type Settled<T> = { ok: true; value: T } | { ok: false; problem: Problem };

/**
 * Awaits a call and gives its result or its problem. A cancellation is thrown on.
 */
export async function settled<T>(call: Promise<T>): Promise<Settled<T>> {
  try {
    return { ok: true, value: await call };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { ok: false, problem: problemOf(error) };
  }
}

/** What is to wait longer is not looked at again at once. */
const LONGEST_PAUSE_MS = 60_000;

/**
 * A look at Meta or the PIN store: as a short local activity first, else the same as an ordinary one with backoff, because
 * a local activity that retries for long blocks shutdown and delays queries.
 */
export async function lookAt<I, R>(
  [inShort, patiently]: readonly [(input: I) => Promise<R>, (input: I) => Promise<R>],
  input: I,
): Promise<Settled<R>> {
  const first = await settled(inShort(input));
  const again =
    !first.ok && passes(first.problem) && (first.problem.waitMs ?? 0) <= LONGEST_PAUSE_MS;
  return again ? settled(patiently(input)) : first;
}

const PASSING = new Set<Problem['verdict']>([
  'retryLater',
  'rateLimited',
  'pinStoreUnreachable',
  'pinGuessLimit',
  'budgetSpent',
  'budgetExceeded',
]);

/** Is this trouble that goes away by itself, after a while that may be days? */
export function passes(problem: Problem): boolean {
  return PASSING.has(problem.verdict);
}

const SHORTEST_BACKOFF_MS = 2_000;
const LONGEST_BACKOFF_MS = 5 * 60_000;

/** Trouble that has lasted so long is looked at more rarely: each time takes some ten events of the history. */
const LASTING_MS = 2 * 3_600_000;
const LASTING_BACKOFF_MS = 30 * 60_000;

/** How long passing trouble is waited out where no request is spent on it. */
export const PATIENCE_MS = 7 * 24 * 3_600_000;

/** How often a request was tried. */
export interface Tries {
  all: number;
  /** Those that Meta may have seen and judged. */
  spent: number;
  /** Milliseconds since the epoch. */
  since: number;
}

/** @param now milliseconds since the epoch */
export function noTries(now: number): Tries {
  return { all: 0, spent: 0, since: now };
}

/** One more try that ended with a problem. What was not sent, or met a rate limit, spends nothing. */
export function tried({ all, spent, since }: Tries, problem: Problem): Tries {
  const free = problem.outcome === 'notSent' || problem.verdict === 'rateLimited';
  return { all: all + 1, spent: spent + (free ? 0 : 1), since };
}

/**
 * How long to wait before the same request may be repeated, in milliseconds; undefined where it must not be. Trouble that
 * spends nothing is waited out for {@link PATIENCE_MS}; other passing trouble ends after some attempts.
 *
 * @param tries all tries so far, the one that ended with this problem included
 * @param most how many tries may be spent
 * @param now milliseconds since the epoch
 */
export function waitBeforeNext(
  problem: Problem,
  tries: Tries,
  most: number,
  now: number,
): number | undefined {
  if (!passes(problem) || tries.spent >= most || now - tries.since >= PATIENCE_MS) return undefined;
  const longest = now - tries.since < LASTING_MS ? LONGEST_BACKOFF_MS : LASTING_BACKOFF_MS;
  // The worker's own cap names each run its turn.
  const hasTurn = problem.outcome === 'notSent' && problem.verdict === 'rateLimited';
  const backoff =
    hasTurn && problem.waitMs !== undefined
      ? 0
      : Math.min(SHORTEST_BACKOFF_MS * 2 ** (tries.all - 1), longest);
  const unnamed = problem.verdict === 'rateLimited' ? LONGEST_BACKOFF_MS : 0;
  const allowedInMs = problem.allowedAt === undefined ? 0 : Date.parse(problem.allowedAt) - now;
  return Math.max(backoff, allowedInMs, problem.waitMs ?? unnamed);
}

/** The problem that a failed activity reports; one without a report of its own has an unknown outcome. */
function problemOf(error: unknown): Problem {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && isProblem(cause.details?.[0])) return cause.details[0];
  if (cause instanceof TimeoutFailure) {
    return {
      verdict: 'retryLater',
      outcome: 'unknown',
      text: 'The worker did not finish the request in time.',
      advice: 'The run finds out what became of it; check that a worker is running.',
    };
  }
  return {
    verdict: 'retryLater',
    outcome: 'unknown',
    text: 'The request ended without an answer.',
    advice: 'The run finds out what became of it; the worker’s log says more.',
  };
}

function isProblem(details: unknown): details is Problem {
  return (
    typeof details === 'object' && details !== null && 'verdict' in details && 'outcome' in details
  );
}

/** A problem as it is shown. */
export function reportOf({ code, subcode, text, advice, fbtraceId }: ProblemReport): ProblemReport {
  return {
    ...(code === undefined ? {} : { code }),
    ...(subcode === undefined ? {} : { subcode }),
    text,
    advice,
    ...(fbtraceId === undefined ? {} : { fbtraceId }),
  };
}
