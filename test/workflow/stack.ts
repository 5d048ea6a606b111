/** What the workflow tests run on: the shared Temporal server, a worker, a simulator and a PIN store of their own. */
import { randomInt, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getClient } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest';
import { createFleetActivities, temporalOpenRuns } from '../../activities/fleet.js';
import { createGraphClient } from '../../activities/graph-api/graph-client.js';
import type { Pace } from '../../activities/graph-api/pace.js';
import type { Notifier } from '../../activities/notify/webhook-notifier.js';
import { createNumberActivities } from '../../activities/number.js';
import { type PastRuns, temporalPastRuns } from '../../activities/past-runs.js';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import type { PinStore } from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { NoWorkerAnswerError, OnboardingClient } from '../../client/index.js';
import { type NumberSeed, type Simulator, startSimulator } from '../../simulator/simulator.js';
import { createOnboardingWorker } from '../../worker/create-worker.js';
import { createNotificationWorker } from '../../worker/notification-worker.js';
import { installRuntime } from '../../worker/runtime.js';
import type { OnboardingInput, OnboardingProgress, StepName } from '../../workflows/messages.js';
import { type BreakableStore, breakable } from './breakable-store.js';
import { watchNumbersInUse } from './numbers-in-use.js';

// Runs that fail on purpose make the worker warn of every failed activity; only what is wrong with the worker is shown.
installRuntime('error');

export interface Stack {
  simulator: Simulator;
  /** The PIN store as it is; what the worker sees of it may be broken. */
  pinStore: PinStore;
  /** Breaks the PIN store for the worker. */
  breakStore: BreakableStore['breakStore'];
  client: OnboardingClient;
  temporal: Client;
  taskQueue: string;
  /** The newest worker. */
  readonly worker: Worker;
  /** Starts a worker where none runs. */
  startWorker(): Promise<void>;
  /** Shuts the worker down and waits until it has. */
  stopWorker(): Promise<void>;
  /** A number of the simulator with an id of its own. */
  number(seed?: Omit<NumberSeed, 'id'>): string;
  start(
    phoneNumberId: string,
    input?: Partial<OnboardingInput>,
  ): ReturnType<OnboardingClient['start']>;
  /** @throws Error when a number that was in use before its run got a deregister */
  close(): Promise<void>;
}

export interface StackOptions {
  mode?: 'strict' | 'naive';
  wabaId?: string;
  /** Wraps the PIN store that the worker uses, for instance to break it. */
  wrapStore?: (store: PinStore) => PinStore;
  workflowBundlePath?: string;
  /** @default the dev server that all test files share */
  server?: { address: string; namespace: string };
  /** The server is the time-skipping one. @default false */
  timeSkipping?: boolean;
  /** @default read from the Temporal server */
  pastRuns?: PastRuns;
  /** The activities' clock. */
  clock?: () => Date;
  /** The worker's cap on calls to the simulator. @default no cap */
  pace?: Pace;
  /** What takes the notifications. @default nobody is notified */
  notifier?: Notifier;
  /** False to begin without a worker. @default true */
  withWorker?: boolean;
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { address, namespace } = options.server ?? inject('temporal');
  const { mode = 'strict', wabaId, clock, notifier } = options;
  const taskQueue = `test-${randomUUID()}`;
  const folder = await mkdtemp(join(tmpdir(), 'onboarding-stack-'));
  const simulator = await startSimulator({ mode });
  const inUse = watchNumbersInUse(simulator);
  const pinStore = await openPinStore({ kind: 'local', dir: join(folder, 'pins') });
  const { store, breakStore } = breakable(options.wrapStore?.(pinStore) ?? pinStore);
  const connection = await NativeConnection.connect({ address });
  const world = {
    graph: createGraphClient({
      baseUrl: simulator.url,
      version: 'v25.0',
      accessToken: new Secret(simulator.token),
      ...(options.pace === undefined ? {} : { pace: options.pace }),
    }),
    pinStore: store,
    ...(wabaId === undefined ? {} : { wabaId }),
    ...(clock === undefined ? {} : { clock }),
  };
  const activities = {
    ...createNumberActivities({
      ...world,
      pastRuns: options.pastRuns ?? temporalPastRuns(getClient),
      notifies: notifier !== undefined,
    }),
    ...createFleetActivities({ ...world, openRuns: temporalOpenRuns(getClient) }),
  };
  const workflowBundle = {
    codePath: options.workflowBundlePath ?? inject('workflowBundlePath'),
  };
  const basics = { connection, namespace, taskQueue, activities, workflowBundle };
  const createWorker = () =>
    options.timeSkipping
      ? Worker.create(basics) // this server cannot be asked for its search attributes, which our own worker does
      : createOnboardingWorker({ ...basics, shutdownGraceMs: 2_000 });
  const posting =
    notifier && (await createNotificationWorker({ connection, namespace, taskQueue, notifier }));
  const posted = posting?.run();
  let worker = await createWorker();
  let running: Promise<void> | undefined = options.withWorker === false ? undefined : worker.run();
  const clientConnection = await Connection.connect({ address });
  const temporal = new Client({ connection: clientConnection, namespace });
  const client = new OnboardingClient(temporal, { taskQueue });

