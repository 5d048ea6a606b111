/** The server's time, for countdowns that are right on a machine whose clock is not. */
export interface ServerClock {
  /** Milliseconds since the epoch, as the server counts them. */
  now(): number;
  /** Take note of the `Date` header of an answer, which is cut to whole seconds. */
  observe(dateHeader: string | null): void;
}

/** Differences below this are the header's cut and the way there, not the clock. */
const TOLERANCE_MS = 1_500;

export function createServerClock(machineNow: () => number = Date.now): ServerClock {
  let offset = 0;
  return {
    now: () => machineNow() + offset,
    observe(dateHeader) {
      const at = dateHeader === null ? Number.NaN : Date.parse(dateHeader) + 500;
      if (Number.isNaN(at)) return;
      const difference = at - machineNow();
      if (Math.abs(difference) < TOLERANCE_MS) offset = 0;
      else if (Math.abs(difference - offset) > TOLERANCE_MS) offset = difference;
    },
  };
}
