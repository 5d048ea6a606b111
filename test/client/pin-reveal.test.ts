/** `pin reveal`, without a Temporal: what is refused, what is written down, and what is shown. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { beforeEach, expect, test, vi } from 'vitest';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import { Secret } from '../../activities/secret.js';
import { EXIT } from '../../client/cli/exit-codes.js';
import { runCommandLine } from '../../client/cli/program.js';
import { loadConfiguration } from '../../configuration/configuration.js';
import { run } from './terminal.js';

const ID = '106540352242922';
const PIN = '004217';
/** Nothing listens there. */
const NO_TEMPORAL = { TEMPORAL_ADDRESS: '127.0.0.1:1' };
/** Stands for the change to the other screen and back. */
const SCREEN = '<screen>';
const WHY = ['--reason', 'call with Meta'];
const WEBHOOK = {
  NOTIFY_WEBHOOK_URL: 'http://127.0.0.1:1/',
  NOTIFY_WEBHOOK_SECRET: `whsec_${'A'.repeat(44)}`,
};

const unwrapped = (text: string) => text.replaceAll('\n  ', ' ').replaceAll('\n', ' ');

let cwd: string;
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'wa-onboard-reveal-'));
  const store = await openPinStore({ kind: 'local', dir: join(cwd, '.onboarding-pins') });
  const { version } = await store.stage(ID, { label: 'Zoo' }, () => new Secret(PIN));
  await store.promote(ID, version);
});

const reveal = (flags: string[], env: Record<string, string> = {}) =>
  run(['pin', 'reveal', ID, ...flags], { cwd, env: { ...NO_TEMPORAL, ...env } });

