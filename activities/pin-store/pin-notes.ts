import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { AboutNumber, PinNotes, PinStore } from './pin-store.js';

/** What {@link PinStore.annotate} is given. */
export type PinAnnotation = Parameters<PinStore['annotate']>[1];

const ABOUT_FIELDS: readonly (keyof AboutNumber)[] = [
  'displayPhoneNumber',
  'wabaId',
  'label',
  'registeredName',
];

const NOTES: readonly (keyof PinNotes)[] = ['stale', 'renamedAt', 'offboardedAt'];

/** What a store wrote about a number. */
export const aboutSchema = z.object({
  displayPhoneNumber: z.string().exactOptional(),
  wabaId: z.string().exactOptional(),
  label: z.string().exactOptional(),
  registeredName: z.string().exactOptional(),
});

/** What a store noted about a number. */
export const notesSchema = z.object({
  stale: z.object({ since: z.string(), why: z.string() }).exactOptional(),
  renamedAt: z.string().exactOptional(),
  offboardedAt: z.string().exactOptional(),
});

/** Fields given replace those known; the known object itself when that changes nothing. */
export function mergeAbout(known: AboutNumber, given: AboutNumber): AboutNumber {
  const changed = ABOUT_FIELDS.filter(
    (field) => given[field] !== undefined && given[field] !== known[field],
  );
  if (changed.length === 0) return known;
  return {
    ...known,
    ...Object.fromEntries(changed.map((field) => [field, given[field]])),
  };
}

/** Notes given replace those known, `null` takes one away; the known object itself when that changes nothing. */
export function mergeNotes(known: PinNotes, given: PinAnnotation): PinNotes {
  const changed = NOTES.filter(
    (note) =>
      given[note] !== undefined && !isDeepStrictEqual(given[note] ?? undefined, known[note]),
  );
  if (changed.length === 0) return known;
  const merged = Object.entries({ ...known, ...given }).filter(([, value]) => value !== null);
  return notesSchema.parse(Object.fromEntries(merged));
}

/**
 * The notes after another PIN became current: that PIN is not the one that may have been changed, and only a registered number
 * takes one.
 */
export function withoutStale({ stale, offboardedAt, ...notes }: PinNotes): PinNotes {
  return notes;
}
