import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generatePin } from '../../activities/pin.js';
import type { PinStoreConfig } from '../../activities/pin-store/open-pin-store.js';
import {
  type PinDescription,
  PinNotFoundError,
  type PinStore,
  PinStoreRefusedError,
  PinStoreUnreachableError,
  type PinVersionState,
} from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import type { RacerAnswer, RacerTask } from './racer.js';
import { type Racers, startRacers } from './racers.js';

/** A PIN store as the suite needs it: the same records, opened as often as wanted. */
export interface StoreUnderTest {
  /** The store, as a process that starts now would open it. */
  open(clock?: () => Date): PinStore | Promise<PinStore>;
  /**
   * Runs an operation in a process that dies right after so many writes.
   *
   * @returns false when it died, true when the operation ended before
   */
  dyingAfter(writes: number, operation: (store: PinStore) => Promise<unknown>): Promise<boolean>;
  /** How another process opens it. */
  config: PinStoreConfig;
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
  /** How often two processes race. */
  rounds: number;
}

const STATES: PinVersionState[] = ['pending', 'current', 'previous', 'provided'];
const ABOUT = { displayPhoneNumber: '+1 631-555-1234', wabaId: '102290129340398', label: 'Lima' };

let lastNumber = 106_540_352_242_000;
function newNumber(): string {
  lastNumber += 1;
  return String(lastNumber);
}
const fixed = (pin: string) => () => new Secret(pin);

/** The PINs of a record by state: what a person with the key would see. */
async function pinsOf(
  store: PinStore,
  number: string,
): Promise<Partial<Record<PinVersionState, string>>> {
  const pins: Partial<Record<PinVersionState, string>> = {};
  const description = await store.describe(number);
  for (const state of STATES) {
    if (description?.versions[state]) pins[state] = (await store.read(number, state)).pin.reveal();
  }
  return pins;
}

async function listed(store: PinStore): Promise<PinDescription[]> {
  const all: PinDescription[] = [];
  for await (const each of store.list()) all.push(each);
  return all;
}

async function stageAndPromote(store: PinStore, number: string, pin?: string): Promise<string> {
  const { version } = await store.stage(number, {}, pin === undefined ? generatePin : fixed(pin));
  await store.promote(number, version);
  return version;
}

/** The suite that every PIN store passes. */
export function pinStoreConformance({
  name,
  start,
  stagesAfterRemoval,
  rounds,
}: Conformance): void {
  describe(`PIN store ${name}`, () => {
    let store: PinStore;
    let backend: StoreUnderTest;
    let now = new Date('2026-11-23T09:00:00.000Z');

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

    describe('two processes at once', () => {
      let racers: Racers;
      beforeAll(async () => {
        racers = await startRacers();
      }, 60_000);
      afterAll(() => racers.stop());

      const task = (
        phoneNumberId: string,
        method: RacerTask['method'],
        argument?: string,
      ): RacerTask => ({
        config: backend.config,
        ...(backend.passphrase !== undefined && { passphrase: backend.passphrase }),
        phoneNumberId,
        method,
        ...(argument !== undefined && { argument }),
      });
      const versionIn = (answer: RacerAnswer): string => {
        if ('version' in answer) return answer.version;
        throw new Error(`A racer failed: ${JSON.stringify(answer)}`);
      };

      test('they stage the same PIN and promote it once, time after time', async () => {
        const number = newNumber();
        let former: string | undefined;
        for (let round = 0; round < rounds; round += 1) {
          const staged = await racers.race(task(number, 'stage'), task(number, 'stage'));
          const version = versionIn(staged[0]);
          expect(versionIn(staged[1])).toBe(version);
          expect((await store.read(number, 'pending')).version).toBe(version);
          const promote = task(number, 'promote', version);
          const promoted = await racers.race(promote, promote);
          expect(promoted.map(versionIn)).toEqual([version, version]);
          const { versions } = (await store.describe(number)) ?? {};
          expect(versions?.current?.version).toBe(version);
          expect(versions?.previous?.version).toBe(former);
          expect(versions?.pending).toBeUndefined();
          former = version;
        }
      }, 60_000);

      test('they stage the same first PIN of a number', async () => {
        for (let round = 0; round < rounds; round += 1) {
          const number = newNumber();
          const staged = await racers.race(task(number, 'stage'), task(number, 'stage'));
          expect(versionIn(staged[0])).toBe(versionIn(staged[1]));
          expect(versionIn(staged[0])).toBe((await store.read(number, 'pending')).version);
        }
      }, 60_000);

      test('neither undoes what the other does to the same record', async () => {
        for (let round = 0; round < rounds; round += 1) {
          const number = newNumber();
          const { version } = await store.stage(number, {}, fixed('830174'));
          const [promoted, provided] = await racers.race(
            task(number, 'promote', version),
            task(number, 'provide', '012349'),
          );
          expect(versionIn(promoted)).toBe(version);
          expect(versionIn(provided)).not.toBe(version);
          expect(await pinsOf(store, number)).toEqual({ current: '830174', provided: '012349' });
        }
      }, 60_000);
    });

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
      shown.push(await store.promote(number, (await store.read(number, 'pending')).version));
      shown.push(await store.provide(number, new Secret('746293')), await store.describe(number));
      shown.push(await store.read(number, 'current'), (await listed(store)).slice(-1));
      shown.push(...(await failuresOf(await backend.unreachable(), pin)));
      shown.push(...(await failuresOf(await backend.refusing(), pin)));
      shown.push(await store.read(number, 'pending').catch((error: unknown) => error));
      const text = shown.map(
        (each) => inspect(each, { depth: 20, showHidden: true }) + JSON.stringify(each),
      );
      expect(text.join('\n')).not.toMatch(/958374|746293/);
    });
  });
}

/** What each method of a store that does not work throws. */
async function failuresOf(store: PinStore, pin = '830174'): Promise<unknown[]> {
  const number = newNumber();
  const calls: (() => Promise<unknown>)[] = [
    () => store.stage(number, {}, fixed(pin)),
    () => store.read(number, 'current'),
    () => store.promote(number, 'b3e2'),
    () => store.provide(number, new Secret(pin)),
    () => store.describe(number),
    () => listed(store),
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
