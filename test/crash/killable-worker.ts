import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { processWithId } from '../../worker/running-process.js';
import { GO, type WorkerReport, type WorkerTask } from './worker-messages.js';

const ROOT = resolve(import.meta.dirname, '../..');
const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');
const PROJECT = join(import.meta.dirname, 'tsconfig.worker.json');

/** What worker processes run, compiled, as Node 20 runs no TypeScript. */
export interface WorkerProgram {
  /** A worker that a test can slow down, stop and break. */
  program: string;
  /** What `npm start` runs. */
  npmStart: string;
  /** The production workflows, with activity timeouts cut short. Both programs run them. */
  workflowBundlePath: string;
}

/** In a folder that `node_modules` is above of, so that the programs find their packages. */
const COMPILED = join(ROOT, 'node_modules/.cache');
const FOLDER = /^crash-worker-([0-9]+)$/;

/** Compiles once for all test files of a test run; the next test run clears up. */
export async function compileWorker(): Promise<WorkerProgram> {
  await removeLeftOver();
  const folder = join(COMPILED, `crash-worker-${process.ppid}`);
  const workflowBundlePath = join(folder, 'workflow-bundle.js');
  while (!existsSync(workflowBundlePath)) {
    if (await isMine(folder)) await compile(folder, workflowBundlePath);
    else await delay(100);
  }
  return {
    program: join(folder, 'test/crash/worker-process.js'),
    npmStart: join(folder, 'start/main.js'),
    workflowBundlePath,
  };
}

/** Of several test files that try, one makes the folder, and so has to fill it. */
async function isMine(folder: string): Promise<boolean> {
  await mkdir(COMPILED, { recursive: true });
  return mkdir(folder).then(
    () => true,
    () => false,
  );
}

async function compile(folder: string, workflowBundlePath: string): Promise<void> {
  try {
    const [{ code }] = await Promise.all([
      bundleWorkflowCode({
        workflowsPath: join(ROOT, 'workflows/index.ts'),
        workflowInterceptorModules: [join(import.meta.dirname, 'short-timeouts.ts')],
        logger: new DefaultLogger('WARN'),
      }),
      promisify(execFile)(process.execPath, [COMPILER, '-p', PROJECT, '--outDir', folder]),
    ]);
    // Where a build has it, so that `npm start` takes it too; last and at once, as it says that all is there.
    await writeFile(`${workflowBundlePath}.part`, code);
    await rename(`${workflowBundlePath}.part`, workflowBundlePath);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function removeLeftOver(): Promise<void> {
  for (const name of await readdir(COMPILED).catch(() => [])) {
    const [, pid] = FOLDER.exec(name) ?? [];
    if (pid === undefined || (await processWithId(Number(pid))) !== undefined) continue;
    await rm(join(COMPILED, name), { recursive: true, force: true });
  }
}

/** A worker in a process of its own. */
export interface KillableWorker {
  /** Numbers that reached their stop, slow write or broken store, and those whose slow write is over. */
  reached: ReadonlySet<string>;
  left: ReadonlySet<string>;
  /** All it has logged. */
  log(): string;
  /** What it counts, in Prometheus' text format; what it counted last once it is dead. */
  metrics(): Promise<string>;
  /** Lets the slow writes on. */
  go(): void;
  /** `kill -9`. Resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Starts a worker process. @returns once it polls */
export async function startWorkerProcess(
  program: string,
  task: WorkerTask,
): Promise<KillableWorker> {
  const child = fork(program, { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const seen = { reached: new Set<string>(), left: new Set<string>() };
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  const running = new Promise<void>((resolve, reject) => {
    child.once('close', () => reject(new Error(`The worker process ended by itself: ${log}`)));
    child.on('message', (report: WorkerReport) => {
      if (report.what === 'running') resolve();
      else seen[report.what].add(report.phoneNumberId);
    });
  });
  child.send(task);
  await running;
  let counted = '';
  return {
    ...seen,
    log: () => log,
    async metrics() {
      if (!hasEnded(child)) {
        counted = await (await fetch(`http://${task.metricsAddress}/metrics`)).text();
      }
      return counted;
    },
    go: () => void child.send(GO),
    kill: () => killed(child),
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function killed(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exited = once(child, 'close');
  child.kill('SIGKILL');
  await exited;
}
