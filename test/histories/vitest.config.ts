import { defineConfig } from 'vitest/config';

/** For `npm run record-histories` only: what it runs writes files, and is no test. */
export default defineConfig({
  test: {
    pool: 'forks',
    include: ['test/histories/record.ts'],
    globalSetup: ['test/setup/temporal-server.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxConcurrency: 12,
  },
});
