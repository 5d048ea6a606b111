import { isVerified, type NumberState, US } from './number-state.js';
import { done, type Outcome, outOfUse, refused, standingRefusal } from './outcome.js';
import { spend } from './request-budget.js';
import { guessPin, hasPinFormat, WRONG_PIN_FORMAT } from './two-step-pin.js';

const BUDGET_SPENT = {
  code: 133016,
  details: 'Too many attempts for this phone number. Please try again in 72 hours.',
};

const NAME_STATUS_WITH_CERTIFICATE = ['APPROVED', 'AVAILABLE_WITHOUT_REVIEW'];

/** `POST /{id}/register`. Every request counts against the budget, whatever its answer. */
export function register(before: NumberState, body: Record<string, unknown>, now: number): Outcome {
  const budget = spend(before.registerLedger, now);
  const number = { ...before, registerLedger: budget.ledger };
  if (!budget.allowed) return refused(number, BUDGET_SPENT);

  if (body.messaging_product !== 'whatsapp') {
    return refused(number, { code: 100, details: "messaging_product must be 'whatsapp'." });
  }
  const pin = body.pin;
  if (!hasPinFormat(pin)) return refused(number, WRONG_PIN_FORMAT);

  const problem = outOfUse(number) ?? standingRefusal(number.refusals.register, now);
  if (problem !== undefined) return refused(number, problem);
  if (number.isOnBizApp) {
    return refused(number, {
      code: 100,
      details: 'Register endpoint is not available for numbers on the WhatsApp Business app.',
    });
  }
  if (number.platform === 'ON_PREMISE') {
    return refused(number, {
      code: 100,
      subcode: 2388103,
      details: 'This number is on the On-Premises API and must be migrated.',
    });
  }
  if (number.deregistrationIncomplete) {
    return refused(number, {
      code: 133000,
      details: 'A previous deregistration attempt failed. Deregister the number again.',
    });
  }
  if (number.deletionEndsAt !== undefined && now < number.deletionEndsAt) {
    return refused(number, {
      code: 133015,
      details:
        'The number was deleted recently and the deletion has not finished. Try again after 5 minutes.',
    });
  }
  if (number.registered && number.shared) {
    return done(withPartner(number, now), { message: 'The number was registered. PIN not reset.' });
  }
  if (!number.registered && !canRegister(number)) {
    return refused(number, {
      code: 133006,
      details: 'The phone number must be verified before it is registered.',
    });
  }
  if (number.needsApprovedName && !NAME_STATUS_WITH_CERTIFICATE.includes(number.nameStatus)) {
    return refused(number, {
      code: 100,
      subcode: 2388001,
      userTitle: 'Cannot Create Certificate',
      userMessage: 'The display name of this phone number has not been approved yet.',
    });
  }
  const guess = guessPin(number, pin, now);
  if (!guess.right) return refused(guess.number, guess.error);
  return done({ ...withPartner(guess.number, now), pin });
}

/** `POST /{id}/deregister`. It leaves 2SV, the verification and the number itself as they are. */
export function deregister(before: NumberState, now: number): Outcome {
  const budget = spend(before.deregisterLedger, now);
  const number = { ...before, deregisterLedger: budget.ledger };
  if (!budget.allowed) return refused(number, BUDGET_SPENT);

  const problem = outOfUse(number) ?? standingRefusal(number.refusals.deregister, now);
  if (problem !== undefined) return refused(number, problem);
  if (number.isOnBizApp) {
    return refused(number, {
      code: 100,
      message: 'Deregister endpoint is not available for API solution for SMB businesses.',
    });
  }
  if (number.deregistrationIncomplete || number.registered) {
    return done({
      ...number,
      registered: false,
      registeredBy: [],
      deregistrationIncomplete: false,
    });
  }
  return refused(number, {
    code: 100,
    subcode: 2207051,
    message: 'Phone number not registered on the WhatsApp Business Platform.',
  });
}

function canRegister(number: NumberState): boolean {
  return isVerified(number) || (number.verification === 'EXPIRED' && number.expiredStillRegisters);
}

function withPartner(number: NumberState, now: number): NumberState {
  return {
    ...number,
    registered: true,
    registeredBy: [...new Set([...number.registeredBy, US])],
    lastOnboardedAt: now,
  };
}
