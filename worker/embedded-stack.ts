/**
 * Everything an onboarding needs, in one process tree: a Temporal server unless one is named, the simulator unless there is
 * an access token, the PIN store, and the worker. `npm start`, the demo and tests run this.
 */
import { join } from 'node:path';
import { getClient } from '@temporalio/activity';
import { NativeConnection, type Worker, type WorkerOptions } from '@temporalio/worker';
import { createFleetActivities, temporalOpenRuns } from '../activities/fleet.js';
import { createGraphClient, type GraphClient } from '../activities/graph-api/graph-client.js';
import { createPace } from '../activities/graph-api/pace.js';
import { createWebhookNotifier } from '../activities/notify/webhook-notifier.js';
import { createNumberActivities } from '../activities/number.js';
import { temporalPastRuns } from '../activities/past-runs.js';
import { openPinStore } from '../activities/pin-store/open-pin-store.js';
import type { PinStore } from '../activities/pin-store/pin-store.js';
import { Secret } from '../activities/secret.js';
import type { Configuration } from '../configuration/configuration.js';
import { ConfigurationError } from '../configuration/configuration-error.js';
import { type CodeSent, type Simulator, startSimulator } from '../simulator/simulator.js';
import { createOnboardingWorker, WorkerStartError } from './create-worker.js';
import { createNotificationWorker } from './notification-worker.js';
import { requireFreePort } from './ports.js';
import { makeStateFolder } from './state-folder.js';
import { findTemporalBinary } from './temporal-binary.js';
import { startTemporalServer, type TemporalServer } from './temporal-server.js';
import { checkToken } from './token-check.js';

export interface StackOptions {
  configuration: Configuration;
  /** Hears each code that the simulator sends. */
  onCode?: (sent: CodeSent) => void;
  /** Hears what takes long or went wrong without stopping the start, a sentence each. */
  onNotice?: (sentence: string) => void;
  /** @default the prebuilt bundle, or one made from the sources */
  workflowBundle?: NonNullable<WorkerOptions['workflowBundle']>;
}

/** A running stack. */
export interface Stack {
  temporal: {
    /** `host:port` of the gRPC service. */
    address: string;
    namespace: string;
    /** Address of the web UI, where this stack serves it. */
    uiUrl?: string;
    /** Is the server this stack's own? */
    embedded: boolean;
  };
  /** Where Meta's API is asked, without the version. */
  graphBaseUrl: string;
  /** Where there is no access token. */
  simulator?: Simulator;
  pinStore: PinStore;
  /** Settles when a part ends: rejects with the reason unless {@link Stack.stop} was called. */
  ended: Promise<void>;
  /** Stop everything: the worker, which lets running activities finish, then the simulator, then the server. */
  stop(): Promise<void>;
  /** End the server at once, for a process that exits without waiting. */
  kill(): void;
}

/**
 * Start a stack. What was started is stopped again when a later part cannot be.
 *
 * @throws Error with one sentence for people: a taken port, a missing program, no Temporal, a refused token, an unusable
 *   PIN store or state folder
 */
