import { describe, expect, test } from 'vitest';
import { generatePin } from '../../activities/pin.js';
import {
  PinNotFoundError,
  PinRecordChangedError,
  PinStoreRefusedError,
} from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import {
  ABOUT,
  type ConformanceScene,
  fixed,
  listed,
  newNumber,
  pinsOf,
  stageAndPromote,
  throwsNothing,
} from './conformance-scene.js';

const STALE = { since: '2026-11-23T09:00:00.000Z', why: 'Meta reported PIN_CHANGED.' };
const RENAMED_AT = '2026-11-24T07:30:00.000Z';

/** What holds for notes, for changes that expect what is current, and for how long former PINs are kept. */
export function noteConformance(scene: ConformanceScene): void {
  describe('notes', () => {
    test('about a number without a record nothing is noted', async () => {
      const number = newNumber();
      expect(await scene.store.annotate(number, { about: ABOUT, stale: STALE })).toBeUndefined();
      expect(await scene.store.describe(number)).toBeUndefined();
      const ids = (await listed(scene.store)).map(({ phoneNumberId }) => phoneNumberId);
      expect(ids).not.toContain(number);
    });

    test('are shown to every reader, kept until replaced or taken away, and change no PIN', async () => {
      const { store, backend } = scene;
      const number = newNumber();
      await stageAndPromote(store, number, '830174');
      await store.stage(number, ABOUT, fixed('047382'));
      const before = await store.describe(number);
      const about = { registeredName: 'Lima Repairs' };
      const noted = await store.annotate(number, { about, stale: STALE });
      expect(noted).toEqual({ ...before, ...about, stale: STALE });
      expect(await store.annotate(number, { renamedAt: RENAMED_AT })).toEqual({
        ...noted,
        renamedAt: RENAMED_AT,
      });
      const other = await backend.open();
      const all = { ...noted, renamedAt: RENAMED_AT };
      expect(await other.describe(number)).toEqual(all);
      expect(await other.annotate(number, { renamedAt: RENAMED_AT, about: {} })).toEqual(all);
      const [shown] = (await listed(other)).filter((each) => each.phoneNumberId === number);
      expect(shown).toEqual(all);
      const later = { ...STALE, since: '2026-11-25T10:00:00.000Z' };
      expect(await store.annotate(number, { stale: later })).toMatchObject({ stale: later });
      expect(await store.annotate(number, { stale: null, renamedAt: null })).toEqual({
        ...before,
        ...about,
      });
      expect(await pinsOf(store, number)).toEqual({ current: '830174', pending: '047382' });
    });

    test('outlive every change but that to another PIN, which is not the stale one', async () => {
      const { store } = scene;
      const number = newNumber();
      const current = await stageAndPromote(store, number, '830174');
      await store.annotate(number, { stale: STALE, renamedAt: RENAMED_AT });
      const { version } = await store.stage(number, ABOUT, fixed('047382'));
      await store.provide(number, new Secret('012349'));
      await store.promote(number, current);
      expect(await store.describe(number)).toMatchObject({ stale: STALE, renamedAt: RENAMED_AT });
      await store.promote(number, version);
      const after = await store.describe(number);
      expect(after).toMatchObject({ renamedAt: RENAMED_AT, ...ABOUT });
      expect(after).not.toHaveProperty('stale');
      await store.promote(number, current);
      expect(await store.describe(number)).not.toHaveProperty('stale');
    });

    test('that a number was offboarded stay until they are taken away, or another PIN becomes current', async () => {
      const { store } = scene;
      const number = newNumber();
      await stageAndPromote(store, number, '830174');
      const offboardedAt = '2026-11-25T10:00:00.000Z';
      await store.annotate(number, { offboardedAt });
      expect(await store.describe(number)).toMatchObject({ offboardedAt });
      await stageAndPromote(store, number, '047382');
      expect(await store.describe(number)).not.toHaveProperty('offboardedAt');
      await store.annotate(number, { offboardedAt });
      const described = await store.annotate(number, { offboardedAt: null, renamedAt: RENAMED_AT });
      expect(described).toMatchObject({ renamedAt: RENAMED_AT });
      expect(described).not.toHaveProperty('offboardedAt');
      expect(await store.describe(number)).toEqual(described);
    });

    test('that a PIN is stale go with the first promotion, too', async () => {
      const number = newNumber();
      const { version } = await scene.store.stage(number, {}, generatePin);
      expect(await scene.store.annotate(number, { stale: STALE })).toMatchObject({ stale: STALE });
      await scene.store.promote(number, version);
      expect(await scene.store.describe(number)).not.toHaveProperty('stale');
    });

    test('say that the current PIN is stale for as long as it is current, wherever a promotion dies', async () => {
      const { store, backend } = scene;
      for (let writes = 0, finished = false; !finished; writes += 1) {
        const number = newNumber();
        await stageAndPromote(store, number, '830174');
        await store.annotate(number, { stale: STALE });
        const { version } = await store.stage(number, {}, fixed('047382'));
        finished = await backend.dyingAfter(writes, (dying) => dying.promote(number, version));
        const { stale } = (await store.describe(number)) ?? {};
        const current = (await store.read(number, 'current')).pin.reveal();
        expect(stale).toEqual(current === '830174' ? STALE : undefined);
      }
    });
  });

  describe('a promotion that expects what is current', () => {
    test('is made when that is so, and may be repeated', async () => {
      const { store } = scene;
      const number = newNumber();
      const { version: first } = await store.stage(number, {}, fixed('830174'));
      await store.promote(number, first, { current: null });
      const { version: second } = await store.stage(number, {}, fixed('047382'));
      const promoted = await store.promote(number, second, { current: first });
      expect(await store.promote(number, second, { current: first })).toEqual(promoted);
      expect(await pinsOf(store, number)).toEqual({ current: '047382', previous: '830174' });
      const unknown = store.promote(number, 'b3e2', { current: second });
      await expect(unknown).rejects.toThrow(PinNotFoundError);
    });

    test('is refused when somebody promoted another PIN since, and nothing is changed', async () => {
      const { store, backend } = scene;
      const number = newNumber();
      const current = await stageAndPromote(store, number, '830174');
      const { version: pending } = await store.stage(number, {}, fixed('047382'));
      const somebody = await backend.open();
      const { version: theirs } = await somebody.provide(number, new Secret('012349'));
      await somebody.promote(number, theirs);
      await somebody.annotate(number, { stale: STALE });
      const before = await store.describe(number);
      for (const expected of [{ current }, { current: null }]) {
        const failure = await throwsNothing(store.promote(number, pending, expected));
        expect(failure).toBeInstanceOf(PinRecordChangedError);
        expect(String(failure)).toContain(number);
        expect(String(failure)).toContain(theirs);
        expect(String(failure)).toContain(expected.current ?? 'no version');
        expect(String(failure)).toMatch(/look at the record, then say retry\.$/);
        expect(String(failure)).not.toMatch(/830174|047382|012349/);
      }
      expect(await store.describe(number)).toEqual(before);
      expect(await pinsOf(store, number)).toEqual({
        current: '012349',
        previous: '830174',
        pending: '047382',
      });
      await store.promote(number, pending, { current: theirs });
      expect((await store.read(number, 'current')).pin.reveal()).toBe('047382');
    });

    test('is refused where none was current and one is', async () => {
      const number = newNumber();
      const { version: pending } = await scene.store.stage(number, {}, fixed('047382'));
      const { version: provided } = await scene.store.provide(number, new Secret('012349'));
      await scene.store.promote(number, provided);
      await expect(scene.store.promote(number, pending, { current: null })).rejects.toThrow(
        PinRecordChangedError,
      );
    });
  });

  test('what a person puts in the place of a record between staging and promotion is refused by name, and stays', async () => {
    const { store, backend } = scene;
    const number = newNumber();
    const current = await stageAndPromote(store, number, '830174');
    const { version } = await store.stage(number, ABOUT, fixed('047382'));
    const backup = await store.backUp(number);
    if (backup === undefined) throw new Error('There is a record.');
    const isThere = await backend.tamper(number);
    const other = await backend.open();
    for (const each of [store, other]) {
      for (const attempt of [
        () => each.promote(number, version, { current }),
        () => each.promote(number, version),
        () => each.stage(number, {}, generatePin),
        () => each.provide(number, new Secret('012349')),
        () => each.annotate(number, { stale: STALE }),
        () => each.read(number, 'current'),
        () => each.describe(number),
        () => each.backUp(number),
        () => each.restore(backup),
      ]) {
        const failure = await throwsNothing(attempt());
        expect(failure).toBeInstanceOf(PinStoreRefusedError);
        expect(String(failure)).toContain(number);
      }
    }
    expect(await isThere()).toBe(true);
  });

  test('of the PINs without a state the newest are kept, and always those with one', async () => {
    const { about, backend } = scene;
    const keepFormer = 2;
    const sparing = await backend.open(() => scene.now, keepFormer);
    const number = newNumber();
    const versions: string[] = [];
    for (const pin of ['101112', '202122', '303132', '404142', '505152']) {
      scene.now = new Date(scene.now.getTime() + 60_000);
      versions.push(await stageAndPromote(sparing, number, pin));
      // What an operator gave is older than all that is dropped later.
      if (versions.length === 1) await sparing.provide(number, new Secret('012349'));
    }
    const { version: pending } = await sparing.stage(number, {}, fixed('606162'));
    expect(await pinsOf(sparing, number)).toEqual({
      current: '505152',
      previous: '404142',
      pending: '606162',
      provided: '012349',
    });
    await sparing.promote(number, pending);
    const kept = about.keepsFormer
      ? ['303132', '404142']
      : ['101112', '202122', '303132', '404142'];
    const former: string[] = [];
    for (const version of versions) {
      const record = await throwsNothing(sparing.read(number, version));
      if (record instanceof PinNotFoundError) continue;
      former.push((await sparing.read(number, version)).pin.reveal());
    }
    expect(former).toEqual([...kept, '505152']);
    const backup = await sparing.backUp(number);
    const pins = backup?.versions.map(({ pin }) => pin.reveal()).sort();
    expect(pins).toEqual([...kept, '012349', '505152', '606162'].sort());
    // A former PIN can come back, however old: then it is not former.
    const [oldest = ''] = versions.slice(about.keepsFormer ? 2 : 0);
    await sparing.promote(number, oldest);
    expect((await sparing.read(number, 'previous')).pin.reveal()).toBe('606162');
  });
}
