/** Where the simulator takes the time from. */
export interface SimulatorClock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** A clock that a test can move forward, so that 72 hours pass at once. */
export interface VirtualClock extends SimulatorClock {
  /** @param ms how far to move forward; negative values throw a RangeError, as time does not run backwards */
  advance(ms: number): void;
  /** How far this clock is ahead of the one it is built on, in milliseconds. */
  readonly offsetMs: number;
}

/** @param base the clock to be ahead of. @default the machine's */
export function virtualClock(
  base: SimulatorClock = { now: () => Date.now() },
  startOffsetMs = 0,
): VirtualClock {
  let offsetMs = startOffsetMs;
  return {
    now: () => base.now() + offsetMs,
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError(`A clock only moves forward; got ${ms} ms.`);
      offsetMs += ms;
    },
    get offsetMs() {
      return offsetMs;
    },
  };
}
