import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, populate } from 'dotenv';
import { ConfigurationError } from './configuration-error.js';

export type Environment = Record<string, string | undefined>;

/**
 * Add to an environment what a `.env` file says, where there is such a file. A name that the environment has already keeps
 * its value, also an empty one.
 *
 * @param env changed in place: the AWS SDK looks up its own variables there
 * @throws {@link ConfigurationError} when the file cannot be read or has a line that sets nothing. dotenv would skip such a
 *   line, and a person would search for a token that they did write down.
 */
export function addDotenvFile(env: Environment, folder: string): void {
  const path = join(folder, '.env');
  const text = readIfThere(path);
  if (text === undefined) return;
  const broken = firstBrokenLine(text);
  if (broken !== undefined) {
    throw new ConfigurationError(
      `Line ${broken} of ${path} is not NAME=value, a comment or blank, or a quote that it opens is never closed; correct it.`,
    );
  }
  populate(env as NodeJS.ProcessEnv, parse(text));
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new ConfigurationError(
      `${path} cannot be read (${code ?? 'unknown reason'}); make it a file that you may read, or remove it.`,
    );
  }
}

/** A comment or a blank, or one assignment, whose quoted value may span lines; each up to the end of its last line. */
const ENTRY =
  /[^\S\n]*(?:#[^\n]*|(?:export[^\S\n]+)?[\w.-]+[^\S\n]*=[^\S\n]*(?:'(?:\\'|[^'])*'|"(?:\\"|[^"])*"|`(?:\\`|[^`])*`|[^'"`\s#][^\n]*)?[^\S\n]*(?:#[^\n]*)?)?(?:\n|$)/y;

/** @returns the line's number, counted from 1 */
export function firstBrokenLine(text: string): number | undefined {
  for (ENTRY.lastIndex = 0; ENTRY.lastIndex < text.length; ) {
    const start = ENTRY.lastIndex;
    if (!ENTRY.test(text)) return text.slice(0, start).split('\n').length;
  }
  return undefined;
}
