import type { GraphError } from './error-answers.js';
import type { NumberState } from './number-state.js';
import { done, type Outcome, outOfUse, refused, standingRefusal } from './outcome.js';

/** Meta publishes no limits for PIN guesses; these make both refusals reachable within one number's budget. */
export const PIN_GUESSES = {
  /** So many wrong PINs within a minute: 133009 for a minute. */
  perMinute: 4,
  /** So many wrong PINs within 12 hours: 133008 for an hour. */
  perHalfDay: 6,
} as const;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export const WRONG_PIN_FORMAT: GraphError = {
  code: 100,
  message: 'Invalid PIN format. PIN must be exactly 6 digits',
};

export function hasPinFormat(pin: unknown): pin is string {
  return typeof pin === 'string' && /^[0-9]{6}$/.test(pin);
}

type Guess =
  | { right: true; number: NumberState }
  | { right: false; number: NumberState; error: GraphError };

/** Compares a PIN with the number's. Where 2SV is off, any PIN is right. Wrong ones are remembered. */
export function guessPin(number: NumberState, pin: string, now: number): Guess {
  if (number.pin === undefined) return { right: true, number };
  const block = number.pinBlock;
  if (block !== undefined && now < block.until) {
    return {
      right: false,
      number,
      error: { code: block.code, details: waitText(block.until - now) },
    };
  }
  if (pin === number.pin) return { right: true, number: { ...number, wrongPinsAt: [] } };

  const wrongPinsAt = [...number.wrongPinsAt.filter((at) => at > now - 12 * HOUR_MS), now];
  const error = {
    code: 133005,
    details: 'The PIN does not match the two-step verification PIN of this number.',
  };
  return {
    right: false,
    number: { ...number, wrongPinsAt, pinBlock: blockAfter(wrongPinsAt, now) },
    error,
  };
}

function blockAfter(wrongPinsAt: readonly number[], now: number): NumberState['pinBlock'] {
  if (wrongPinsAt.length >= PIN_GUESSES.perHalfDay) return { code: 133008, until: now + HOUR_MS };
  const lately = wrongPinsAt.filter((at) => at > now - MINUTE_MS);
  return lately.length >= PIN_GUESSES.perMinute
    ? { code: 133009, until: now + MINUTE_MS }
    : undefined;
}

function waitText(ms: number): string {
  return `Please try again after ${Math.ceil(ms / 1000)} seconds.`;
}

/** `POST /{id}` with a PIN. The current PIN is not needed; the number must be registered. */
export function setPin(number: NumberState, body: Record<string, unknown>, now: number): Outcome {
  const extra = Object.keys(body).filter((key) => key !== 'pin');
  if (extra.length > 0) {
    return refused(number, {
      code: 100,
      details: `Send nothing but pin; got also: ${extra.join(', ')}.`,
    });
  }
  const pin = body.pin;
  if (!hasPinFormat(pin)) return refused(number, WRONG_PIN_FORMAT);
  const problem = outOfUse(number);
  if (problem !== undefined) return refused(number, problem);
  if (!number.registered) {
    return refused(number, {
      code: 133010,
      details: 'The phone number is not registered on the WhatsApp Business Platform.',
    });
  }
  const refusal = standingRefusal(number.refusals.setPin, now);
  if (refusal !== undefined) return refused(number, refusal);
  return done({ ...number, pin, pinBlock: undefined, wrongPinsAt: [] });
}
