import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  PinRecordChangedError,
  type PinStore,
  PinStoreRefusedError,
} from '../../activities/pin-store/pin-store.js';
import {
  connectVaultPinStore,
  createVaultPinStore,
} from '../../activities/pin-store/vault-pin-store.js';
import { type VaultSend, vaultTransport } from '../../activities/pin-store/vault-transport.js';
import { Secret } from '../../activities/secret.js';
import { programPlaces } from '../../configuration/program-places.js';
import { type OpenBaoServer, ROOT_TOKEN, startOpenBao } from './openbao-server.js';

let bao: OpenBaoServer;
beforeAll(async () => {
  bao = await startOpenBao(programPlaces().cacheDir);
}, 300_000);
afterAll(() => bao.stop());

const auth = { token: new Secret(ROOT_TOKEN) };

const MOUNTED = 'secret/data/whatsapp/2sv-pin/';

let lastNumber = 20_000;
function newNumber(): string {
  lastNumber += 1;
  return String(lastNumber);
}
const fixed = (pin: string) => () => new Secret(pin);
const open = () => connectVaultPinStore({ address: bao.address, auth });
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (answer) => ({ didNotFail: answer }),
    (error: unknown) => error,
  );

const readAsPerson = (number: string) => bao.read(`${MOUNTED}${number}`);
const writeAsPerson = (number: string, data: object) =>
  bao.admin('POST', `${MOUNTED}${number}`, { body: { data } });

/** A store to whose record somebody else does something right before it writes for the first time. */
function openDisturbed(disturb: () => Promise<unknown>): PinStore {
  const plain = vaultTransport({ address: bao.address });
  let disturbed = false;
  const send: VaultSend = async (call, token) => {
    if (call.method === 'POST' && !disturbed) {
      disturbed = true;
      await disturb();
    }
    return plain(call, token);
  };
  return createVaultPinStore({ send, address: bao.address, auth });
}

