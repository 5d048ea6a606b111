import { describe, expect, test } from 'vitest';
import { generatePin } from '../../activities/pin.js';
import {
  type ListedPinRecord,
  type PinStore,
  PinStoreRefusedError,
} from '../../activities/pin-store/pin-store.js';
import {
  ABOUT,
  type ConformanceScene,
  fixed,
  listed,
  newNumber,
  stageAndPromote,
} from './conformance-scene.js';

/** What holds for lists and their pages. */
export function listConformance(scene: ConformanceScene): void {
  const withRecords = async (store: PinStore, count: number): Promise<string[]> => {
    const numbers = Array.from({ length: count }, newNumber);
    for (const number of numbers) await store.stage(number, ABOUT, generatePin);
    return numbers;
  };

  describe('pages', () => {
    test('show every record exactly once, however large they are', async () => {
      const store = await scene.backend.elsewhere();
      expect(await store.page()).toEqual({ records: [] });
      const numbers = await withRecords(store, 7);
      const removed = newNumber();
      await store.stage(removed, {}, generatePin);
      await store.remove(removed);
      for (const limit of [1, 2, 3, 7, 100, undefined]) {
        const pages = await pagesOf(store, limit);
        for (const records of pages) expect(records.length).toBeLessThanOrEqual(limit ?? 100);
        const records = pages.flat();
        expect(records.map(({ phoneNumberId }) => phoneNumberId).sort()).toEqual(numbers.sort());
        const [first] = records;
        expect(first).toEqual(await store.describe(first?.phoneNumberId ?? ''));
      }
    });

    test('show what was there all the time, whatever is made and removed between two of them', async () => {
      const store = await scene.backend.elsewhere();
      const numbers = await withRecords(store, 6);
      const { records, next } = await store.page(undefined, 2);
      const removed = records.map(({ phoneNumberId }) => phoneNumberId);
      const kept = numbers.filter((number) => !removed.includes(number));
      await withRecords(store, 2);
      const rest = (await pagesOf(store, 2, next)).flat().map(({ phoneNumberId }) => phoneNumberId);
      expect(rest).toEqual(expect.arrayContaining(kept));
      expect(new Set(rest).size).toBe(rest.length);
      for (const number of removed) expect(rest).not.toContain(number);
    });

    test('are refused for a cursor that is not one of the store', async () => {
      for (const cursor of ['', 'next', 'after:106540352242922', '../..', '2']) {
        await expect(scene.store.page(cursor)).rejects.toThrow(PinStoreRefusedError);
      }
    });
  });

  test('a record that cannot be read is listed with the reason, beside those that can', async () => {
    const { store, backend } = scene;
    const [before, broken, after] = [newNumber(), newNumber(), newNumber()];
    for (const number of [before, broken, after]) await stageAndPromote(store, number, '958374');
    const { record } = await store.stage(broken, {}, fixed('746293'));
    await backend.tamper(broken);
    for (const records of [await listed(store), (await pagesOf(store, 2)).flat()]) {
      const found = new Map(records.map((each) => [each.phoneNumberId, each]));
      for (const number of [before, after]) {
        expect(found.get(number)).toEqual(await store.describe(number));
      }
      expect(found.get(broken)).toEqual({
        phoneNumberId: broken,
        store: store.name,
        record,
        unreadable: expect.stringMatching(new RegExp(`${broken}.*\\.$`)),
      });
      expect(JSON.stringify(found.get(broken))).not.toMatch(/958374|746293/);
    }
  });
}

async function pagesOf(
  store: PinStore,
  limit?: number,
  cursor?: string,
): Promise<ListedPinRecord[][]> {
  const pages: ListedPinRecord[][] = [];
  let next = cursor;
  do {
    const page = await store.page(next, limit);
    pages.push(page.records);
    next = page.next;
  } while (next !== undefined);
  return pages;
}
