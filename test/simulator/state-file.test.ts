import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startSimulator } from '../../simulator/simulator.js';
import { callsOn, HOUR, ID, simulatorWith } from './graph-calls.js';

let folder: string;
let stateFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulator-'));
  stateFile = join(folder, 'numbers.json');
});

afterEach(() => rm(folder, { recursive: true }));

test('numbers, codes, budgets, subscriptions and the clock survive a restart, and go before the seeds', async () => {
  const first = await simulatorWith({
    stateFile,
    numbers: [{ id: ID }, { id: '20002', preset: 'live' }],
  });
  const { requestCode, register } = callsOn(first);
  await requestCode();
  await register();
  first.setSubscribed('777', false);
  first.clock.advance(48 * HOUR);
  const before = { snapshots: [first.number(ID), first.number('20002')], codes: first.codes(ID) };
  await first.close();

  const second = await simulatorWith({
    stateFile,
    numbers: [{ id: ID, preset: 'banned' }, { id: '30003' }],
  });
  expect([second.number(ID), second.number('20002')]).toEqual(before.snapshots);
  expect(second.codes(ID)).toEqual(before.codes);
  expect(second.number('30003').status).toBe('PENDING');
  expect(second.clock.now() - Date.now()).toBeGreaterThan(47 * HOUR);
});

test('what a request changed is on disk before its answer', async () => {
  const first = await simulatorWith({ stateFile, numbers: [{ id: ID, preset: 'verified' }] });
  await callsOn(first).register('000123');
  const second = await simulatorWith({ stateFile });
  expect(second.number(ID)).toMatchObject({ registered: true, pin: '000123' });
});

test('the file is for its owner only, and nothing is left beside it', async () => {
  await simulatorWith({ stateFile });
  expect((await stat(stateFile)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['numbers.json']);
});

test.each(['{"numbers":', '{}', '[]'])(
  'a file that holds %s is refused with a cure',
  async (text) => {
    await writeFile(stateFile, text);
    await expect(startSimulator({ stateFile })).rejects.toThrow(
      `${stateFile} is damaged; move it away`,
    );
  },
);

test('a file that cannot be written is refused with a cure', async () => {
  const missing = join(folder, 'missing', 'numbers.json');
  await expect(startSimulator({ stateFile: missing })).rejects.toThrow(
    `${missing} cannot be written; check that its folder exists`,
  );
});
