/** The property is worth something only if it fails where there is a bug: each of these plants one. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import type { GraphNumber } from '../../activities/graph-api/graph-client.js';
import type { PastRuns } from '../../activities/past-runs.js';
import { stageInDocument } from '../../activities/pin-store/pin-document.js';
import { modelCase } from './cases/arbitrary-case.js';
import type { Mutations } from './cases/open-scene.js';
import { play } from './cases/play.js';
import { currentAttempt } from './driver/attempt.js';

/** Within so many cases each bug must be found. */
const MOST_CASES = 300;

async function violationFound(bug: Mutations): Promise<string> {
  const code = readFileSync(inject('workflowBundlePath'), 'utf8');
  const { errorInstance, numRuns } = await fc.check(
    fc.asyncProperty(modelCase, async (each) => {
      await play(each, code, bug);
    }),
    { numRuns: MOST_CASES, seed: 20_261_120, endOnFailure: true },
  );
  const found = errorInstance instanceof Error ? errorInstance.message.split('\n')[0] : 'nothing';
  return `${found} (case ${numRuns})`;
}

test('a pending PIN that the next run drops is found', async () => {
  const dropsPending: typeof stageInDocument = (document, ...rest) => {
    const { pending, ...states } = document.states;
    const versions = document.versions.filter(({ version }) => version !== pending);
    return stageInDocument({ ...document, states, versions }, ...rest);
  };
  expect(await violationFound({ stageInDocument: dropsPending })).toMatch(/^I1: /);
});

test('a PIN that becomes the current one before Meta has accepted it is found', async () => {
  const promotesEarly: Mutations['activities'] = (real) => ({
    ...real,
    async setTwoStepPin(pin) {
      await real.storePin(pin);
      return real.setTwoStepPin(pin);
    },
  });
  expect(await violationFound({ activities: promotesEarly })).toMatch(/^I1: .*had not taken it/);
});

test('a ledger that forgets terminated runs is found', async () => {
  const forgets = (pastRuns: PastRuns): PastRuns => ({
    ...pastRuns,
    of: async (...asked) => (await pastRuns.of(...asked)).filter(({ cutOff }) => !cutOff),
  });
  expect(await violationFound({ pastRuns: forgets })).toMatch(/^I[23]: /);
});

test('a register that is repeated without a read is found', async () => {
  const guesses: Mutations['graph'] = (graph) => {
    let known: GraphNumber | undefined;
    return {
      ...graph,
      async readNumber(...asked) {
        if (currentAttempt()?.activityType !== 'register' || known === undefined) {
          known = await graph.readNumber(...asked);
        }
        return known;
      },
    };
  };
  expect(await violationFound({ graph: guesses })).toMatch(/^unknown: register was repeated/);
});