export async function startEmbeddedStack(options: StackOptions): Promise<Stack> {
  const { configuration, onNotice } = options;
  const started: (() => Promise<void>)[] = [];
  const stopAll = async () => {
    for (const stop of started.splice(0).reverse()) await stop();
  };
  try {
    await makeStateFolder(configuration.stateDir);
    const pinStore = await openPinStore(configuration.pinStore);
    await pinStore.check();
    const server = await serverUnlessNamed(options);
    if (server !== undefined) started.push(server.stop);
    const simulator = await simulatorUnlessToken(options);
    if (simulator !== undefined) started.push(simulator.close);
    const graph = graphClient(configuration, simulator);
    if (simulator === undefined) {
      const doubt = await checkToken(graph, configuration);
      if (doubt !== undefined) onNotice?.(doubt);
    }
    const connection = await connect(configuration, server);
    started.push(() => connection.close());
    const workers = await stackWorkers(options, { connection, graph, pinStore });
    const runs = workers.map((worker) => worker.run());
    const running = Promise.all(runs).then(() => undefined);
    started.push(async () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.allSettled(runs); // `ended` tells
    });
    return runningStack(options, { server, simulator, pinStore, running, stopAll });
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function serverUnlessNamed(options: StackOptions): Promise<TemporalServer | undefined> {
  const { temporal, programs, ports, stateDir } = options.configuration;
  if (temporal.explicit) return undefined;
  const { temporalCliPath, searchPath, cacheDir } = programs;
  const binary = await findTemporalBinary({
    explicitPath: temporalCliPath,
    searchPath,
    cacheDir,
    onDownload: options.onNotice,
  });
  return startTemporalServer({
    binary,
    port: ports.temporal,
    uiPort: ports.temporalUi,
    namespace: temporal.namespace,
    dbFile: join(stateDir, 'temporal.db'),
    logFile: join(stateDir, 'temporal.log'),
  });
}

async function simulatorUnlessToken(options: StackOptions): Promise<Simulator | undefined> {
  const { graph, ports, stateDir } = options.configuration;
  if (graph.accessToken !== undefined) return undefined;
  if (graph.explicitBaseUrl) {
    throw new ConfigurationError(
      'GRAPH_API_BASE_URL is set, but CLOUD_API_ACCESS_TOKEN is not; set it to the token for that server, or unset GRAPH_API_BASE_URL to use the simulator.',
    );
  }
  await requireFreePort(ports.simulator, 'simulator', 'SIMULATOR_PORT');
  const simulator = await startSimulator({
    port: ports.simulator,
    stateFile: join(stateDir, 'simulator.json'),
    autoCreate: true,
  });
  if (options.onCode !== undefined) simulator.onCode(options.onCode);
  return simulator;
}

function graphClient({ graph }: Configuration, simulator: Simulator | undefined): GraphClient {
  const { baseUrl, version, accessToken, callsPerHour } = graph;
  const paced = callsPerHour === undefined ? {} : { pace: createPace(callsPerHour) };
  if (simulator !== undefined) {
    return createGraphClient({
      baseUrl: simulator.url,
      version,
      accessToken: new Secret(simulator.token),
      ...paced,
    });
  }
  if (accessToken === undefined) throw new ConfigurationError('CLOUD_API_ACCESS_TOKEN is not set.');
  return createGraphClient({ baseUrl, version, accessToken, ...paced });
}

async function connect(
  { temporal }: Configuration,
  server: TemporalServer | undefined,
): Promise<NativeConnection> {
  const target = server === undefined ? temporal.connectionOptions : { address: server.address };
  try {
    return await NativeConnection.connect(target);
  } catch {
    throw new WorkerStartError(
      `Temporal does not answer at ${target.address ?? 'localhost:7233'}; check TEMPORAL_ADDRESS and the TEMPORAL_TLS_ variables, or unset them to run an embedded server.`,
    );
  }
}

/** One for the numbers, and one for the notifications. */
async function stackWorkers(
  { configuration, workflowBundle }: StackOptions,
  parts: { connection: NativeConnection; graph: GraphClient; pinStore: PinStore },
): Promise<Worker[]> {
  const { connection, graph, pinStore } = parts;
  const { temporal, wabaId, worker, notify } = configuration;
  const notifier = notify === undefined ? undefined : createWebhookNotifier(notify);
  const { namespace } = temporal;
  // This one checks the namespace; a connection that a worker holds could not be closed where it refuses.
  const onboarding = await createOnboardingWorker({
    connection,
    namespace,
    activities: {
      ...createNumberActivities({
        graph,
        pinStore,
        pastRuns: temporalPastRuns(getClient),
        notifies: notifier !== undefined,
        ...(wabaId === undefined ? {} : { wabaId }),
      }),
      ...createFleetActivities({
        graph,
        pinStore,
        openRuns: temporalOpenRuns(getClient),
        ...(wabaId === undefined ? {} : { wabaId }),
      }),
    },
    ...(workflowBundle === undefined ? {} : { workflowBundle }),
    ...worker,
  });
  return [onboarding, await createNotificationWorker({ connection, namespace, notifier })];
}

function runningStack(
  { configuration }: StackOptions,
  parts: {
    server: TemporalServer | undefined;
    simulator: Simulator | undefined;
    pinStore: PinStore;
    running: Promise<void>;
    stopAll: () => Promise<void>;
  },
): Stack {
  const { server, simulator, pinStore, running, stopAll } = parts;
  const { temporal, graph } = configuration;
  let stopping: Promise<void> | undefined;
  const serverGone = server?.ended.then(() => {
    if (stopping === undefined) throw new WorkerStartError('The Temporal server ended by itself.');
  });
  const ended = Promise.race(serverGone === undefined ? [running] : [running, serverGone]);
  ended.catch(() => undefined); // nobody has to listen
  return {
    temporal: {
      address: server?.address ?? temporal.connectionOptions.address ?? 'localhost:7233',
      namespace: temporal.namespace,
      ...(server?.uiUrl === undefined ? {} : { uiUrl: server.uiUrl }),
      embedded: server !== undefined,
    },
    graphBaseUrl: simulator?.url ?? graph.baseUrl,
    ...(simulator === undefined ? {} : { simulator }),
    pinStore,
    ended,
    stop: () => {
      stopping ??= stopAll();
      return stopping;
    },
    kill: () => server?.kill(),
  };
}
