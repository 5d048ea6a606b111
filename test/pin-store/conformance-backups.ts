import { describe, expect, test } from 'vitest';
import { generatePin } from '../../activities/pin.js';
import {
  type PinRecordBackup,
  type PinStore,
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
  plain,
  shownOf,
  stageAndPromote,
  throwsNothing,
} from './conformance-scene.js';

const STALE = { since: '2026-11-23T09:00:00.000Z', why: 'Meta reported PIN_CHANGED.' };
const ALL = { current: '303132', previous: '202122', pending: '047382', provided: '012349' };

/** What holds for backups of records and for what comes back from them. */
export function backupConformance(scene: ConformanceScene): void {
  /** A record with everything that one can have, a PIN without a state included. */
  async function fullRecord(store: PinStore): Promise<{ number: string; former: string }> {
    const number = newNumber();
    const former = await stageAndPromote(store, number, '101112');
    await stageAndPromote(store, number, '202122');
    await stageAndPromote(store, number, '303132');
    await store.stage(number, ABOUT, fixed('047382'));
    await store.provide(number, new Secret('012349'));
    await store.annotate(number, {
      about: { registeredName: 'Lima Repairs' },
      stale: STALE,
      renamedAt: '2026-11-24T07:30:00.000Z',
      offboardedAt: '2026-11-25T10:00:00.000Z',
    });
    return { number, former };
  }

  const backUp = async (store: PinStore, number: string): Promise<PinRecordBackup> => {
    const backup = await store.backUp(number);
    if (backup === undefined) throw new Error('There is a record.');
    return backup;
  };

  describe('a backup', () => {
    test('of a number without a record is none', async () => {
      const number = newNumber();
      expect(await scene.store.backUp(number)).toBeUndefined();
      await scene.store.stage(number, {}, generatePin);
      await scene.store.remove(number);
      expect(await scene.store.backUp(number)).toBeUndefined();
    });

    test('brings the whole record back in another store, where it goes on as it was', async () => {
      const { store, backend } = scene;
      const { number, former } = await fullRecord(store);
      const backup = await backUp(store, number);
      const other = await backend.elsewhere();
      expect(await other.restore(backup)).toBe('restored');
      const { record, ...described } = (await store.describe(number)) ?? {};
      expect(await other.describe(number)).toEqual({
        ...described,
        record: expect.stringContaining(number),
      });
      expect(await pinsOf(other, number)).toEqual(ALL);
      expect((await other.read(number, former)).pin.reveal()).toBe('101112');
      expect(plain(await other.backUp(number))).toEqual(plain(backup));
      expect(await listed(other)).toEqual([await other.describe(number)]);

      const { version } = await other.stage(number, {}, generatePin);
      expect(version).toBe(backup.states.pending);
      await other.promote(number, version, { current: backup.states.current ?? null });
      expect(await pinsOf(other, number)).toEqual({
        current: ALL.pending,
        previous: ALL.current,
        provided: ALL.provided,
      });
      expect(await other.describe(number)).not.toHaveProperty('stale');
    });

    test('restored again changes nothing, and nothing where the record has changed', async () => {
      const { store, backend } = scene;
      const { number } = await fullRecord(store);
      const backup = await backUp(store, number);
      expect(await store.restore(backup)).toBe('unchanged');
      const other = await backend.elsewhere();
      expect(await other.restore(backup)).toBe('restored');
      expect(await other.restore({ ...backup, versions: backup.versions.toReversed() })).toBe(
        'unchanged',
      );
      for (const change of [
        () => other.annotate(number, { stale: null }),
        () => other.provide(number, new Secret('660283')),
        () => other.promote(number, backup.states.pending ?? ''),
      ]) {
        await change();
        const before = plain(await other.backUp(number));
        expect(await other.restore(backup)).toBe('differs');
        expect(plain(await other.backUp(number))).toEqual(before);
      }
    });

    test('does not come back over another record of the number', async () => {
      const { store, backend } = scene;
      const { number } = await fullRecord(store);
      const other = await backend.elsewhere();
      await other.stage(number, {}, fixed('551902'));
      expect(await other.restore(await backUp(store, number))).toBe('differs');
      expect(await pinsOf(other, number)).toEqual({ pending: '551902' });
    });

    test('of a record that has nothing but a pending PIN comes back as that', async () => {
      const { store, backend } = scene;
      const number = newNumber();
      await store.stage(number, {}, fixed('012349'));
      const other = await backend.elsewhere();
      expect(await other.restore(await backUp(store, number))).toBe('restored');
      expect(await pinsOf(other, number)).toEqual({ pending: '012349' });
      expect(await other.restore(await backUp(store, number))).toBe('unchanged');
      const { version } = await other.stage(number, {}, generatePin);
      await other.promote(number, version, { current: null });
      expect(await pinsOf(other, number)).toEqual({ current: '012349' });
    });

    test('that is not one of a whole record is refused', async () => {
      const { number } = await fullRecord(scene.store);
      const backup = { ...(await backUp(scene.store, number)), phoneNumberId: newNumber() };
      const [version] = backup.versions;
      if (version === undefined) throw new Error('There are versions.');
      for (const broken of [
        { ...backup, versions: [] },
        { ...backup, versions: backup.versions.slice(0, 1) },
        { ...backup, versions: [version, ...backup.versions] },
        { ...backup, phoneNumberId: '../1065' },
      ]) {
        const failure = await throwsNothing(scene.store.restore(broken));
        expect(failure).toBeInstanceOf(PinStoreRefusedError);
        expect(String(failure)).not.toMatch(/\d{6}(?!\d)(?<!\d{7})/);
      }
      expect(await scene.store.describe(backup.phoneNumberId)).toBeUndefined();
    });

    test('shows none of its PINs when it is printed, logged or sent', async () => {
      const { number } = await fullRecord(scene.store);
      const backup = await backUp(scene.store, number);
      expect(backup.versions.map(({ pin }) => pin.reveal())).toContain('303132');
      expect(shownOf([backup])).not.toMatch(/101112|202122|303132|047382|012349/);
    });
  });

  test('a restoration that dies between any two writes is completed by the next', async () => {
    const { store, backend } = scene;
    const { number } = await fullRecord(store);
    const source = await backUp(store, number);
    let writes = 0;
    for (let finished = false; !finished; writes += 1) {
      const backup = { ...source, phoneNumberId: newNumber() };
      const { phoneNumberId } = backup;
      finished = await backend.dyingAfter(writes, (dying) => dying.restore(backup));
      // Until it is whole there is no record, or one that is refused: never one with some of its PINs.
      const between = await throwsNothing(store.backUp(phoneNumberId));
      if (between instanceof Error) {
        expect(between).toBeInstanceOf(PinStoreRefusedError);
        expect(String(between)).toContain(phoneNumberId);
        await expect(store.stage(phoneNumberId, {}, generatePin)).rejects.toThrow('restor');
      } else if (between !== undefined || finished) {
        expect(plain(await store.backUp(phoneNumberId))).toEqual(plain(backup));
      }
      const other = await backend.open();
      expect(['restored', 'unchanged']).toContain(await other.restore(backup));
      expect(plain(await store.backUp(phoneNumberId))).toEqual(plain(backup));
      expect(await pinsOf(other, phoneNumberId)).toEqual(ALL);
    }
    expect(writes).toBeGreaterThan(1);
  }, 120_000);

  test('a record that was restored in part does not keep others from being listed, and can be removed', async () => {
    const { store, backend } = scene;
    const { number } = await fullRecord(store);
    const source = await backUp(store, number);
    for (const writes of [1, 4]) {
      const backup = { ...source, phoneNumberId: newNumber() };
      const { phoneNumberId } = backup;
      await backend.dyingAfter(writes, (dying) => dying.restore(backup));
      const all = await listed(store);
      expect(all).toContainEqual(await store.describe(number));
      for (const each of all.filter((record) => record.phoneNumberId === phoneNumberId)) {
        if ('versions' in each) expect(each).toEqual(await store.describe(phoneNumberId));
        else expect(each.unreadable).toMatch(/restor.+\.$/);
      }
      await store.remove(phoneNumberId);
      expect(await store.describe(phoneNumberId)).toBeUndefined();
    }
  }, 60_000);
}
