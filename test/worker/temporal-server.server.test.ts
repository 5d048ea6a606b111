import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { afterEach, beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import { DatabaseInUseError } from '../../worker/database-claim.js';
import { freePorts, PortTakenError } from '../../worker/ports.js';
import { processWithId } from '../../worker/running-process.js';
import { stopProcess } from '../../worker/stop-process.js';
import { startTemporalServer, type TemporalServerOptions } from '../../worker/temporal-server.js';

const binary = inject('temporalBinary');
let folder: string;
let dbFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'temporal-server-'));
  dbFile = join(folder, 'temporal.db');
});

/** What a test has to end, newest first, before its folder goes. */
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<TemporalServerOptions> = {}) {
  const server = await startTemporalServer({ binary, ...options });
  ends.push(server.stop);
  return server;
}

/** The time to live of histories in a namespace, in days, and its search attributes. */
async function settings(address: string, namespace: string) {
  const connection = await Connection.connect({ address });
  try {
    const described = await connection.workflowService.describeNamespace({ namespace });
    const attributes = await connection.operatorService.listSearchAttributes({ namespace });
    return {
      days: Number(described.config?.workflowExecutionRetentionTtl?.seconds) / 86_400,
      attributes: attributes.customAttributes,
    };
  } finally {
    await connection.close();
  }
}

const KEYWORD = 2;

test('a server keeps histories for seven days and knows the search attributes, also in a namespace of its own', async () => {
  const { address, namespace } = await start({ namespace: 'numbers' });
  expect(namespace).toBe('numbers');
  const { days, attributes } = await settings(address, namespace);
  expect(days).toBe(7);
  expect(attributes).toMatchObject({ OnboardingStage: KEYWORD, OnboardingLabel: KEYWORD });
});

test('the web UI answers where it is asked for', async () => {
  const [uiPort] = await freePorts(1);
  const { uiUrl } = await start({ uiPort });
  expect(uiUrl).toBe(`http://127.0.0.1:${uiPort}`);
  expect((await fetch(`${uiUrl}`)).status).toBe(200);
});

test('stop ends the process and frees the database; stopping again is fine', async () => {
  const server = await startTemporalServer({ binary, dbFile });
  await server.stop();
  await server.stop();
  await server.ended;
  expect(await processWithId(server.pid)).toBeUndefined();
  expect(await readdir(folder)).toEqual(['temporal.db']);
});

test('a taken port is named, with the variable to change, and nothing is left behind', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  onTestFinished(() => void blocker.close());
  const address = blocker.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(start({ dbFile, port })).rejects.toThrow(PortTakenError);
  await expect(start({ dbFile, port })).rejects.toThrow(
    `Port ${port} for the Temporal server is taken; stop what uses it, or set TEMPORAL_PORT to another port.`,
  );
  await expect(start({ dbFile, uiPort: port })).rejects.toThrow('set TEMPORAL_UI_PORT');
  expect(await readdir(folder)).toEqual([]);
});

test('a program that ends at once is an error with its path and its own last words', async () => {
  const broken = join(folder, 'broken');
  await writeFile(broken, '#!/bin/sh\necho "no such flag\n\nSee help" >&2\nexit 3\n');
  await chmod(broken, 0o755);
  const logFile = join(folder, 'log');
  await writeFile(logFile, 'what an earlier server wrote\n');
  await expect(start({ binary: broken, logFile })).rejects.toThrow(
    `${broken} ended instead of serving Temporal and said last: no such flag See help; check that it is the temporal CLI`,
  );
});

test('a second server on the same database file is refused while the first is alive', async () => {
  const first = await start({ dbFile });
  await expect(start({ dbFile })).rejects.toThrow(DatabaseInUseError);
  await expect(start({ dbFile })).rejects.toThrow(
    `Already running here: process ${process.pid} serves ${dbFile}.`,
  );
  expect(await processWithId(first.pid)).toBeDefined();
});

test('of several starts at once on one database file, one wins and the others are refused', async () => {
  const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => start({ dbFile })));
  const refused = outcomes.filter(
    (outcome) => outcome.status === 'rejected' && outcome.reason instanceof DatabaseInUseError,
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(refused).toHaveLength(3);
});

/** What a killed `npm start` leaves: a server that goes on, its process id, and the lock of a process that is no more. */
async function orphan(port: number): Promise<number> {
  const server = spawn(
    binary,
    ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', `${port}`, '-f', dbFile],
    { detached: true, stdio: 'ignore' },
  );
  await once(server, 'spawn');
  const pid = server.pid ?? 0;
  ends.push(() => stopProcess(pid, 0));
  await writeFile(`${dbFile}.pid`, `${pid}\n`);
  await writeFile(`${dbFile}.lock`, JSON.stringify({ pid: await deadPid(), started: '1' }));
  await (await Connection.connect({ address: `127.0.0.1:${port}`, connectTimeout: '20s' })).close();
  return pid;
}

async function deadPid(): Promise<number> {
  const child = spawn('true', { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid ?? 0;
}

test('the server that a killed start left behind is stopped, and the next one takes its port and its data', async () => {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('no port');
  const left = await orphan(port);
  const server = await start({ dbFile, port });
  expect(await processWithId(left)).toBeUndefined();
  expect(server.address).toBe(`127.0.0.1:${port}`);
  expect(Number(await readFile(`${dbFile}.pid`, 'utf8'))).toBe(server.pid);
});

test('a process that only got the old server’s id is left alone', async () => {
  const innocent = spawn('sleep', ['60'], { stdio: 'ignore' });
  onTestFinished(() => void innocent.kill('SIGKILL'));
  await once(innocent, 'spawn');
  await writeFile(`${dbFile}.pid`, `${innocent.pid}\n`);
  await start({ dbFile });
  expect(await processWithId(innocent.pid ?? 0)).toBeDefined();
});

test('a lock whose process id now belongs to another process is not taken for alive', async () => {
  await writeFile(`${dbFile}.lock`, JSON.stringify({ pid: process.pid, started: 'long ago' }));
  const server = await start({ dbFile });
  expect(await processWithId(server.pid)).toBeDefined();
});

test('a lock file that nobody understands does not wedge the start', async () => {
  await writeFile(`${dbFile}.lock`, '{');
  await start({ dbFile });
});
