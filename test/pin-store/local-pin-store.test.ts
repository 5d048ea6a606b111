import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { generatePin } from '../../activities/pin.js';
import { createLocalPinStore } from '../../activities/pin-store/local-pin-store.js';
import {
  PinNotFoundError,
  type PinStore,
  PinStoreRefusedError,
  PinStoreUnreachableError,
} from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { pinStoreConformance } from './conformance.js';
import { faults } from './faulty-files.js';
import { startRacers } from './racers.js';

// Hoisted above the imports, so it brings its own.
vi.mock('node:fs/promises', async (original) => {
  const { faultyFiles } = await import('./faulty-files.js');
  return faultyFiles(await original<typeof import('node:fs/promises')>());
});

const NUMBER = '106540352242922';
const FAST_SCRYPT = 10;
const temporaryFolder = () => mkdtemp(join(tmpdir(), 'pin-store-'));
const fixed = (pin: string) => () => new Secret(pin);

for (const passphrase of [undefined, 'correct horse battery']) {
  pinStoreConformance({
    name: passphrase === undefined ? 'local, with a key file' : 'local, with a passphrase',
    stagesAfterRemoval: true,
    keepsFormer: true,
    rounds: passphrase === undefined ? 20 : 5,
    async start() {
      const dir = await temporaryFolder();
      const others: string[] = [];
      const key = {
        scryptWorkFactor: FAST_SCRYPT,
        ...(passphrase !== undefined && { passphrase: new Secret(passphrase) }),
      };
      return {
        config: { kind: 'local', dir },
        ...(passphrase !== undefined && { passphrase }),
        open: (clock, keepFormer) =>
          createLocalPinStore({
            dir,
            ...key,
            ...(clock && { clock }),
            ...(keepFormer !== undefined && { keepFormer }),
          }),
        async elsewhere() {
          const other = await temporaryFolder();
          others.push(other);
          return createLocalPinStore({ dir: other, ...key });
        },
        async tamper(phoneNumberId) {
          const folder = join(dir, phoneNumberId);
          const [file = ''] = (await readdir(folder)).filter((name) => name.endsWith('.age'));
          const path = join(folder, file);
          const note = 'The PIN is in the safe.';
          await writeFile(path, note);
          return async () => (await readFile(path, 'utf8')) === note;
        },
        async dyingAfter(writes, operation) {
          Object.assign(faults, { writesLeft: writes, died: false });
          try {
            await operation(createLocalPinStore({ dir, ...key })).catch((error: unknown) => {
              if (!faults.died) throw error;
            });
            return !faults.died;
          } finally {
            faults.writesLeft = undefined;
          }
        },
        unreachable: () => withListing('EIO', createLocalPinStore({ dir, ...key })),
        async refusing() {
          const folder = await temporaryFolder();
          await createLocalPinStore({ dir: folder, ...key }).stage(NUMBER, {}, generatePin);
          await rm(join(folder, 'key.txt'));
          const store = createLocalPinStore({ dir: folder, ...key });
          return store;
        },
        async stop() {
          for (const each of [dir, ...others]) await rm(each, { recursive: true });
        },
      };
    },
  });
}

/** The store, with a disk that cannot list a folder while one of its methods runs. */
function withListing(code: string, store: PinStore): PinStore {
  const failing = async <T>(work: () => Promise<T>): Promise<T> => {
    faults.listing = code;
    try {
      return await work();
    } finally {
      faults.listing = undefined;
    }
  };
  return {
    name: store.name,
    stage: (...args) => failing(() => store.stage(...args)),
    read: (...args) => failing(() => store.read(...args)),
    promote: (...args) => failing(() => store.promote(...args)),
    provide: (...args) => failing(() => store.provide(...args)),
    annotate: (...args) => failing(() => store.annotate(...args)),
    describe: (...args) => failing(() => store.describe(...args)),
    page: (...args) => failing(() => store.page(...args)),
    backUp: (...args) => failing(() => store.backUp(...args)),
    restore: (...args) => failing(() => store.restore(...args)),
    remove: (...args) => failing(() => store.remove(...args)),
    check: () => failing(() => store.check()),
    async *list() {
      const all = await failing(async () => {
        const found = [];
        for await (const each of store.list()) found.push(each);
        return found;
      });
      yield* all;
    },
  };
}

