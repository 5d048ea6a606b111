/** Many runs under one cap, in simulated time: what a run asks Meta for, step by step, and how it comes back when refused. */
import { expect, test } from 'vitest';
import type { GraphCall } from '../../activities/graph-api/errors.js';
import { createPace } from '../../activities/graph-api/pace.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A run's activities and the calls each makes; one that is refused half way does all its calls again. */
const ACTIVITIES: GraphCall[][] = [
  ['read'],
  ['read'],
  ['requestCode'],
  ['verifyCode'],
  ['read', 'register'],
  ['setPin'],
  ['read'],
];
const CALLS_OF_A_RUN = ACTIVITIES.flat().length;

/** Temporal’s own retries are at most this far apart. */
const LONGEST_RETRY = MINUTE;

/** The workflow backs off up to this. */
const LONGEST_BACKOFF = 5 * MINUTE;

/** Numbers that look like chance, the same in each run of the test. */
function chanceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Crowd {
  /** When the first and the last run had ended, in milliseconds. */
  firstEndAt: number;
  lastEndAt: number;
  /** The time the calls take at the cap's pace. */
  idealMs: number;
  /** The longest that a run, once begun, had to wait for a read alone. */
  longestReadMs: number;
  calls: number;
  asksPerRun: number;
}

function crowd(runs: number, workers: number, callsPerHour: number): Crowd {
  let now = 0;
  const chance = chanceFrom(runs);
  const paces = Array.from({ length: workers }, () =>
    createPace(callsPerHour, { now: () => now, random: chance }),
  );
  const due: { at: number; act: () => void }[] = [];
  const ends: number[] = [];
  let asks = 0;
  let calls = 0;
  let longestReadMs = 0;

  function begin(number: string): void {
    let step = 0;
    let tries = 0;
    let since = now;
    const attempt = (): void => {
      const activity = ACTIVITIES[step];
      if (activity === undefined) return void ends.push(now);
      // Whichever worker is free takes the activity.
      const pace = paces[Math.floor(chance() * workers)];
      let tookMs = 500;
      for (const call of activity) {
        asks += 1;
        const turn = pace?.ask(call, number);
        if (turn === undefined || !turn.granted) {
          tries += 1;
          const toldMs = turn?.waitMs ?? 0;
          const backoffMs = Math.min(2 * SECOND * 2 ** (tries - 1), LONGEST_BACKOFF);
          const retried = activity.length === 1 && call === 'read' && toldMs <= LONGEST_RETRY;
          const pauseMs = retried ? toldMs : Math.max(toldMs, backoffMs);
          due.push({ at: now + pauseMs + chance() * 200, act: attempt });
          return;
        }
        calls += 1;
        tookMs += turn.waitMs;
      }
      if (step > 0 && activity[0] === 'read' && activity.length === 1) {
        longestReadMs = Math.max(longestReadMs, now - since);
      }
      step += 1;
      tries = 0;
      since = now + tookMs;
      due.push({ at: since, act: attempt });
    };
    attempt();
  }

  for (let run = 0; run < runs; run += 1) {
    due.push({ at: chance() * 2 * SECOND, act: () => begin(String(run)) });
  }
  while (due.length > 0) {
    const next = due.reduce((soonest, each) => (each.at < soonest.at ? each : soonest));
    due.splice(due.indexOf(next), 1);
    now = next.at;
    next.act();
  }
  return {
    firstEndAt: Math.min(...ends),
    lastEndAt: Math.max(...ends),
    idealMs: ((runs * CALLS_OF_A_RUN) / (workers * callsPerHour)) * HOUR,
    longestReadMs,
    calls,
    asksPerRun: asks / runs,
  };
}

test.each([
  [20, 1, 180],
  [100, 1, 180],
  [100, 1, 4900],
  [300, 3, 1600],
])(
  '%i runs at once, %i workers with a cap of %i: the cap is used up to the last, and runs begun are finished first',
  (runs, workers, callsPerHour) => {
    const { firstEndAt, lastEndAt, idealMs, longestReadMs, calls, asksPerRun } = crowd(
      runs,
      workers,
      callsPerHour,
    );
    expect(calls).toBeLessThanOrEqual(runs * CALLS_OF_A_RUN * 1.02);
    expect(lastEndAt).toBeLessThan(idealMs * 1.2);
    expect(firstEndAt).toBeLessThan(Math.max(idealMs / 3, MINUTE));
    // An ordinary activity that looks at a number is given half an hour.
    expect(longestReadMs).toBeLessThan(30 * MINUTE);
    expect(asksPerRun).toBeLessThan(100);
  },
);
