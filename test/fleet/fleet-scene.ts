/** A fleet of numbers in use, worker processes to kill, and what a sweep leaves behind. */
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { inject } from 'vitest';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import type { PinStore } from '../../activities/pin-store/pin-store.js';
import { type Simulator, startSimulator } from '../../simulator/simulator.js';
import {
  MESSAGES,
  ROTATE_DUE_PINS,
  type SweepInput,
  type SweepProgress,
  workflowIdOf,
} from '../../workflows/messages.js';
import { until } from '../workflow/stack.js';
import { compileFleetWorker, type FleetWorker, startFleetWorker } from './killable-worker.js';
import { keepOldPin } from './old-pins.js';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
export type HistoryEvents = NonNullable<History['events']>;

export interface FleetScene {
  simulator: Simulator;
  pinStore: PinStore;
  temporal: Client;
  /** The PIN that each number had at first. */
  firstPins: ReadonlyMap<string, string>;
  startWorker(): Promise<FleetWorker>;
  startSweep(input: SweepInput): Promise<WorkflowHandle>;
  /** How many numbers have had another PIN at Meta since. */
  changedAtMeta(): number;
  /** Numbers whose current PIN is still the first one. */
  stillDue(): Promise<string[]>;
  /** Waits until no run of this scene is open. */
  allClosed(): Promise<void>;
  /** The histories of a workflow id's runs, or of all runs of the scene that work on numbers; in no order. */
  historiesOf(workflowId: string): Promise<HistoryEvents[]>;
  close(): Promise<void>;
}

/**
 * @param count numbers in use, each with a PIN that is 100 days old
 * @param maxWorkflows that the worker keeps in memory
 * @param server @default the one that all test files share
 */
export async function openFleet(
  count: number,
  maxWorkflows: number,
  server: { address: string; namespace: string } = inject('temporal'),
): Promise<FleetScene> {
  const [folder, worker, simulator] = await Promise.all([
    mkdtemp(join(tmpdir(), 'onboarding-fleet-')),
    compileFleetWorker(),
    startSimulator({ token: `EAAfleet${randomBytes(18).toString('base64url')}` }),
  ]);
  const pinStoreDir = join(folder, 'pins');
  const pinStore = await openPinStore({ kind: 'local', dir: pinStoreDir });
  const connection = await Connection.connect({ address: server.address });
  const temporal = new Client({ connection, namespace: server.namespace });
  const taskQueue = `fleet-${randomUUID()}`;
  const workers: FleetWorker[] = [];
  const firstPins = new Map<string, string>();
  const prefix = `${randomInt(1e8, 9e8)}`;
  const ids = Array.from({ length: count }, (_, index) => `${prefix}${1_000_000 + index}`);
  for (const id of ids) simulator.addNumber({ id, preset: 'live' });
  await inTens(ids, async (id) => {
    firstPins.set(id, await keepOldPin({ simulator, pinStore }, id, { days: 100 }));
  });

  const changed = () =>
    simulator.requests.filter(({ newPin }) => newPin).map(({ phoneNumberId }) => phoneNumberId);

  return {
    simulator,
    pinStore,
    temporal,
    firstPins,
    async startWorker() {
      const started = await startFleetWorker(worker.program, {
        ...server,
        taskQueue,
        workflowBundlePath: worker.workflowBundlePath,
        graphUrl: simulator.url,
        accessToken: simulator.token,
        pinStoreDir,
        maxWorkflows,
      });
      workers.push(started);
      return started;
    },
    startSweep: (input) =>
      temporal.workflow.start(ROTATE_DUE_PINS, {
        workflowId: `sweep-${randomUUID()}`,
        taskQueue,
        args: [input],
      }),
    changedAtMeta: () => new Set(changed()).size,
    async stillDue() {
      const due: string[] = [];
      await inTens(ids, async (id) => {
        const { pin } = await pinStore.read(id, 'current');
        if (pin.reveal() === firstPins.get(id)) due.push(id);
      });
      return due;
    },
    async allClosed() {
      const query = `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`;
      const count = async () => (await temporal.workflow.count(query)).count;
      await until('all runs to end', async () => (await count()) === 0, 180_000);
    },
    async historiesOf(workflowId) {
      const runIds: string[] = [];
      const query = `WorkflowId = '${workflowId}'`;
      for await (const { runId } of temporal.workflow.list({ query })) runIds.push(runId);
      return Promise.all(
        runIds.map(async (runId) => {
          const { events } = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
          return events ?? [];
        }),
      );
    },
    async close() {
      await Promise.all(workers.map((each) => each.kill()));
      await connection.close();
      await simulator.close();
      await worker.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** So many attempts of one workflow task are a defect, not a worker that was killed. */
const STUCK = 6;

/** Waits for the end of a sweep, and lets it go on wherever it halts. @returns its result, and how often it halted */
export async function finished(
  sweep: WorkflowHandle,
): Promise<{ result: SweepProgress; halts: number }> {
  let halts = 0;
  let resumed: string | undefined;
  const result = await until(
    'the sweep to end',
    async () => {
      const { status, raw } = await sweep.describe();
      const { attempt = 0 } = raw.pendingWorkflowTask ?? {};
      if (attempt && attempt >= STUCK)
        throw new Error('A workflow task of the sweep fails for ever.');
      if (status.name === 'COMPLETED') return (await sweep.result()) as SweepProgress;
      if (status.name !== 'RUNNING') throw new Error(`The sweep ended ${status.name}.`);
      const progress = await progressOf(sweep);
      const since = progress?.halted?.since;
      if (since === undefined || since === resumed) return undefined;
      resumed = since;
      halts += 1;
      await sweep.signal(MESSAGES.retry);
      return undefined;
    },
    900_000,
  );
  return { result, halts };
}

/** Undefined where no worker answers now. */
export async function progressOf(sweep: WorkflowHandle): Promise<SweepProgress | undefined> {
  return (await Promise.race([
    sweep.query(MESSAGES.progress).catch(() => undefined),
    new Promise((resolve) => setTimeout(resolve, 5_000, undefined)),
  ])) as SweepProgress | undefined;
}

export async function inTens<T>(items: readonly T[], work: (item: T) => Promise<void>) {
  for (let at = 0; at < items.length; at += 10) {
    await Promise.all(items.slice(at, at + 10).map(work));
  }
}

export const historiesOfNumber = (scene: FleetScene, id: string) =>
  scene.historiesOf(workflowIdOf(id));
