/**
 * The dev server of Temporal's CLI as a child process: for `npm start`, the demo and the tests. Not for production.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { SEARCH_ATTRIBUTES } from '../workflows/messages.js';
import { claimDatabase } from './database-claim.js';
import { freePorts, LOOPBACK, requireFreePort } from './ports.js';
import { stopProcess } from './stop-process.js';

export interface TemporalServerOptions {
  /** Path of the `temporal` CLI. */
  binary: string;
  /** @default a free port */
  port?: number | undefined;
  /** Port of the web UI. @default no UI */
  uiPort?: number | undefined;
  /** Database file that outlives the server. @default everything is kept in memory and lost at the end */
  dbFile?: string | undefined;
  /** @default 'default' */
  namespace?: string | undefined;
  /** What the server writes is appended here. @default it is dropped */
  logFile?: string | undefined;
}

export interface TemporalServer {
  /** `host:port` of the gRPC service. */
  address: string;
  namespace: string;
  /** Address of the web UI, where there is one. */
  uiUrl?: string;
  pid: number;
  /** Resolves when the server has ended, whoever ended it. */
  ended: Promise<void>;
  /** Ask the server to end, and end it when it does not. May be called again. */
  stop(): Promise<void>;
  /** End the server at once, without waiting for it; the next start on its database clears up. */
  kill(): void;
}

/** The server could not be started. The message is one sentence for people. */
export class TemporalServerError extends Error {
  override readonly name = 'TemporalServerError';
}

/** The budget's ledger reads 72 hours of history; the dev server would drop it after 24. */
const RETENTION = '7 days';
const START_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 10_000;

const CHECK_PROGRAM =
  'check that it is the temporal CLI, a recent one (TEMPORAL_CLI_PATH names another).';

/**
 * Start a dev server on the loopback address, with the search attributes registered and histories kept for seven days.
 * It runs in a process group of its own, so that Ctrl-C in a terminal reaches this process only and the worker can drain
 * while the server still answers.
 *
 * @returns once the server answers
 * @throws {@link PortTakenError}
 * @throws {@link TemporalServerError} when the server ends at once or stays silent
 * @throws {@link DatabaseInUseError} when another live process serves the same database file
 */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const { binary, uiPort, namespace = 'default', logFile } = options;
  const dbFile = options.dbFile === undefined ? undefined : resolve(options.dbFile);
  const claim = dbFile === undefined ? undefined : await claimDatabase(dbFile);
  let server: ChildProcess | undefined;
  try {
    const port = options.port ?? (await freePort());
    await requireFreePort(port, 'Temporal server', 'TEMPORAL_PORT');
    if (uiPort !== undefined) await requireFreePort(uiPort, 'Temporal UI', 'TEMPORAL_UI_PORT');
    const serverArguments = startDevArguments({ port, uiPort, namespace, dbFile });
    const address = `${LOOPBACK}:${port}`;
    const begin = async () => {
      const log = logFile === undefined ? undefined : await startOfLog(logFile);
      const begun = await spawnServer(binary, serverArguments, claim?.serverPidFile, logFile);
      server = begun;
      await untilReady(begun, { binary, address, namespace, log });
      return begun;
    };
    server = await begin().catch((error: unknown) => {
      // Its services talk over ports that it picks at random: where another program took one first, it ends at once.
      if (server === undefined || !hasEnded(server)) throw error;
      return begin();
    });
    return runningServer(server, {
      address,
      namespace,
      ...(uiPort === undefined ? {} : { uiUrl: `http://${LOOPBACK}:${uiPort}` }),
      release: claim?.release,
    });
  } catch (error) {
    if (server !== undefined) await end(server, 0);
    await claim?.release();
    throw error;
  }
}

async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new TemporalServerError('The system has no free port to give.');
  return port;
}

function startDevArguments(options: {
  port: number;
  uiPort: number | undefined;
  namespace: string;
  dbFile: string | undefined;
}): string[] {
  const { port, uiPort, namespace, dbFile } = options;
  return [
    ...['server', 'start-dev', '--ip', LOOPBACK, '--port', String(port), '--log-level', 'warn'],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...(namespace === 'default' ? [] : ['--namespace', namespace]),
    ...(dbFile === undefined ? [] : ['--db-filename', dbFile]),
    ...Object.values(SEARCH_ATTRIBUTES).flatMap(({ name }) => [
      '--search-attribute',
      `${name}=Keyword`,
    ]),
  ];
}

