/** Which PINs are due for a rotation. Pure. */
import type { PinDescription } from '../pin-store/pin-store.js';

const DAY_MS = 24 * 60 * 60_000;

/** A PIN that was staged longer ago and never became the current one is what a rotation that failed has left. */
export const PENDING_FOR_LONG_MS = DAY_MS;

/** Since when (ISO 8601) the current PIN is the current one; undefined where there is none. */
export function currentSince({ versions: { current } }: PinDescription): string | undefined {
  return current?.lastRotated ?? current?.createdAt;
}

/** Has the record a PIN that was staged more than a day ago and was not promoted since? */
export function isPendingForLong({ versions: { pending } }: PinDescription, now: Date): boolean {
  return (
    pending !== undefined && Date.parse(pending.createdAt) < now.getTime() - PENDING_FOR_LONG_MS
  );
}

/**
 * Is the PIN of a record to be rotated: because it is old, somebody else changed it, or a rotation of it was begun and not
 * finished? A record without a current PIN is that of an onboarding, which has its own end; the PIN of an offboarded number
 * cannot be changed.
 */
export function isDue(record: PinDescription, dueBefore: Date, now: Date): boolean {
  const since = currentSince(record);
  if (since === undefined || record.offboardedAt !== undefined) return false;
  const { pending } = record.versions;
  return (
    Date.parse(since) < dueBefore.getTime() ||
    record.stale !== undefined ||
    (isPendingForLong(record, now) && pending !== undefined && since < pending.createdAt)
  );
}
