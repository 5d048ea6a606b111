/** Places within a step where a run can be held and slowed down, so that a kill finds it there. */
import type { Endpoint, Simulator } from '../../simulator/simulator.js';
import type { Moment } from './allowed-sequences.js';
import type { SlowWrite } from './worker-messages.js';

/** The nth request of a kind. */
export interface RequestSpot {
  endpoint: Endpoint;
  nth: number;
}

/** That, or a write of the PIN store. */
export type Spot = RequestSpot | { write: SlowWrite['method'] };

/** The wait for a code has none: nothing happens in it. */
export const SPOTS: Record<Exclude<Moment, 'awaitCode'>, readonly Spot[]> = {
  prepare: [{ endpoint: 'read', nth: 1 }],
  stage: [{ endpoint: 'read', nth: 2 }, { write: 'stage' }],
  requestCode: [{ endpoint: 'requestCode', nth: 1 }],
  verifyCode: [{ endpoint: 'verifyCode', nth: 1 }],
  register: [
    { endpoint: 'read', nth: 3 },
    { endpoint: 'register', nth: 1 },
    { endpoint: 'register', nth: 1 },
  ],
  setTwoStepPin: [{ endpoint: 'setPin', nth: 1 }],
  storePin: [{ write: 'promote' }],
  confirm: [{ endpoint: 'read', nth: 4 }],
};

/** What a request is put through, in this order. */
export interface Slowness {
  /** It waits for this, */
  gate: Promise<void>;
  /** then so many milliseconds before it is done, */
  beforeMs: number;
  /** then so many until it is answered. */
  afterMs: number;
  /** It is lost on its way: neither done nor answered. */
  lost: boolean;
}

/** Slows down the nth request of a kind for a number. */
export function slowDown(
  { faults }: Simulator,
  phoneNumberId: string,
  { endpoint, nth }: RequestSpot,
  { gate, beforeMs, afterMs, lost }: Slowness,
): void {
  const once = { endpoint, phoneNumberId, times: 1 };
  let before = nth - 1;
  const slow = () => {
    faults.add({ ...once, kind: 'hold', until: gate });
    faults.add({ ...once, kind: 'slow', ms: beforeMs });
    faults.add({ ...once, kind: 'slow', ms: afterMs, when: 'after' });
    if (lost) faults.add({ ...once, kind: 'timeout' });
  };
  const countDown = () => {
    before -= 1;
    if (before === 0) slow();
    return 0;
  };
  if (before === 0) slow();
  else faults.add({ ...once, kind: 'slow', times: before, ms: countDown });
}

/** Is the nth request of a kind there, and has it been answered? */
export function requestAt(
  { requests }: Simulator,
  phoneNumberId: string,
  { endpoint, nth }: RequestSpot,
): { reached: boolean; left: boolean } {
  const request = requests.filter(
    (each) => each.phoneNumberId === phoneNumberId && each.endpoint === endpoint,
  )[nth - 1];
  return { reached: request !== undefined, left: (request?.status ?? 0) !== 0 };
}
