/** The workflows that a worker of this product serves. */
export { onboardNumber } from './onboard-number.js';
