/** Joins what Meta, the PIN store and Temporal say of numbers. Pure. */
import type { GraphNumber } from '../graph-api/graph-client.js';
import { digitsOf, type NumberFacts, numberFacts } from '../number-facts.js';
import type { ListedPinRecord, PinDescription } from '../pin-store/pin-store.js';
import type { OpenRun } from './open-runs.js';

/** A number from all three sides, each of which may not know it. Holds no telephone number. */
export interface Compared {
  phoneNumberId: string;
  /** As its account lists it. A number that reads DELETED or MIGRATED counts as not listed. */
  number?: ListedNumber;
  /** `DELETED` or `MIGRATED`, where the account still lists it so. */
  goneAs?: string;
  record?: PinDescription;
  /** Why the record cannot be read, with the cure. */
  unreadable?: string;
  run?: OpenRun;
  /** Another id under which the account lists the telephone number of a record whose own id it does not list. */
  idNow?: { phoneNumberId: string; hasPin: boolean };
}

export interface ListedNumber extends NumberFacts {
  /** When Meta last saw it registered (ISO 8601), where Meta says. */
  onboardedAt?: string;
}

/** What the three sides gave. A side that could not be asked is undefined: what is unknown is not missing. */
export interface Sides {
  wabaId: string;
  numbers: readonly GraphNumber[] | undefined;
  records: readonly ListedPinRecord[] | undefined;
  runs: readonly OpenRun[];
}

const GONE = new Set(['DELETED', 'MIGRATED']);

/** One entry for each number that any side knows; records that belong to other accounts are left out. */
export function compare({ wabaId, numbers = [], records = [], runs }: Sides): Compared[] {
  const all = new Map<string, Compared>();
  const entry = (phoneNumberId: string): Compared => {
    const known = all.get(phoneNumberId) ?? { phoneNumberId };
    all.set(phoneNumberId, known);
    return known;
  };
  for (const number of numbers) {
    const listed = listedNumber(number);
    if (GONE.has(listed.status ?? '')) entry(number.id).goneAs = listed.status ?? '';
    else entry(number.id).number = listed;
  }
  for (const record of records) {
    if ('unreadable' in record) entry(record.phoneNumberId).unreadable = record.unreadable;
    else if (
      record.wabaId === wabaId ||
      record.wabaId === undefined ||
      all.has(record.phoneNumberId)
    )
      entry(record.phoneNumberId).record = record;
  }
  for (const run of runs) {
    const known = all.get(run.phoneNumberId);
    if (known !== undefined) known.run = run;
  }
  addNewIds(all, numbers);
  return [...all.values()];
}

function listedNumber(number: GraphNumber): ListedNumber {
  const onboardedAt = Date.parse(number.last_onboarded_time ?? '');
  return {
    ...numberFacts(number),
    ...(Number.isNaN(onboardedAt) ? {} : { onboardedAt: new Date(onboardedAt).toISOString() }),
  };
}

/** A number that is deleted and added again, or moves to another account, gets another id; its telephone number stays. */
function addNewIds(all: Map<string, Compared>, numbers: readonly GraphNumber[]): void {
  const idOf = new Map<string, string>();
  for (const { id, display_phone_number } of numbers) {
    const digits = digitsOf(display_phone_number);
    if (digits !== '' && all.get(id)?.number !== undefined) idOf.set(digits, id);
  }
  for (const each of all.values()) {
    const digits = digitsOf(each.record?.displayPhoneNumber);
    const idNow = idOf.get(digits);
    if (each.number !== undefined || digits === '' || idNow === undefined) continue;
    each.idNow = {
      phoneNumberId: idNow,
      hasPin: all.get(idNow)?.record?.versions.current !== undefined,
    };
  }
}
