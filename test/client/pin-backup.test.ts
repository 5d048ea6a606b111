/** `pin export`, `pin import` and `pin keygen`. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { beforeEach, describe, expect, test } from 'vitest';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import type { PinStore } from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { EXIT } from '../../client/cli/exit-codes.js';
import { collectBackup, restoreBackup } from '../../client/cli/pin-backup.js';
import { writeStackFile } from '../../configuration/stack-file.js';
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

/** Nothing listens there. */
const NO_TEMPORAL = { TEMPORAL_ADDRESS: '127.0.0.1:1' };
/** What every backup here is told beside its recipients and its file. */
const TOLD = ['--reason', 'monthly backup', '--without-notice'];

const onboard = (args: string[], folder = cwd, env: Record<string, string> = {}) =>
  run(args[1] === 'export' && !args.includes('--reason') ? [...args, ...TOLD] : args, {
    cwd: folder,
    env: { ...NO_TEMPORAL, ...env },
  });

const audited = (folder = cwd) =>
  readFileSync(join(folder, '.onboarding', 'audit.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

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
  const trail = JSON.stringify(audited());
  for (const pin of PINS) {
    expect(kept).not.toContain(pin);
    expect(trail).not.toContain(pin);
    expect(`${said.stdout}${said.stderr}`).not.toContain(pin);
  }
  expect(names).toEqual(['.onboarding', '.onboarding-pins', 'key.txt', 'pins.age']);
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
  expect(imported.exitCode).toBe(EXIT.failed); // one of them is lost still
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
  const about = { format: 'whatsapp-number-onboarding pin records', formatVersion: 1, records: [] };
  const undated = { ...about, madeAt: 'x', store: 'local', notBackedUp: [] };
  expect(await backup(JSON.stringify(undated))).toContain('writes it (madeAt)');
});

