import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Ran } from './terminal.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface CompiledCommand {
  /** Runs `wa-onboard` as a process of its own, with pipes and no terminal. */
  run(args: string[], options?: RunOptions): Promise<Ran>;
  remove(): Promise<void>;
}

interface RunOptions {
  cwd?: string;
  stdin?: string;
  env?: Record<string, string>;
  /** Hears what is written to standard output. */
  onOutput?: (text: string, interrupt: () => void) => void;
}

/** Compile the sources as they are now, so that no earlier build is tested. */
export async function compileCommand(): Promise<CompiledCommand> {
  const folder = await mkdtemp(join(tmpdir(), 'wa-onboard-build-'));
  const dist = join(folder, 'dist');
  await promisify(execFile)(
    process.execPath,
    [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      '-p',
      'tsconfig.build.json',
      '--noCheck',
      '--outDir',
      dist,
    ],
    { cwd: ROOT },
  );
  await Promise.all([
    symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules')),
    symlink(join(ROOT, 'package.json'), join(folder, 'package.json')),
  ]);
  const main = join(dist, 'client/cli/main.js');
  return {
    run: (args, options = {}) => runProcess([main, ...args], { cwd: folder, ...options }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function runProcess(
  args: string[],
  { cwd, stdin = '', env = {}, onOutput }: RunOptions,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...env, NO_COLOR: '1' },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      onOutput?.(text, () => child.kill('SIGINT'));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode: exitCode ?? -1, stdout, stderr }));
    child.stdin.end(stdin);
  });
}
