/** Failures as Temporal hands them to a workflow. Pure. */
import type { RetryState, TimeoutType } from '@temporalio/common';
import { encodeRetryState, encodeTimeoutType } from '@temporalio/common/lib/failure.js';
import type { ActivityResolution, Failure } from './sdk-types.js';

export interface FailedActivity {
  id: string;
  type: string;
}

/** An activity that failed for good. */
export function failedFor(
  { id, type }: FailedActivity,
  cause: Failure,
  retryState: NonNullable<RetryState>,
): ActivityResolution {
  return {
    failed: {
      failure: {
        message: 'Activity task failed',
        activityFailureInfo: {
          activityId: id,
          activityType: { name: type },
          identity: 'the model',
          retryState: encodeRetryState(retryState) ?? 0,
        },
        cause,
      },
    },
  };
}

export function timeout(which: TimeoutType, last?: Failure): Failure {
  return {
    message: `activity ${which} timeout`,
    timeoutFailureInfo: { timeoutType: encodeTimeoutType(which) ?? 0 },
    ...(last === undefined ? {} : { cause: last }),
  };
}

export function cancelled({ id, type }: FailedActivity): ActivityResolution {
  return {
    cancelled: {
      failure: {
        message: 'Activity cancelled',
        activityFailureInfo: { activityId: id, activityType: { name: type } },
        cause: { message: '', canceledFailureInfo: {} },
      },
    },
  };
}
