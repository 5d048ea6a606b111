/** A worker's own cap on calls to Meta, so that many runs at once do not use up Meta's hourly quota. */
import { setTimeout as delay } from 'node:timers/promises';
import { type GraphCall, GraphPacedError } from './errors.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A call whose turn comes within this time waits for it; a request's timeout has to be longer. */
const LONGEST_WAIT_MS = 1_000;

/** Nobody is told to stay away for longer: turns may come sooner than foreseen, where others give up or ask another worker. */
const LONGEST_TOLD_MS = 2 * MINUTE_MS;

/** Who asked for nothing since is gone. Longer than the five minutes after which a workflow tries again at the latest. */
const GONE_AFTER_MS = 8 * MINUTE_MS;

/** So many calls at most are held back for those who go first, as they may be served elsewhere. */
const MOST_HELD = 5;

/** So many numbers are remembered as begun. */
const MOST_BEGUN = 10_000;

/** Whether a call may be sent. */
export interface Turn {
  /** True where the call is taken from the cap, to be sent when `waitMs` is over. */
  granted: boolean;
  /** Milliseconds until it may be sent; where it is not granted, until it should be asked for again. */
  waitMs: number;
}

/** A cap on calls. In any span of time it grants at most {@link Pace.burst} and that time's share of the cap. */
export interface Pace {
  readonly callsPerHour: number;
  /** How many calls may be sent at once after a while without any. */
  readonly burst: number;
  /** How much of the burst is kept for writes. */
  readonly reserve: number;
  /**
   * Asks for the turn of a call.
   *
   * @param subjectId the number or account that the call is about
   * @param goesOn true where the call is the rest of one that had its turn already. @default false
   */
  ask(call: GraphCall, subjectId: string, goesOn?: boolean): Turn;
  /** Takes back a call that was granted and not sent. */
  giveBack(): void;
}

export interface PaceSources {
  /** Milliseconds since any instant. @default performance.now */
  now?: () => number;
  /** From 0 to 1. @default Math.random */
  random?: () => number;
}

/**
 * What leaves the reserve alone. The subscribed apps may use it: a run asks for them once, along with its last read, and does
 * without when it gets no answer.
 */
const SPARES_THE_RESERVE: ReadonlySet<GraphCall> = new Set<GraphCall>(['read', 'list']);

/**
 * A token bucket. The burst is a ninth of an hour's calls, from 3 (a read, the same with fewer fields, and the write after
 * it) to 20, so that with the default of 180 no hour sees more than the 200 calls that Meta allows an app on an account
 * without a registered number; a quarter of the burst is the reserve.
 *
 * Writes go first, then reads of numbers that had a call granted before, then the others: when there are too many runs for
 * the cap, those begun are finished before more are begun. Those refused are told times as far apart as the cap lets calls
 * out, or to ask again after two or three minutes.
 *
 * @param callsPerHour above 0
 */
export function createPace(callsPerHour: number, sources: PaceSources = {}): Pace {
  const { now = () => performance.now(), random = Math.random } = sources;
  const perMs = callsPerHour / HOUR_MS;
  const burst = Math.min(20, Math.max(3, Math.floor(callsPerHour / 9)));
  const reserve = Math.max(1, Math.floor(burst / 4));
  /** Who was refused, in order, with the instant of asking last. */
  const writes = new Map<string, number>();
  const reads = new Map<string, number>();
  const firstReads = new Map<string, number>();
  const lines = [writes, reads, firstReads];
  const begun = new Set<string>();
  /** Calls that may be sent now; below zero where calls that wait for their turn have taken it in advance. */
  let level = burst;
  let filledAt = now();

  function fill(at: number): void {
    level = Math.min(burst, level + Math.max(0, at - filledAt) * perMs);
    filledAt = at;
  }

  function forgetTheGone(at: number): void {
    for (const line of lines) {
      for (const [caller, askedAt] of line) {
        if (askedAt + GONE_AFTER_MS < at) line.delete(caller);
      }
    }
  }

  function lineOf(call: GraphCall, subjectId: string, goesOn: boolean): Map<string, number> {
    if (goesOn || !SPARES_THE_RESERVE.has(call)) return writes;
    return begun.has(subjectId) ? reads : firstReads;
  }

  /** What the level has to be for a call of this line. */
  function leastFor(line: Map<string, number>): number {
    if (line === writes) return 1;
    const held = line === reads ? 0 : Math.min(reads.size, MOST_HELD, burst - reserve - 1);
    return 1 + reserve + held;
  }

  function grant(caller: string, subjectId: string): void {
    for (const line of lines) line.delete(caller);
    level -= 1;
    begun.delete(subjectId);
    begun.add(subjectId);
    const [oldest] = begun;
    if (begun.size > MOST_BEGUN && oldest !== undefined) begun.delete(oldest);
  }

  return {
    callsPerHour,
    burst,
    reserve,
    ask(call, subjectId, goesOn = false) {
      const at = now();
      fill(at);
      forgetTheGone(at);
      const caller = `${call} ${subjectId}`;
      const line = lineOf(call, subjectId, goesOn);
      for (const other of lines) if (other !== line) other.delete(caller);
      const place = line.has(caller) ? [...line.keys()].indexOf(caller) : line.size;
      const least = leastFor(line);
      const waitMs = level >= least ? 0 : Math.ceil((least + place - level) / perMs);
      if (waitMs === 0 || (waitMs <= LONGEST_WAIT_MS && least + place <= burst)) {
        grant(caller, subjectId);
        return { granted: true, waitMs };
      }
      line.set(caller, at);
      const foreseen = waitMs <= LONGEST_TOLD_MS;
      const chanceMs = foreseen ? Math.min(1 / perMs, 10_000) : LONGEST_TOLD_MS / 2;
      const toldMs = Math.min(waitMs, LONGEST_TOLD_MS) + Math.ceil(random() * chanceMs);
      return { granted: false, waitMs: toldMs };
    },
    giveBack() {
      level = Math.min(burst, level + 1);
    },
  };
}

/**
 * Waits for the turn of a call.
 *
 * @param goesOn true where the call is the rest of one that had its turn already
 * @returns how long it waited, in milliseconds: at most 1000
 * @throws {@link GraphPacedError} at once, where it would have to wait longer; the signal's reason
 */
export async function turnOf(
  pace: Pace,
  call: GraphCall,
  subjectId: string,
  { signal, goesOn }: { signal?: AbortSignal | undefined; goesOn?: boolean | undefined },
): Promise<number> {
  signal?.throwIfAborted();
  const { granted, waitMs } = pace.ask(call, subjectId, goesOn);
  if (!granted) throw new GraphPacedError(call, subjectId, pace.callsPerHour, waitMs);
  if (waitMs === 0) return 0;
  try {
    await delay(waitMs, undefined, signal === undefined ? {} : { signal });
    return waitMs;
  } catch (error) {
    pace.giveBack();
    throw signal?.aborted ? signal.reason : error;
  }
}
