/** A local activity as the SDK's core runs it within a workflow task. */
import { type RetryState, TimeoutType } from '@temporalio/common';
import { msNumberToTs, optionalTsToMs } from '@temporalio/common/lib/time.js';
import { cancelled, failedFor, timeout } from './activity-failure.js';
import type { RunningAttempt } from './attempt.js';
import { waitBeforeRetry } from './retry-rule.js';
import type { ActivityResolution, Failure, ScheduleLocalActivity } from './sdk-types.js';
import type { VirtualTime } from './virtual-time.js';

export interface LocalActivity {
  requestCancel(): void;
  /** The process was killed, or the workflow task is made again: as if it had never begun. */
  lose(): void;
}

export interface LocalActivityHost {
  time: VirtualTime;
  start(attempt: number, startToCloseMs: number, scheduledAt: number): RunningAttempt;
  /** Never called before {@link startLocalActivity} has returned. */
  resolve(resolution: ActivityResolution): void;
}

/** Core waits that long itself before it makes an attempt again; for longer it has the workflow set a timer. */
const DEFAULT_LOCAL_RETRY_THRESHOLD_MS = 60_000;

export function startLocalActivity(
  command: ScheduleLocalActivity,
  { time, start, resolve }: LocalActivityHost,
): LocalActivity {
  const who = { id: command.activityId ?? '', type: command.activityType ?? '' };
  const startToCloseMs = optionalTsToMs(command.startToCloseTimeout);
  const scheduleToCloseMs = optionalTsToMs(command.scheduleToCloseTimeout);
  const threshold = optionalTsToMs(command.localRetryThreshold) ?? DEFAULT_LOCAL_RETRY_THRESHOLD_MS;
  const scheduledAt = optionalTsToMs(command.originalScheduleTime) ?? time.now();
  let number = Math.max(1, command.attempt ?? 1);
  let over = false;
  let current: RunningAttempt | undefined;
  let stopTimers: (() => void)[] = [];

  const stopScheduleToClose =
    scheduleToCloseMs === undefined
      ? () => undefined
      : time.after(scheduledAt + scheduleToCloseMs - time.now(), () => {
          current?.cancel('TIMED_OUT');
          end(failure(timeout(TimeoutType.SCHEDULE_TO_CLOSE), 'TIMEOUT'));
        });
  if (scheduleToCloseMs === undefined || scheduledAt + scheduleToCloseMs > time.now()) begin();

  return {
    requestCancel() {
      current?.cancel('CANCELLED');
      end(cancelled(who));
    },
    lose() {
      if (current !== undefined) current.attempt.lost = true;
      over = true;
      stop();
      stopScheduleToClose();
    },
  };

  function begin(): void {
    if (over) return;
    const attempt = start(number, startToCloseMs ?? 0, scheduledAt);
    current = attempt;
    if (startToCloseMs !== undefined) {
      stopTimers.push(
        time.after(startToCloseMs, () => {
          attempt.cancel('TIMED_OUT');
          failed(timeout(TimeoutType.START_TO_CLOSE));
        }),
      );
    }
    attempt.result
      .then((result) => {
        if (over || current !== attempt) return;
        if (result.completed) end({ completed: result.completed });
        else failed(result.failed?.failure ?? result.cancelled?.failure ?? {});
      })
      .catch(time.fail);
  }

  function failed(cause: Failure): void {
    stop();
    const wait = waitBeforeRetry(command.retryPolicy, number, cause);
    if (typeof wait === 'string') {
      end(failure(cause, wait));
      return;
    }
    number += 1;
    if (wait <= threshold) {
      stopTimers.push(time.after(wait, begin));
      return;
    }
    end({
      backoff: {
        attempt: number,
        backoffDuration: msNumberToTs(wait),
        originalScheduleTime: msNumberToTs(scheduledAt),
      },
    });
  }

  function failure(cause: Failure, retryState: NonNullable<RetryState>): ActivityResolution {
    return failedFor(who, cause, retryState);
  }

  function stop(): void {
    current = undefined;
    for (const cancel of stopTimers) cancel();
    stopTimers = [];
  }

  function end(resolution: ActivityResolution): void {
    if (over) return;
    over = true;
    stop();
    stopScheduleToClose();
    resolve(resolution);
  }
}
