import { holdsSixDigits } from '../../workflows/input.js';
import { InvalidInputError } from '../errors.js';

const LONGEST_REASON = 200;

/**
 * Why somebody does something, for the run, the audit trail and notifications.
 *
 * @throws InvalidInputError when it is empty, too long, or holds six digits, which may be a PIN
 */
export function reasonOption(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const reason = text.trim();
  if (reason === '' || reason.length > LONGEST_REASON) {
    throw new InvalidInputError(`--reason must say why, in at most ${LONGEST_REASON} characters.`);
  }
  if (holdsSixDigits(reason)) {
    throw new InvalidInputError(
      '--reason must hold no six digits in a row: they may be a PIN, and a reason is kept and shown. Write dates and numbers of tickets with a word between them.',
    );
  }
  return reason;
}
