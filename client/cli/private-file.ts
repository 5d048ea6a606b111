import { open, readFile, rm } from 'node:fs/promises';
import { InvalidInputError } from '../errors.js';
import { holdsSecretKey } from './sentences.js';

const PRIVATE = 0o600;

/** What the file system answers, as what to do about it. */
const CURES: Readonly<Record<string, string>> = {
  EEXIST: 'is there already: give another name, or move it away',
  ENOENT: 'cannot be made, as its folder is not there: make the folder first',
  ENOTDIR: 'cannot be made, as a part of its path is a file',
  EISDIR: 'is a folder: give the name of a file in it',
  EACCES: 'may not be written: give a place that you may write to',
  EPERM: 'may not be written: give a place that you may write to',
  EROFS: 'is on a file system that is read-only: give another place',
  ENOSPC: 'does not fit on the disk: free some space',
};

/**
 * The name of a file that was given.
 *
 * @param option how it was given, such as `--out`
 * @throws InvalidInputError where it is a secret key, which the sentence does not repeat
 */
export function fileNameOf(option: string, given: string): string {
  if (!holdsSecretKey(given)) return given;
  throw new InvalidInputError(
    `${option} got a secret key itself, which belongs on no command line: give the name of a file, and make a new pair of keys, since shells keep what was typed.`,
  );
}

/**
 * A new file that only its owner may read, on the disk when this resolves. Nothing is left where it cannot be written.
 *
 * @throws InvalidInputError where a file of that name is there already, or none can be made
 */
export async function createPrivateFile(path: string, content: Uint8Array | string): Promise<void> {
  let made = false;
  try {
    const file = await open(path, 'wx', PRIVATE);
    made = true;
    try {
      await file.chmod(PRIVATE); // the process may be set to take more away, never to leave less
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (made) await rm(path, { force: true });
    throw new InvalidInputError(
      `${path} ${CURES[codeOf(error)] ?? `cannot be written (${codeOf(error)})`}.`,
    );
  }
}

/** @throws InvalidInputError where it cannot be read */
export async function readGivenFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = codeOf(error);
    throw new InvalidInputError(
      code === 'ENOENT'
        ? `${path} is not there: check the name.`
        : `${path} cannot be read (${code}): give a file that you may read.`,
    );
  }
}

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