const auditFile = () => join(cwd, '.onboarding', 'audit.jsonl');
const audited = () =>
  readFileSync(auditFile(), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test.each([
  [[...WHY], 'Standard output is no terminal'],
  [[...WHY, '--json'], 'With --json a PIN would end up in a log'],
  [['--reason', ' ', '--force'], '--reason must say why'],
  [['--force'], "'--reason <text>' not specified"],
  [['--reason', 'x'.repeat(201), '--force'], 'at most 200'],
  [['--reason', 'was 004217 before', '--force'], '--reason must hold no six digits'],
  [[...WHY, '--force', '--which', 'newest'], '--which must be one of current, pending'],
  [[...WHY, '--force', '--rotate-after', 'soon'], '--rotate-after must be a duration such as 1h'],
  [[...WHY, '--force', '--rotate-after', '31d'], 'between 1 minute and 30 days'],
])('%j is refused before anything is written or shown', async (flags, says) => {
  const { exitCode, stdout, stderr } = await reveal(flags);
  expect(unwrapped(`${stderr}${stdout}`)).toContain(says);
  expect(`${stderr}${stdout}`).not.toContain(PIN);
  expect(exitCode).toBe(EXIT.usage);
  expect(existsSync(auditFile())).toBe(false);
});

test('where nobody can be notified the PIN is not shown, and the audit trail says both', async () => {
  const { exitCode, stdout, stderr } = await reveal([...WHY, '--force'], WEBHOOK);
  expect(unwrapped(stderr)).toMatch(
    /Nobody can be notified, so the PIN is not shown\. Temporal at 127\.0\.0\.1:1 does not answer.*--without-notice/,
  );
  expect(`${stderr}${stdout}`).not.toContain(PIN);
  expect(exitCode).toBe(EXIT.failed);
  expect(audited()).toMatchObject([
    { log: 'audit', action: 'revealPin', outcome: 'revealing', reason: 'call with Meta' },
    { log: 'audit', action: 'revealPin', outcome: 'notRevealed' },
  ]);
});

test('where no webhook is configured nobody is notified, so the PIN is not shown without --without-notice', async () => {
  const { exitCode, stdout, stderr } = await reveal([...WHY, '--force']);
  expect(unwrapped(stderr)).toMatch(
    /Nobody can be notified, so the PIN is not shown\. NOTIFY_WEBHOOK_URL .*--without-notice/,
  );
  expect({ exitCode, stdout }).toEqual({ exitCode: EXIT.failed, stdout: '' });
  expect(audited().map(({ outcome }) => outcome)).toEqual(['revealing', 'notRevealed']);
});

test.each([
  '004.217',
  '004  217',
  '004_217',
  '004/217',
  '004–217',
  '0 - 0 - 4 - 2 - 1 - 7',
  '００４２１７',
  '1004217',
])('a reason with %s is refused and not repeated', async (digits) => {
  const { exitCode, stdout, stderr } = await reveal([
    ...['--reason', `was ${digits} before`, '--force', '--without-notice'],
  ]);
  expect(unwrapped(stderr)).toContain('--reason must hold no six digits in a row');
  expect(stderr).not.toContain(digits);
  expect({ exitCode, stdout }).toEqual({ exitCode: EXIT.usage, stdout: '' });
});

test('a terminal that nobody can press Enter at is none, and the PIN does not stay in what it scrolls', async () => {
  const stdin = Object.assign(new PassThrough(), { isTTY: false });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  stdin.end('y\n');
  const exitCode = await runCommandLine(['pin', 'reveal', ID, ...WHY, '--without-notice'], {
    ...{ stdin, stdout: Object.assign(stdout, { isTTY: true, columns: 80 }), stderr },
    color: false,
    now: () => new Date(),
    loadConfiguration: () => loadConfiguration({ ...NO_TEMPORAL }, cwd),
  });
  expect(exitCode).toBe(EXIT.usage);
  expect(unwrapped(String(stderr.read()))).toContain('Standard input is no terminal');
  expect(stdout.read()).toBeNull();
  expect(existsSync(auditFile())).toBe(false);
});

test('without notice it is shown all the same, and audited as such', async () => {
  const { exitCode, stdout, stderr } = await reveal([...WHY, '--force', '--without-notice']);
  expect({ exitCode, stdout }).toEqual({ exitCode: EXIT.done, stdout: `${PIN}\n` });
  expect(unwrapped(stderr)).toContain(`Audited in ${auditFile()}.`);
  expect(stderr).toContain(`npx wa-onboard rotate ${ID}`);
  const line = {
    log: 'audit',
    time: expect.stringMatching(/Z$/),
    who: expect.any(String),
    action: 'revealPin',
    phoneNumberId: ID,
    reason: 'call with Meta',
    version: 'current',
    label: 'Zoo',
    from: expect.stringMatching(/^command line on /),
    requestId: expect.any(String),
  };
  const [before, after] = audited();
  expect(before).toEqual({ ...line, outcome: 'revealing' });
  expect(after).toEqual({ ...line, outcome: 'revealedWithoutNotice', status: 200 });
  expect(after.requestId).toBe(before.requestId);
});

test('a rotation that cannot be arranged keeps the PIN from being shown', async () => {
  const { exitCode, stdout } = await reveal([
    ...WHY,
    '--force',
    '--without-notice',
    '--rotate-after',
    '1h',
  ]);
  expect({ exitCode, stdout }).toEqual({ exitCode: EXIT.failed, stdout: '' });
  expect(audited().at(-1)).toMatchObject({ outcome: 'notRevealed' });
});

test('forced with --json, the document has the PIN, its state and its version', async () => {
  const { stdout } = await reveal([...WHY, '--force', '--without-notice', '--json']);
  expect(JSON.parse(stdout)).toEqual({
    ...{ phoneNumberId: ID, state: 'current', pin: PIN, version: expect.any(String) },
    ...{ createdAt: expect.any(String), lastRotated: expect.any(String) },
  });
});

test('where the audit trail cannot be written the PIN is not shown', async () => {
  mkdirSync(join(cwd, 'folder'));
  const { exitCode, stdout, stderr } = await reveal([...WHY, '--force', '--without-notice'], {
    AUDIT_LOG: 'folder',
  });
  expect(unwrapped(stderr)).toMatch(
    /^✖ The audit trail .*folder cannot be written \(EISDIR\), so the PIN is not shown/,
  );
  expect(`${stderr}${stdout}`).not.toContain(PIN);
  expect(exitCode).toBe(EXIT.failed);
});

test('a full disk under the audit trail counts as one that cannot be written', async () => {
  const { exitCode, stdout, stderr } = await reveal([...WHY, '--force', '--without-notice'], {
    AUDIT_LOG: '/dev/full',
  });
  expect(unwrapped(stderr)).toContain('/dev/full cannot be written (ENOSPC)');
  expect({ exitCode, stdout }).toEqual({ exitCode: EXIT.failed, stdout: '' });
});

test('an audit trail that goes to the API’s standard output is a file for commands', async () => {
  await reveal([...WHY, '--force', '--without-notice'], { AUDIT_LOG: 'stdout' });
  expect(audited()).toHaveLength(2);
});

test('a PIN that is not there ends with exit code 3, says what is there, and is audited', async () => {
  const { exitCode, stderr } = await reveal([...WHY, '--force', '--which', 'pending']);
  expect(unwrapped(stderr)).toContain(`has no pending PIN of number ${ID}; it has: current.`);
  expect(exitCode).toBe(EXIT.notFound);
  expect(audited()).toMatchObject([{ outcome: 'revealing' }, { outcome: 'notFound', status: 404 }]);
  const nobody = await run(['pin', 'reveal', '106540352242999', ...WHY, '--force'], { cwd });
  expect(unwrapped(nobody.stderr)).toContain('pin troubleshoot 106540352242999');
  expect(nobody.exitCode).toBe(EXIT.notFound);
});

test('a terminal shows it on its other screen, and takes it off with Enter', async () => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stdout = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true, columns: 80 });
  let shown = '';
  stdout.on('data', (text: string) => {
    shown += text;
  });
  const args = ['pin', 'reveal', ID, ...WHY, '--without-notice'];
  const exitCode = runCommandLine(args, {
    ...{ stdin, stdout, stderr: new PassThrough(), color: false },
    now: () => new Date(),
    loadConfiguration: () => loadConfiguration({ ...NO_TEMPORAL }, cwd),
  });
  await vi.waitFor(() => expect(shown).toContain('Enter takes it off the screen.'), {
    timeout: 10_000,
  });
  stdin.write('\n');
  expect(await exitCode).toBe(EXIT.done);
  const [before = '', other = '', after = ''] = shown
    .replace('\u001b[?1049h', SCREEN)
    .replace('\u001b[?1049l', SCREEN)
    .split(SCREEN);
  expect(before).toBe('');
  expect(other).toContain(PIN);
  expect(other.endsWith('\u001b[2J')).toBe(true); // nothing is left on it
  expect(after).toContain(`The PIN of ${ID} was shown.`);
  expect(after).not.toContain(PIN);
});
