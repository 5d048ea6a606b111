/** Numbers that wait for a code, on a stack of their own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OnboardingClient } from '../client/index.js';
import { loadConfiguration } from '../configuration/configuration.js';
import { programPlaces } from '../configuration/program-places.js';
import { startEmbeddedStack } from '../worker/embedded-stack.js';
import { freePorts } from '../worker/ports.js';
import { installRuntime } from '../worker/runtime.js';

export interface WaitingNumbers {
  /** Of Temporal. */
  address: string;
  /** A folder for files. */
  folder: string;
  client: OnboardingClient;
  ids: string[];
  stop(): Promise<void>;
}

const AT_A_TIME = 40;
const LOOK_EVERY_MS = 1_000;

/** @param interrupted rejects when it is to be given up */
export async function startWaitingNumbers(
  count: number,
  say: (sentence: string) => void,
  interrupted: Promise<never>,
): Promise<WaitingNumbers> {
  installRuntime('error');
  const folder = await mkdtemp(join(tmpdir(), 'desk-bench-stack-'));
  const [temporal, temporalUi, simulator] = await freePorts(3);
  const { temporalCliPath, searchPath } = programPlaces();
  const stack = await startEmbeddedStack({
    configuration: loadConfiguration(
      {
        PATH: searchPath,
        ...(temporalCliPath === undefined ? {} : { TEMPORAL_CLI_PATH: temporalCliPath }),
        TEMPORAL_PORT: String(temporal),
        TEMPORAL_UI_PORT: String(temporalUi),
        SIMULATOR_PORT: String(simulator),
        LOG_LEVEL: 'error',
        WORKER_MAX_ACTIVITIES: '200',
        WORKER_MAX_WORKFLOWS: String(Math.min(9_999, count + 100)),
        MAX_ACTIVITIES_PER_SECOND: '9999',
        MAX_TASK_QUEUE_ACTIVITIES_PER_SECOND: '9999',
        WORKER_SHUTDOWN_GRACE: '1 second',
      },
      folder,
    ),
    onNotice: say,
  });
  const { address } = stack.temporal;
  const client = await OnboardingClient.connect({ address });
  const stop = async () => {
    await client.close();
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const ids = Array.from({ length: count }, (_, index) => String(106_540_352_000_000 + index));
    await Promise.race([startAll(client, ids), interrupted]);
    await Promise.race([untilWaiting(client, count, say), interrupted]);
    return { address, folder, client, ids, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(client: OnboardingClient, ids: readonly string[]): Promise<void> {
  const left = [...ids];
  const starter = async () => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      await client.start({ phoneNumberId: id, label: `Shop ${id.slice(-4)}` });
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, starter));
}

async function untilWaiting(
  client: OnboardingClient,
  count: number,
  say: (sentence: string) => void,
): Promise<void> {
  let said = 0;
  for (;;) {
    const { count: waiting } = await client.temporal.workflow.count(
      "OnboardingStage = 'AwaitingCode' AND ExecutionStatus = 'Running'",
    );
    if (waiting >= count) return;
    if (waiting - said >= count / 5) {
      say(`${waiting} of ${count} wait for a code.`);
      said = waiting;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
