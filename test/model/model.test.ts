/** The model's property: whatever people, Meta, the network and the machines do, the invariants hold. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { modelCase } from './cases/arbitrary-case.js';
import type { ModelCase } from './cases/case.js';
import { play } from './cases/play.js';
import { createTally, tableOf } from './cases/tally.js';
import { CASES, CI_SEED, LEAST_COMMANDS, LEAST_HITS } from './shares.js';

test('whatever happens, nothing is lost and nothing is overspent', async () => {
  const workflowCode = readFileSync(inject('workflowBundlePath'), 'utf8');
  const seed = inject('modelSeed') ?? CI_SEED;
  const path = inject('modelPath');
  const tally = createTally();
  const began = process.cpuUsage();
  let failedAt: number | undefined;
  const found = await fc.check(
    fc.asyncProperty(modelCase, async (each) => {
      if (failedAt !== undefined && performance.now() > failedAt + LONGEST_SHRINKING_MS) return;
      try {
        tally.add(await play(each, workflowCode));
      } catch (error) {
        failedAt ??= performance.now();
        throw error;
      }
    }),
    {
      numRuns: inject('modelRuns') ?? CASES.driven,
      seed,
      ...(path === undefined ? {} : { path }),
    },
  );
  const cpu = process.cpuUsage(began);
  const cpuMs = (cpu.user + cpu.system) / 1000 / Math.max(1, tally.cases);
  const table = tableOf([
    ['cases on virtual time', `${tally.cases} (on a real server in CI: ${CASES.onServer})`],
    ['seed', `${found.seed}`],
    ...tally.rows(),
    ['processor time', `${Math.round(cpuMs)} ms a case`],
  ]);
  console.log(`The model test\n${table}`);

  if (found.failed) {
    const [counterexample] = found.counterexample ?? [];
    throw failureOf(found.errorInstance, counterexample, found.seed, found.counterexamplePath);
  }
  if (path !== undefined) return;
  expect(tally.medianCommands).toBeGreaterThanOrEqual(LEAST_COMMANDS);
  const rare = [...Object.entries(tally.faults), ...Object.entries(tally.storeFaults)].filter(
    ([, hits]) => hits < LEAST_HITS,
  );
  expect(rare, 'kinds of faults that struck too rarely').toEqual(
    tally.cases < CASES.driven ? expect.anything() : [],
  );
});

/** How long a smaller case that fails as well is looked for. */
const LONGEST_SHRINKING_MS = 60_000;

/** What was violated, how to play it again, the smallest case found, and what happened in it. */
function failureOf(
  error: unknown,
  counterexample: ModelCase | undefined,
  seed: number,
  path: string | null,
): Error {
  const message = error instanceof Error ? error.message : String(error);
  return new Error(
    [
      message.split('\n')[0],
      `Again: npm run test:model -- --seed ${seed} --path ${path} --runs 1`,
      `The case: ${JSON.stringify(counterexample)}`,
      message,
    ].join('\n\n'),
    { cause: error },
  );
}