  async function stopWorker(): Promise<void> {
    if (running === undefined) return;
    worker.shutdown();
    await running;
    running = undefined;
  }

  return {
    simulator,
    pinStore,
    breakStore,
    client,
    temporal,
    taskQueue,
    get worker() {
      return worker;
    },
    async startWorker() {
      if (running !== undefined) return;
      if (worker.getState() !== 'INITIALIZED') worker = await createWorker();
      running = worker.run();
    },
    stopWorker,
    number(seed = {}) {
      const id = `${randomInt(1e9, 9e9)}${randomInt(1e5, 9e5)}`;
      simulator.addNumber({ id, ...seed });
      return id;
    },
    start(phoneNumberId, input = {}) {
      inUse.runBegins(phoneNumberId);
      return client.start({ ...input, phoneNumberId });
    },
    async close() {
      if (running === undefined && worker.getState() === 'INITIALIZED') running = worker.run();
      await stopWorker();
      posting?.shutdown();
      await posted;
      await clientConnection.close();
      await connection.close();
      await simulator.close();
      await rm(folder, { recursive: true, force: true });
      if (mode === 'strict') inUse.assertNoneDeregistered();
    },
  };
}

const LOOK_EVERY_MS = 50;

/** Waits until a look at something gives an answer. @throws Error when it gives none in time */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 30_000,
): Promise<T> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    const answer = await look();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > giveUpAt) throw new Error(`Waited in vain for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Waits until the run waits for a code that Meta has sent, and gives that code. */
export async function codeAwaited(
  { client, simulator }: Stack,
  phoneNumberId: string,
): Promise<string> {
  await until('the run to wait for a code', async () => {
    const progress = await progressNow(client, phoneNumberId);
    return progress?.waiting !== undefined && progress.code !== undefined;
  });
  return simulator.codes(phoneNumberId).at(-1)?.code ?? '';
}

/** The progress of a run; undefined where the worker is too busy with the run to answer in time. */
export async function progressNow(
  client: OnboardingClient,
  phoneNumberId: string,
): Promise<OnboardingProgress | undefined> {
  try {
    return await client.progress(phoneNumberId);
  } catch (error) {
    if (error instanceof NoWorkerAnswerError) return undefined;
    throw error;
  }
}

/** A code that is certainly wrong. */
export function wrongCode(right: string): string {
  return right === '111111' ? '222222' : '111111';
}

export function stepStates(progress: Pick<OnboardingProgress, 'steps'>): Record<StepName, string> {
  return Object.fromEntries(progress.steps.map(({ name, state }) => [name, state])) as Record<
    StepName,
    string
  >;
}

/** The endpoints that were called for a number, in order, reads left out. */
export function writesTo(simulator: Simulator, phoneNumberId: string): string[] {
  return simulator.requests
    .filter((request) => request.phoneNumberId === phoneNumberId && request.endpoint !== 'read')
    .map(({ endpoint }) => endpoint);
}

/** A stack that all tests of a file share, each with numbers of its own. */
export function stackForFile(options: StackOptions = {}): { readonly stack: Stack } {
  let stack: Stack | undefined;
  beforeAll(async () => {
    stack = await startStack(options);
  });
  afterAll(() => stack?.close());
  return {
    get stack() {
      if (stack === undefined) throw new Error('The stack starts before the first test.');
      return stack;
    },
  };
}

/** A stack that is closed when the test has finished. Not for concurrent tests: vitest cannot tell whose end that is. */
export async function stackForTest(options: StackOptions = {}): Promise<Stack> {
  const stack = await startStack(options);
  onTestFinished(() => stack.close());
  return stack;
}
