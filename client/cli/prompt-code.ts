import { parseCode } from '../../workflows/input.js';
import { firstPipedLine, promptHidden } from './hidden-prompt.js';
import type { Session } from './session.js';

/** The code from the person at the terminal, asked for until it has six digits. */
export async function promptForCode(session: Session, phoneNumberId: string): Promise<string> {
  return promptHidden(session, `Code for ${phoneNumberId}:`, (typed) => {
    const parsed = parseCode(typed);
    return parsed.ok ? undefined : parsed.sentence;
  });
}

/**
 * The first line of a pipe.
 *
 * @throws InvalidInputError when nothing comes
 */
export async function codeFromPipe(session: Session): Promise<string> {
  return firstPipedLine(
    session,
    'Give the code after the phone number id, or on standard input; in a terminal it is asked for.',
  );
}
