/** `npm run api`: the API and the console alone, for a Temporal that runs elsewhere. */
import { loadConfiguration } from '../../configuration/configuration.js';
import { startApi } from './start-api.js';

async function main(): Promise<void> {
  const asked = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  const api = await startApi(loadConfiguration());
  console.error(`The HTTP API and the console are at ${api.url}.`);
  await asked;
  console.error('Stopping: requests finish first. Once more to stop at once.');
  await api.close();
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : 'The start failed.');
  process.exitCode = 1;
});
process.exit();
