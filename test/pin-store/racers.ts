import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { RacerAnswer, RacerTask } from './racer.js';

const ROOT = resolve(import.meta.dirname, '../..');
const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');
const PROJECT = join(import.meta.dirname, 'tsconfig.racer.json');

/** Two processes of their own that do to a PIN store what they are told, at once. */
export interface Racers {
  /** Both begin when both have been told; the answers come in the order of the tasks. */
  race(first: RacerTask, second: RacerTask): Promise<[RacerAnswer, RacerAnswer]>;
  stop(): Promise<void>;
}

/** Node 20 runs no TypeScript, so the racing program is compiled first, into a folder that `node_modules` is above of. */
export async function startRacers(): Promise<Racers> {
  const compiled = join(ROOT, 'node_modules/.cache', `pin-store-racer-${process.pid}`);
  await promisify(execFile)(process.execPath, [COMPILER, '-p', PROJECT, '--outDir', compiled]);
  const program = join(compiled, 'test/pin-store/racer.js');
  const racers = [fork(program), fork(program)] as const;
  return {
    race: (first, second) => Promise.all([ask(racers[0], first), ask(racers[1], second)]),
    async stop() {
      await Promise.all(racers.map(ended));
      await rm(compiled, { recursive: true });
    },
  };
}

async function ask(racer: ChildProcess, task: RacerTask): Promise<RacerAnswer> {
  const answered = once(racer, 'message');
  racer.send(task);
  const [answer] = await answered;
  return answer;
}

async function ended(racer: ChildProcess): Promise<void> {
  if (racer.exitCode !== null) return;
  const exited = once(racer, 'exit');
  racer.kill('SIGKILL');
  await exited;
}
