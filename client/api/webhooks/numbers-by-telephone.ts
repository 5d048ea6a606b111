import type { ListedPinRecord, PinDescription } from '../../../activities/pin-store/pin-store.js';
import type { OpenPins } from '../open-pins.js';
import { ApiProblem } from '../problems.js';

/** A number that the PIN store has a record of. */
export interface KnownNumber {
  phoneNumberId: string;
  label?: string;
}

/** Meta's webhooks name a number by its telephone number, everything else here by its id: the PIN records know both. */
export interface NumbersByTelephone {
  /**
   * @param displayPhoneNumber as Meta wrote it; only its digits count
   * @param wabaId a record that is in another account is not meant
   * @param at when what is asked for happened, in milliseconds
   * @returns undefined where no PIN record had this telephone number then
   * @throws ApiProblem `not-known-yet` where that is not known, as the records were read before and are not read again so soon
   * @throws what the PIN store throws
   */
  find(displayPhoneNumber: string, wabaId: string, at: number): Promise<KnownNumber | undefined>;
}

interface Entry extends KnownNumber {
  wabaId: string | undefined;
  /** When its newest PIN was made or became the current one. */
  newest: string;
}

interface Index {
  byDigits: ReadonlyMap<string, readonly Entry[]>;
  /** When reading it began, in milliseconds. */
  readAt: number;
}

const COUNTS_MS = 600_000;
/** For a telephone number that is not in the index, the records are read anew no sooner than that. */
const READ_AGAIN_MS = 30_000;
/** How far Meta's clock may be behind this machine's. */
const BEHIND_MS = 10_000;
/** Fewer digits are no telephone number. */
const SHORTEST = 5;

/** An index of the PIN records, made when it is first asked, kept in memory, and read anew now and then. */
export function numbersByTelephone(
  openPins: OpenPins,
  clock: () => Date = () => new Date(),
): NumbersByTelephone {
  let index: Index | undefined;
  let reading: Promise<Index> | undefined;

  async function readAll(): Promise<Index> {
    const readAt = clock().getTime();
    const byDigits = new Map<string, Entry[]>();
    for await (const record of (await openPins()).list()) {
      if (!isReadable(record) || record.displayPhoneNumber === undefined) continue;
      const digits = digitsOf(record.displayPhoneNumber);
      const others = byDigits.get(digits);
      if (others === undefined) byDigits.set(digits, [entryOf(record)]);
      else others.push(entryOf(record));
    }
    return { byDigits, readAt };
  }

  function read(): Promise<Index> {
    reading ??= readAll()
      .then((made) => {
        index = made;
        return made;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  }

  return {
    async find(displayPhoneNumber, wabaId, at) {
      const digits = digitsOf(displayPhoneNumber);
      if (digits.length < SHORTEST) return undefined;
      const asked = clock().getTime();
      let known = index;
      // As it was counts less and less, also where the machine's clock was set back.
      const age = known === undefined ? COUNTS_MS : Math.abs(asked - known.readAt);
      if (known === undefined || age >= COUNTS_MS) known = await read();
      let entries = known.byDigits.get(digits);
      // Read before that happened, the number may have been onboarded in between.
      if (entries === undefined && known.readAt < asked && known.readAt < at + BEHIND_MS) {
        if (age < READ_AGAIN_MS) throw notKnownYet(READ_AGAIN_MS - age);
        entries = (await read()).byDigits.get(digits);
      }
      return entries === undefined ? undefined : numberOf(meant(entries, wabaId));
    },
  };
}

function notKnownYet(ms: number): ApiProblem {
  const seconds = Math.ceil(ms / 1_000);
  return new ApiProblem(
    'not-known-yet',
    `No PIN record had this telephone number a moment ago, and they are read again in ${seconds} seconds: send it again then.`,
    {},
    { 'retry-after': String(seconds) },
  );
}

function isReadable(record: ListedPinRecord): record is PinDescription {
  return !('unreadable' in record);
}

function entryOf({ phoneNumberId, label, wabaId, versions }: PinDescription): Entry {
  const dates = Object.values(versions).map((each) => each.lastRotated ?? each.createdAt);
  return {
    ...{ phoneNumberId, wabaId, newest: dates.sort().at(-1) ?? '' },
    ...(label === undefined ? {} : { label }),
  };
}

/**
 * A telephone number that was taken away and added again has another id, and so two records. One that is known to be in another
 * account is not meant.
 */
function meant(entries: readonly Entry[], wabaId: string): Entry | undefined {
  const inAccount = entries.filter((entry) => entry.wabaId === wabaId);
  const unplaced = entries.filter((entry) => entry.wabaId === undefined);
  return [...(inAccount.length > 0 ? inAccount : unplaced)]
    .sort((a, b) => (a.newest < b.newest ? -1 : a.newest > b.newest ? 1 : 0))
    .at(-1);
}

function numberOf(entry: Entry | undefined): KnownNumber | undefined {
  if (entry === undefined) return undefined;
  const { phoneNumberId, label } = entry;
  return { phoneNumberId, ...(label === undefined ? {} : { label }) };
}

function digitsOf(text: string): string {
  return text.replace(/[^0-9]/g, '');
}
