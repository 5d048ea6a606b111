import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generatePin } from '../../activities/pin.js';
import type { PinStoreConfig } from '../../activities/pin-store/open-pin-store.js';
import {
  PinNotFoundError,
  type PinRecordBackup,
  type PinStore,
  PinStoreRefusedError,
  PinStoreUnreachableError,
  type PinVersionState,
} from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { backupConformance } from './conformance-backups.js';
import { listConformance } from './conformance-lists.js';
import { noteConformance } from './conformance-notes.js';
import { raceConformance } from './conformance-races.js';
import {
  ABOUT,
  type ConformanceScene,
  fixed,
  listed,
  newNumber,
  pinsOf,
  STATES,
  shownOf,
  stageAndPromote,
} from './conformance-scene.js';

/** A PIN store as the suite needs it: the same records, opened as often as wanted. */
export interface StoreUnderTest {
  /**
   * The store, as a process that starts now would open it.
   *
   * @param keepFormer as the store's option of that name
   */
  open(clock?: () => Date, keepFormer?: number): PinStore | Promise<PinStore>;
  /** A store of the same kind in another place, which holds nothing yet. */
  elsewhere(): PinStore | Promise<PinStore>;
  /**
   * Puts something that is no PIN record in the place of one, as a person could with the store's own tools.
   *
   * @returns a function that tells whether it is still there
   */
  tamper(phoneNumberId: string): Promise<() => Promise<boolean>>;
  /**
   * Runs an operation in a process that dies right after so many writes.
   *
   * @returns false when it died, true when the operation ended before
   */
  dyingAfter(writes: number, operation: (store: PinStore) => Promise<unknown>): Promise<boolean>;
  /** How another process opens it. */
  config: PinStoreConfig;
  /** The passphrase, or the token of a Vault, that the configuration lacks when it is sent to another process. */
  passphrase?: string;
  /** A store that cannot be reached, and one that answers that it will not. */
  unreachable(): PinStore | Promise<PinStore>;
  refusing(): PinStore | Promise<PinStore>;
  stop(): Promise<void>;
}

export interface Conformance {
  name: string;
  start(): Promise<StoreUnderTest>;
  /** Whether a number can be staged anew as soon as its record was removed. */
  stagesAfterRemoval: boolean;
  /** Whether `keepFormer` says how many PINs without a state are kept. Where it does not, the store keeps them for longer. */
  keepsFormer: boolean;
  /** How often two processes race. */
  rounds: number;
}

