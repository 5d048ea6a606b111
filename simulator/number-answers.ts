import { randomInt } from 'node:crypto';
import type { Answer } from './account-answers.js';
import { naiveOutcome } from './naive-answers.js';
import { fieldNames, fieldRefusal, nakedNumber, shownNumber } from './number-fields.js';
import type { NumberOperation, NumberState, SentCode } from './number-state.js';
import type { Outcome } from './outcome.js';
import { deregister, register } from './registration.js';
import type { Registry } from './registry.js';
import { setPin } from './two-step-pin.js';
import { requestCode, verifyCode } from './verification.js';

export type Mode = 'strict' | 'naive';

/** `GET /{id}`. */
export function readNumber(
  number: NumberState,
  parameters: URLSearchParams,
  mode: Mode,
  unknownFields: readonly string[],
  now: number,
): Answer {
  const names = fieldNames(parameters.get('fields'));
  if (mode === 'naive') return { ok: true, body: nakedNumber(number) };
  const refusal = fieldRefusal(names, unknownFields, false);
  if (refusal !== undefined) return { ok: false, error: refusal };
  return { ok: true, body: shownNumber(number, names, now) };
}

/** A POST on a number: what it makes of the number is kept, and the code it sent handed to `onSent`. */
export function operate(
  registry: Registry,
  operation: NumberOperation,
  number: NumberState,
  body: Record<string, unknown>,
  mode: Mode,
  now: number,
  onSent: (sent: SentCode) => void,
): Answer {
  const newCode = randomInt(1_000_000).toString().padStart(6, '0');
  const outcome =
    mode === 'naive'
      ? naiveOutcome(operation, number, body, now, newCode)
      : strictOutcome(operation, number, body, now, newCode);
  registry.put(outcome.number);
  if (!outcome.done) return { ok: false, error: outcome.error };
  const sent = outcome.number.codes.at(-1);
  if (operation === 'requestCode' && sent !== undefined) onSent(sent);
  return { ok: true, body: outcome.answer };
}

function strictOutcome(
  operation: NumberOperation,
  number: NumberState,
  body: Record<string, unknown>,
  now: number,
  newCode: string,
): Outcome {
  switch (operation) {
    case 'register':
      return register(number, body, now);
    case 'deregister':
      return deregister(number, now);
    case 'requestCode':
      return requestCode(number, body, now, newCode);
    case 'verifyCode':
      return verifyCode(number, body, now);
    case 'setPin':
      return setPin(number, body, now);
  }
}
