/** An ordinary activity as Temporal's server keeps it: attempts, timeouts, retries, cancellation. */
import { type RetryState, TimeoutType } from '@temporalio/common';
import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import { cancelled, failedFor, timeout } from './activity-failure.js';
import type { ActivityResult, RunningAttempt } from './attempt.js';
import { waitBeforeRetry } from './retry-rule.js';
import type { ActivityResolution, Failure, ScheduleActivity } from './sdk-types.js';
import type { VirtualTime } from './virtual-time.js';

/** What the histories of a run hold of an activity. */
export interface OrdinaryActivity {
  readonly id: string;
  readonly type: string;
  readonly startToCloseMs: number;
  readonly scheduledAt: number;
  closedAt: number | undefined;
  failureType: string | undefined;
  /** Attempts begun so far. */
  attempts: number;
  requestCancel(): void;
  /** The worker is there (again): begin the attempt that is due. */
  workerIsUp(): void;
  /** The process of the running attempt was killed. */
  lose(): void;
  /** Its run has ended: nothing more happens, but a running attempt goes on. */
  runEnded(): void;
}

export interface OrdinaryActivityHost {
  time: VirtualTime;
  /** How long Temporal takes to hand out a task, in milliseconds. */
  dispatchMs(): number;
  workerUp(): boolean;
  start(attempt: number, startToCloseMs: number, scheduledAt: number): RunningAttempt;
  resolve(resolution: ActivityResolution): void;
}

/** Core ends an attempt that its worker has not heard the end of, so long after its timeout. */
const LOCAL_TIMEOUT_BUFFER_MS = 5_000;
const TRY_CANCEL = 0;

export function scheduleOrdinaryActivity(
  command: ScheduleActivity,
  host: OrdinaryActivityHost,
): OrdinaryActivity {
  const { time } = host;
  const startToCloseMs = optionalTsToMs(command.startToCloseTimeout) || Number.POSITIVE_INFINITY;
  const scheduleToCloseMs =
    optionalTsToMs(command.scheduleToCloseTimeout) || Number.POSITIVE_INFINITY;
  const waitsForCancel = (command.cancellationType ?? TRY_CANCEL) !== TRY_CANCEL;
  let due = false;
  let over = false;
  let told = false;
  let cancelRequested = false;
  let current: RunningAttempt | undefined;
  let stopTimers: (() => void)[] = [];
  let lastFailure: Failure | undefined;

  const activity: OrdinaryActivity = {
    id: command.activityId ?? '',
    type: command.activityType ?? '',
    startToCloseMs,
    scheduledAt: time.now(),
    closedAt: undefined,
    failureType: undefined,
    attempts: 0,
    requestCancel() {
      if (over) return;
      cancelRequested = true;
      if (!waitsForCancel) tell(cancelled(activity));
      if (current === undefined) close(cancelled(activity));
    },
    workerIsUp: begin,
    lose() {
      if (current !== undefined) current.attempt.lost = true;
    },
    runEnded() {
      over = true;
      stop();
      stopScheduleToClose();
    },
  };

  const stopScheduleToClose = within(scheduleToCloseMs, () => {
    if (!over) close(failure(timeout(TimeoutType.SCHEDULE_TO_CLOSE, lastFailure), 'TIMEOUT'));
  });
  makeDueIn(host.dispatchMs());
  return activity;

  function within(ms: number, callback: () => void): () => void {
    return Number.isFinite(ms) ? time.after(ms, callback) : () => undefined;
  }

  function makeDueIn(ms: number): void {
    stopTimers.push(
      time.after(ms, () => {
        due = true;
        begin();
      }),
    );
  }

  function begin(): void {
    if (over || !due || current !== undefined || !host.workerUp()) return;
    due = false;
    activity.attempts += 1;
    const attempt = host.start(activity.attempts, startToCloseMs, activity.scheduledAt);
    current = attempt;
    stopTimers.push(
      within(startToCloseMs, () => {
        // The attempt goes on, but nobody waits for it any more.
        time.after(LOCAL_TIMEOUT_BUFFER_MS, () => attempt.cancel('TIMED_OUT'));
        failed(timeout(TimeoutType.START_TO_CLOSE));
      }),
    );
    attempt.result
      .then((result) => {
        if (current === attempt && !over) ended(result);
      })
      .catch(time.fail);
  }

  function ended(result: ActivityResult): void {
    if (result.completed) close({ completed: result.completed });
    else failed(result.failed?.failure ?? result.cancelled?.failure ?? {});
  }

  function failed(cause: Failure): void {
    stop();
    lastFailure = cause;
    const wait = cancelRequested
      ? 'CANCEL_REQUESTED'
      : waitBeforeRetry(command.retryPolicy, activity.attempts, cause);
    if (typeof wait === 'string') close(failure(cause, wait));
    else if (time.now() + wait > activity.scheduledAt + scheduleToCloseMs) {
      close(failure(cause, 'TIMEOUT'));
    } else makeDueIn(wait);
  }

  function failure(cause: Failure, retryState: NonNullable<RetryState>): ActivityResolution {
    return failedFor(activity, cause, retryState);
  }

  function stop(): void {
    current = undefined;
    for (const cancel of stopTimers) cancel();
    stopTimers = [];
  }

  function close(resolution: ActivityResolution): void {
    over = true;
    stop();
    stopScheduleToClose();
    activity.closedAt = time.now();
    activity.failureType =
      resolution.failed?.failure?.cause?.applicationFailureInfo?.type ?? undefined;
    tell(resolution);
  }

  function tell(resolution: ActivityResolution): void {
    if (told) return;
    told = true;
    host.resolve(resolution);
  }
}