/** The suite that every PIN store passes. */
export function pinStoreConformance(about: Conformance): void {
  const { name, start, stagesAfterRemoval } = about;
  describe(`PIN store ${name}`, () => {
    let store: PinStore;
    let backend: StoreUnderTest;
    let now = new Date('2026-11-23T09:00:00.000Z');
    const scene: ConformanceScene = {
      about,
      get store() {
        return store;
      },
      get backend() {
        return backend;
      },
      get now() {
        return now;
      },
      set now(instant) {
        now = instant;
      },
    };

    beforeAll(async () => {
      backend = await start();
      store = await backend.open(() => now);
    }, 300_000);
    afterAll(() => backend.stop());

    test('a number without a record has no description and no version, and removing it changes nothing', async () => {
      const number = newNumber();
      expect(await store.describe(number)).toBeUndefined();
      for (const version of [...STATES, 'b3e2']) {
        await expect(store.read(number, version)).rejects.toThrow(PinNotFoundError);
      }
      await expect(store.promote(number, 'b3e2')).rejects.toThrow(PinNotFoundError);
      await store.remove(number);
      expect(await store.describe(number)).toBeUndefined();
    });

    test('a staged PIN is pending, with its leading zero, for every reader', async () => {
      const number = newNumber();
      const staged = await store.stage(number, ABOUT, fixed('012349'));
      expect(staged).toEqual({
        store: store.name,
        record: expect.stringContaining(number),
        version: expect.any(String),
        createdAt: now.toISOString(),
      });
      const other = await backend.open();
      for (const version of ['pending', staged.version]) {
        const record = await other.read(number, version);
        expect(record.pin.reveal()).toBe('012349');
        expect(record).toMatchObject({
          phoneNumberId: number,
          version: staged.version,
          createdAt: now.toISOString(),
        });
        expect(record.lastRotated).toBeUndefined();
      }
      await expect(other.read(number, 'current')).rejects.toThrow(PinNotFoundError);
    });

    test('staging again returns the pending PIN and makes none', async () => {
      const number = newNumber();
      const first = await store.stage(number, {}, generatePin);
      const again = await (await backend.open()).stage(number, {}, () => {
        throw new Error('no new PIN is wanted');
      });
      expect(again).toEqual(first);
    });

    test('promoting makes a version current, dates it, and keeps the former one as previous', async () => {
      const number = newNumber();
      const first = await store.stage(number, {}, fixed('830174'));
      now = new Date('2026-11-23T09:10:00.000Z');
      const promoted = await store.promote(number, first.version);
      expect(promoted).toEqual({ ...first, lastRotated: now.toISOString() });
      expect(await pinsOf(store, number)).toEqual({ current: '830174' });

      now = new Date('2027-02-21T09:00:00.000Z');
      const second = await store.stage(number, {}, fixed('047382'));
      expect(await pinsOf(store, number)).toEqual({ current: '830174', pending: '047382' });
      await store.promote(number, second.version);
      expect(await pinsOf(store, number)).toEqual({ current: '047382', previous: '830174' });
      expect((await store.read(number, 'current')).lastRotated).toBe(now.toISOString());
      expect((await store.read(number, 'previous')).lastRotated).toBe(promoted.lastRotated);
    });

    test('promoting the current version again changes nothing', async () => {
      const number = newNumber();
      await stageAndPromote(store, number, '830174');
      const version = await stageAndPromote(store, number, '047382');
      const before = await store.describe(number);
      now = new Date(now.getTime() + 60_000);
      const again = await store.promote(number, version);
      expect(again.lastRotated).toBe(before?.versions.current?.lastRotated);
      expect(await store.describe(number)).toEqual(before);
    });

    test('a previous version can become current again', async () => {
      const number = newNumber();
      const first = await stageAndPromote(store, number, '830174');
      await stageAndPromote(store, number, '047382');
      await store.promote(number, first);
      expect(await pinsOf(store, number)).toEqual({ current: '830174', previous: '047382' });
      // Every way back must leave room for the next PIN.
      await stageAndPromote(store, number, '551902');
      await store.promote(number, first);
      expect(await pinsOf(store, number)).toEqual({ current: '830174', previous: '551902' });
      await stageAndPromote(store, number, '660283');
      expect(await pinsOf(store, number)).toEqual({ current: '660283', previous: '830174' });
    });

    test('a PIN that was current never turns up as pending or provided again', async () => {
      const number = newNumber();
      await store.stage(number, {}, fixed('830174'));
      const { version } = await store.provide(number, new Secret('830174'));
      await store.promote(number, version);
      const { version: other } = await store.provide(number, new Secret('047382'));
      await store.promote(number, other);
      expect(await pinsOf(store, number)).toEqual({ current: '047382', previous: '830174' });
      await stageAndPromote(store, number, '551902');
      expect(await pinsOf(store, number)).toEqual({ current: '551902', previous: '047382' });
    });

    test('a PIN that lost its state can still be read by its version', async () => {
      const number = newNumber();
      const first = await stageAndPromote(store, number, '830174');
      await stageAndPromote(store, number, '047382');
      await stageAndPromote(store, number, '551902');
      expect((await store.read(number, first)).pin.reveal()).toBe('830174');
    });

    test('a pending version whose PIN equals the current one counts as none, and a new one is staged', async () => {
      const number = newNumber();
      const { version: pending } = await store.stage(number, {}, fixed('830174'));
      const { version } = await store.provide(number, new Secret('830174'));
      await store.promote(number, version);
      expect(await pinsOf(store, number)).toEqual({ current: '830174' });
      await expect(store.read(number, 'pending')).rejects.toThrow(PinNotFoundError);
      const next = await store.stage(number, {}, fixed('047382'));
      expect(next.version).not.toBe(pending);
      expect(await pinsOf(store, number)).toEqual({ current: '830174', pending: '047382' });
    });

    test('a new PIN is never one that the record already holds', async () => {
      const number = newNumber();
      await stageAndPromote(store, number, '830174');
      await stageAndPromote(store, number, '047382');
      const draws = ['047382', '830174', '551902'].map((pin) => new Secret(pin));
      await store.stage(number, {}, () => draws.shift() ?? new Secret('000000'));
      expect((await pinsOf(store, number)).pending).toBe('551902');
      const other = newNumber();
      await stageAndPromote(store, other, '830174');
      await expect(store.stage(other, {}, fixed('830174'))).rejects.toThrow('generator');
    });

    test('a provided PIN overwrites none but an earlier provided one, and can be promoted', async () => {
      const number = newNumber();
      await stageAndPromote(store, number, '830174');
      await store.stage(number, {}, fixed('047382'));
      const provided = await store.provide(number, new Secret('012349'), ABOUT);
      expect(await store.provide(number, new Secret('012349'))).toEqual(provided);
      const all = { current: '830174', pending: '047382', provided: '012349' };
      expect(await pinsOf(store, number)).toEqual(all);
      const second = await store.provide(number, new Secret('660283'));
      expect(await pinsOf(store, number)).toEqual({ ...all, provided: '660283' });
      await store.promote(number, second.version);
      expect(await pinsOf(store, number)).toEqual({
        current: '660283',
        previous: '830174',
        pending: '047382',
      });
      expect(await store.describe(number)).toMatchObject(ABOUT);
    });

    test('providing a PIN that the record holds makes no second version of it', async () => {
      const number = newNumber();
      const current = await stageAndPromote(store, number, '830174');
      const { version: pending } = await store.stage(number, {}, fixed('047382'));
      expect((await store.provide(number, new Secret('830174'))).version).toBe(current);
      expect((await store.provide(number, new Secret('047382'))).version).toBe(pending);
      expect(await pinsOf(store, number)).toEqual({ current: '830174', pending: '047382' });
    });

    test('a PIN can be provided for a number without a record', async () => {
      const number = newNumber();
      await store.provide(number, new Secret('012349'), { label: 'Lima' });
      expect(await pinsOf(store, number)).toEqual({ provided: '012349' });
      expect(await store.describe(number)).toMatchObject({ label: 'Lima' });
    });

    test('what is given about a number is kept until another value is given', async () => {
      const number = newNumber();
      const { version } = await store.stage(number, ABOUT, generatePin);
      await store.stage(number, {}, generatePin);
      expect(await store.describe(number)).toMatchObject(ABOUT);
      await store.stage(number, { label: 'Quito' }, generatePin);
      await store.promote(number, version);
      expect(await store.describe(number)).toMatchObject({ ...ABOUT, label: 'Quito' });
    });

    test('the list shows each record once, and nothing of a removed one', async () => {
      const [kept, removed] = [newNumber(), newNumber()];
      for (const number of [kept, removed]) await store.stage(number, ABOUT, generatePin);
      await store.remove(removed);
      await store.remove(removed);
      await store.check();
      const all = await listed(store);
      expect(all.filter(({ phoneNumberId }) => phoneNumberId === kept)).toEqual([
        await store.describe(kept),
      ]);
      expect(all.map(({ phoneNumberId }) => phoneNumberId)).not.toContain(removed);
      expect(new Set(all.map(({ phoneNumberId }) => phoneNumberId)).size).toBe(all.length);
    });

    test('a removed record is gone with all its PINs', async () => {
      const number = newNumber();
      const version = await stageAndPromote(store, number, '830174');
      await store.provide(number, new Secret('047382'));
      await store.remove(number);
      expect(await store.describe(number)).toBeUndefined();
      for (const each of [...STATES, version]) {
        await expect(store.read(number, each)).rejects.toThrow(PinNotFoundError);
      }
      await expect(store.promote(number, version)).rejects.toThrow(PinNotFoundError);
      if (stagesAfterRemoval) {
        await store.stage(number, {}, fixed('551902'));
        expect(await pinsOf(store, number)).toEqual({ pending: '551902' });
      } else {
        await expect(store.stage(number, {}, generatePin)).rejects.toThrow(PinStoreRefusedError);
      }
    });

    test('an id that is not a string of digits is refused', async () => {
      for (const id of ['', '../1065', '1065/..', '１０６', '+16315551234']) {
        await expect(store.stage(id, {}, generatePin)).rejects.toThrow(PinStoreRefusedError);
        await expect(store.read(id, 'current')).rejects.toThrow(PinStoreRefusedError);
        await expect(store.remove(id)).rejects.toThrow(PinStoreRefusedError);
      }
    });

    describe('a crash between any two writes', () => {
      const versionOf = async (number: string, state: PinVersionState) =>
        (await store.read(number, state)).version;
      const rotated = async (number: string) => {
        await stageAndPromote(store, number, '830174');
        await store.stage(number, ABOUT, fixed('047382'));
      };
      const scenarios: {
        title: string;
        prepare?: (number: string) => Promise<unknown>;
        operation: (store: PinStore, number: string) => Promise<unknown>;
        after: Partial<Record<PinVersionState, string>>;
      }[] = [
        {
          title: 'the first staging',
          operation: (dying, number) => dying.stage(number, ABOUT, fixed('551902')),
          after: { pending: '551902' },
        },
        {
          title: 'a later staging',
          prepare: (number) => stageAndPromote(store, number, '830174'),
          operation: (dying, number) => dying.stage(number, ABOUT, fixed('551902')),
          after: { current: '830174', pending: '551902' },
        },
        {
          title: 'the first promotion',
          prepare: (number) => store.stage(number, ABOUT, fixed('830174')),
          operation: async (dying, number) =>
            dying.promote(
              number,
              (await store.describe(number))?.versions.pending?.version ??
                (await versionOf(number, 'current')),
            ),
          after: { current: '830174' },
        },
        {
          title: 'a later promotion',
          prepare: rotated,
          operation: async (dying, number) =>
            dying.promote(
              number,
              (await store.describe(number))?.versions.pending?.version ??
                (await versionOf(number, 'current')),
            ),
          after: { current: '047382', previous: '830174' },
        },
        {
          title: 'an operator providing a PIN',
          prepare: rotated,
          operation: (dying, number) =>
            dying.provide(number, new Secret('012349'), { label: 'Quito' }),
          after: { current: '830174', pending: '047382', provided: '012349' },
        },
        {
          title: 'an operator providing the first PIN',
          operation: (dying, number) => dying.provide(number, new Secret('012349'), ABOUT),
          after: { provided: '012349' },
        },
        {
          title: 'a promotion that expects what is current',
          prepare: rotated,
          operation: async (dying, number) => {
            const { versions } = (await store.describe(number)) ?? {};
            const version = versions?.pending?.version ?? (await versionOf(number, 'current'));
            const current = versions?.pending ? await versionOf(number, 'current') : 'b3e2';
            await dying.promote(number, version, { current });
          },
          after: { current: '047382', previous: '830174' },
        },
        {
          title: 'a note',
          prepare: rotated,
          operation: (dying, number) => dying.annotate(number, { renamedAt: now.toISOString() }),
          after: { current: '830174', pending: '047382' },
        },
        {
          title: 'a removal',
          prepare: rotated,
          operation: (dying, number) => dying.remove(number),
          after: {},
        },
      ];

      test.each(scenarios)(
        '$title: no PIN is lost, and repeating it completes it',
        async (scenario) => {
          let writes = 0;
          for (let finished = false; !finished; writes += 1) {
            const number = newNumber();
            await scenario.prepare?.(number);
            const before = await pinsOf(store, number);
            finished = await backend.dyingAfter(writes, (dying) =>
              scenario.operation(dying, number),
            );
            const between = await pinsOf(await backend.open(), number);
            expect([before, scenario.after]).toContainEqual(between);
            if (finished) expect(between).toEqual(scenario.after);
            await listed(store);
            await scenario.operation(await backend.open(), number);
            expect(await pinsOf(store, number)).toEqual(scenario.after);
          }
          expect(writes).toBeGreaterThan(1);
        },
      );

      test('a PIN that was pending when the process died is listed, and the one that is staged next', async () => {
        for (let writes = 0, finished = false; !finished; writes += 1) {
          const number = newNumber();
          finished = await backend.dyingAfter(writes, (dying) =>
            dying.stage(number, ABOUT, generatePin),
          );
          const { pending } = await pinsOf(store, number);
          expect(await store.describe(number)).toEqual(
            (await listed(store)).find(({ phoneNumberId }) => phoneNumberId === number),
          );
          await (await backend.open()).stage(number, {}, generatePin);
          if (pending !== undefined) expect(await pinsOf(store, number)).toEqual({ pending });
        }
      });
    });

    noteConformance(scene);
    listConformance(scene);
    backupConformance(scene);
    raceConformance(scene);

    test('a store that cannot be reached says so, from every method', async () => {
      for (const failure of await failuresOf(await backend.unreachable())) {
        expect(failure).toBeInstanceOf(PinStoreUnreachableError);
      }
    });

    test('a store that refuses says so, with what to do, from every method', async () => {
      for (const failure of await failuresOf(await backend.refusing())) {
        expect(failure).toBeInstanceOf(PinStoreRefusedError);
        expect(String(failure)).toMatch(/[:;] .+\.$/);
      }
    });

    test('no PIN is in a description, the list, a returned version or an error', async () => {
      const pin = '958374';
      const number = newNumber();
      const shown: unknown[] = [await store.stage(number, ABOUT, fixed(pin))];
      const { version } = await store.read(number, 'pending');
      shown.push(
        await store.promote(number, version, { current: 'b3e2' }).catch((e: unknown) => e),
      );
      shown.push(await store.promote(number, (await store.read(number, 'pending')).version));
      shown.push(await store.provide(number, new Secret('746293')), await store.describe(number));
      shown.push(await store.read(number, 'current'), (await listed(store)).slice(-1));
      shown.push(await store.annotate(number, { renamedAt: now.toISOString() }));
      const backup = await store.backUp(number);
      shown.push(backup, await store.page());
      const damaged = { ...backup, phoneNumberId: newNumber(), about: {}, notes: {}, states: {} };
      shown.push(await store.restore({ versions: [], ...damaged }).catch((e: unknown) => e));
      shown.push(...(await failuresOf(await backend.unreachable(), pin)));
      shown.push(...(await failuresOf(await backend.refusing(), pin)));
      shown.push(await store.read(number, 'pending').catch((error: unknown) => error));
      expect(shownOf(shown)).not.toMatch(/958374|746293/);
    });
  });
}

/** What each method of a store that does not work throws. */
async function failuresOf(store: PinStore, pin = '830174'): Promise<unknown[]> {
  const number = newNumber();
  const version = {
    version: randomUUID(),
    pin: new Secret(pin),
    createdAt: '2026-11-23T09:00:00.000Z',
  };
  const backup: PinRecordBackup = {
    phoneNumberId: number,
    about: {},
    notes: {},
    versions: [version],
    states: { current: version.version },
  };
  const calls: (() => Promise<unknown>)[] = [
    () => store.stage(number, {}, fixed(pin)),
    () => store.read(number, 'current'),
    () => store.promote(number, 'b3e2'),
    () => store.provide(number, new Secret(pin)),
    () => store.describe(number),
    () => store.annotate(number, { renamedAt: '2026-11-23T09:00:00.000Z' }),
    () => listed(store),
    () => store.page(),
    () => store.backUp(number),
    () => store.restore(backup),
    () => store.remove(number),
    () => store.check(),
  ];
  const failures: unknown[] = [];
  for (const call of calls) {
    failures.push(
      await call().then(
        (answer) => ({ didNotFail: answer }),
        (error: unknown) => error,
      ),
    );
  }
  return failures;
}
