import type { RawValue } from '@temporalio/common';
import {
  ActivityFailure,
  type ActivityOptions,
  ApplicationFailure,
  defineWorkflowOptions,
  isCancellation,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { NotificationActivities, Posted } from '../activities/notify/post-notification.js';
import { FAILURE_TYPES } from './messages.js';
import { type Notification, notificationQueueOf, parseNotification } from './notification.js';
import { RAW, readRaw } from './raw-payload.js';

/** `type` of the failure of a notification that is given up. */
export const NOT_DELIVERED = 'NotificationNotDelivered';

/** A receiver may be down for a day. After that, nobody waits for this news any more. */
const POST: ActivityOptions = {
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '24 hours',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 minutes' },
  summary: 'Post to the webhook',
};

/**
 * Posts one notification to the webhook of the workers, again and again for 24 hours until it is taken. A workflow of its own,
 * so that an onboarding never waits for it, nor ends before it.
 *
 * @param input a {@link Notification}, raw
 * @returns whether it was posted, and if not, why
 * @throws `ApplicationFailure` of type `InvalidInput`, or {@link NOT_DELIVERED} where it was not taken in time or never will be
 */
export async function sendNotification(input: RawValue<Notification>): Promise<Posted> {
  const parsed = readRaw(input, parseNotification);
  if (!parsed.ok) {
    throw ApplicationFailure.nonRetryable(parsed.sentence, FAILURE_TYPES.invalidInput);
  }
  const { event, phoneNumberId } = parsed.value;
  const { postNotification } = proxyActivities<NotificationActivities>({
    ...POST,
    taskQueue: notificationQueueOf(workflowInfo().taskQueue),
  });
  try {
    return await postNotification(parsed.value);
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    throw ApplicationFailure.nonRetryable(
      `The notification ${event} of number ${phoneNumberId} was not delivered, and is not sent any more. ${lastSaid(error)}`,
      NOT_DELIVERED,
    );
  }
}

/** What the last try said; where time ran out, that is below the failure that says so. */
function lastSaid(error: Error): string {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ApplicationFailure) return cause.message;
  }
  return 'No try had an answer.';
}

defineWorkflowOptions(sendNotification, { staticOptions: RAW });
