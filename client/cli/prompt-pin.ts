import { isPin } from '../../activities/pin.js';
import { Secret } from '../../activities/secret.js';
import { InvalidInputError } from '../errors.js';
import { firstPipedLine, promptHidden } from './hidden-prompt.js';
import type { Session } from './session.js';

const FORMAT = 'A PIN is exactly six digits, with its leading zeros.';

/**
 * The PIN that a number has at Meta: from the person at a terminal, asked for until it is six digits, else from the first
 * line of a pipe. Its strength is not looked at, since it is what it is.
 *
 * @throws InvalidInputError when the pipe gives none
 */
export async function askForPin(session: Session, phoneNumberId: string): Promise<Secret> {
  const typed = session.terminal.stdin.isTTY
    ? await promptHidden(session, `Current PIN of ${phoneNumberId}:`, (text) =>
        isPin(text.trim()) ? undefined : FORMAT,
      )
    : await firstPipedLine(
        session,
        'Give the PIN on standard input; in a terminal it is asked for.',
      );
  if (!isPin(typed.trim())) throw new InvalidInputError(FORMAT);
  return new Secret(typed.trim());
}
