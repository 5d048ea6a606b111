/** `pin export`, `pin import` and `pin keygen`. */
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { beforeEach, expect, test } from 'vitest';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import type { PinStore } from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { EXIT } from '../../client/cli/exit-codes.js';
import { collectBackup, restoreBackup } from '../../client/cli/pin-backup.js';
import { run } from './terminal.js';

const IDS = ['106540352242921', '106540352242922', '106540352242923'] as const;
const PINS = ['004217', '836149', '590273', '118805'] as const;

const newFolder = () => mkdtempSync(join(tmpdir(), 'wa-onboard-backup-'));
const unwrapped = (text: string) => text.replaceAll('\n  ', ' ').replaceAll('\n', ' ');
const storeIn = (cwd: string) =>
  openPinStore({ kind: 'local', dir: join(cwd, '.onboarding-pins') });

let cwd: string;
beforeEach(() => {
  cwd = newFolder();
});

const onboard = (args: string[], folder = cwd) => run(args, { cwd: folder });

/** With `--json`: the document that is printed, and the exit code. */
async function json(args: string[], folder = cwd) {
  const { stdout, stderr, exitCode } = await onboard([...args, '--json'], folder);
  expect(stderr).toBe('');
  return { exitCode, document: JSON.parse(stdout) };
}

/** Three records: one with a history, one that only began, one with notes. */
async function filledStore(folder = cwd): Promise<PinStore> {
  const store = await storeIn(folder);
  for (const pin of PINS.slice(0, 2)) {
    const { version } = await store.stage(IDS[0], { label: 'Zoo' }, () => new Secret(pin));
    await store.promote(IDS[0], version);
  }
  await store.stage(IDS[1], { displayPhoneNumber: '+1 631-555-1234' }, () => new Secret(PINS[2]));
  await store.provide(IDS[2], new Secret(PINS[3]));
  await store.annotate(IDS[2], {
    about: { label: 'Aquarium', wabaId: '102290129340398', registeredName: 'Zoo' },
    stale: { since: '2026-11-20T00:00:00Z', why: 'changed outside' },
    renamedAt: '2026-11-20T01:00:00Z',
    offboardedAt: '2026-11-20T02:00:00Z',
  });
  return store;
}

async function keyPair(name = 'key.txt'): Promise<{ recipient: string; file: string }> {
  const file = join(cwd, name);
  const { stdout } = await onboard(['pin', 'keygen', '--out', file]);
  return { recipient: stdout.trim(), file };
}

async function everything(store: PinStore): Promise<unknown[]> {
  const { records } = await collectBackup(store, new Date());
  return records.map((record) => ({
    ...record,
    versions: record.versions.map((version) => ({ ...version, pin: version.pin.reveal() })),
  }));
}

test.each([[[]], [['--armor']]])(
  'what is exported with %j and imported elsewhere is the same, PIN by PIN and note by note',
  async (flags) => {
    const store = await filledStore();
    const { recipient, file } = await keyPair();
    const out = join(cwd, 'pins.age');
    const exported = await onboard([
      'pin',
      'export',
      '--recipient',
      recipient,
      '--out',
      out,
      ...flags,
    ]);
    expect(exported.exitCode).toBe(EXIT.done);
    expect(unwrapped(exported.stdout)).toContain('Backed up 3 records of the PIN store (local, ');

    const elsewhere = newFolder();
    const args = ['pin', 'import', out, '--identity', file];
    const restored = await json(args, elsewhere);
    expect(restored).toMatchObject({
      exitCode: EXIT.done,
      document: { from: 'local', counts: { restored: 3, unchanged: 0, differs: 0, failed: 0 } },
    });
    expect(await everything(await storeIn(elsewhere))).toEqual(await everything(store));

    const again = await json(args, elsewhere);
    expect(again.document.counts).toEqual({ restored: 0, unchanged: 3, differs: 0, failed: 0 });
    expect(again.exitCode).toBe(EXIT.done);
  },
);

