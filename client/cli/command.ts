import type { Command } from 'commander';
import type { ExitCode } from './exit-codes.js';
import type { Session } from './session.js';

/** Adds a command to the program. Its action hands its work to `run`. */
export type AddCommand = (program: Command, session: Session, run: Run) => void;

/** Does a command's work and notes the exit code it ends with. */
export type Run = (work: () => Promise<ExitCode>) => Promise<void>;

/** Examples below a command's help. They are never wrapped, so that they can be copied. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
