import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { EXIT } from '../../client/cli/exit-codes.js';
import { isPromptInterrupt } from '../../client/cli/hidden-prompt.js';
import { promptForCode } from '../../client/cli/prompt-code.js';
import { remarkAfter } from '../../client/cli/remark-after.js';
import { Session } from '../../client/cli/session.js';
import { loadConfiguration } from '../../configuration/configuration.js';
import { writeStackFile } from '../../configuration/stack-file.js';
import { run } from './terminal.js';

const ID = '106540352242922';

/** A sentence as it was before it was wrapped below its mark. */
const unwrapped = (text: string) => text.replaceAll('\n  ', ' ');

/** Arguments that are refused before anything is sent, and what the sentence must say. */
const REFUSED: [args: string[], says: string][] = [
  [['frobnicate'], "Unknown command 'frobnicate'"],
  [['--frobnicate'], "Unknown option '--frobnicate'"],
  [['start', ID, '--frobnicate'], "Unknown option '--frobnicate'"],
  [['start', ID, 'more'], 'Too many arguments'],
  [['start'], 'Give the phone number id, or set WA_PHONE_NUMBER_ID.'],
  [['start', 'abc'], 'digits only'],
  [['start', '+49 30 123456'], 'not the telephone number'],
  [['start', ID, '--method', 'fax'], 'must be SMS or VOICE'],
  [['start', ID, '--language', 'english'], 'must look like en_US'],
  [['start', ID, '--deadline', 'soon'], '--deadline must be a duration such as "24 hours"'],
  [['start', ID, '--on-pin-refused', 'shrug'], '--on-pin-refused must be "park" or "compensate"'],
  [['start', ID, '--label', 'x'.repeat(201)], '--label must be a text of at most 200'],
  [['code', ID, '12-34'], 'must have six digits'],
  [['code', ID], 'Give the code after the phone number id'],
  [['code', '123830'], 'too short for a phone number id'],
  [['code', '123-830'], 'too short for a phone number id'],
  [['code', '123830', ID], 'too short for a phone number id'],
  [['status', 'x'], 'digits only'],
  [['watch', 'x'], 'digits only'],
  [['cancel', 'x'], 'digits only'],
  [['ready', 'x'], 'digits only'],
  [['ready', ID, '--requested-by', 'x'.repeat(201)], '--requested-by must be a text of at most'],
  [['resend', ID, '--method', 'fax'], 'must be SMS or VOICE'],
  [['resend', ID, '--language', 'en'], 'must look like en_US'],
  [['extend', ID], "'--by <duration>' not specified"],
  [['extend', ID, '--by', 'much'], 'such as "24 hours"'],
  [['list', '--stage', 'Nowhere'], 'must be one of Preparing'],
  [['retry', 'x'], 'digits only'],
  [['retry', ID, '--requested-by', 'x'.repeat(201)], '--requested-by must be a text of at most'],
  [['accept', 'x'], 'digits only'],
  [['accept', ID, 'more'], 'Too many arguments'],
  [
    ['pin'],
    'Say what to do after "pin": troubleshoot, provide, reveal, remove, export, import, keygen.',
  ],
  [['pin'], 'See "npx wa-onboard pin --help"'],
  [['pin', 'troubleshoot', 'x'], 'digits only'],
  [['number', 'x'], 'digits only'],
  [['number'], 'Give the phone number id, or set WA_PHONE_NUMBER_ID.'],
  [['rotate', 'x'], 'digits only'],
  [['rotate', ID, '--reason', ' '], '--reason must say why'],
  [['rotate', ID, '--reason', 'it was 004217'], '--reason must hold no six digits'],
  [['rotate', ID, 'more'], 'Too many arguments'],
  [['reregister', ID, '--reason', 'x'.repeat(201)], '--reason must say why, in at most 200'],
  [['offboard', ID], `confirm it with --confirm ${ID}`],
  [['offboard', ID, '--confirm', `${ID}1`], `--confirm must repeat the phone number id ${ID}`],
  [
    ['offboard', ID, '--confirm', ID, '--keep-pin', '--delete-pin'],
    'either --keep-pin or --delete-pin',
  ],
  [['schedule'], 'rotation, reconcile, describe, pause, resume, remove, run'],
  [['schedule', 'rotation'], "'--every <duration>' not specified"],
  [['schedule', 'rotation', '--every', '90'], '--every must be a duration such as 90d'],
  [['schedule', 'rotation', '--every', '1h'], 'between 1 day and 10 years'],
  [['schedule', 'rotation', '--every', '90d', '--per-minute', '0'], 'from 1 to 600'],
  [['schedule', 'rotation', '--every', '90d', '--at-once', '1.5'], 'from 1 to 200'],
  [['schedule', 'rotation', '--every', '90d', '--halt-share', '0'], 'above 0 and at most 1'],
  [['schedule', 'rotation', '--every', '90d', '--halt-share', '120%'], 'above 0 and at most 1'],
  [['schedule', 'reconcile', '--every', '1m'], 'between 1 hour and 30 days'],
  [['schedule', 'reconcile', '--every', '1d', '--waba', 'x'], '--waba must be Meta’s id'],
  [['schedule', 'reconcile', '--every', '1d', '--age', '90'], '--age must be a duration'],
  [['schedule', 'pause'], "Missing required argument 'name'"],
  [['schedule', 'pause', 'sweep'], 'The schedule must be rotation or reconcile.'],
  [['schedule', 'describe', 'x'], 'The schedule must be rotation or reconcile.'],
  [['sweep', 'frobnicate'], 'See "npx wa-onboard sweep --help"'],
  [['sweep', 'start', '--age', 'old'], '--age must be a duration such as 90d'],
  [['reconcile', '--age', '12h'], 'between 1 day and 10 years'],
  [['reconcile', '--waba', '+49 30'], '--waba must be Meta’s id of the account'],
  [['pin', 'frobnicate'], "Unknown command 'frobnicate'"],
  [['pin', 'provide', '--frobnicate'], 'See "npx wa-onboard pin provide --help"'],
  [['pin', 'provide', '+49 30 123456'], 'not the telephone number'],
  [['pin', 'provide', '739158'], 'too short for a phone number id'],
  [['pin', 'provide', ID, '739158'], 'Give the phone number id alone'],
];

