import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigurationError } from '../../configuration/configuration-error.js';
import { readStackFile, removeStackFile, writeStackFile } from '../../configuration/stack-file.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stack-file-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const STACK = {
  temporalAddress: '127.0.0.1:7233',
  namespace: 'default',
  uiUrl: 'http://127.0.0.1:8233',
  graphBaseUrl: 'http://127.0.0.1:8890',
  simulator: true,
  pid: 4711,
};

test('what a stack writes of itself is what a command reads, and nothing else is left beside it', () => {
  const stateDir = join(folder, 'made', 'here');
  writeStackFile(stateDir, STACK);
  expect(readStackFile(stateDir)).toEqual(STACK);
  expect(readdirSync(stateDir)).toEqual(['stack.json']);
  removeStackFile(stateDir);
  expect(readStackFile(stateDir)).toBeUndefined();
});

test('where no stack ran there is none, and removing it is fine', () => {
  expect(readStackFile(join(folder, 'absent'))).toBeUndefined();
  removeStackFile(join(folder, 'absent'));
});

test.each(['', '{', '{"temporalAddress":"127.0.0.1:7233"}', '[]'])(
  'a file that no stack wrote (%s) is refused with one sentence',
  (text) => {
    writeFileSync(join(folder, 'stack.json'), text);
    expect(() => readStackFile(folder)).toThrow(ConfigurationError);
    expect(() => readStackFile(folder)).toThrow('remove it and run npm start again.');
  },
);
