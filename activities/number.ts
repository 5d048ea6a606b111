import { type NumberActivityDependencies, numberAccess } from './number-access.js';
import { deregister } from './steps/deregister.js';
import { confirmNumber, prepareNumber, readNumber, stagePin, tellNotifies } from './steps/looks.js';
import { newestRunOf } from './steps/newest-run.js';
import { notePinEvent } from './steps/number-events.js';
import { adoptFormerPin, removePin, setTwoStepPin, storePin } from './steps/pin-steps.js';
import { register } from './steps/register.js';
import { requestCode } from './steps/request-code.js';
import { verifyCode } from './steps/verify-code.js';

export type { NumberActivityDependencies } from './number-access.js';

export type NumberActivities = ReturnType<typeof createNumberActivities>;

/**
 * The activities of a number's workflow. Each write that Meta counts is one request per activity, which reads the number
 * first where what is known of it may be old, and checks the limit right before it sends.
 *
 * All throw `ApplicationFailure` with a stable `type` (see `FAILURE_TYPE_OF`) and a `Problem` as first detail.
 */
export function createNumberActivities(dependencies: NumberActivityDependencies) {
  const access = numberAccess(dependencies);
  return {
    prepareNumber: prepareNumber(access),
    readNumber: readNumber(access),
    stagePin: stagePin(access),
    requestCode: requestCode(access),
    verifyCode: verifyCode(access),
    register: register(access),
    setTwoStepPin: setTwoStepPin(access),
    storePin: storePin(access),
    adoptFormerPin: adoptFormerPin(access),
    removePin: removePin(access),
    notePinEvent: notePinEvent(access),
    newestRunOf: newestRunOf(access),
    deregister: deregister(access),
    confirmNumber: confirmNumber(access),
    tellNotifies: tellNotifies(access),
  };
}
