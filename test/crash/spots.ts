/** Places where a run can be held, slowed down or stopped, so that a kill finds it there. */
import type { Endpoint, Simulator } from '../../simulator/simulator.js';
import type { KillableWorker } from './killable-worker.js';
import type { SlowWrite, Stop, WorkerTask } from './worker-messages.js';

/** The nth request of a kind. */
export interface RequestSpot {
  endpoint: Endpoint;
  nth: number;
}

/** What a request is put through, in this order. */
export interface Slowness {
  /** It waits until all are there, then so many milliseconds before it is done, */
  beforeMs: number;
  /** then so many until it is answered. */
  afterMs: number;
  /** It is lost on its way: neither done nor answered. */
  lost: boolean;
}

/** Where the kill is to find a run. */
export type Hit =
  /** Its activity stands still before it has begun, or when all is done and only Temporal has not heard. */
  | { phase: 'before' | 'after'; stop: Stop }
  /** A request is on its way. */
  | { phase: 'during'; request: RequestSpot; slowness: Slowness }
  /** The PIN store is writing. */
  | { phase: 'during'; write: SlowWrite }
  /** Nothing happens in the wait for a code. */
  | { phase: 'during'; wait: true };

/** What a worker has to do to its activities, for the hits of its runs. */
export function troublesOf(
  hits: readonly { id: string; hit: Hit }[],
): Pick<WorkerTask, 'stops' | 'slowWrites'> {
  return {
    stops: Object.fromEntries(
      hits.flatMap(({ id, hit }) => ('stop' in hit ? [[id, hit.stop]] : [])),
    ),
    slowWrites: Object.fromEntries(
      hits.flatMap(({ id, hit }) => ('write' in hit ? [[id, hit.write]] : [])),
    ),
  };
}

/** Has the run got there, and has it left again? */
export function standing(
  hit: Exclude<Hit, { wait: true }>,
  id: string,
  { simulator, worker }: { simulator: Simulator; worker: KillableWorker },
): { reached: boolean; left: boolean } {
  if ('request' in hit) return requestAt(simulator, id, hit.request);
  return { reached: worker.reached.has(id), left: worker.left.has(id) };
}

/**
 * Slows down the nth request of a kind for a number.
 *
 * @param gate what it waits for first
 */
export function slowDown(
  { faults }: Simulator,
  phoneNumberId: string,
  { endpoint, nth }: RequestSpot,
  { beforeMs, afterMs, lost }: Slowness,
  gate: Promise<void>,
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
