import { log, ParentClosePolicy, startChild, uuid4, workflowInfo } from '@temporalio/workflow';
import { look } from './activity-options.js';
import { lookAt } from './attempts.js';
import { SEND_NOTIFICATION } from './messages.js';
import {
  EVENTS_OF_OPERATION,
  type Notification,
  type NotificationExtra,
  notificationOf,
  notificationWorkflowIdOf,
  type OperationEvent,
  type RunEvent,
} from './notification.js';
import { progressOf } from './progress.js';
import type { Run } from './run.js';
import { shielded } from './shielded.js';

/** Where no worker takes it, old news is dropped. */
const LONGEST_DELIVERY = '25 hours';

/**
 * Has people notified of what happens to the run, where the worker is configured to. A workflow of its own delivers it, so the
 * run never waits for the receiver; who ends the run waits until that workflow has begun, since a parent's end drops what has not.
 */
export async function announce(
  run: Run,
  what: OperationEvent | 'code.needed' | 'code.reminder',
  extra: Pick<NotificationExtra, 'reminder' | 'result' | 'failureType'> = {},
): Promise<void> {
  if (run.notifies !== true || (run.unattended && what !== 'parked')) return;
  const type: RunEvent =
    what === 'code.needed' || what === 'code.reminder'
      ? what
      : EVENTS_OF_OPERATION[run.operation][what];
  run.notifications += 1;
  const notification = notificationOf(type, progressOf(run), {
    ...extra,
    // Not made from the run id, which a reset changes: replay compares the workflow ids of children.
    id: uuid4(),
    runId: workflowInfo().runId,
    sequence: run.notifications,
    at: new Date().toISOString(),
  });
  await handOver(notification);
}

/** Has a notification delivered, where it can be handed over. */
export async function handOver(notification: Notification): Promise<void> {
  try {
    await shielded(() =>
      startChild(SEND_NOTIFICATION, {
        workflowId: notificationWorkflowIdOf(notification),
        args: [notification],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowExecutionTimeout: LONGEST_DELIVERY,
      }),
    );
  } catch (error) {
    const { phoneNumberId, event } = notification;
    log.error('A notification could not be handed over', { phoneNumberId, event, error });
  }
}

/** Announces that the run has failed, also where it did so before a worker told whether anybody is to know. */
export async function announceFailure(run: Run, failureType: string): Promise<void> {
  if (run.unattended) return;
  run.notifies ??= await tellsPeople();
  await announce(run, 'failed', { failureType });
}

/** Whether people are notified, as a worker says. */
export async function tellsPeople(): Promise<boolean> {
  const told = await shielded(() => lookAt(look.tellNotifies, undefined));
  return told.ok && told.value;
}
