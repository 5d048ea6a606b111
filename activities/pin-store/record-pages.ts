import {
  type ListedPinRecord,
  type PinDescription,
  type PinRecordPage,
  type PinStore,
  PinStoreRefusedError,
} from './pin-store.js';

/** How many records a page holds at most, whatever is asked. */
const MOST_ON_A_PAGE = 100;

const CURSOR = /^after:([0-9]+)$/;

/** How many records a page is to hold: a whole number from 1 to 100. */
export function pageSize(limit: number = MOST_ON_A_PAGE): number {
  return Math.min(Math.max(Math.floor(limit), 1), MOST_ON_A_PAGE);
}

/**
 * The part of a store's phone-number ids that a page is about, for stores that know all of them. A cursor says after which id a
 * page begins, so it holds as long as the store does, whatever is added or removed.
 *
 * @throws PinStoreRefusedError when the cursor is not one that this function made
 */
export function pageOfIds(
  ids: readonly string[],
  cursor: string | undefined,
  limit: number | undefined,
): { ids: string[]; next?: string } {
  const after = cursor === undefined ? undefined : idInCursor(cursor);
  const following = ids.filter((id) => after === undefined || id > after).sort();
  const page = following.slice(0, pageSize(limit));
  const last = page.at(-1);
  if (last === undefined || page.length === following.length) return { ids: page };
  return { ids: page, next: Buffer.from(`after:${last}`).toString('base64url') };
}

function idInCursor(cursor: string): string {
  const [, id] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (id !== undefined) return id;
  throw noSuchPage();
}

/** What a store throws when a cursor is not one of its own. */
export function noSuchPage(): PinStoreRefusedError {
  return new PinStoreRefusedError(
    'This PIN store has no such page of records: begin with its first one.',
  );
}

/**
 * A record as a list shows it: one that the store cannot read is listed with the reason.
 *
 * @throws what reading throws when the store cannot be reached, since that is not about one record
 */
export async function asListed(
  place: { phoneNumberId: string; store: string; record: string },
  read: () => Promise<PinDescription | undefined>,
): Promise<ListedPinRecord | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof PinStoreRefusedError) return { ...place, unreadable: error.message };
    throw error;
  }
}

/** Does the same for each item, a few at once, and gives what came of those for which something did, in their order. */
export async function fewAtOnce<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R | undefined>,
): Promise<R[]> {
  const results: R[] = [];
  for (let begin = 0; begin < items.length; begin += atOnce) {
    const batch = await Promise.all(items.slice(begin, begin + atOnce).map(work));
    results.push(...batch.filter((result) => result !== undefined));
  }
  return results;
}

/** Every record of a store, page by page. */
export async function* everyRecord(
  page: (cursor: string | undefined) => Promise<PinRecordPage>,
): ReturnType<PinStore['list']> {
  let cursor: string | undefined;
  do {
    const { records, next } = await page(cursor);
    yield* records;
    cursor = next;
  } while (cursor !== undefined);
}