test.each(REFUSED)('%j is refused with one sentence and exit code 2', async (args, says) => {
  const { exitCode, stdout, stderr } = await run(args);
  expect(unwrapped(stderr)).toContain(says);
  expect(unwrapped(stderr)).toMatch(/^✖ [^\n]+\n$/);
  for (const line of stderr.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  expect(stdout).toBe('');
  expect(exitCode).toBe(EXIT.usage);
});

test.each(REFUSED)('%j with --json is refused with a document on stdout', async (args, says) => {
  const { exitCode, stdout, stderr } = await run(['--json', ...args]);
  expect(JSON.parse(stdout)).toEqual({
    error: { type: expect.any(String), message: expect.stringContaining(says) },
  });
  expect(stderr).toBe('');
  expect(exitCode).toBe(EXIT.usage);
});

test.each([
  [['907142']],
  [['907-142']],
  [['start', '907142', ID]],
  [['start', `--907142`]],
  [['status', '--code=907142']],
  [['code', '907142']],
  [['code', '907142', ID]],
  [['code', ID, '907', '142']],
  [['code', ID, '9071421']],
  [['pin', 'provide', '907142']],
  [['pin', 'provide', ID, '907142']],
  [['pin', 'provide', ID, '--pin=907142']],
  [['pin', '907142', ID]],
])('%j does not repeat the six digits, which may be a code or a PIN', async (args) => {
  const { exitCode, stderr } = await run(args);
  expect(stderr).not.toMatch(/907-?142/);
  expect(exitCode).toBe(EXIT.usage);
});

test('a number in WA_PHONE_NUMBER_ID stands in for the missing argument', async () => {
  const { stderr } = await run(['code'], { env: { WA_PHONE_NUMBER_ID: ID }, stdin: 'nonsense\n' });
  expect(stderr).toContain('must have six digits');
});

test('a broken .env is told by its line, and ends a command with exit code 2', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'wa-onboard-'));
  writeFileSync(join(cwd, '.env'), 'PIN_STORE=local\nthis is no assignment\n');
  const { exitCode, stderr } = await run(['status', ID], { cwd });
  expect(stderr).toContain('Line 2 of');
  expect(exitCode).toBe(EXIT.usage);
  expect((await run(['--help'], { cwd })).exitCode).toBe(EXIT.done);
});

