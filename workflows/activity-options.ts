/** How each kind of step is tried and repeated: the one place that says so. */
import {
  ActivityCancellationType,
  type ActivityOptions,
  type LocalActivityOptions,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { FleetActivities } from '../activities/fleet.js';
import type { NumberActivities } from '../activities/number.js';

/** Reads and staging, in short: as local activities they cost no round trip, but may not retry for long. */
const LOOK: LocalActivityOptions = {
  startToCloseTimeout: '4 seconds',
  scheduleToCloseTimeout: '8 seconds',
  retry: { maximumAttempts: 1 },
};

/** The same work when the short way failed; when this fails too, the workflow waits, visibly. */
const READ: ActivityOptions = {
  startToCloseTimeout: '20 seconds',
  scheduleToCloseTimeout: '2 minutes',
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumAttempts: 3 },
};

/** Longest that a write to Meta is on its way, in milliseconds. */
export const WRITE_MS = 40_000;

/**
 * Writes to Meta: one attempt each, repeated by the workflow, which shows its waits and knows the outcome of every attempt.
 * What Meta counts, or what is not idempotent, is repeated after a read only.
 */
const WRITE: ActivityOptions = {
  startToCloseTimeout: WRITE_MS,
  scheduleToCloseTimeout: '1 hour',
  retry: { maximumAttempts: 1 },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};

/** Writes to the PIN store. After Meta has accepted the PIN, the workflow repeats them until they work, visibly. */
const STORE: ActivityOptions = {
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumAttempts: 5 },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};

/** Work on the whole PIN store or a whole account. It tells that it goes on. */
const SCAN: ActivityOptions = {
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '2 minutes',
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumAttempts: 4 },
};

const inShort = proxyLocalActivities<NumberActivities>(LOOK);
const patiently = proxyActivities<NumberActivities>(READ);

/** The work that is tried in short first, then with patience. */
export const look = {
  prepareNumber: [inShort.prepareNumber, patiently.prepareNumber],
  stagePin: [inShort.stagePin, patiently.stagePin],
  readNumber: [inShort.readNumber, patiently.readNumber],
  confirmNumber: [inShort.confirmNumber, patiently.confirmNumber],
  tellNotifies: [inShort.tellNotifies, patiently.tellNotifies],
} as const;

export const { requestCode } = proxyActivities<NumberActivities>({
  ...WRITE,
  summary: 'Ask Meta to send a code',
});
export const { verifyCode } = proxyActivities<NumberActivities>({
  ...WRITE,
  summary: 'Hand the code to Meta',
});
export const { register } = proxyActivities<NumberActivities>({
  ...WRITE,
  summary: 'Register the number',
});
export const { deregister } = proxyActivities<NumberActivities>({
  ...WRITE,
  summary: 'Deregister the number',
});
export const { setTwoStepPin } = proxyActivities<NumberActivities>({
  ...WRITE,
  summary: 'Set the two-step-verification PIN',
});
export const { removePin } = proxyActivities<NumberActivities>({
  ...STORE,
  summary: 'Delete the PIN record',
});
export const { adoptFormerPin } = proxyActivities<NumberActivities>({
  ...SCAN,
  summary: 'Look for the PIN of a former id of the number',
});
export const { notePinEvent } = proxyActivities<NumberActivities>({
  ...STORE,
  summary: 'Note it in the PIN record',
});
export const { newestRunOf } = proxyActivities<NumberActivities>({
  ...READ,
  summary: 'Look for the run before',
});
export const { listDuePins } = proxyActivities<FleetActivities>({
  ...SCAN,
  summary: 'List PINs that are due',
});
export const { reconcileAccount } = proxyActivities<FleetActivities>({
  ...SCAN,
  summary: 'Compare Meta, the PIN store and the open runs',
});
export const { storePin } = proxyActivities<NumberActivities>({
  ...STORE,
  summary: 'Make the PIN the current one in the PIN store',
});
