import { createInterface } from 'node:readline/promises';
import { InvalidInputError } from '../errors.js';
import type { Session } from './session.js';

/**
 * What the person at the terminal types, hidden as it is typed.
 *
 * @param problemOf what is wrong with what was typed, for it to be typed again; undefined where nothing is
 */
export async function promptHidden(
  { terminal }: Session,
  message: string,
  problemOf: (typed: string) => string | undefined,
): Promise<string> {
  const { default: password } = await import('@inquirer/password');
  return password(
    { message, mask: '*', validate: (typed) => problemOf(typed) ?? true },
    { input: terminal.stdin, output: terminal.stderr },
  );
}

/**
 * The first line of a pipe.
 *
 * @throws InvalidInputError with `otherwise` when nothing comes
 */
export async function firstPipedLine({ terminal }: Session, otherwise: string): Promise<string> {
  const lines = createInterface({ input: terminal.stdin });
  try {
    for await (const line of lines) return line;
  } finally {
    lines.close();
  }
  throw new InvalidInputError(otherwise);
}

/** Did the person press Ctrl-C at the prompt? */
export function isPromptInterrupt(error: unknown): boolean {
  return error instanceof Error && error.name === 'ExitPromptError';
}
