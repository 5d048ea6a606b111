import { looking } from '../number-access.js';
import { isDue } from './due.js';
import { beat, type FleetActivityDependencies } from './fleet-access.js';

export interface DuePinsRequest {
  /** PINs that became current before this instant (ISO 8601) are due. */
  dueBefore: string;
  /** `next` of the answer before; without it, from the beginning. */
  cursor?: string;
  /** How many due numbers and unreadable records an answer names at most. */
  limit: number;
}

/** A number whose PIN is to be rotated. */
export interface DueNumber {
  phoneNumberId: string;
  label?: string;
}

export interface DuePins {
  due: DueNumber[];
  unreadable: { phoneNumberId: string; why: string }[];
  /** How many records were looked at. */
  seen: number;
  /** Where to go on; absent at the end. */
  next?: string;
}

const LARGEST_PAGE = 100;

/** Most records are not due, so one answer looks at many, as far as it gets within this time. */
const LOOKS_FOR_MS = 10_000;

/** Pages of a few records cost a store as much as full ones. */
const LEAST_ROOM = 0.25;

/** The numbers whose PIN is due for a rotation, in the order of the store. */
export function listDuePins({ pinStore, clock = () => new Date() }: FleetActivityDependencies) {
  return ({ dueBefore, cursor, limit }: DuePinsRequest): Promise<DuePins> =>
    looking(async () => {
      const found: DuePins = { due: [], unreadable: [], seen: 0 };
      const before = new Date(dueBefore);
      const until = performance.now() + LOOKS_FOR_MS;
      let at = cursor;
      let room = limit;
      do {
        beat();
        const { records, next } = await pinStore.page(at, Math.min(room, LARGEST_PAGE));
        found.seen += records.length;
        for (const record of records) {
          const { phoneNumberId } = record;
          if ('unreadable' in record)
            found.unreadable.push({ phoneNumberId, why: record.unreadable });
          else if (isDue(record, before, clock())) {
            const { label } = record;
            found.due.push({ phoneNumberId, ...(label === undefined ? {} : { label }) });
          }
        }
        at = next;
        room = limit - found.due.length - found.unreadable.length;
      } while (at !== undefined && room >= limit * LEAST_ROOM && performance.now() < until);
      return { ...found, ...(at === undefined ? {} : { next: at }) };
    });
}