test('a value that the environment has wrong ends a command with exit code 2', async () => {
  const { exitCode, stderr } = await run(['list'], { env: { PIN_STORE: 'drawer' } });
  expect(stderr).toContain('PIN_STORE must be');
  expect(exitCode).toBe(EXIT.usage);
});

test('no arguments at all print the help and end with exit code 2', async () => {
  const { exitCode, stdout, stderr } = await run([]);
  expect(stderr).toContain('Usage: wa-onboard');
  expect(stdout).toBe('');
  expect(exitCode).toBe(EXIT.usage);
});

/** The commands that a help lists. */
const listedIn = (help: string) =>
  [...help.slice(help.indexOf('Commands:')).matchAll(/^ {2}([a-z]+) .*$/gm)]
    .map((match) => match[1] ?? '')
    .filter((name) => name !== 'help');

test('every command, and every command below one, has help with an example, and ends with exit code 0', async () => {
  const commands = listedIn((await run(['--help'])).stdout);
  expect(commands).toEqual(expect.arrayContaining(['start', 'code', 'status', 'doctor', 'rotate']));
  const below: string[] = [];
  for (const command of commands) {
    const help = await run([command, '--help']);
    expect(help.stdout, command).toContain('Examples:');
    expect(help.exitCode, command).toBe(EXIT.done);
    if (!help.stdout.includes('Commands:')) continue;
    for (const name of listedIn(help.stdout)) {
      const path = [command, name];
      below.push(path.join(' '));
      expect((await run([...path, '--help'])).stdout, path.join(' ')).toContain('Examples:');
    }
  }
  expect(below).toEqual(
    expect.arrayContaining(['pin provide', 'pin reveal', 'schedule rotation', 'sweep resume']),
  );
});

test('the version is that of the package', async () => {
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  expect(await run(['--version'])).toEqual({
    exitCode: EXIT.done,
    stdout: `${version}\n`,
    stderr: '',
  });
});

test('a configuration file of Temporal that is not there is named, with exit code 2', async () => {
  const env = { TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' };
  const { exitCode, stderr } = await run(['list'], { env });
  expect(unwrapped(stderr)).toContain('TEMPORAL_CONFIG_FILE names /nowhere/temporal.toml');
  expect(exitCode).toBe(EXIT.usage);
});

test('another namespace than that of npm start is refused, not passed over', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'wa-onboard-'));
  writeStackFile(join(cwd, '.onboarding'), {
    temporalAddress: '127.0.0.1:1',
    namespace: 'default',
    graphBaseUrl: 'http://127.0.0.1:1',
    simulator: true,
    pid: process.pid,
  });
  const { exitCode, stderr } = await run(['list'], { cwd, env: { TEMPORAL_NAMESPACE: 'other' } });
  expect(unwrapped(stderr)).toContain(
    'TEMPORAL_NAMESPACE is "other", but the npm start that runs here serves namespace "default"',
  );
  expect(exitCode).toBe(EXIT.usage);
  expect(unwrapped((await run(['list'], { cwd })).stderr)).toContain('does not answer');
});

