import { type NativeConnection, Worker } from '@temporalio/worker';
import { createNotificationActivities } from '../activities/notify/post-notification.js';
import type { Notifier } from '../activities/notify/webhook-notifier.js';
import { TASK_QUEUE } from '../workflows/messages.js';
import { notificationQueueOf } from '../workflows/notification.js';

export interface NotificationWorkerOptions {
  connection: NativeConnection;
  namespace: string;
  /** Of the onboardings that people are notified of. @default 'number-onboarding' */
  taskQueue?: string;
  /** None where no webhook is configured: what is still to be sent is dropped then. */
  notifier?: Notifier | undefined;
}

/** Posts at a time: a receiver that takes as long as it may holds up other notifications only. */
const POSTS_AT_A_TIME = 8;

/** A post that is cut off is sent again by the next worker, under the same id, so that none is waited for. */
const SHUTDOWN_GRACE_MS = 1_000;
const FORCE_AFTER_MS = 5_000;

/**
 * A worker that hands notifications over. It has a task queue of its own: thousands of posts to a receiver that is down or slow, and
 * their repetitions, take no slot and none of the activities per second that onboardings have. `run()` starts it.
 */
export function createNotificationWorker(options: NotificationWorkerOptions): Promise<Worker> {
  const { connection, namespace, taskQueue = TASK_QUEUE, notifier } = options;
  return Worker.create({
    connection,
    namespace,
    taskQueue: notificationQueueOf(taskQueue),
    activities: createNotificationActivities(notifier),
    maxConcurrentActivityTaskExecutions: POSTS_AT_A_TIME,
    maxConcurrentActivityTaskPolls: 2,
    shutdownGraceTime: SHUTDOWN_GRACE_MS,
    shutdownForceTime: SHUTDOWN_GRACE_MS + FORCE_AFTER_MS,
  });
}
