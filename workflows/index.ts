/** The workflows that a worker of this product serves. */
export { handleNumberEvent } from './handle-number-event.js';
export { offboardNumber } from './offboard-number.js';
export { onboardNumber } from './onboard-number.js';
export { reconcile } from './reconcile.js';
export { reregisterNumber } from './reregister-number.js';
export { rotateDuePins } from './rotate-due-pins.js';
export { rotateLater } from './rotate-later.js';
export { rotatePin } from './rotate-pin.js';
export { sendNotification } from './send-notification.js';
