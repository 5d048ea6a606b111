import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import { Secret } from '../../activities/secret.js';
import { EXIT } from '../../client/cli/exit-codes.js';
import { pinStoreInUse } from '../../client/cli/pin-store-in-use.js';
import { runCommandLine } from '../../client/cli/program.js';
import { loadConfiguration } from '../../configuration/configuration.js';
import { writeStackFile } from '../../configuration/stack-file.js';
import { run } from './terminal.js';

const ID = '106540352242922';
const PIN = '004217';
/** Nothing listens there: the PIN store is all that is used. */
const NO_TEMPORAL = { TEMPORAL_ADDRESS: '127.0.0.1:1' };

const newFolder = () => mkdtempSync(join(tmpdir(), 'wa-onboard-pins-'));
const unwrapped = (text: string) => text.replaceAll('\n  ', ' ');
const storeIn = (cwd: string) =>
  openPinStore({ kind: 'local', dir: join(cwd, '.onboarding-pins') });

test.concurrent('a PIN from a pipe is kept as provided, also where no Temporal answers, which is said', async () => {
  const cwd = newFolder();
  const { exitCode, stdout, stderr } = await run(['pin', 'provide', ID], {
    cwd,
    env: NO_TEMPORAL,
    stdin: ` ${PIN}\r\nmore\n`,
  });
  expect(stdout).toContain(`The PIN of ${ID} is kept as provided.\nPIN store: local, `);
  expect(unwrapped(stderr)).toContain('Temporal at 127.0.0.1:1 does not answer');
  expect(stderr).toContain(`npx wa-onboard retry ${ID}`);
  expect(`${stdout}${stderr}`).not.toContain(PIN);
  expect(exitCode).toBe(EXIT.failed);
  const kept = await (await storeIn(cwd)).read(ID, 'provided');
  expect(kept.pin.reveal()).toBe(PIN);
});

test.concurrent('with --json the document says where the PIN is, and what the onboarding could not be told', async () => {
  const cwd = newFolder();
  const { stdout, stderr, exitCode } = await run(['pin', 'provide', ID, '--json'], {
    cwd,
    env: NO_TEMPORAL,
    stdin: `${PIN}\n`,
  });
  expect(JSON.parse(stdout)).toEqual({
    phoneNumberId: ID,
    pin: { store: 'local', record: ID, version: expect.any(String), state: 'provided' },
    retried: false,
    notTold: expect.stringContaining('does not answer'),
  });
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: EXIT.failed });
  expect(stdout).not.toContain(PIN);
});

test.concurrent.each(['12345', '1234567', '12345a', '123-456', '１２３４５６', '', '  '])(
  'what is not exactly six digits ("%s") is refused, not repeated, and changes nothing',
  async (typed) => {
    const cwd = newFolder();
    const { exitCode, stdout, stderr } = await run(['pin', 'provide', ID], {
      cwd,
      env: NO_TEMPORAL,
      stdin: `${typed}\n`,
    });
    expect(unwrapped(stderr)).toBe('✖ A PIN is exactly six digits, with its leading zeros.\n');
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: EXIT.usage });
    expect(await (await storeIn(cwd)).describe(ID)).toBeUndefined();
  },
);

test.concurrent('a pipe that gives nothing is told so', async () => {
  const { exitCode, stderr } = await run(['pin', 'provide', ID], { cwd: newFolder() });
  expect(unwrapped(stderr)).toContain('Give the PIN on standard input');
  expect(exitCode).toBe(EXIT.usage);
});

test.concurrent('a PIN that a stranger would guess is kept: it is what it is', async () => {
  const cwd = newFolder();
  await run(['pin', 'provide', ID], { cwd, env: NO_TEMPORAL, stdin: '000000\n' });
  expect((await (await storeIn(cwd)).read(ID, 'provided')).pin.reveal()).toBe('000000');
});

test.concurrent('a PIN that the store holds already is told with the state it has, and stays as it was', async () => {
  const cwd = newFolder();
  const store = await storeIn(cwd);
  const { version } = await store.stage(ID, {}, () => new Secret(PIN));
  await store.promote(ID, version);
  const { stdout } = await run(['pin', 'provide', ID], {
    cwd,
    env: NO_TEMPORAL,
    stdin: `${PIN}\n`,
  });
  expect(stdout.replaceAll('\n', ' ')).toContain(`had this PIN of ${ID} already, as current`);
  expect(Object.keys((await store.describe(ID))?.versions ?? {})).toEqual(['current']);
});

test.concurrent('a former PIN counts as provided from now on, so that an onboarding tries it first', async () => {
  const cwd = newFolder();
  const store = await storeIn(cwd);
  for (const pin of [PIN, '836149']) {
    const { version } = await store.stage(ID, {}, () => new Secret(pin));
    await store.promote(ID, version);
  }
  const { stdout } = await run(['pin', 'provide', ID, '--json'], {
    cwd,
    env: NO_TEMPORAL,
    stdin: `${PIN}\n`,
  });
  expect(JSON.parse(stdout).pin.state).toBe('provided');
  expect(Object.keys((await store.describe(ID))?.versions ?? {}).sort()).toEqual([
    'current',
    'provided',
  ]);
});

