#!/usr/bin/env node
/** The simulator as a command: prints its URL and token, and each code as the SMS its receiver would see. */
import { parseArgs } from 'node:util';
import { SIMULATOR_TOKEN, startSimulator } from './simulator.js';

const USAGE = `Usage: npm run simulator -- [options]

Simulates Meta's Graph API as far as onboarding a phone number goes. Every digit-string id is a fresh number.

  --port N        port to listen on, 0 for any free one (default 4010)
  --host ADDRESS  address to listen on (default 127.0.0.1)
  --naive         answer like a mock without rules: everything succeeds in any order
  --state FILE    keep the numbers in this file, so that they survive a restart
  --help          show this text
`;

const DEFAULT_PORT = '4010';

interface CommandOptions {
  port: number;
  host: string;
  naive: boolean;
  state?: string;
}

/** @returns undefined where help was asked for. @throws Error with one sentence on bad usage */
function commandOptions(): CommandOptions | undefined {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: DEFAULT_PORT },
      host: { type: 'string', default: '127.0.0.1' },
      naive: { type: 'boolean', default: false },
      state: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { port = DEFAULT_PORT, host = '127.0.0.1', naive = false, state } = values;
  if (!/^[0-9]+$/.test(port) || Number(port) > 65_535) {
    throw new Error(`--port must be a number from 0 to 65535; got "${port}".`);
  }
  return { port: Number(port), host, naive, ...(state === undefined ? {} : { state }) };
}

async function run({ port, host, naive, state }: CommandOptions): Promise<void> {
  const simulator = await startSimulator({
    port,
    host,
    mode: naive ? 'naive' : 'strict',
    autoCreate: true,
    ...(state === undefined ? {} : { stateFile: state }),
  });
  simulator.onCode(({ phoneNumberId, method, text }) => {
    console.log(`${method} to the SIM of number ${phoneNumberId}: ${text}`);
  });
  console.log(`Simulator of Meta's Graph API (${naive ? 'naive' : 'strict'}): ${simulator.url}`);
  console.log('To use it, set:');
  console.log(`  GRAPH_API_BASE_URL=${simulator.url}`);
  console.log(`  CLOUD_API_ACCESS_TOKEN=${SIMULATOR_TOKEN}`);

  const stop = (): void => {
    simulator.close().catch((error: unknown) => console.error(error));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

const sentenceOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'The simulator could not start.';

async function main(): Promise<number> {
  let options: CommandOptions | undefined;
  try {
    options = commandOptions();
  } catch (error) {
    console.error(`${sentenceOf(error)}\n\n${USAGE}`);
    return 2;
  }
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
  try {
    await run(options);
    return 0;
  } catch (error) {
    console.error(sentenceOf(error));
    return 1;
  }
}

process.exitCode = await main();
