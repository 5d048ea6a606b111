/** Time that passes when the driver says so. Timers and `Date` of the whole process follow it. */
import { vi } from 'vitest';

/** When every case begins. */
export const BEGINNING = Date.parse('2026-11-20T10:00:00.000Z');

/** Node takes a longer timer for one of 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const nextTurn = setImmediate;

export interface VirtualTime {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once so many milliseconds have passed. @returns a function that prevents it */
  after(ms: number, callback: () => void): () => void;
  sleep(ms: number): Promise<void>;
  /** Work that takes no virtual time: none passes until it has settled. What it throws ends the case. */
  instantly(work: Promise<unknown>): void;
  /** Ends the case with this error at the next chance. */
  fail(error: unknown): void;
  /** Lets everything happen that can without time passing. */
  settle(): Promise<void>;
  /** Lets time pass, and calls back each time everything has settled. */
  pass(ms: number, onSettled?: () => Promise<void>): Promise<void>;
  /** Gives the process its own time back. */
  end(): void;
}

export function startVirtualTime(): VirtualTime {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: BEGINNING });
  let working = 0;
  let defect: { error: unknown } | undefined;
  let endedAt: number | undefined;

  function after(ms: number, callback: () => void): () => void {
    const first = Math.min(Math.max(ms, 0), LONGEST_TIMER_MS);
    let cancelRest: () => void = () => undefined;
    const timer = setTimeout(() => {
      if (ms > first) cancelRest = after(ms - first, callback);
      else callback();
    }, first);
    return () => {
      clearTimeout(timer);
      cancelRest();
    };
  }

  async function settle(): Promise<void> {
    // Everything the cases run on settles by microtasks, all of which run before the next turn of the event loop.
    for (let idle = 0; idle < 2; idle = working > 0 ? 0 : idle + 1) {
      await new Promise((resolve) => nextTurn(resolve));
    }
    if (defect !== undefined) throw defect.error;
  }

  return {
    now: () => endedAt ?? Date.now(),
    after,
    sleep: (ms) => new Promise((resolve) => void after(ms, resolve)),
    instantly(work) {
      working += 1;
      work
        .catch((error: unknown) => {
          defect ??= { error };
        })
        .finally(() => {
          working -= 1;
        });
    },
    fail(error) {
      defect ??= { error };
    },
    settle,
    async pass(ms, onSettled = async () => undefined) {
      let over = false;
      after(ms, () => {
        over = true;
      });
      for (;;) {
        await settle();
        await onSettled();
        if (over) return;
        vi.advanceTimersToNextTimer();
      }
    },
    end() {
      endedAt = Date.now();
      vi.clearAllTimers();
      vi.useRealTimers();
    },
  };
}