test.concurrent('a store that cannot be used is told in one sentence, before anybody is asked for a PIN', async () => {
  const cwd = newFolder();
  writeFileSync(join(cwd, 'file'), '');
  const asked = await run(['pin', 'provide', ID], { cwd, env: { PIN_STORE_DIR: 'file/pins' } });
  expect(unwrapped(asked.stderr)).toMatch(/^✖ The PIN store cannot use [^\n]+\n$/);
  expect({ stdout: asked.stdout, exitCode: asked.exitCode }).toEqual({
    stdout: '',
    exitCode: EXIT.failed,
  });
});

test.concurrent('a terminal asks for the PIN, hides it, and asks again until it is six digits', async () => {
  const cwd = newFolder();
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  let shown = '';
  for (const stream of Object.values(streams)) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
  }
  const exitCode = runCommandLine(['pin', 'provide', ID], {
    stdin,
    ...streams,
    color: false,
    now: () => new Date(),
    loadConfiguration: () => loadConfiguration({ ...NO_TEMPORAL }, cwd),
  });
  await vi.waitFor(() => expect(shown).toContain(`Current PIN of ${ID}:`), { timeout: 10_000 });
  stdin.write('00421\r');
  await vi.waitFor(() => expect(shown).toContain('exactly six digits'), { timeout: 10_000 });
  stdin.write('7\r');
  expect(await exitCode).toBe(EXIT.failed); // there is no Temporal to ask for an onboarding
  expect(shown).toContain('******');
  expect(shown).not.toMatch(/0.?0.?4.?2.?1/);
  expect((await (await storeIn(cwd)).read(ID, 'provided')).pin.reveal()).toBe(PIN);
});

/** What `npm start` leaves where it keeps PINs elsewhere than the command is configured to. */
function stackIn(cwd: string, dir: string): void {
  const { pinStore } = loadConfiguration(
    { PIN_STORE_DIR: dir, PIN_STORE_PASSPHRASE: 'open sesame' },
    cwd,
  );
  writeStackFile(join(cwd, '.onboarding'), {
    temporalAddress: '127.0.0.1:1',
    namespace: 'default',
    graphBaseUrl: 'http://127.0.0.1:1',
    simulator: true,
    pinStore,
    pid: process.pid,
  });
}

test.concurrent('the PIN goes to the store of the npm start that runs here, not to one that no run looks at', async () => {
  const cwd = newFolder();
  stackIn(cwd, 'elsewhere');
  await run(['pin', 'provide', ID], { cwd, stdin: `${PIN}\n` });
  expect(readdirSync(cwd)).not.toContain('.onboarding-pins');
  const store = await openPinStore({ kind: 'local', dir: join(cwd, 'elsewhere') });
  expect((await store.read(ID, 'provided')).pin.reveal()).toBe(PIN);
});

test.concurrent('where Temporal is named, the PIN store is the configured one, whatever npm start does here', () => {
  const cwd = newFolder();
  stackIn(cwd, 'elsewhere');
  expect(pinStoreInUse(loadConfiguration({ ...NO_TEMPORAL }, cwd))).toMatchObject({
    kind: 'local',
    dir: join(cwd, '.onboarding-pins'),
  });
});

test.concurrent('no passphrase is in what npm start leaves: it comes from the command’s own environment', () => {
  const cwd = newFolder();
  stackIn(cwd, 'elsewhere');
  expect(readFileSync(join(cwd, '.onboarding', 'stack.json'), 'utf8')).not.toMatch(
    /passphrase|sesame/,
  );
  const config = pinStoreInUse(loadConfiguration({ PIN_STORE_PASSPHRASE: 'mine' }, cwd));
  expect(config).toMatchObject({ kind: 'local', dir: join(cwd, 'elsewhere') });
  expect(config.kind === 'local' && config.passphrase?.reveal()).toBe('mine');
});

/** What `npm start` leaves where it keeps PINs in Vault. */
function vaultStackIn(cwd: string): void {
  const { pinStore } = loadConfiguration(
    { PIN_STORE: 'vault', VAULT_ADDR: 'https://vault.example.com:8200', VAULT_TOKEN: 'hvs.secret' },
    cwd,
  );
  writeStackFile(join(cwd, '.onboarding'), {
    temporalAddress: '127.0.0.1:1',
    namespace: 'default',
    graphBaseUrl: 'http://127.0.0.1:1',
    simulator: true,
    pinStore,
    pid: process.pid,
  });
}

test.concurrent('where npm start keeps PINs in Vault, what logs in comes from the command’s own environment', () => {
  const cwd = newFolder();
  vaultStackIn(cwd);
  expect(readFileSync(join(cwd, '.onboarding', 'stack.json'), 'utf8')).not.toContain('hvs.secret');
  const config = pinStoreInUse(loadConfiguration({ VAULT_TOKEN: 'hvs.mine' }, cwd));
  expect(config).toMatchObject({ kind: 'vault', address: 'https://vault.example.com:8200' });
  expect(config.kind === 'vault' && 'token' in config.auth && config.auth.token.reveal()).toBe(
    'hvs.mine',
  );
});

test.concurrent('where nothing logs in to that Vault, one sentence says what to set', async () => {
  const cwd = newFolder();
  vaultStackIn(cwd);
  const { exitCode, stderr } = await run(['pin', 'provide', ID], { cwd, stdin: `${PIN}\n` });
  expect(unwrapped(stderr)).toContain('set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID.');
  expect(exitCode).toBe(EXIT.usage);
});