describe('a person who changes a record in Vault', () => {
  test('between staging and promoting is not overwritten: the record and its version are named, and rolled back it goes on', async () => {
    const store = open();
    const number = newNumber();
    const { version } = await store.stage(number, {}, fixed('958374'));
    await writeAsPerson(number, { pin: '746293' });
    const failures = await Promise.all(
      [
        store.promote(number, version, { current: null }),
        store.stage(number, {}, fixed('112233')),
        store.annotate(number, { renamedAt: '2026-11-23T09:00:00.000Z' }),
        store.describe(number),
      ].map(failureOf),
    );
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(PinStoreRefusedError);
      expect(String(failure)).toContain(
        `Version 2 of PIN record secret/whatsapp/2sv-pin/${number}`,
      );
      expect(String(failure)).toContain(
        `bao kv rollback -version=1 -mount=secret whatsapp/2sv-pin/${number}`,
      );
      expect(inspect(failure, { depth: 9 })).not.toMatch(/958374|746293/);
    }
    expect(await readAsPerson(number)).toEqual({ data: { pin: '746293' }, version: 2 });
    const { records } = await store.page();
    expect(records.find(({ phoneNumberId }) => phoneNumberId === number)).toEqual({
      phoneNumberId: number,
      store: 'vault',
      record: `secret/whatsapp/2sv-pin/${number}`,
      unreadable: (failures[0] as Error).message,
    });

    // What `bao kv rollback -version=1` does.
    await writeAsPerson(number, (await readAsPerson(`${number}?version=1`)).data);
    await store.promote(number, version, { current: null });
    expect((await store.read(number, 'current')).pin.reveal()).toBe('958374');
  });

  test('between the read and the write of a change keeps what was written: the change is made to that', async () => {
    const number = newNumber();
    const { version } = await open().stage(number, { label: 'Lima' }, fixed('958374'));
    const disturbed = openDisturbed(async () => {
      const { data } = await readAsPerson(number);
      await writeAsPerson(number, { ...data, about: { label: 'Quito' } });
    });
    await disturbed.promote(number, version);
    expect((await readAsPerson(number)).version).toBe(3);
    expect(await open().describe(number)).toMatchObject({
      label: 'Quito',
      versions: { current: { version } },
    });
  });

  test('who leaves no PIN record there at that instant is not overwritten', async () => {
    const number = newNumber();
    const { version } = await open().stage(number, {}, fixed('958374'));
    const disturbed = openDisturbed(() => writeAsPerson(number, { pin: '746293' }));
    await expect(disturbed.promote(number, version)).rejects.toThrow(
      `Version 2 of PIN record secret/whatsapp/2sv-pin/${number} is not one that this product wrote`,
    );
    expect(await readAsPerson(number)).toEqual({ data: { pin: '746293' }, version: 2 });
  });

  test('who makes another PIN current during a rotation is found by the promotion, which writes nothing', async () => {
    const number = newNumber();
    const store = open();
    const first = await store.stage(number, {}, fixed('830174'));
    await store.promote(number, first.version);
    const next = await store.stage(number, {}, fixed('958374'));
    const disturbed = openDisturbed(async () => {
      const given = await store.provide(number, new Secret('746293'));
      await store.promote(number, given.version);
    });
    const expected = { current: first.version };
    const failure = await failureOf(disturbed.promote(number, next.version, expected));
    expect(failure).toBeInstanceOf(PinRecordChangedError);
    expect(String(failure)).toContain(`secret/whatsapp/2sv-pin/${number}`);
    expect((await readAsPerson(number)).version).toBe(5);
    expect((await store.read(number, 'current')).pin.reveal()).toBe('746293');
    expect((await store.read(number, 'pending')).pin.reveal()).toBe('958374');
  });

  test('who copies another number’s record there is refused', async () => {
    const [one, other] = [newNumber(), newNumber()];
    await open().stage(one, {}, fixed('958374'));
    await writeAsPerson(other, (await readAsPerson(one)).data);
    await expect(open().read(other, 'pending')).rejects.toThrow(
      'remove it (bao kv metadata delete',
    );
  });

  test('who deletes the newest version leaves a record that nothing is staged over, until it is undeleted', async () => {
    const store = open();
    const number = newNumber();
    const { version } = await store.stage(number, {}, fixed('958374'));
    await bao.admin('DELETE', `${MOUNTED}${number}`);
    const failures = await Promise.all(
      [
        store.stage(number, {}, fixed('112233')),
        store.provide(number, new Secret('112233')),
        store.promote(number, version),
        store.read(number, 'pending'),
      ].map(failureOf),
    );
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(PinStoreRefusedError);
      expect(String(failure)).toContain(
        `bao kv undelete -versions=1 -mount=secret whatsapp/2sv-pin/${number}`,
      );
    }
    const { records } = await store.page();
    expect(records.find(({ phoneNumberId }) => phoneNumberId === number)).toHaveProperty(
      'unreadable',
    );
    await bao.admin('POST', `secret/undelete/whatsapp/2sv-pin/${number}`, {
      body: { versions: [1] },
    });
    expect((await store.stage(number, {}, fixed('112233'))).version).toBe(version);
  });

  test('who destroys the newest version is told to roll back', async () => {
    const store = open();
    const number = newNumber();
    const { version } = await store.stage(number, {}, fixed('958374'));
    await store.promote(number, version);
    await bao.admin('POST', `secret/destroy/whatsapp/2sv-pin/${number}`, {
      body: { versions: [2] },
    });
    await expect(store.stage(number, {}, fixed('112233'))).rejects.toThrow(
      `Version 2 of PIN record secret/whatsapp/2sv-pin/${number} was destroyed in Vault, and Meta may have its PINs: bring an older one back (bao kv rollback -version=1`,
    );
  });
});

test('a write whose answer was lost counts once: the PIN that was written is the one that is staged', async () => {
  const number = newNumber();
  const plain = vaultTransport({ address: bao.address });
  const twice: VaultSend = async (call, token) => {
    if (call.method === 'POST') await plain(call, token);
    return plain(call, token);
  };
  const store = createVaultPinStore({ send: twice, address: bao.address, auth });
  const pins = ['830174', '047382'];
  const staged = await store.stage(number, {}, () => new Secret(pins.shift() ?? '000000'));
  expect((await readAsPerson(number)).version).toBe(1);
  const pending = await open().read(number, 'pending');
  expect([pending.version, pending.pin.reveal()]).toEqual([staged.version, '830174']);
  await store.promote(number, staged.version);
  expect((await open().describe(number))?.versions).toEqual({
    current: expect.objectContaining({ version: staged.version }),
  });
  const backup = await store.backUp(number);
  await store.remove(number);
  expect(backup && (await store.restore(backup))).toBe('restored');
});

