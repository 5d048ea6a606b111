/** What a crash test plays on: a simulator, a client, a PIN store and worker processes, and a scan of all they leave behind. */
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { expect } from 'vitest';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import type { PinStore } from '../../activities/pin-store/pin-store.js';
import { OnboardingClient } from '../../client/index.js';
import { type NumberSeed, type Simulator, startSimulator } from '../../simulator/simulator.js';
import { freePorts, LOOPBACK } from '../../worker/ports.js';
import { filesIn } from '../leaks/files-in.js';
import { canariesOf, descriptionOf, listedRuns, placesOfRuns } from '../leaks/gather-places.js';
import { type Place, type ScanReport, scan } from '../leaks/leak-scan.js';
import { type KillableWorker, startWorkerProcess, type WorkerProgram } from './killable-worker.js';
import { HURRIED, type WorkerTask } from './worker-messages.js';

export interface SceneOptions {
  worker: WorkerProgram;
  temporal: { address: string; namespace: string };
  /** Cut the timers of the runs short. @default false */
  hurried?: boolean;
  /** @default one of its own */
  taskQueue?: string;
  /** @default a local one in the scene's folder */
  pinStore?: PinStore;
}

export interface Scene {
  simulator: Simulator;
  client: OnboardingClient;
  pinStore: PinStore;
  taskQueue: string;
  /** For whatever processes leave on the disk; searched for leaks. */
  folder: string;
  /** In that folder. */
  pinStoreDir: string;
  /** While this file is there, the PIN store does not answer to the methods that it names. */
  storeDownFile: string;
  /** A number of the simulator with an id of its own. */
  number(seed?: Omit<NumberSeed, 'id'>): string;
  startWorker(troubles?: Partial<WorkerTask>): Promise<KillableWorker>;
  /** Keeps what the server tells of the runs now, while activities are pending, for the search for leaks. */
  keepDescriptions(): Promise<void>;
  /** Keeps a text, such as what a process wrote, for the search for leaks. */
  keep(name: string, text: string): void;
  /** Keeps the files of another folder for the search for leaks. */
  keepFiles(folder: string): Promise<void>;
  /**
   * Searches all that the runs of this scene have left behind. A worker must run.
   *
   * @param caught errors and answers that callers got
   */
  scan(caught?: unknown): Promise<ScanReport>;
  /** Does so, and finds nothing but the codes where they may stand. */
  expectNoLeaks(caught?: unknown): Promise<void>;
  close(): Promise<void>;
}

export async function openScene(options: SceneOptions): Promise<Scene> {
  const { worker, temporal, hurried } = options;
  const folder = await mkdtemp(join(tmpdir(), 'onboarding-crash-'));
  const simulator = await startSimulator({ token: canaryToken() });
  const taskQueue = options.taskQueue ?? `${hurried ? HURRIED : ''}crash-${randomUUID()}`;
  // Lazy, as the server may not be up yet.
  const connection = Connection.lazy({ address: temporal.address });
  const { namespace } = temporal;
  const client = new OnboardingClient(new Client({ connection, namespace }), { taskQueue });
  const pinStoreDir = join(folder, 'pins');
  const pinStore = options.pinStore ?? (await openPinStore({ kind: 'local', dir: pinStoreDir }));
  const storeDownFile = join(folder, 'store-is-down');
  const ids: string[] = [];
  const workers: KillableWorker[] = [];
  const kept: Place[] = [];

  async function places(caught: unknown): Promise<Place[]> {
    const { runs, rows } = await listedRuns(client.temporal, taskQueue, ids);
    const counted = await Promise.all(workers.map((each) => each.metrics()));
    for (const text of counted) expect(text).toContain('temporal_');
    return [
      ...kept,
      ...(await placesOfRuns(client.temporal, runs)),
      ...(await filesIn(folder)),
      rows,
      ...workers.map((each, index) => elsewhere(`log of worker ${index + 1}`, each.log())),
      ...counted.map((text, index) => elsewhere(`metrics of worker ${index + 1}`, text)),
      ...[caught].flat().map((each, index) => elsewhere(`what caller ${index + 1} got`, each)),
    ];
  }

  async function scanned(caught: unknown = []): Promise<ScanReport> {
    return scan(await places(caught), await canariesOf({ simulator, pinStore }, ids));
  }

  return {
    simulator,
    client,
    pinStore,
    taskQueue,
    folder,
    pinStoreDir,
    storeDownFile,
    number(seed = {}) {
      const id = `${randomInt(1e9, 9e9)}${randomInt(1e5, 9e5)}`;
      simulator.addNumber({ id, ...seed });
      ids.push(id);
      return id;
    },
    async startWorker(troubles = {}) {
      const [port] = await freePorts(1);
      const started = await startWorkerProcess(worker.program, {
        ...temporal,
        taskQueue,
        workflowBundlePath: worker.workflowBundlePath,
        graphUrl: simulator.url,
        accessToken: simulator.token,
        pinStoreDir,
        metricsAddress: `${LOOPBACK}:${port}`,
        logLevel: 'info',
        maxActivities: 40,
        maxWorkflows: 200,
        stops: {},
        slowWrites: {},
        storeDownFile,
        ...troubles,
      });
      workers.push(started);
      return started;
    },
    async keepDescriptions() {
      kept.push(...(await Promise.all(ids.map((id) => descriptionOf(client.temporal, id)))));
    },
    keep(name, text) {
      kept.push(elsewhere(name, text));
    },
    async keepFiles(other) {
      kept.push(...(await filesIn(other)));
    },
    scan: scanned,
    async expectNoLeaks(caught) {
      const { leaks, allowed } = await scanned(caught);
      expect(leaks).toEqual([]);
      // A search that works sees the codes where they stand until payloads are encrypted.
      const verified = simulator.requests.filter(
        ({ endpoint, executed }) => endpoint === 'verifyCode' && executed,
      );
      const seen = new Set(allowed.map(({ canary }) => canary));
      for (const { phoneNumberId } of verified) expect(seen).toContain(`code of ${phoneNumberId}`);
    },
    async close() {
      await Promise.all(workers.map((each) => each.kill()));
      await connection.close();
      await simulator.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const elsewhere = (name: string, content: unknown): Place => ({ kind: 'else', name, content });

/** Unlike any other text, and different in each way of writing it. */
function canaryToken(): string {
  return `EAAcanary+/~${randomBytes(18).toString('base64url')}`;
}
