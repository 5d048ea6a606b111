import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { OnboardingClient } from '../../client/index.js';
import { loadConfiguration } from '../../configuration/configuration.js';
import { startEmbeddedStack } from '../../worker/embedded-stack.js';
import { freePorts } from '../../worker/ports.js';
import { installRuntime } from '../../worker/runtime.js';
import { progressNow, until } from '../workflow/stack.js';

installRuntime('error');

test('the cap that the environment sets holds in what npm start runs, on the simulator too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'configured-cap-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [temporal, temporalUi, simulatorPort] = await freePorts(3);
  const stack = await startEmbeddedStack({
    configuration: loadConfiguration(
      {
        TEMPORAL_CLI_PATH: inject('temporalBinary'),
        TEMPORAL_PORT: String(temporal),
        TEMPORAL_UI_PORT: String(temporalUi),
        SIMULATOR_PORT: String(simulatorPort),
        LOG_LEVEL: 'error',
        GRAPH_API_CALLS_PER_HOUR: '27',
      },
      folder,
    ),
    workflowBundle: { codePath: inject('workflowBundlePath') },
  });
  onTestFinished(() => stack.stop());
  const { simulator } = stack;
  if (simulator === undefined) throw new Error('Without a token, the stack serves the simulator.');
  const client = await OnboardingClient.connect(stack.temporal);
  onTestFinished(() => client.close());

  const id = '106540352242922';
  const codeSent = new Promise<string>((resolve) => {
    simulator.onCode(({ code }) => resolve(code));
  });
  await client.start({ phoneNumberId: id });
  await client.submitCode(id, await codeSent);
  const held = await until('the code to be held back', async () => {
    const progress = await progressNow(client, id);
    return progress?.problem?.text.includes('own cap of 27 calls') && progress;
  });
  expect(held.stage).toBe('AwaitingCode');
  expect(simulator.requests.map(({ endpoint }) => endpoint)).toEqual([
    'read',
    'read',
    'requestCode',
  ]);
});
