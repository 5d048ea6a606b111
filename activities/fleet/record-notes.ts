/** What a comparison leaves in a PIN record, so that the next one knows it. Pure. */
import type { AboutNumber } from '../pin-store/pin-store.js';
import type { Compared } from './compared.js';
import { type NameNotes, nameNotes } from './display-name.js';

export type RecordNotes = Omit<NameNotes, 'about'> & {
  about?: Pick<AboutNumber, 'registeredName' | 'wabaId'>;
  offboardedAt?: null;
};

/**
 * The notes that bring a record up to date with its number: the account, where the record does not tell it, so that the
 * record is missed in no other account; what there is to say of the display name; and that an offboarded number is registered
 * again. Undefined where all is noted.
 *
 * @param wabaId the account that was compared
 */
export function recordNotes(each: Compared, wabaId: string, now: Date): RecordNotes | undefined {
  const { number, record } = each;
  const ofName = nameNotes(each, now);
  const lacksAccount = number !== undefined && record !== undefined && record.wabaId === undefined;
  const registeredSince = record?.offboardedAt !== undefined && number?.registered === 'yes';
  if (!lacksAccount && !registeredSince) return ofName;
  return {
    ...ofName,
    ...(lacksAccount ? { about: { ...ofName?.about, wabaId } } : {}),
    ...(registeredSince ? { offboardedAt: null } : {}),
  };
}
