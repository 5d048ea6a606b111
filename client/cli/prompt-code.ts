import { createInterface } from 'node:readline/promises';
import { parseCode } from '../../workflows/input.js';
import { InvalidInputError } from '../errors.js';
import type { Session } from './session.js';

/** The code from the person at the terminal, hidden as it is typed and asked for until it has six digits. */
export async function promptForCode({ terminal }: Session, phoneNumberId: string): Promise<string> {
  const { default: password } = await import('@inquirer/password');
  return password(
    {
      message: `Code for ${phoneNumberId}:`,
      mask: '*',
      validate: (typed) => {
        const parsed = parseCode(typed);
        return parsed.ok || parsed.sentence;
      },
    },
    { input: terminal.stdin, output: terminal.stderr },
  );
}

/**
 * The first line of a pipe.
 *
 * @throws InvalidInputError when nothing comes
 */
export async function codeFromPipe({ terminal }: Session): Promise<string> {
  const lines = createInterface({ input: terminal.stdin });
  try {
    for await (const line of lines) return line;
  } finally {
    lines.close();
  }
  throw new InvalidInputError(
    'Give the code after the phone number id, or on standard input; in a terminal it is asked for.',
  );
}

/** Did the person press Ctrl-C at the prompt? */
export function isPromptInterrupt(error: unknown): boolean {
  return error instanceof Error && error.name === 'ExitPromptError';
}
