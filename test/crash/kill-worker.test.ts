/**
 * A worker killed with `kill -9` within each step, and another one started: what Meta saw is one of the sequences written down
 * in `allowed-sequences.ts`, and the run ends as if nothing had been.
 *
 * One kill hits two dozen runs that share the worker, each at a moment of its own. `npm run test:crash` is the long form:
 * ten kills with other seeds for each step.
 */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { historyText, holdsWord } from '../histories/history-text.js';
import { allowedSequences, MOMENTS, type Moment } from './allowed-sequences.js';
import { crashRound, inTurn, type Survivor } from './crash-round.js';
import { compileWorker, type WorkerProgram } from './killable-worker.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Kills for each step; each hits two dozen runs. */
    crashRounds: number;
  }
}

/** So often each step must have been hit for certain. */
const LEAST_HITS = 20;
const MOST_ROUNDS_FOR_THEM = 3;

const rounds = inject('crashRounds');
const turn = inTurn();

/** Four undisturbed; a kill repeats some, and so does a machine with too much to do. */
const MOST_READS = 16;

let worker: WorkerProgram;
beforeAll(async () => {
  worker = await compileWorker();
});
afterAll(() => worker.remove());

/** The one that takes longest first: where a code was lost, a person waits two minutes before asking again. */
const IN_ORDER: Moment[] = ['requestCode', ...MOMENTS.filter((each) => each !== 'requestCode')];

describe.concurrent('a run whose worker is killed', () => {
  test.for(IN_ORDER)(
    'during %s completes with another worker, and Meta sees only what is allowed',
    { timeout: (rounds + 1) * 300_000 },
    async (moment) => {
      let hits = 0;
      for (let round = 1; round <= rounds || hits < LEAST_HITS * rounds; round += 1) {
        const seed = round * 100 + MOMENTS.indexOf(moment);
        const startedAt = Date.now();
        const temporal = inject('temporal');
        const survivors = await crashRound({ moment, seed, worker, temporal, turn });
        const caught = survivors.filter((each) => each.caught).length;
        hits += caught;
        const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
        console.log(
          `${moment}, seed ${seed}: killed within the step of ${caught} of ${survivors.length} runs, ${seconds} s`,
        );
        for (const survivor of survivors) expectWell(survivor, moment);
        expect(round, 'rounds needed to hit the step often enough').toBeLessThan(
          rounds + MOST_ROUNDS_FOR_THEM,
        );
      }
    },
  );
});

function expectWell(survivor: Survivor, moment: Moment): void {
  const { phoneNumberId, caught, sequence, reads, result, atMeta, currentPin, history } = survivor;
  // One kill disturbs one moment; of a run that was not certainly caught in the step, it is not known which.
  const disturbed = caught ? [moment] : MOMENTS;
  const allowed = disturbed.flatMap((each) => allowedSequences(each, survivor));
  expect(allowed, `requests of ${phoneNumberId}`).toContain(sequence);
  expect(reads, `reads of ${phoneNumberId}`).toBeLessThanOrEqual(MOST_READS);
  expect(result).toMatchObject({ outcome: 'live', changed: true, pin: { confirmed: true } });
  expect(atMeta).toMatchObject({ registered: true, status: 'CONNECTED', twoStepOn: true });
  expect(atMeta.pin, `the current PIN of ${phoneNumberId} is the one at Meta`).toBe(currentPin);
  expect(atMeta.deregistersCounted).toBe(0);
  expect(holdsWord(historyText(history), currentPin), 'a PIN in the history').toBe(false);
}
