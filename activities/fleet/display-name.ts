/** Whether a number must be registered again because Meta has approved another display name. Pure. */
import type { AboutNumber, PinNotes } from '../pin-store/pin-store.js';
import type { Compared } from './compared.js';

/** Meta wants a number registered again within 14 days of the approval (field). */
const REREGISTER_WITHIN_MS = 14 * 24 * 60 * 60_000;

const APPROVED = new Set(['APPROVED', 'AVAILABLE_WITHOUT_REVIEW']);

/** What is to be noted in the PIN record about the number's display name. */
export type NameNotes = {
  about?: Pick<AboutNumber, 'registeredName'>;
  renamedAt?: NonNullable<PinNotes['renamedAt']> | null;
};

/** Has Meta approved another name than the one under which the number was registered last? */
export function hasNewName(each: Compared): boolean {
  const { record } = each;
  const name = approvedName(each);
  return (
    name !== undefined &&
    record?.registeredName !== undefined &&
    name !== record.registeredName &&
    !isRegisteredSince(each)
  );
}

/** Until when Meta wants the number registered again, counted from when the new name was first seen. */
export function reregisterBy({ record }: Compared, now: Date): Date {
  return new Date(Date.parse(record?.renamedAt ?? now.toISOString()) + REREGISTER_WITHIN_MS);
}

/**
 * The notes that bring a record up to date with the name; undefined where it is. A name that nobody has noted yet is taken
 * for the one that the number was registered under.
 */
export function nameNotes(each: Compared, now: Date): NameNotes | undefined {
  const { record } = each;
  const name = approvedName(each);
  if (record === undefined || name === undefined) return undefined;
  if (hasNewName(each)) {
    return record.renamedAt === undefined ? { renamedAt: now.toISOString() } : undefined;
  }
  const { registeredName, renamedAt } = record;
  if (registeredName === name && renamedAt === undefined) return undefined;
  return {
    about: { registeredName: name },
    ...(renamedAt === undefined ? {} : { renamedAt: null }),
  };
}

/** The display name of a registered number, where Meta has approved it. */
function approvedName({ number }: Compared): string | undefined {
  const isApproved = number?.registered === 'yes' && APPROVED.has(number.nameStatus ?? '');
  return isApproved ? number.businessName : undefined;
}

/** Has Meta seen the number registered since the new name was noted? */
function isRegisteredSince({ number, record }: Compared): boolean {
  const { onboardedAt } = number ?? {};
  const { renamedAt } = record ?? {};
  if (onboardedAt === undefined || renamedAt === undefined) return false;
  return Date.parse(onboardedAt) >= Date.parse(renamedAt);
}
