/**
 * Meta has accepted the PIN, and it cannot be read back: if the worker dies now, before the PIN store has made it the current
 * one, the store must have it all the same.
 */
import { beforeAll, expect, inject, test } from 'vitest';
import { crashRound, inTurn, type Survivor } from './crash-round.js';
import type { Draw } from './draws.js';
import { compileWorker, type WorkerProgram } from './killable-worker.js';
import type { Hit } from './spots.js';

const rounds = inject('crashRounds');
const turn = inTurn();

let worker: WorkerProgram;
beforeAll(async () => {
  worker = await compileWorker();
}, 120_000);

const KILLS = 4;
const RUNS = 25;
const MOST_KILLS_MORE = 4;
/** Longer than the kill takes to come. */
const UNTIL_KILLED_MS = 8_000;

/** Every place between Meta's yes and the promotion. */
const BETWEEN: Record<string, Hit> = {
  'its yes on the way': {
    phase: 'during',
    request: { endpoint: 'setPin', nth: 1 },
    slowness: { beforeMs: 0, afterMs: UNTIL_KILLED_MS, lost: false },
  },
  'Temporal not told of it': {
    phase: 'after',
    stop: { activity: 'setTwoStepPin', when: 'after' },
  },
  'the promotion not begun': { phase: 'before', stop: { activity: 'storePin', when: 'before' } },
  'the promotion not written': {
    phase: 'during',
    write: { method: 'promote', beforeMs: UNTIL_KILLED_MS, afterMs: 0 },
  },
};

const runs: Draw[] = Array.from({ length: RUNS }, (_, index) => {
  const hits = Object.values(BETWEEN);
  return { verified: true, hit: hits[index % hits.length] ?? fail(), submitAfterMs: 0 };
});

test('a worker killed between Meta’s acceptance of the PIN and its promotion leaves at Meta the PIN that is in the PIN store, and the next one makes it the current one', {
  timeout: rounds * 900_000,
}, async () => {
  const caught: Survivor[] = [];
  async function kill(): Promise<void> {
    const survivors = await crashRound({
      worker,
      temporal: inject('temporal'),
      runs,
      killAfterMs: 100,
      restartAfterMs: 0,
      codeLost: 'cancelled',
      turn,
    });
    caught.push(...survivors.filter((each) => each.caught));
  }
  const wanted = KILLS * RUNS * rounds;
  await Promise.all(Array.from({ length: KILLS }, () => repeated(rounds, kill)));
  // A machine with too much to do may have missed some.
  await repeated(MOST_KILLS_MORE, async () => {
    if (caught.length < wanted) await kill();
  });
  const kept = caught.filter(isKept);
  console.log(
    `The PIN in the PIN store was the PIN at Meta ${kept.length} of ${caught.length} times.`,
  );
  expect(kept.length).toBe(caught.length);
  expect(caught.length).toBeGreaterThanOrEqual(wanted);
});

async function repeated(times: number, work: () => Promise<void>): Promise<void> {
  for (let time = 1; time <= times; time += 1) await work();
}

/** At the moment of the kill as the pending one, in the end as the current one. */
function isKept({ atKill, atEnd, ending }: Survivor): boolean {
  return (
    atKill.atMeta !== undefined &&
    atKill.stored.pending === atKill.atMeta &&
    atEnd.atMeta === atKill.atMeta &&
    atEnd.stored.current === atKill.atMeta &&
    Object.keys(atEnd.stored).length === 1 &&
    typeof ending !== 'string' &&
    ending.outcome === 'live'
  );
}

function fail(): never {
  throw new Error('There is no place to be killed at.');
}