test('no PIN is in the file, in what is printed, or anywhere else on the disk', async () => {
  await filledStore();
  const { recipient } = await keyPair();
  const out = join(cwd, 'pins.age');
  const said = await onboard(['pin', 'export', '--recipient', recipient, '--out', out]);
  const kept = readFileSync(out).toString('latin1');
  const names = readdirSync(cwd).toSorted();
  for (const pin of PINS) {
    expect(kept).not.toContain(pin);
    expect(`${said.stdout}${said.stderr}`).not.toContain(pin);
  }
  expect(names).toEqual(['.onboarding-pins', 'key.txt', 'pins.age']);
  expect(statSync(out).mode & 0o777).toBe(0o600);
});

test('every recipient can open it, and nobody else', async () => {
  await filledStore();
  const [ana, ben, eve] = [await keyPair('ana'), await keyPair('ben'), await keyPair('eve')];
  const out = join(cwd, 'pins.age');
  const recipients = ['--recipient', ana.recipient, '--recipient', ben.recipient];
  await onboard(['pin', 'export', ...recipients, '--out', out]);
  for (const { file } of [ana, ben]) {
    expect((await onboard(['pin', 'import', out, '--identity', file])).exitCode).toBe(EXIT.done);
  }
  const other = newFolder();
  const refused = await onboard(['pin', 'import', out, '--identity', eve.file], other);
  expect(unwrapped(refused.stderr)).toContain('was not made for this key');
  expect(refused.exitCode).toBe(EXIT.failed);
  expect(readdirSync(other)).toEqual([]);
});

test('a record that is there and differs is left as it is, named, and ends with exit code 1', async () => {
  await filledStore();
  const { recipient, file } = await keyPair();
  const out = join(cwd, 'pins.age');
  await onboard(['pin', 'export', '--recipient', recipient, '--out', out]);
  const elsewhere = newFolder();
  const store = await storeIn(elsewhere);
  await store.provide(IDS[0], new Secret('250861'));
  const { exitCode, stdout } = await onboard(['pin', 'import', out, '--identity', file], elsewhere);
  expect(unwrapped(stdout)).toContain('2 restored, 1 left as they are, since they differ.');
  expect(stdout).toContain(`! ${IDS[0]} differs: the record that is there was left as it is.`);
  expect(exitCode).toBe(EXIT.failed);
  expect((await store.read(IDS[0], 'provided')).pin.reveal()).toBe('250861');
});

test('a record that cannot be read is named, and the file holds the others', async () => {
  await filledStore();
  const records = join(cwd, '.onboarding-pins');
  for (const version of readdirSync(join(records, IDS[1]))) {
    writeFileSync(join(records, IDS[1], version), 'changed by hand');
  }
  const { recipient, file } = await keyPair();
  const out = join(cwd, 'pins.age');
  const { exitCode, document } = await json([
    'pin',
    'export',
    '--recipient',
    recipient,
    '--out',
    out,
  ]);
  expect(document).toMatchObject({
    records: 2,
    notBackedUp: [{ phoneNumberId: IDS[1], why: expect.stringMatching(/\.$/) }],
  });
  expect(exitCode).toBe(EXIT.failed);
  const imported = await json(['pin', 'import', out, '--identity', file], newFolder());
  expect(imported.document.counts.restored).toBe(2);
  expect(imported.document.notBackedUp).toHaveLength(1);
});

test('a file that is there already is not overwritten', async () => {
  await filledStore();
  const { recipient, file } = await keyPair();
  const { exitCode, stderr } = await onboard([
    'pin',
    'export',
    '--recipient',
    recipient,
    '--out',
    file,
  ]);
  expect(unwrapped(stderr)).toContain('is there already');
  expect(exitCode).toBe(EXIT.usage);
  expect(readFileSync(file, 'utf8')).toContain('AGE-SECRET-KEY-');
  const keys = await onboard(['pin', 'keygen', '--out', file]);
  expect({ exitCode: keys.exitCode, stdout: keys.stdout }).toEqual({
    exitCode: EXIT.usage,
    stdout: '',
  });
});

