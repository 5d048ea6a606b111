#!/usr/bin/env node
/** `npm run test:model -- --runs 10000 --seed 7`: the model's property on as many cases as wanted. */
import { parseArgs } from 'node:util';
import { createVitest } from 'vitest/node';

const USAGE = `Usage: npm run test:model -- [options]

  --runs N      how many cases to try (default 500)
  --seed N      the seed of the cases (default: the one that CI uses)
  --path PATH   where in that seed's cases to begin, as a failure printed it
`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    seed: { type: 'string' },
    path: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
for (const name of /** @type {const} */ (['runs', 'seed'])) {
  if (values[name] !== undefined && !/^-?[0-9]+$/.test(values[name])) {
    process.stderr.write(`--${name} must be a number; got "${values[name]}".\n`);
    process.exit(2);
  }
}

const vitest = await createVitest('test', {
  project: ['model'],
  watch: false,
  ...(values.runs === undefined ? {} : { testNamePattern: 'whatever happens' }),
});
if (values.runs !== undefined) vitest.provide('modelRuns', Number(values.runs));
if (values.seed !== undefined) vitest.provide('modelSeed', Number(values.seed));
if (values.path !== undefined) vitest.provide('modelPath', values.path);
await vitest.start();
await vitest.close();
