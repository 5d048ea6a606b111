/**
 * One dev server per database file. Two of them on one file corrupt each other's writes, and the second may be started by
 * a person who forgot the first, or after a crash that left the server of the first behind.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { processWithId, type RunningProcess } from './running-process.js';
import { stopProcess } from './stop-process.js';

/** Someone else who is alive holds the database file. */
export class DatabaseInUseError extends Error {
  override readonly name = 'DatabaseInUseError';
  /** The process that holds it. */
  readonly pid: number;

  constructor(pid: number, dbFile: string) {
    super(
      `Already running here: process ${pid} serves ${dbFile}. Stop it first, or set ONBOARDING_STATE_DIR to another folder.`,
    );
    this.pid = pid;
  }
}

/** A database file that is this process's own until it is released. */
export interface DatabaseClaim {
  /** The server's process writes its id here before it opens the database. */
  serverPidFile: string;
  release(): Promise<void>;
}

const holderSchema = z.object({ pid: z.number().int().positive(), started: z.string() });
type Holder = z.infer<typeof holderSchema>;

/**
 * Claim a database file for this process. A holder that is dead loses its claim, and the server that it left running is
 * stopped first.
 *
 * @param dbFile absolute path; its folder is made when it is missing
 * @throws {@link DatabaseInUseError} when the holder is alive
 */
export async function claimDatabase(dbFile: string): Promise<DatabaseClaim> {
  const lockFile = `${dbFile}.lock`;
  const serverPidFile = `${dbFile}.pid`;
  await mkdir(dirname(dbFile), { recursive: true });
  await takeLock(lockFile, dbFile);
  const release = async () => {
    await rm(serverPidFile, { force: true });
    await rm(lockFile, { force: true });
  };
  try {
    await stopOrphan(serverPidFile, dbFile);
    return { serverPidFile, release };
  } catch (error) {
    await rm(lockFile, { force: true });
    throw error;
  }
}

async function takeLock(lockFile: string, dbFile: string): Promise<void> {
  const started = (await processWithId(process.pid))?.started ?? '';
  const mine = `${lockFile}.${randomUUID()}`;
  // The lock appears whole or not at all: it is written under another name, and linking fails where one exists.
  await writeFile(mine, JSON.stringify({ pid: process.pid, started } satisfies Holder));
  try {
    while (!(await linked(mine, lockFile))) {
      const holder = await readHolder(lockFile);
      if (holder !== undefined && (await isAlive(holder))) {
        throw new DatabaseInUseError(holder.pid, dbFile);
      }
      await breakLock(lockFile, holder, dbFile);
    }
  } finally {
    await rm(mine, { force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Move the dead holder's lock away. Where someone else took the lock in between, it is put back. */
async function breakLock(
  lockFile: string,
  dead: Holder | undefined,
  dbFile: string,
): Promise<void> {
  const aside = `${lockFile}.${randomUUID()}`;
  try {
    await rename(lockFile, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = await readHolder(aside);
  if (moved !== undefined && moved.pid !== dead?.pid) {
    await linked(aside, lockFile);
    await rm(aside, { force: true });
    throw new DatabaseInUseError(moved.pid, dbFile);
  }
  await rm(aside, { force: true });
}

/** @returns undefined where there is no lock, or one that no version of this program wrote */
async function readHolder(lockFile: string): Promise<Holder | undefined> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(lockFile, 'utf8')));
  } catch {
    return undefined;
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  return (await processWithId(holder.pid))?.started === holder.started;
}

const ORPHAN_GRACE_MS = 5_000;

async function stopOrphan(serverPidFile: string, dbFile: string): Promise<void> {
  const pid = Number(await readFile(serverPidFile, 'utf8').catch(() => ''));
  if (Number.isInteger(pid) && pid > 0) {
    const found = await processWithId(pid);
    if (found !== undefined && isServerOf(found, dbFile)) await stopProcess(pid, ORPHAN_GRACE_MS);
  }
  await rm(serverPidFile, { force: true });
}

function isServerOf(running: RunningProcess, dbFile: string): boolean {
  return running.command.includes('start-dev') && running.command.includes(dbFile);
}
