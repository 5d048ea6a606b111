import type { Parsed } from '../../workflows/input.js';
import { InvalidInputError } from '../errors.js';

/** What the contract calls the values of options. */
const OPTIONS = {
  codeDeadline: '--deadline',
  onPinRefused: '--on-pin-refused',
  takeOver: '--take-over',
  requestedBy: '--requested-by',
  submittedBy: '--submitted-by',
  label: '--label',
};

const FIELD = new RegExp(`^(${Object.keys(OPTIONS).join('|')})(?= must )`);

/**
 * What an option's value was made into. Sentences name the option as it was typed.
 *
 * @throws InvalidInputError with the sentence that says what to give instead
 */
export function usableOption<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new InvalidInputError(
    parsed.sentence.replace(FIELD, (field) => OPTIONS[field as keyof typeof OPTIONS]),
  );
}