describe('the local PIN store', () => {
  let dir: string;
  let store: PinStore;
  beforeEach(async () => {
    dir = await temporaryFolder();
    store = createLocalPinStore({ dir });
  });
  afterEach(() => rm(dir, { recursive: true }));

  const keyFile = () => join(dir, 'key.txt');
  const filesOf = (number = NUMBER) => readdir(join(dir, number));
  const opened = (passphrase?: string) =>
    createLocalPinStore({
      dir,
      scryptWorkFactor: FAST_SCRYPT,
      ...(passphrase !== undefined && { passphrase: new Secret(passphrase) }),
    });
  const refusal = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(PinStoreRefusedError);
    return String(error);
  };

  test('folders and files are for their owner only, and hold nothing in the clear', async () => {
    await store.stage(NUMBER, { label: 'Lima' }, fixed('958374'));
    const [file = ''] = await filesOf();
    const path = join(dir, NUMBER, file);
    expect((await stat(join(dir, NUMBER))).mode & 0o077).toBe(0);
    expect((await stat(path)).mode & 0o177).toBe(0);
    expect((await stat(keyFile())).mode & 0o177).toBe(0);
    const content = await readFile(path, 'latin1');
    expect(content).toMatch(/^age-encryption\.org\/v1\n/);
    expect(content).not.toMatch(/958374|Lima/);
  });

  test('one revision is kept, and the left-overs of crashed processes go when they are old', async () => {
    const { version } = await store.stage(NUMBER, {}, generatePin);
    const leftOver = join(dir, NUMBER, '.0e4f4bd2-63a4-4f4e-9ad0-6c6c0fb1d5a1.tmp');
    await writeFile(leftOver, 'half a rec');
    await store.promote(NUMBER, version);
    expect(await filesOf()).toEqual(['.0e4f4bd2-63a4-4f4e-9ad0-6c6c0fb1d5a1.tmp', '2.age']);
    const twoHoursAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
    await utimes(leftOver, twoHoursAgo, twoHoursAgo);
    await store.promote(NUMBER, version);
    expect(await filesOf()).toEqual(['2.age']);
  });

  test('a lost key file is reported and never replaced while there are records', async () => {
    await store.stage(NUMBER, {}, generatePin);
    await rm(keyFile());
    expect(await refusal(store.stage(NUMBER, {}, generatePin))).toContain('restore the file');
    expect(await refusal(opened().stage('42', {}, generatePin))).toContain(keyFile());
    expect(await readdir(dir)).toEqual([NUMBER]);
  });

  test('a wrong key is reported, and no record is written over one it does not open', async () => {
    await store.stage(NUMBER, {}, generatePin);
    const other = await temporaryFolder();
    await createLocalPinStore({ dir: other }).check();
    await writeFile(keyFile(), await readFile(join(other, 'key.txt')));
    for (const each of [store, opened()]) {
      expect(await refusal(each.stage(NUMBER, {}, generatePin))).toContain('another key');
      expect(await refusal(each.remove(NUMBER))).toContain('another key');
      expect(await refusal(each.check())).toContain('another key');
    }
    expect(await filesOf()).toEqual(['1.age']);
    await rm(other, { recursive: true });
  });

  test('a file that another key wrote is listed as such, and without the key nothing is listed', async () => {
    for (const number of ['41', '42', '43']) await store.stage(number, {}, generatePin);
    const other = await temporaryFolder();
    await createLocalPinStore({ dir: other }).stage('42', {}, generatePin);
    const path = join(dir, '42', '1.age');
    await writeFile(path, await readFile(join(other, '42', '1.age')));
    const { records } = await store.page();
    expect(records).toEqual([
      await store.describe('41'),
      {
        phoneNumberId: '42',
        store: 'local',
        record: '42',
        unreadable: expect.stringContaining(`${path} was encrypted with another key`),
      },
      await store.describe('43'),
    ]);
    await rm(keyFile());
    expect(await refusal(store.page())).toContain('restore the file');
    await rm(other, { recursive: true });
  });

  test('a key file that others can read is refused until it is closed', async () => {
    await store.check();
    await chmod(keyFile(), 0o640);
    expect(await refusal(store.check())).toContain(`chmod 600 ${keyFile()}`);
    await chmod(keyFile(), 0o600);
    await store.check();
  });

  test('a key file that is no key is refused without being quoted', async () => {
    await writeFile(keyFile(), 'AGE-SECRET-KEY-1ABCDEF\n', { mode: 0o600 });
    const message = await refusal(store.check());
    expect(message).toContain('no valid age key');
    expect(message).not.toContain('ABCDEF');
  });

  test('a passphrase that is wrong, missing or needless is told apart', async () => {
    await opened('correct').stage(NUMBER, {}, fixed('958374'));
    expect(await refusal(opened('wrong').read(NUMBER, 'pending'))).toContain('does not open');
    expect(await refusal(opened().read(NUMBER, 'pending'))).toContain('none is set');
    expect((await opened('correct').read(NUMBER, 'pending')).pin.reveal()).toBe('958374');
    await rm(dir, { recursive: true });
    await mkdir(dir);
    await opened().check();
    expect(await refusal(opened('correct').check())).toContain('unset PIN_STORE_PASSPHRASE');
  });

  test('a damaged record is refused by name and not written over', async () => {
    await store.stage(NUMBER, {}, generatePin);
    const path = join(dir, NUMBER, '1.age');
    const content = await readFile(path);
    for (const damaged of [
      content.subarray(0, -4),
      Buffer.from('{"pin":"958374"}\n'),
      Buffer.alloc(0),
    ]) {
      await writeFile(path, damaged);
      const message = await refusal(store.stage(NUMBER, {}, generatePin));
      expect(message).toContain(`${path} is damaged`);
      expect(message).not.toContain('958374');
    }
    expect(await filesOf()).toEqual(['1.age']);
  });

  test('a folder that is a file is refused with what to do', async () => {
    const file = join(dir, 'file');
    await writeFile(file, '');
    const inFile = createLocalPinStore({ dir: join(file, 'pins') });
    expect(await refusal(inFile.check())).toContain('choose another folder');
  });

  test('a place where no folder can be made ends with an error, and is not tried for ever', async () => {
    const nowhere = createLocalPinStore({ dir: '/proc/nowhere/pins' });
    await expect(nowhere.check()).rejects.toThrow('/proc/nowhere');
  });

  test('a disk that does not answer is unreachable', async () => {
    await store.check();
    await expect(withListing('EIO', store).describe(NUMBER)).rejects.toThrow(
      PinStoreUnreachableError,
    );
  });

  describe('a process that sleeps between reading a record and writing it', () => {
    /** Runs the first operation, and the others while it is about to write. */
    async function whileAsleep<T>(
      first: () => Promise<T>,
      others: () => Promise<unknown>,
    ): Promise<T> {
      faults.beforeLink = async () => {
        faults.beforeLink = undefined;
        await others();
      };
      return first();
    }

    test('adopts what others wrote meanwhile, however much that was', async () => {
      const other = opened();
      const { version: first } = await store.stage(NUMBER, {}, generatePin);
      await store.promote(NUMBER, first);
      let pending = '';
      const staged = await whileAsleep(
        () => store.stage(NUMBER, {}, generatePin),
        async () => {
          for (let rotation = 0; rotation < 3; rotation += 1) {
            await other.promote(NUMBER, (await other.stage(NUMBER, {}, generatePin)).version);
          }
          pending = (await other.stage(NUMBER, {}, generatePin)).version;
        },
      );
      expect(staged.version).toBe(pending);
      expect((await other.read(NUMBER, 'pending')).version).toBe(pending);
      await store.promote(NUMBER, pending);
      expect(await filesOf()).toHaveLength(1);
    });

    test('does not bring back a record that was removed meanwhile', async () => {
      const { version: first } = await store.stage(NUMBER, {}, fixed('958374'));
      await store.promote(NUMBER, first);
      await whileAsleep(
        () => store.stage(NUMBER, {}, fixed('746293')),
        () => opened().remove(NUMBER),
      );
      await expect(store.read(NUMBER, first)).rejects.toThrow(PinNotFoundError);
      await expect(store.read(NUMBER, 'current')).rejects.toThrow(PinNotFoundError);
      expect((await store.read(NUMBER, 'pending')).pin.reveal()).toBe('746293');
    });
  });

  test('two processes that begin in an empty folder end with one key', async () => {
    const racers = await startRacers();
    try {
      for (let round = 0; round < 10; round += 1) {
        const config = { kind: 'local', dir: join(dir, `${round}`) } as const;
        const tasks = ['1', '2'].map((phoneNumberId) => ({
          config,
          phoneNumberId,
          method: 'stage' as const,
        }));
        const [first, second] = tasks;
        if (!first || !second) throw new Error('There are two tasks.');
        const answers = await racers.race(first, second);
        expect(answers.filter((answer) => 'error' in answer)).toEqual([]);
        const reader = createLocalPinStore(config);
        for (const { phoneNumberId } of tasks) await reader.read(phoneNumberId, 'pending');
      }
    } finally {
      await racers.stop();
    }
  }, 60_000);

  test('nothing of a crash while the first key is made is in the way of the next start', async () => {
    for (let writes = 0, finished = false; !finished; writes += 1) {
      const folder = join(dir, `crash-${writes}`);
      Object.assign(faults, { writesLeft: writes, died: false });
      await createLocalPinStore({ dir: folder })
        .stage(NUMBER, {}, generatePin)
        .catch((error: unknown) => {
          if (!faults.died) throw error;
        });
      faults.writesLeft = undefined;
      finished = !faults.died;
      const restarted = createLocalPinStore({ dir: folder });
      const { version } = await restarted.stage(NUMBER, {}, generatePin);
      expect((await restarted.read(NUMBER, 'pending')).version).toBe(version);
    }
  });
});
