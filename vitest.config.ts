import { defineConfig } from 'vitest/config';

/** Tests that talk to a real Temporal server: everything in these folders, and any file so named. */
const ON_A_SERVER = [
  'test/workflow/**/*.test.ts',
  'test/crash/**/*.test.ts',
  'test/faults/**/*.test.ts',
  'test/**/*.server.test.ts',
  'test/model/on-server.test.ts',
];

/** Tests that drive the workflow on virtual time, without a server. */
const MODEL = ['test/model/**/*.test.ts'];

/** Tests of the console in Chromium, from the build that `npm test` makes first. */
const IN_A_BROWSER = ['test/browser/**/*.test.ts'];

export default defineConfig(({ mode }) => ({
  test: {
    // In threads, Temporal's native runtime crashes when several files use it.
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...ON_A_SERVER, ...MODEL, ...IN_A_BROWSER],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'model',
          include: MODEL,
          exclude: ON_A_SERVER,
          globalSetup: ['test/model/setup/workflow-bundle.ts'],
          testTimeout: 3_600_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'server',
          include: ON_A_SERVER,
          globalSetup: ['test/setup/temporal-server.ts'],
          provide: { crashRounds: mode === 'long' ? 10 : 1 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: IN_A_BROWSER,
          globalSetup: ['test/setup/temporal-server.ts'],
          // One browser at a time, and nothing beside it: what a person waits for has time limits.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
}));
