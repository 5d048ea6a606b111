import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PinStoreRefusedError, PinStoreUnreachableError } from './pin-store.js';

const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;
const TEMPORARY = /^\.[0-9a-f-]{36}\.tmp$/;

/** A temporary file older than this belongs to a process that died while writing. */
const TEMPORARY_FILE_LIFE_MS = 60 * 60 * 1000;

/** Answers of the operating system that only a person can change, with what to do. The rest may pass by itself. */
const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: 'give this process the right to read and write it',
  EPERM: 'use a folder that this process owns, on a file system with hard links',
  ENOTSUP: 'use a folder on a file system with hard links',
  EOPNOTSUPP: 'use a folder on a file system with hard links',
  EXDEV: 'use a folder on one file system',
  EMLINK: 'use a folder on a file system with hard links',
  EROFS: 'the file system is read-only; make it writable',
  ENOSPC: 'the disk is full; free some space',
  EDQUOT: 'the disk quota is used up; free some space',
  EEXIST: 'this is not a folder; choose another with PIN_STORE_DIR',
  ENOTDIR: 'a part of this path is a file; choose another folder',
  EISDIR: 'this is a folder where a file is needed; move it away',
  ELOOP: 'its symbolic links go in a circle; correct them',
  ENAMETOOLONG: 'the path is too long; choose a shorter one',
};

/** Is this a file system error with that code, such as `ENOENT`? */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** The PIN store's error for what the file system threw at a path. Other errors are given back as they are. */
export function fileError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error;
  const code = String(error.code);
  const at = 'path' in error ? String(error.path) : path;
  const cure = REFUSALS[code];
  if (cure !== undefined) {
    return new PinStoreRefusedError(`The PIN store cannot use ${at} (${code}): ${cure}.`, {
      cause: error,
    });
  }
  return new PinStoreUnreachableError(
    `The PIN store cannot reach ${at} (${code}): check that its disk is mounted and works.`,
    { cause: error },
  );
}

/** Runs a piece of work at a path and turns what the file system throws into the PIN store's errors. */
export async function atPath<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error, path);
  }
}

/**
 * Makes a folder that only its owner may enter, and its parents, and waits until the disk has them. The parent of a
 * folder that exists is synced too: who made the folder may have died before doing so.
 */
export async function ensureFolder(path: string): Promise<void> {
  const parent = dirname(path);
  try {
    await makeFolder(path);
  } catch (error) {
    // Node's own recursive mkdir never ends where a folder takes no new one, as in /proc.
    if (!hasCode(error, 'ENOENT') || (await isThere(parent))) throw error;
    await ensureFolder(parent);
    await makeFolder(path);
  }
  await syncFolder(parent);
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: PRIVATE_FOLDER });
  } catch (error) {
    if (!hasCode(error, 'EEXIST') || !(await stat(path)).isDirectory()) throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Names in a folder; none when there is no such folder. */
export async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/**
 * Creates a file, whole and on the disk, readable by its owner only, unless there is one of that name. A hard link is
 * what makes both true: it appears with all its bytes, and of two processes only one can make it.
 *
 * @returns false when a file of that name was there, or the folder was taken away meanwhile; nothing was written then
 */
export async function createDurably(path: string, content: string | Uint8Array): Promise<boolean> {
  const folder = dirname(path);
  const temporary = join(folder, `.${randomUUID()}.tmp`);
  const file = await open(temporary, 'wx', PRIVATE_FILE);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(temporary, path);
  } catch (error) {
    if (hasCode(error, 'EEXIST') || hasCode(error, 'ENOENT')) return false;
    throw error;
  } finally {
    await removeFile(temporary);
  }
  await syncFolder(folder);
  return true;
}

export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** Removes what processes that died while writing left in a folder. */
export async function removeStaleTemporaryFiles(folder: string, now: Date): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (!TEMPORARY.test(name)) continue;
    const path = join(folder, name);
    if (now.getTime() - (await modifiedAt(path, now)) > TEMPORARY_FILE_LIFE_MS)
      await removeFile(path);
  }
}

async function modifiedAt(path: string, otherwise: Date): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return otherwise.getTime();
    throw error;
  }
}

/** Waits until the disk has a folder's names: a file is safe only when its folder is. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
