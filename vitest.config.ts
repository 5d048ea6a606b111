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
          exclude: [...ON_A_SERVER, ...MODEL],
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
    ],
  },
}));
