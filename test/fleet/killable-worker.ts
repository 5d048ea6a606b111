/** Worker processes that a test kills with `kill -9`. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { build } from 'esbuild';
import type { FleetWorkerReport, FleetWorkerTask } from './worker-task.js';

const ROOT = resolve(import.meta.dirname, '../..');

export interface FleetWorkerProgram {
  /** As JavaScript, for Node 20 runs no TypeScript. */
  program: string;
  /** The production workflows; Temporal notices after 12 seconds, not 40, that an activity's worker is dead. */
  workflowBundlePath: string;
  remove(): Promise<void>;
}

/** In a folder that `node_modules` is above of, so that the program finds its packages. */
export async function compileFleetWorker(): Promise<FleetWorkerProgram> {
  const folder = join(ROOT, `node_modules/.cache/fleet-worker-${process.pid}`);
  await mkdir(folder, { recursive: true });
  const program = join(folder, 'worker-process.mjs');
  const workflowBundlePath = join(folder, 'workflow-bundle.js');
  const [{ code }] = await Promise.all([
    bundleWorkflowCode({
      workflowsPath: join(ROOT, 'workflows/index.ts'),
      workflowInterceptorModules: [join(ROOT, 'test/crash/short-timeouts.ts')],
      logger: new DefaultLogger('WARN'),
    }),
    build({
      entryPoints: [join(import.meta.dirname, 'worker-process.ts')],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      logLevel: 'warning',
    }),
  ]);
  await writeFile(workflowBundlePath, code);
  const remove = () => rm(folder, { recursive: true, force: true });
  return { program, workflowBundlePath, remove };
}

export interface FleetWorker {
  /** Of the process, as long as it lives, every two seconds. */
  memory: { rss: number; heap: number }[];
  /** All that it has written. */
  log(): string;
  /** `kill -9`. Resolves when the process is gone. */
  kill(): Promise<void>;
}

/** @returns once it polls */
export async function startFleetWorker(
  program: string,
  task: FleetWorkerTask,
): Promise<FleetWorker> {
  const child = fork(program, { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const memory: FleetWorker['memory'] = [];
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  const running = new Promise<void>((resolve, reject) => {
    child.once('close', () => reject(new Error(`The worker process ended by itself: ${log}`)));
    child.on('message', (report: FleetWorkerReport) => {
      if (report.what === 'running') resolve();
      else memory.push({ rss: report.rss, heap: report.heap });
    });
  });
  child.send(task);
  await running;
  return {
    memory,
    log: () => log,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'close');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
