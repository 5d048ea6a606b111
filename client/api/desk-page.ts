import { z } from 'zod';
import { InvalidInputError } from '../errors.js';
import { comparePlaces, type DeskPlace, placeOf } from './desk-order.js';
import type { Onboarding } from './schemas.js';

const placeSchema = z.tuple([z.int().min(0), z.iso.datetime(), z.string()]);

/**
 * One page of the ordered list. The cursor names the place where the page before ended and not a count, so that numbers which
 * come or go meanwhile make no other number appear twice or be left out.
 *
 * @throws InvalidInputError when the cursor is not one of this list
 */
export function pageOf(
  ordered: readonly Onboarding[],
  { limit, cursor }: { limit: number; cursor?: string },
): { items: Onboarding[]; next?: string } {
  const after = cursor === undefined ? undefined : placeAt(cursor);
  const begin = after === undefined ? 0 : firstAfter(ordered, after);
  const items = ordered.slice(begin, begin + limit);
  const last = items.at(-1);
  return last === undefined || begin + items.length >= ordered.length
    ? { items }
    : { items, next: cursorOf(placeOf(last)) };
}

function firstAfter(ordered: readonly Onboarding[], after: DeskPlace): number {
  const index = ordered.findIndex((onboarding) => comparePlaces(placeOf(onboarding), after) > 0);
  return index === -1 ? ordered.length : index;
}

function cursorOf(place: DeskPlace): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

function placeAt(cursor: string): DeskPlace {
  const parsed = placeSchema.safeParse(jsonIn(cursor));
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(
    'The cursor is not one that this list gave: leave it out to begin with the first page.',
  );
}

function jsonIn(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined; // no JSON is no place either
  }
}