test('what a backup says of itself steers no terminal', async () => {
  const { recipient, file } = await keyPair();
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const steering = '\u001b]52;c;ZXZpbA==\u0007';
  const backup = {
    ...{ format: 'whatsapp-number-onboarding pin records', formatVersion: 1, records: [] },
    ...{ madeAt: '2026-11-23T14:00:00.000Z', store: `local${steering}` },
    notBackedUp: [{ phoneNumberId: `106540352242922${steering}`, why: steering }],
  };
  writeFileSync(join(cwd, 'x.age'), await encrypter.encrypt(JSON.stringify(backup)));
  const { stdout } = await onboard(['pin', 'import', join(cwd, 'x.age'), '--identity', file]);
  expect(stdout).toContain('106540352242922');
  expect(stdout).not.toContain('\u001b');
  expect(stdout).not.toContain('\u0007');
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

describe('who took or brought what', () => {
  const WEBHOOK = {
    NOTIFY_WEBHOOK_URL: 'http://127.0.0.1:1/',
    NOTIFY_WEBHOOK_SECRET: `whsec_${'A'.repeat(44)}`,
  };

  test('is in the audit trail before and after, with recipients, reason and counts', async () => {
    await filledStore();
    const { recipient, file } = await keyPair();
    const out = join(cwd, 'pins.age');
    await onboard(['pin', 'export', '--recipient', recipient, '--out', out]);
    await onboard(['pin', 'import', out, '--identity', file]);
    const about = {
      ...{ log: 'audit', who: expect.any(String), store: expect.stringMatching(/^local, /) },
      from: expect.stringMatching(/^command line on /),
    };
    const exporting = {
      ...{ ...about, action: 'exportPins', reason: 'monthly backup', recipients: [recipient] },
    };
    expect(audited()).toMatchObject([
      { ...exporting, outcome: 'exporting' },
      {
        ...{ ...exporting, outcome: 'exportedWithoutNotice', status: 200 },
        counts: { records: 3, notBackedUp: 0 },
      },
      { ...about, action: 'importPins', outcome: 'importing' },
      {
        ...{ ...about, action: 'importPins', outcome: 'imported', status: 200 },
        counts: { restored: 0, unchanged: 3, differs: 0, failed: 0 },
      },
    ]);
  });

  test('decides: where the trail cannot be written nothing is backed up, brought back or kept', async () => {
    const store = await filledStore();
    const { recipient, file } = await keyPair();
    const out = join(cwd, 'pins.age');
    await onboard(['pin', 'export', '--recipient', recipient, '--out', out]);
    await store.remove(IDS[0]);
    const broken = { AUDIT_LOG: '/dev/full' };
    const other = join(cwd, 'other.age');
    for (const args of [
      ['pin', 'export', '--recipient', recipient, '--out', other],
      ['pin', 'import', out, '--identity', file],
    ]) {
      const { exitCode, stdout, stderr } = await onboard(args, cwd, broken);
      expect(unwrapped(stderr)).toMatch(/^✖ The audit trail \S+ cannot be written \(ENOSPC\), so /);
      expect({ exitCode, stdout }).toEqual({ exitCode: EXIT.failed, stdout: '' });
    }
    expect(existsSync(other)).toBe(false);
    expect(await store.describe(IDS[0])).toBeUndefined();

    const { stderr } = await run(['pin', 'provide', IDS[0]], {
      ...{ cwd, env: { ...NO_TEMPORAL, ...broken }, stdin: `${PINS[0]}\n` },
    });
    expect(unwrapped(stderr)).toContain('cannot be written (ENOSPC)');
    expect(await store.describe(IDS[0])).toBeUndefined();
  });

  test.each([
    ['no webhook is configured', {}, 'NOTIFY_WEBHOOK_URL and NOTIFY_WEBHOOK_SECRET are not set'],
    ['Temporal does not answer', WEBHOOK, 'Temporal at 127.0.0.1:1 does not answer'],
  ])(
    'is notified first: where %s there is no backup, and the trail says so',
    async (_, env, says) => {
      await filledStore();
      const { recipient } = await keyPair();
      const out = join(cwd, 'pins.age');
      const args = ['pin', 'export', '--recipient', recipient, '--out', out, '--reason', 'monthly'];
      const { exitCode, stdout, stderr } = await onboard(args, cwd, env);
      expect(unwrapped(stderr)).toContain(
        `Nobody can be notified, so nothing is backed up. ${says}`,
      );
      expect({ exitCode, stdout }).toEqual({ exitCode: EXIT.failed, stdout: '' });
      expect(existsSync(out)).toBe(false);
      expect(audited().map(({ outcome }) => outcome)).toEqual(['exporting', 'notExported']);
    },
  );

  test('a backup without a reason is refused', async () => {
    const { recipient } = await keyPair();
    const { exitCode, stderr } = await run(
      ['pin', 'export', '--recipient', recipient, '--out', 'x'],
      {
        cwd,
      },
    );
    expect(unwrapped(stderr)).toContain("'--reason <text>' not specified");
    expect(exitCode).toBe(EXIT.usage);
  });
});

test.each([
  ['pin import', ['pin', 'import', 'pins.age', '--identity', 'KEY']],
  ['pin import', ['pin', 'import', 'KEY', '--identity', 'key.txt']],
  ['pin export', ['pin', 'export', '--recipient', 'age1', '--out', 'KEY']],
  ['pin export', ['pin', 'export', '--recipient', 'age1', '--outt=KEY']],
  ['pin import', ['pin', 'import', '--identitty=KEY']],
  ['pin keygen', ['pin', 'keygen', '--out', 'KEY']],
  ['pin', ['pin', 'KEY']],
])(
  '%s that is given a secret key where something else belongs does not repeat it: %j',
  async (_, args) => {
    const key = await generateX25519Identity();
    const recipient = await identityToRecipient(key);
    for (const typed of [key, key.toLowerCase()]) {
      for (const flags of [[], ['--json']]) {
        const given = args.map((arg) => arg.replace('KEY', typed).replace(/^age1$/, recipient));
        const { exitCode, stdout, stderr } = await onboard([...given, ...flags]);
        expect(`${stdout}${stderr}`.toLowerCase()).not.toContain(key.slice(15, 40).toLowerCase());
        expect(exitCode).toBe(EXIT.usage);
      }
    }
    expect(readdirSync(cwd)).toEqual([]);
  },
);

describe('while npm start runs', () => {
  /** The stack keeps its PINs in the default folder, and serves no Temporal. */
  const stackIn = (folder: string) =>
    writeStackFile(join(folder, '.onboarding'), {
      ...{
        temporalAddress: '127.0.0.1:1',
        namespace: 'default',
        graphBaseUrl: 'http://127.0.0.1:1',
      },
      ...{ simulator: true, pid: process.pid },
      pinStore: { kind: 'local', dir: join(folder, '.onboarding-pins') },
    });
  const here = (args: string[], env: Record<string, string> = {}) => run(args, { cwd, env });

  test('records move into the store that the environment names, and the output says so', async () => {
    await filledStore();
    stackIn(cwd);
    const { recipient, file } = await keyPair();
    const out = join(cwd, 'pins.age');
    const exported = await here(['pin', 'export', '--recipient', recipient, '--out', out, ...TOLD]);
    expect(exported.exitCode).toBe(EXIT.done);
    const named = { PIN_STORE_DIR: 'new-pins' };
    const { stdout, stderr } = await here(['pin', 'import', out, '--identity', file], named);
    expect(unwrapped(stdout)).toMatch(/now in local, \S*new-pins: 3 restored\./);
    expect(unwrapped(stderr)).toMatch(
      /The PIN store here is the one that the environment names \(local, \S*new-pins\); the npm start that runs uses another \(local, \S*\.onboarding-pins\)/,
    );
    const moved = await openPinStore({ kind: 'local', dir: join(cwd, 'new-pins') });
    expect(await everything(moved)).toEqual(await everything(await storeIn(cwd)));

    const other = join(cwd, 'other.age');
    const back = await here(
      ['pin', 'export', '--recipient', recipient, '--out', other, ...TOLD, '--json'],
      { PIN_STORE_DIR: 'empty-pins' },
    );
    expect(JSON.parse(back.stdout)).toEqual({
      ...{ store: expect.stringMatching(/empty-pins$/), records: 0, notBackedUp: [] },
    });
  });

  test('a store that cannot be opened as it is named is no reason to use the other', async () => {
    await filledStore();
    stackIn(cwd);
    const { recipient } = await keyPair();
    const args = ['pin', 'export', '--recipient', recipient, '--out', join(cwd, 'x'), ...TOLD];
    const { exitCode, stderr } = await here(args, { PIN_STORE: 'vault' });
    expect(unwrapped(stderr)).toContain('VAULT_ADDR is not set');
    expect(exitCode).toBe(EXIT.usage);
  });

  test('commands on its numbers use its store, and remark where the environment names another', async () => {
    await filledStore();
    stackIn(cwd);
    const args = ['pin', 'reveal', IDS[0], '--reason', 'test', '--force', '--without-notice'];
    const { stdout, stderr } = await here(args, { PIN_STORE_DIR: 'new-pins' });
    expect(stdout).toBe(`${PINS[1]}\n`);
    expect(unwrapped(stderr)).toMatch(
      /The PIN store here is that of the npm start that runs \(local, \S*\.onboarding-pins\), whose numbers these are, and not the one that the environment names \(local, \S*new-pins\)\./,
    );
    const same = await here(args, { PIN_STORE: 'local', PIN_STORE_DIR: '.onboarding-pins' });
    expect(same.stderr).not.toContain('environment');
  });
});