test('an empty store makes no file', async () => {
  const { recipient } = await keyPair();
  const out = join(cwd, 'pins.age');
  const { exitCode, stdout } = await onboard([
    'pin',
    'export',
    '--recipient',
    recipient,
    '--out',
    out,
  ]);
  expect(unwrapped(stdout)).toContain('holds no records: nothing was written');
  expect(exitCode).toBe(EXIT.notFound);
  expect(readdirSync(cwd)).not.toContain('pins.age');
});

test('a secret key in place of a public one is refused and not repeated', async () => {
  const identity = await generateX25519Identity();
  const { exitCode, stderr } = await onboard([
    'pin',
    'export',
    '--recipient',
    identity,
    '--out',
    'x',
  ]);
  expect(unwrapped(stderr)).toContain('--recipient got a secret key');
  expect(stderr).not.toContain(identity.slice(20));
  expect(exitCode).toBe(EXIT.usage);
});

test.each([
  [['pin', 'export', '--recipient', 'ana', '--out', 'x'], 'must be a public key of age'],
  [['pin', 'export', '--out', 'x'], "'--recipient <key>' not specified"],
  [
    ['pin', 'export', '--recipient', 'age1', '--out', 'x', '--format', 'zip'],
    '--format must be age',
  ],
  [['pin', 'import', 'pins.age'], "'--identity <file>' not specified"],
  [['pin', 'import', 'nowhere.age', '--identity', 'nowhere.txt'], 'nowhere.txt is not there'],
])('%j is refused with one sentence and exit code 2', async (args, says) => {
  const { exitCode, stdout, stderr } = await onboard(args);
  expect(unwrapped(stderr)).toContain(says);
  expect({ exitCode, stdout }).toEqual({ exitCode: EXIT.usage, stdout: '' });
});

test.each([
  ['not a backup at all', 'hello', 'it is damaged, or no file that'],
  ['nothing', '', 'it is damaged, or no file that'],
])('a file that is %s is told so, and restores nothing', async (_what, content, says) => {
  const { file } = await keyPair();
  const out = join(cwd, 'pins.age');
  writeFileSync(out, content);
  const { exitCode, stderr } = await onboard(['pin', 'import', out, '--identity', file]);
  expect(unwrapped(stderr)).toContain(says);
  expect(exitCode).toBe(EXIT.failed);
});

test('what another program encrypted, or a later version wrote, is told apart', async () => {
  const identity = await generateX25519Identity();
  const file = join(cwd, 'key.txt');
  writeFileSync(file, `${identity}\n`);
  const backup = async (text: string) => {
    const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(identity));
    writeFileSync(join(cwd, 'pins.age'), await encrypter.encrypt(text));
    return unwrapped(
      (await onboard(['pin', 'import', join(cwd, 'pins.age'), '--identity', file])).stderr,
    );
  };
  expect(await backup('hello')).toContain('holds no PIN records');
  expect(await backup('{"pin":"004217"}')).toContain(
    'is not as "npx wa-onboard pin export" writes',
  );
  expect(await backup('{"formatVersion":2}')).toContain('a later version of this package');
});

test('a key file that is no key file is told so', async () => {
  writeFileSync(join(cwd, 'key.txt'), 'hello\n');
  writeFileSync(join(cwd, 'pins.age'), '');
  const args = ['pin', 'import', join(cwd, 'pins.age'), '--identity', join(cwd, 'key.txt')];
  const { exitCode, stderr } = await onboard(args);
  expect(unwrapped(stderr)).toContain('holds no secret key of age');
  expect(exitCode).toBe(EXIT.usage);
});

test('a store that stops answering midway fails the records it did not take, and only those', async () => {
  const source = await filledStore();
  const { records } = await collectBackup(source, new Date());
  const target = await storeIn(newFolder());
  const failing: PinStore = {
    ...target,
    restore: async (backup) => {
      if (backup.phoneNumberId === IDS[1]) throw new Error('The PIN store does not answer.');
      return target.restore(backup);
    },
  };
  expect(await restoreBackup(failing, records)).toEqual([
    { phoneNumberId: IDS[0], outcome: 'restored' },
    { phoneNumberId: IDS[1], outcome: 'failed', why: 'The PIN store does not answer.' },
    { phoneNumberId: IDS[2], outcome: 'restored' },
  ]);
});
