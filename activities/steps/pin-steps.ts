import { heartbeat } from '@temporalio/activity';
import { beforeSending, looking, type NumberAccess, sending } from '../number-access.js';
import { digitsOf } from '../number-facts.js';
import {
  type ListedPinRecord,
  type PinDescription,
  PinNotFoundError,
  type PinRecord,
  type PinStore,
  type PinVersionState,
  type StagedPin,
} from '../pin-store/pin-store.js';
import type { Secret } from '../secret.js';

/** The PIN of a number, by its version in the PIN store; the PIN itself stays in here. */
export interface PinOfNumber {
  phoneNumberId: string;
  pinVersion: string;
}

/** Which version must be the current one for another to follow it; `null` for none. Without it, any may. */
export interface ExpectedCurrent {
  expected?: { current: string | null };
}

export interface PinSet {
  /** Where the PIN store made the PIN the current one right away. Where it could not, `storePin` says why. */
  stored?: StagedPin;
}

/**
 * Sets the number's 2SV PIN. Repeating it with the same PIN is harmless.
 *
 * @param pin `thenStore` makes the PIN the current one in the PIN store as well, once Meta has accepted it
 */
export function setTwoStepPin({ graph, pinStore, writing }: NumberAccess) {
  return async (pin: PinOfNumber & { thenStore?: ExpectedCurrent }): Promise<PinSet> => {
    const { phoneNumberId, pinVersion, thenStore } = pin;
    const record = await beforeSending(() => pinStore.read(phoneNumberId, pinVersion));
    await sending(() => graph.setPin(phoneNumberId, record.pin, writing()));
    if (thenStore === undefined) return {};
    try {
      return { stored: await pinStore.promote(phoneNumberId, pinVersion, thenStore.expected) };
    } catch {
      return {}; // Meta has the PIN, which matters more here; storePin tries again and tells
    }
  };
}

/** Makes the PIN that Meta has accepted the current one in the PIN store. */
export function storePin({ pinStore }: NumberAccess) {
  return ({
    phoneNumberId,
    pinVersion,
    expected,
  }: PinOfNumber & ExpectedCurrent): Promise<StagedPin> =>
    looking(() => pinStore.promote(phoneNumberId, pinVersion, expected));
}

/** Deletes the number's PIN record: an operator has said so, or Meta that there is no PIN any more. */
export function removePin({ pinStore }: NumberAccess) {
  return ({ phoneNumberId }: { phoneNumberId: string }): Promise<{ removed: boolean }> =>
    looking(async () => {
      const known = await pinStore.describe(phoneNumberId);
      if (known !== undefined) await pinStore.remove(phoneNumberId);
      return { removed: known !== undefined };
    });
}

/** In which order the PINs of a former id are tried. */
const FORMER_STATES: readonly PinVersionState[] = ['current', 'pending', 'provided', 'previous'];

/**
 * A number gets another id when it is deleted and added again, or moves to another account; its PIN stays what it was. Looks for
 * records of the same telephone number under other ids, and keeps one of their PINs as provided, one that this record does not
 * hold yet. The telephone number stays in here.
 *
 * @returns the id it was found under; nothing where there is no other PIN to try
 */
export function adoptFormerPin({ graph, pinStore, reading }: NumberAccess) {
  return ({ phoneNumberId }: { phoneNumberId: string }): Promise<{ formerId?: string }> =>
    looking(async () => {
      const fields = ['id', 'display_phone_number'];
      const number = await graph.readNumber(phoneNumberId, { ...reading(), fields });
      const telephone = digitsOf(number.display_phone_number);
      if (telephone === '') return {};
      const known = await pinsOf(pinStore, phoneNumberId);
      for (const former of await recordsOf(pinStore, telephone, phoneNumberId)) {
        for (const { pin } of await pinsByState(pinStore, former)) {
          if (known.has(pin.reveal())) continue;
          const { display_phone_number: displayPhoneNumber = telephone } = number;
          await pinStore.provide(phoneNumberId, pin, { displayPhoneNumber });
          return { formerId: former.phoneNumberId };
        }
      }
      return {};
    });
}

async function pinsOf(pinStore: PinStore, phoneNumberId: string): Promise<ReadonlySet<string>> {
  const { versions = [] } = (await pinStore.backUp(phoneNumberId)) ?? {};
  return new Set(versions.map(({ pin }: { pin: Secret }) => pin.reveal()));
}

/** Records of a telephone number under other ids, the newest first. */
async function recordsOf(
  pinStore: PinStore,
  telephone: string,
  phoneNumberId: string,
): Promise<PinDescription[]> {
  const found: PinDescription[] = [];
  for await (const record of pinStore.list()) {
    heartbeat();
    if (!isReadable(record) || record.phoneNumberId === phoneNumberId) continue;
    if (digitsOf(record.displayPhoneNumber) === telephone) found.push(record);
  }
  return found.sort((a, b) => newestDate(b).localeCompare(newestDate(a)));
}

const isReadable = (record: ListedPinRecord): record is PinDescription => !('unreadable' in record);

function newestDate({ versions }: PinDescription): string {
  const dates = Object.values(versions).map(
    ({ createdAt, lastRotated }) => lastRotated ?? createdAt,
  );
  return dates.sort().at(-1) ?? '';
}

async function pinsByState(
  pinStore: PinStore,
  { phoneNumberId, versions }: PinDescription,
): Promise<PinRecord[]> {
  const records: PinRecord[] = [];
  for (const state of FORMER_STATES) {
    if (versions[state] === undefined) continue;
    try {
      records.push(await pinStore.read(phoneNumberId, state));
    } catch (error) {
      if (!(error instanceof PinNotFoundError)) throw error; // it was rotated meanwhile
    }
  }
  return records;
}
