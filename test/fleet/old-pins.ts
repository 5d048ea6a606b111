/** Numbers that have been in use for long, as Meta and the PIN store know them. */
import { randomUUID } from 'node:crypto';
import { generatePin } from '../../activities/pin.js';
import type { AboutNumber, PinNotes, PinStore } from '../../activities/pin-store/pin-store.js';
import { DEFAULT_WABA_ID, type Simulator } from '../../simulator/simulator.js';

const DAY_MS = 86_400_000;

export const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();

export interface OldPin {
  /** How many days the PIN has been the current one. */
  days: number;
  /** Days since another PIN was staged. @default none was */
  pendingDays?: number;
  about?: AboutNumber;
  notes?: PinNotes;
}

/** Keeps a PIN as if it had been the current one for days, the PIN of the number at Meta too. @returns that PIN */
export async function keepOldPin(
  { simulator, pinStore }: { simulator: Simulator; pinStore: PinStore },
  phoneNumberId: string,
  { days, pendingDays, about = {}, notes = {} }: OldPin,
): Promise<string> {
  const pin = generatePin();
  const [current, pending] = [randomUUID(), randomUUID()];
  const at = daysAgo(days);
  simulator.update(phoneNumberId, { pin: pin.reveal() });
  const { displayPhoneNumber } = simulator.number(phoneNumberId);
  const restored = await pinStore.restore({
    phoneNumberId,
    about: { displayPhoneNumber, wabaId: DEFAULT_WABA_ID, ...about },
    notes,
    versions: [
      { version: current, pin, createdAt: at, lastRotated: at },
      ...(pendingDays === undefined
        ? []
        : [{ version: pending, pin: generatePin(), createdAt: daysAgo(pendingDays) }]),
    ],
    states: { current, ...(pendingDays === undefined ? {} : { pending }) },
  });
  if (restored !== 'restored') throw new Error(`The record of ${phoneNumberId} was ${restored}.`);
  return pin.reveal();
}