test.each(['other-team/pins/', 'other-team/wa-', 'wa-'])(
  'pages of records under %s have each once, and nothing else that is there',
  async (prefix) => {
    const { address } = bao;
    const store = connectVaultPinStore({ address, auth, prefix });
    expect(await store.page()).toEqual({ records: [] });
    await bao.admin('POST', `secret/data/${prefix}readme`, { body: { data: { text: 'x' } } });
    await bao.admin('POST', `secret/data/${prefix}77/1`, { body: { data: { text: 'x' } } });
    const numbers = ['7001', '7002', '7003', '7004', '7005', '7006', '7007'];
    for (const number of numbers) await store.stage(number, {}, fixed('830174'));
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await store.page(cursor, 3);
      pages.push(page.records.map(({ phoneNumberId }) => phoneNumberId));
      for (const { record, phoneNumberId } of page.records) {
        expect(record).toBe(`secret/${prefix}${phoneNumberId}`);
      }
      cursor = page.next;
    } while (cursor !== undefined);
    expect(pages).toEqual([numbers.slice(0, 3), numbers.slice(3, 6), numbers.slice(6)]);
  },
);

describe('the mount', () => {
  test('without an engine is refused, from every credential', async () => {
    const store = connectVaultPinStore({ address: bao.address, auth, mount: 'absent' });
    const failure = await failureOf(store.stage(newNumber(), {}, fixed('830174')));
    expect(failure).toBeInstanceOf(PinStoreRefusedError);
    expect(String(failure)).toContain('check VAULT_KV_MOUNT');
  });

  test('with a KV engine of version 1 is refused, and nothing is written to it', async () => {
    await bao.admin('POST', 'sys/mounts/kv1', { body: { type: 'kv', options: { version: '1' } } });
    const store = connectVaultPinStore({ address: bao.address, auth, mount: 'kv1' });
    const number = newNumber();
    await expect(store.stage(number, {}, fixed('830174'))).rejects.toThrow(
      'Vault has a KV engine of version 1 at kv1/, where PINs need KV version 2',
    );
    await expect(bao.admin('GET', `kv1/data/whatsapp/2sv-pin/${number}`)).rejects.toThrow('404');
  });

  test('with another engine is refused by its type', async () => {
    await bao.admin('POST', 'sys/mounts/keys', { body: { type: 'transit' } });
    const store = connectVaultPinStore({ address: bao.address, auth, mount: 'keys' });
    await expect(store.check()).rejects.toThrow('an engine of type transit at keys/');
  });

  test('inside of which no engine is mounted is refused', async () => {
    const store = connectVaultPinStore({ address: bao.address, auth, mount: 'secret/deeper' });
    await expect(store.check()).rejects.toThrow('no engine mounted at secret/deeper/');
  });

  test('that deletes versions after a time is refused before anybody uses a PIN', async () => {
    await bao.admin('POST', 'sys/mounts/ending', {
      body: { type: 'kv', options: { version: '2' } },
    });
    await bao.admin('POST', 'ending/config', { body: { delete_version_after: '1h' } });
    const store = connectVaultPinStore({ address: bao.address, auth, mount: 'ending' });
    const number = newNumber();
    for (let tries = 0; tries < 2; tries += 1) {
      await expect(store.stage(number, {}, fixed('830174'))).rejects.toThrow(
        /Vault deletes version 1 of PIN record ending\/.* by itself at .*: set delete_version_after to 0s/,
      );
    }
    await expect(store.check()).rejects.toThrow('delete_version_after');
    expect(await store.page()).toMatchObject({ records: [{ phoneNumberId: number }] });
    expect((await store.read(number, 'pending')).pin.reveal()).toBe('830174');
  });
});
