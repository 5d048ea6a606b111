import { InvalidInputError } from '../errors.js';
import { hideSixDigits } from './sentences.js';

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
  if (hideSixDigits(reason) !== reason) {
    throw new InvalidInputError(
      '--reason must hold no six digits: they may be a PIN, and a reason is kept and shown.',
    );
  }
  return reason;
}