test('doctor asks the simulator of an npm start that is gone for the time, and only warns', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'wa-onboard-'));
  writeStackFile(join(cwd, '.onboarding'), {
    temporalAddress: '127.0.0.1:1',
    namespace: 'default',
    graphBaseUrl: 'http://127.0.0.1:1',
    simulator: true,
    pid: process.pid,
  });
  const { stdout } = await run(['doctor', '--json'], { cwd });
  expect(JSON.parse(stdout).checks).toContainEqual({
    check: 'clock',
    outcome: 'warn',
    text: 'not checked: http://127.0.0.1:1 does not answer',
    cure: 'npm start',
  });
});

test('work that takes long is remarked upon once, quick work never', async () => {
  vi.useFakeTimers();
  try {
    const remark = vi.fn();
    let finish = (_answer: string) => {};
    const slow = remarkAfter(
      5_000,
      remark,
      () =>
        new Promise<string>((done) => {
          finish = done;
        }),
    );
    await vi.advanceTimersByTimeAsync(4_999);
    expect(remark).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(remark).toHaveBeenCalledOnce();
    finish('late');
    expect(await slow).toBe('late');
    expect(await remarkAfter(5_000, remark, async () => 'quick')).toBe('quick');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(remark).toHaveBeenCalledOnce();
  } finally {
    vi.useRealTimers();
  }
});

test('a Temporal that does not answer is told within seconds, with what to do', async () => {
  const env = { TEMPORAL_ADDRESS: '127.0.0.1:1' };
  const { exitCode, stderr } = await run(['status', ID], { env });
  expect(unwrapped(stderr)).toBe(
    '✖ Temporal at 127.0.0.1:1 does not answer: start it with "npm start", or set TEMPORAL_ADDRESS to where it runs.\n',
  );
  expect(exitCode).toBe(EXIT.failed);
});

/** A session at a terminal, and all that its prompt shows. */
function atTerminal() {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stderr = new PassThrough({ encoding: 'utf8' });
  let shown = '';
  stderr.on('data', (text: string) => {
    shown += text;
  });
  const session = new Session(
    {
      stdin,
      stdout: new PassThrough(),
      stderr,
      color: false,
      now: () => new Date(),
      loadConfiguration: () => loadConfiguration({}, '/nowhere'),
    },
    false,
  );
  return { session, stdin, shown: () => shown };
}

test('the prompt hides the code, and asks again until it has six digits', async () => {
  const { session, stdin, shown } = atTerminal();
  const code = promptForCode(session, ID);
  await vi.waitFor(() => expect(shown()).toContain(`Code for ${ID}:`), { timeout: 10_000 });
  stdin.write('90714\r');
  await vi.waitFor(() => expect(shown()).toContain('this has 5'), { timeout: 10_000 });
  stdin.write('2\r');
  expect(await code).toBe('907142');
  expect(shown()).toContain('******');
  expect(shown()).not.toMatch(/9.?0.?7.?1.?4/);
});

test('Ctrl-C at the prompt is told apart from an error', async () => {
  const { session, stdin, shown } = atTerminal();
  const code = promptForCode(session, ID);
  await vi.waitFor(() => expect(shown()).toContain('Code for'), { timeout: 10_000 });
  stdin.write('\u0003');
  const error = await code.catch((reason: unknown) => reason);
  expect(isPromptInterrupt(error)).toBe(true);
  expect(isPromptInterrupt(new Error('other'))).toBe(false);
});

test.each(['999', '1'.repeat(26)])(
  'an id of digits that has too few or too many (%s) is told how many it has',
  async (id) => {
    const { exitCode, stderr } = await run(['status', id]);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
      `of 5 to 25 digits, such as 106540352242922; what was given has ${id.length}.`,
    );
    expect(exitCode).toBe(EXIT.usage);
  },
);
