import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { GO, type WorkerReport, type WorkerTask } from './worker-messages.js';

const ROOT = resolve(import.meta.dirname, '../..');
const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');
const PROJECT = join(import.meta.dirname, 'tsconfig.worker.json');

/** What worker processes run: compiled once for a test file, as Node 20 runs no TypeScript. */
export interface WorkerProgram {
  program: string;
  /** The production workflows, with activity timeouts cut short. */
  workflowBundlePath: string;
  remove(): Promise<void>;
}

export async function compileWorker(): Promise<WorkerProgram> {
  // In a folder that `node_modules` is above of, so that the program finds its packages.
  const compiled = join(ROOT, 'node_modules/.cache', `crash-worker-${process.pid}`);
  const folder = await mkdtemp(join(tmpdir(), 'onboarding-crash-'));
  const workflowBundlePath = join(folder, 'workflow-bundle.js');
  const [{ code }] = await Promise.all([
    bundleWorkflowCode({
      workflowsPath: join(ROOT, 'workflows/index.ts'),
      workflowInterceptorModules: [join(import.meta.dirname, 'short-timeouts.ts')],
      logger: new DefaultLogger('WARN'),
    }),
    promisify(execFile)(process.execPath, [COMPILER, '-p', PROJECT, '--outDir', compiled]),
  ]);
  await writeFile(workflowBundlePath, code);
  return {
    program: join(compiled, 'test/crash/worker-process.js'),
    workflowBundlePath,
    async remove() {
      await Promise.all([
        rm(compiled, { recursive: true, force: true }),
        rm(folder, { recursive: true, force: true }),
      ]);
    },
  };
}

/** A worker in a process of its own. */
export interface KillableWorker {
  /** Numbers whose slow write was reached, and those of which it is over. */
  reached: ReadonlySet<string>;
  left: ReadonlySet<string>;
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
  const child = fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const seen = { reached: new Set<string>(), left: new Set<string>() };
  const running = new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('The worker process ended by itself.')));
    child.on('message', (report: WorkerReport) => {
      if (report.what === 'running') resolve();
      else seen[report.what].add(report.phoneNumberId);
    });
  });
  child.send(task);
  await running;
  return {
    ...seen,
    go: () => void child.send(GO),
    kill: () => killed(child),
  };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
