import { setTimeout as delay } from 'node:timers/promises';
import { processWithId } from './running-process.js';

/**
 * Ask a process to end, and make it end when it has not after the grace. Resolves when it is gone; a process that is gone
 * already is fine.
 *
 * @param graceMs how long it may take to end by itself, in milliseconds
 */
export async function stopProcess(pid: number, graceMs: number): Promise<void> {
  send(pid, 'SIGTERM');
  if (await isGone(pid, graceMs)) return;
  send(pid, 'SIGKILL');
  await isGone(pid, 5_000);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function isGone(pid: number, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  while ((await processWithId(pid)) !== undefined) {
    if (performance.now() > until) return false;
    await delay(25);
  }
  return true;
}
