import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigurationError } from '../../configuration/configuration-error.js';
import { makeStateFolder } from '../../worker/state-folder.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'state-folder-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('a missing folder is made with its parents, and one that is there is fine', async () => {
  const dir = join(folder, 'a', 'b');
  await makeStateFolder(dir);
  await makeStateFolder(dir);
  expect((await stat(dir)).isDirectory()).toBe(true);
});

test.each([
  ['a file', () => join(folder, 'file'), 'EEXIST'],
  ['below a file', () => join(folder, 'file', 'below'), 'ENOTDIR'],
  ['where no folder can be made', () => '/proc/onboarding/state', 'ENOENT'],
])('%s is refused with one sentence that names the variable', async (_, pathOf, code) => {
  await writeFile(join(folder, 'file'), '');
  const refused = makeStateFolder(pathOf());
  await expect(refused).rejects.toThrow(ConfigurationError);
  await expect(refused).rejects.toThrow(
    `${pathOf()} cannot be the state folder (${code}); set ONBOARDING_STATE_DIR to a folder that you may write to.`,
  );
});
