/** The workflows that a worker of this product serves. */
export { onboardNumber } from './onboard-number.js';
export { sendNotification } from './send-notification.js';
