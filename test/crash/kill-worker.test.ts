/**
 * A worker killed with `kill -9` before, during and after each step, and another one started: what Meta saw is one of the
 * sequences written down in `allowed-sequences.ts`, the run ends as if nothing had been, and nothing left behind holds a secret.
 *
 * One kill hits fifteen runs that share the worker, each at a place of its own. `npm run test:crash` is the long form:
 * ten kills with other seeds for each step.
 */
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { seededRandom } from '../../simulator/faults.js';
import { allowedSequences, MOMENTS, type Moment } from './allowed-sequences.js';
import { crashRound, inTurn, type RoundOptions, type Survivor } from './crash-round.js';
import { drawRuns } from './draws.js';
import { compileWorker, type WorkerProgram } from './killable-worker.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Kills for each step; each hits fifteen runs. */
    crashRounds: number;
  }
}

const RUNS_PER_ROUND = 15;

/** So many in each phase of a step must have been hit for certain, by one kill on average. */
const LEAST_HITS = 3;
const MOST_ROUNDS_FOR_THEM = 4;

const rounds = inject('crashRounds');
const turn = inTurn();

/** Four undisturbed; a kill repeats some, and so does a machine with too much to do. */
const MOST_READS = 16;

let worker: WorkerProgram;
beforeAll(async () => {
  worker = await compileWorker();
}, 120_000);

/** Local activities may take four seconds, and ordinary ones twelve here. */
const LOCAL = { gatherMs: 1_200 };

/** How the runs are brought to a moment. */
const WAYS: Partial<Record<Moment, Partial<RoundOptions>>> = {
  prepare: LOCAL,
  stage: LOCAL,
  confirm: { ...LOCAL, muster: 'setPin' },
  deadline: { ...LOCAL, cutShort: 'deadline' },
  // A deregister whose outcome is unknown is repeated after five minutes.
  deregister: { muster: 'register', cutShort: 'cancelled while registering', hurried: true },
};

describe.concurrent('a run whose worker is killed', () => {
  test.for(MOMENTS)(
    'before, during or after %s ends well with another worker, Meta sees only what is allowed, and no secret leaks',
    { timeout: (rounds + 1) * 600_000 },
    async (moment) => {
      const hits = new Map(phasesOf(moment).map((phase) => [phase, 0]));
      const hitsMissing = () => [...hits.values()].some((count) => count < LEAST_HITS * rounds);
      for (let round = 1; round <= rounds || hitsMissing(); round += 1) {
        expect(round, 'rounds needed to hit the step often enough').toBeLessThan(
          rounds + MOST_ROUNDS_FOR_THEM,
        );
        const seed = round * 100 + MOMENTS.indexOf(moment);
        const random = seededRandom(seed);
        const startedAt = Date.now();
        const survivors = await crashRound({
          worker,
          temporal: inject('temporal'),
          runs: drawRuns(moment, RUNS_PER_ROUND, random),
          killAfterMs: 100 + random() * 350,
          restartAfterMs: random() * 1_000,
          // Asking again takes two minutes.
          codeLost: rounds > 1 ? 'askedAgain' : 'cancelled',
          turn,
          ...WAYS[moment],
        });
        const caught = survivors.filter((each) => each.caught);
        for (const { phase } of caught) hits.set(phase, (hits.get(phase) ?? 0) + 1);
        const counts = phasesOf(moment).map(
          (phase) => `${caught.filter((each) => each.phase === phase).length} ${phase} it`,
        );
        const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
        console.log(
          `${moment}, seed ${seed}: of ${survivors.length} runs killed ${counts.join(', ')}; ${seconds} s`,
        );
        for (const survivor of survivors) expectWell(survivor, moment);
      }
    },
  );
});

const PHASES = ['before', 'during', 'after'] as const;

/** Nothing happens in the wait for a code, so there is nothing to be before or after. */
function phasesOf(moment: Moment): readonly (typeof PHASES)[number][] {
  return moment === 'awaitCode' ? ['during'] : PHASES;
}

function expectWell(survivor: Survivor, moment: Moment): void {
  const { phoneNumberId, caught, phase, sequence, reads, ending, atEnd, atKill } = survivor;
  // One kill disturbs one moment; of a run that was not certainly caught in the step, it is not known which.
  const allowed = caught
    ? allowedSequences(moment, phase, survivor)
    : MOMENTS.flatMap((each) => PHASES.flatMap((at) => allowedSequences(each, at, survivor)));
  expect(allowed, `requests of ${phoneNumberId}`).toContain(sequence);
  expect(reads, `reads of ${phoneNumberId}`).toBeLessThanOrEqual(MOST_READS);

  // A PIN at Meta is in the PIN store, always; and a run never makes a second one.
  for (const { atMeta, stored } of [atKill, atEnd]) {
    if (atMeta !== undefined) expect(Object.values(stored)).toContain(atMeta);
    expect(Object.keys(stored).length, `versions of ${phoneNumberId}`).toBeLessThanOrEqual(1);
  }
  // It becomes the current one when Meta has accepted it, not before.
  const isEarly = MOMENTS.indexOf(moment) < MOMENTS.indexOf('storePin');
  if (caught && isEarly) expect(atKill.stored).not.toHaveProperty('current');
  const [stagedBefore] = Object.values(atKill.stored);
  const [pin] = Object.values(atEnd.stored);
  if (stagedBefore !== undefined) expect(pin).toBe(stagedBefore);

  const { number } = atEnd;
  if (typeof ending === 'string') {
    const { cutShort, codeLost } = survivor;
    expect(ending).toBe(cutShort === 'deadline' ? 'deadline passed' : 'cancelled');
    expect([cutShort, codeLost === 'cancelled']).not.toEqual([undefined, false]);
    expect(atEnd.stored).toEqual({ pending: expect.any(String) });
    expect(number).toMatchObject({ registered: false });
    expect(number.deregistersCounted).toBeLessThanOrEqual(3);
    return;
  }
  expect(ending).toMatchObject({ outcome: 'live', changed: true, pin: { confirmed: true } });
  expect(number).toMatchObject({ registered: true, status: 'CONNECTED', twoStepOn: true });
  expect(atEnd.stored).toEqual({ current: number.pin });
  expect(number.deregistersCounted).toBe(0);
}
