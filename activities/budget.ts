import { NOTHING_SENT } from './failures.js';
import type { PastRun, ScheduledActivity } from './past-runs.js';

/** A limit on requests of one kind for one number. */
export interface RequestLimit {
  /** Type of the activity that sends such a request: one request each. */
  activityType: string;
  limit: number;
  windowMs: number;
  /** Least time between two requests, in milliseconds. */
  gapMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * Meta: 10 register requests per number in a moving 72 hours, failures included, and the same for deregister, counted
 * apart; the 11th is answered 133016 and blocks the number for 72 hours.
 */
export const REGISTER_LIMIT: RequestLimit = {
  activityType: 'register',
  limit: 10,
  windowMs: 72 * HOUR,
  gapMs: 0,
};

export const DEREGISTER_LIMIT: RequestLimit = { ...REGISTER_LIMIT, activityType: 'deregister' };

/** Compensation may need up to three deregisters; other uses leave that many. */
export const DEREGISTER_BESIDE_RESERVE: RequestLimit = { ...DEREGISTER_LIMIT, limit: 7 };

/** This product's own cap. Meta names none, but refuses codes asked for too often (136024/2388367) for a day. */
export const CODE_REQUEST_LIMIT: RequestLimit = {
  activityType: 'requestCode',
  limit: 5,
  windowMs: 24 * HOUR,
  gapMs: 2 * MINUTE,
};

/**
 * How far back runs matter: the longest window of any limit, and an hour more, since a request of a run that was cut off
 * may have been sent after that run's end.
 */
export const LONGEST_WINDOW_MS = 73 * HOUR;

/** Failure types of activities that sent nothing because a limit was reached. */
const LIMIT_REACHED = new Set(['BudgetSpent', 'CodeRequestCap']);

/** Did an activity that ended with this failure certainly send nothing? */
function sentNothing(failureType = ''): boolean {
  return LIMIT_REACHED.has(failureType) || failureType.startsWith(NOTHING_SENT);
}

/** Failure type of a request that Meta answered with 133016: somebody else has spent the budget as well, 72 hours from then. */
const EXCEEDED = 'BudgetExceeded';

export interface LimitUse {
  used: number;
  limit: number;
  /** When the next request is allowed, where it is not yet. */
  nextAt?: Date;
}

/**
 * How much of a limit the requests in these runs use up, by the histories alone.
 *
 * Each scheduled activity that may have sent counts as one request, dated by its end; where its run ended first, by the run's end plus the
 * activity's start-to-close timeout, for until then it may still have sent; where it still runs, by now. Dates so never
 * lie before Meta saw the request, and the window never opens too early.
 *
 * @param except the activity that is counting, which does not count itself
 */
export function limitUse(
  rule: RequestLimit,
  runs: PastRun[],
  now: Date,
  except?: { runId: string; activityId: string },
): LimitUse {
  const requests = runs
    .flatMap((run) => run.activities.map((activity) => ({ ...activity, run })))
    .filter(({ type, id, failureType, run }) => {
      const itself = run.runId === except?.runId && id === except.activityId;
      return type === rule.activityType && !sentNothing(failureType) && !itself;
    })
    .map((request) => ({ at: latestSending(request, now), failureType: request.failureType }))
    .filter(({ at }) => at > now.getTime() - rule.windowMs)
    .sort((a, b) => a.at - b.at);
  const newest = requests.at(-1);
  const oldestOfAFullWindow = requests.at(-rule.limit);
  const blocked = requests.findLast(({ failureType }) => failureType === EXCEEDED);
  const nextAt = Math.max(
    newest === undefined ? 0 : newest.at + rule.gapMs,
    oldestOfAFullWindow === undefined ? 0 : oldestOfAFullWindow.at + rule.windowMs,
    blocked === undefined ? 0 : blocked.at + rule.windowMs,
  );
  return {
    used: requests.length,
    limit: rule.limit,
    ...(nextAt > now.getTime() ? { nextAt: new Date(nextAt) } : {}),
  };
}

/** The latest instant (milliseconds since the epoch) at which a scheduled activity can have sent its request. */
function latestSending(
  { closedAt, startToCloseMs, run }: ScheduledActivity & { run: PastRun },
  now: Date,
): number {
  if (closedAt !== undefined) return closedAt.getTime();
  return run.closedAt === undefined ? now.getTime() : run.closedAt.getTime() + startToCloseMs;
}