/** Writes the process id to a file, then becomes the server: no moment in which a server runs that nobody could find. */
const RECORD_AND_RUN = 'if [ -n "$1" ]; then echo $$ > "$1" || exit 1; fi; shift; exec "$@"';

const SERVER_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: tmpdir() };

async function spawnServer(
  binary: string,
  serverArguments: string[],
  pidFile: string | undefined,
  logFile: string | undefined,
): Promise<ChildProcess> {
  const log = logFile === undefined ? undefined : await open(logFile, 'a');
  try {
    const output = log?.fd ?? 'ignore';
    const server = spawn(
      '/bin/sh',
      ['-c', RECORD_AND_RUN, 'sh', pidFile ?? '', binary, ...serverArguments],
      // It needs none of the secrets that this process has in its environment.
      { detached: true, stdio: ['ignore', output, output], env: SERVER_ENVIRONMENT },
    );
    await once(server, 'spawn');
    return server;
  } finally {
    await log?.close();
  }
}

async function untilReady(
  server: ChildProcess,
  about: { binary: string; address: string; namespace: string; log: LogPart | undefined },
): Promise<void> {
  const { binary, address, namespace, log } = about;
  const until = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    if (hasEnded(server)) {
      throw new TemporalServerError(
        `${binary} ended instead of serving Temporal${await lastWords(log)}; ${CHECK_PROGRAM}`,
      );
    }
    if (await prepared(address, namespace)) return;
    if (performance.now() > until) {
      throw new TemporalServerError(
        `${binary} did not serve Temporal within ${START_TIMEOUT_MS / 1000} seconds${await lastWords(log)}; ${CHECK_PROGRAM}`,
      );
    }
    await delay(50);
  }
}

/** Set the retention, which the server answers once it serves the namespace. */
async function prepared(address: string, namespace: string): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: '2 seconds' });
    await connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: msToTs(RETENTION) },
    });
    return true;
  } catch {
    return false; // not up yet: asked again until the deadline, which reports what the server wrote
  } finally {
    await connection?.close();
  }
}

/** What is written to a log file from some moment on; before it, other servers wrote theirs. */
interface LogPart {
  file: string;
  /** Bytes. */
  from: number;
}

async function startOfLog(file: string): Promise<LogPart> {
  const log = await open(file, 'a');
  try {
    return { file, from: (await log.stat()).size };
  } finally {
    await log.close();
  }
}

const LAST_LINES = 3;

async function lastWords(log: LogPart | undefined): Promise<string> {
  if (log === undefined) return '';
  const bytes = await readFile(log.file).catch(() => Buffer.alloc(0));
  const lines = bytes
    .subarray(log.from)
    .toString('utf8')
    .trim()
    .split(/\s*\n\s*/);
  const words = lines.slice(-LAST_LINES).join(' ');
  return words === '' ? ' and said nothing' : ` and said last: ${words.slice(0, 300)}`;
}

function runningServer(
  server: ChildProcess,
  about: {
    address: string;
    namespace: string;
    uiUrl?: string;
    release: (() => Promise<void>) | undefined;
  },
): TemporalServer {
  const { release, ...facts } = about;
  const { pid } = server;
  if (pid === undefined) throw new TemporalServerError('The Temporal server has no process.');
  let stopping: Promise<void> | undefined;
  return {
    ...facts,
    pid,
    ended: exitOf(server),
    stop: () => {
      stopping ??= end(server, STOP_GRACE_MS).then(() => release?.());
      return stopping;
    },
    kill: () => {
      server.kill('SIGKILL');
    },
  };
}

async function end(server: ChildProcess, graceMs: number): Promise<void> {
  if (server.pid === undefined || hasEnded(server)) return;
  await stopProcess(server.pid, graceMs);
  await exitOf(server);
}

async function exitOf(server: ChildProcess): Promise<void> {
  if (!hasEnded(server)) await once(server, 'exit');
}

function hasEnded(server: ChildProcess): boolean {
  return server.exitCode !== null || server.signalCode !== null;
}
