import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { OnboardingClient, type OnboardingProgress } from '../../client/index.js';
import { loadConfiguration } from '../../configuration/configuration.js';
import { writeStackFile } from '../../configuration/stack-file.js';
import type { Simulator } from '../../simulator/simulator.js';
import { startEmbeddedStack } from '../../worker/embedded-stack.js';
import { freePorts } from '../../worker/ports.js';
import { installRuntime } from '../../worker/runtime.js';

installRuntime('error');

/** What `npm start` runs, in a folder of its own, and a client of it. */
export interface ClientStack {
  client: OnboardingClient;
  simulator: Simulator;
  address: string;
  /** Where the stack file is, so that commands started there find the stack. */
  folder: string;
  /** An id that no test has used. */
  newNumber(): string;
  stop(): Promise<void>;
}

export async function startClientStack(): Promise<ClientStack> {
  const folder = await mkdtemp(join(tmpdir(), 'wa-onboard-'));
  const [temporal, temporalUi, simulatorPort] = await freePorts(3);
  const configuration = loadConfiguration(
    {
      TEMPORAL_CLI_PATH: inject('temporalBinary'),
      TEMPORAL_PORT: String(temporal),
      TEMPORAL_UI_PORT: String(temporalUi),
      SIMULATOR_PORT: String(simulatorPort),
      LOG_LEVEL: 'error',
    },
    folder,
  );
  const stack = await startEmbeddedStack({
    configuration,
    workflowBundle: { codePath: inject('workflowBundlePath') },
  });
  const { simulator } = stack;
  if (simulator === undefined) throw new Error('Without a token, the stack serves the simulator.');
  const { address, namespace, uiUrl } = stack.temporal;
  writeStackFile(configuration.stateDir, {
    temporalAddress: address,
    namespace,
    ...(uiUrl === undefined ? {} : { uiUrl }),
    graphBaseUrl: stack.graphBaseUrl,
    simulator: true,
    pinStore: configuration.pinStore,
    pid: process.pid,
  });
  const client = await OnboardingClient.connect({ address, namespace });
  let numbers = 0;
  return {
    client,
    simulator,
    address,
    folder,
    newNumber() {
      numbers += 1;
      return `1065403522${numbers.toString().padStart(5, '0')}`;
    },
    async stop() {
      await client.close();
      await stack.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Follow the run until it has sent a code and waits for it. @returns the code that the simulator sent */
export async function sentCode(
  { client, simulator }: ClientStack,
  phoneNumberId: string,
): Promise<string> {
  for await (const { run, progress } of client.watch(phoneNumberId)) {
    if (progress?.stage === 'AwaitingCode' && progress.code !== undefined) break;
    if (run !== 'running') throw new Error(`The run ended: ${run}.`);
  }
  const code = simulator.codes(phoneNumberId).at(-1)?.code;
  if (code === undefined) throw new Error('No code was sent.');
  return code;
}

/** Follow the run until it is parked. */
export async function parked(
  { client }: ClientStack,
  phoneNumberId: string,
): Promise<OnboardingProgress> {
  for await (const { run, progress } of client.watch(phoneNumberId)) {
    if (progress?.stage === 'Parked') return progress;
    if (run !== 'running') throw new Error(`The run ended: ${run}.`);
  }
  throw new Error('The run was not parked.');
}

export const wrongCode = (right: string) => (right === '111111' ? '222222' : '111111');
