import { cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { type Notifier, NotTakenError, type Postable } from './webhook-notifier.js';

export type NotificationActivities = ReturnType<typeof createNotificationActivities>;

/** What became of a notification. */
export type Posted = { posted: true } | { posted: false; reason: string };

/** `type` of the failure of a notification that was not taken. */
export const NOT_TAKEN = 'NotificationNotTaken';

/** The longest that a receiver's `Retry-After` puts the next try off. */
const LONGEST_DELAY_MS = 10 * 60_000;

/** @param notifier none where no webhook is configured: then what is still to be sent is dropped, saying so */
export function createNotificationActivities(notifier: Notifier | undefined) {
  return {
    /** One try; Temporal repeats it. */
    async postNotification(notification: Postable): Promise<Posted> {
      if (notifier === undefined) return { posted: false, reason: NOT_CONFIGURED };
      try {
        await notifier.post(notification, cancellationSignal());
        return { posted: true };
      } catch (error) {
        if (!(error instanceof NotTakenError)) throw error;
        const { message, forGood, retryAfterMs } = error;
        throw ApplicationFailure.create({
          message,
          type: NOT_TAKEN,
          nonRetryable: forGood,
          ...(retryAfterMs === undefined || forGood
            ? {}
            : { nextRetryDelay: Math.min(retryAfterMs, LONGEST_DELAY_MS) }),
        });
      }
    },
  };
}

const NOT_CONFIGURED =
  'This worker has no webhook to post to (NOTIFY_WEBHOOK_URL is not set), so the notification was dropped.';
