/** One repeated call, made only while somebody wants it. */
export interface Poll {
  /** Go on repeating while it is wanted. */
  wake(): void;
  /** Make the call now, or share the one under way. */
  now(): Promise<void>;
  /** The time from one call to the next, as things stand, in milliseconds. */
  intervalMs(): number;
  /** Make no more calls; resolves when the one under way has ended. */
  stop(): Promise<void>;
}

/**
 * Of the time, at most a quarter is spent calling: after a call of some length, three times that length nothing is called. Not
 * so after one that failed: it was waited for in vain, and what it asked may answer again any moment.
 */
const REST = 3;

/**
 * @param call must not reject; answers whether it succeeded
 * @param options.everyMs time from the beginning of a call to that of the next, where calls are short
 * @param options.now milliseconds
 */
export function createPoll(
  call: () => Promise<boolean>,
  options: { everyMs: number; wanted: () => boolean; now: () => number },
): Poll {
  const { everyMs, wanted, now } = options;
  let underWay: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let last = { ended: Number.NEGATIVE_INFINITY, tookMs: 0 };

  const restMs = () => Math.max(everyMs - last.tookMs, last.tookMs * REST);

  async function once(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const began = now();
    const succeeded = await call();
    const ended = now();
    last = { ended, tookMs: succeeded ? Math.max(0, ended - began) : 0 };
    underWay = undefined;
    wake();
  }

  function start(): Promise<void> {
    if (stopped) return Promise.resolve();
    underWay ??= once();
    return underWay;
  }

  function wake(): void {
    if (stopped || underWay !== undefined || timer !== undefined || !wanted()) return;
    const rest = restMs();
    // The machine's clock may be set back: then it is the rest, and no more, that is waited.
    const waitMs = Math.min(Math.max(0, last.ended + rest - now()), rest);
    timer = setTimeout(() => {
      timer = undefined;
      if (wanted()) void start();
    }, waitMs).unref();
  }

  return {
    wake,
    now: start,
    intervalMs: () => restMs() + last.tookMs,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await underWay;
    },
  };
}
