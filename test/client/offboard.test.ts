/** What `offboard` wants to be told before it does anything, and what `number` says where nobody can be asked. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { EXIT } from '../../client/cli/exit-codes.js';
import { runCommandLine } from '../../client/cli/program.js';
import { loadConfiguration } from '../../configuration/configuration.js';
import { run } from './terminal.js';

const ID = '106540352242922';
/** Nothing listens there. */
const NO_TEMPORAL = { TEMPORAL_ADDRESS: '127.0.0.1:1' };
const unwrapped = (text: string) => text.replaceAll(/\s+/g, ' ');

/** The command line at a terminal, and all that it shows. */
function atTerminal(args: string[]) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  let shown = '';
  for (const stream of Object.values(streams)) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
  }
  const exitCode = runCommandLine(args, {
    ...{ stdin, ...streams, color: false },
    now: () => new Date(),
    loadConfiguration: () => loadConfiguration({ ...NO_TEMPORAL }, '/nowhere'),
  });
  return { stdin, shown: () => shown, exitCode };
}

test('a terminal asks for the end of the id, and goes on only with that', async () => {
  const { stdin, shown, exitCode } = atTerminal(['offboard', ID]);
  await vi.waitFor(() => expect(shown()).toContain('Its last four characters:'), {
    timeout: 10_000,
  });
  stdin.write('yes\r');
  await vi.waitFor(() => expect(shown()).toContain('That is not how the id ends.'), {
    timeout: 10_000,
  });
  stdin.write('\u007f\u007f\u007f2922\r');
  expect(await exitCode).toBe(EXIT.failed); // there is no Temporal to begin it
});

test('Ctrl-C at that question leaves the number as it is', async () => {
  const { stdin, shown, exitCode } = atTerminal(['offboard', ID]);
  await vi.waitFor(() => expect(shown()).toContain('Its last four characters:'), {
    timeout: 10_000,
  });
  stdin.write('\u0003');
  expect(await exitCode).toBe(EXIT.interrupted);
  expect(shown()).not.toContain('Temporal');
});

test('a number of which nothing can be asked says so part by part, and ends with exit code 1', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'wa-onboard-number-'));
  const { exitCode, stdout } = await run(['number', ID], { cwd, env: NO_TEMPORAL });
  expect(unwrapped(stdout)).toContain('Meta No access token is set: set CLOUD_API_ACCESS_TOKEN');
  expect(unwrapped(stdout)).toContain('PIN none is known, in local');
  expect(unwrapped(stdout)).toContain('Runs Temporal at 127.0.0.1:1 does not answer');
  expect(exitCode).toBe(EXIT.failed);
  const { stdout: json } = await run(['number', ID, '--json'], { cwd, env: NO_TEMPORAL });
  expect(JSON.parse(json)).toEqual({
    phoneNumberId: ID,
    metaMissing: expect.stringContaining('No access token'),
    pinStore: expect.stringContaining('local'),
    pinRecord: null,
    runsMissing: expect.stringContaining('does not answer'),
  });
});

test('without Meta, troubleshoot says what it could not find out, and ends with exit code 1', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'wa-onboard-number-'));
  const { exitCode, stdout } = await run(['pin', 'troubleshoot', ID], { cwd, env: NO_TEMPORAL });
  expect(unwrapped(stdout)).toContain('Meta cannot be asked about the number.');
  expect(stdout).toContain('npx wa-onboard doctor');
  expect(exitCode).toBe(EXIT.failed);
});
