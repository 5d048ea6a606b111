/** `npm start` as a process, from the build: `npm test` builds first. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterEach, beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import { OnboardingClient } from '../../client/index.js';
import { programPlaces } from '../../configuration/program-places.js';
import { readStackFile } from '../../configuration/stack-file.js';
import { startSimulator } from '../../simulator/simulator.js';
import { freePorts } from '../../worker/ports.js';
import { processWithId } from '../../worker/running-process.js';
import { stopProcess } from '../../worker/stop-process.js';
import { startTemporalServer } from '../../worker/temporal-server.js';

const built = (path: string) => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
const MAIN = built('start/main.js');
const COMMAND = built('client/cli/main.js');

let folder: string;
let ports: Record<'TEMPORAL_PORT' | 'TEMPORAL_UI_PORT' | 'SIMULATOR_PORT' | 'API_PORT', string>;

beforeEach(async () => {
  if (!existsSync(MAIN)) throw new Error('There is no build to test; run "npm run build" first.');
  folder = await mkdtemp(join(tmpdir(), 'npm-start-'));
  const [temporal, ui, simulator, api] = (await freePorts(4)).map(String);
  ports = {
    TEMPORAL_PORT: temporal ?? '',
    TEMPORAL_UI_PORT: ui ?? '',
    SIMULATOR_PORT: simulator ?? '',
    API_PORT: api ?? '',
  };
});

/** Processes that a test started, ended before their folder goes. */
const started: number[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((pid) => stopProcess(pid, 15_000)));
  await rm(folder, { recursive: true, force: true });
});

interface Started {
  process: ChildProcess;
  pid: number;
  stdout: () => string;
  stderr: () => string;
  exit: Promise<number | null>;
}

function start(env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [MAIN], {
    cwd: folder,
    env: {
      PATH: programPlaces().searchPath,
      TEMPORAL_CLI_PATH: inject('temporalBinary'),
      ...ports,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pid = child.pid ?? 0;
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (data) => {
    said.stdout += data;
  });
  child.stderr.on('data', (data) => {
    said.stderr += data;
  });
  started.push(pid);
  return {
    ...{ process: child, pid, stdout: () => said.stdout, stderr: () => said.stderr },
    exit: once(child, 'close').then(([code]) => code),
  };
}

async function isUp(it: Started): Promise<void> {
  while (!it.stdout().includes('is running')) {
    if (it.process.exitCode !== null) throw new Error(it.stderr());
    await once(it.process.stdout ?? it.process, 'data');
  }
}

const serverPid = async () =>
  Number(await readFile(join(folder, '.onboarding', 'temporal.db.pid'), 'utf8'));

test('it starts everything, tells other commands where, and SIGTERM ends it all with exit code 0', async () => {
  const npmStart = start();
  await isUp(npmStart);
  expect(readStackFile(join(folder, '.onboarding'))).toEqual({
    temporalAddress: `127.0.0.1:${ports.TEMPORAL_PORT}`,
    namespace: 'default',
    uiUrl: `http://127.0.0.1:${ports.TEMPORAL_UI_PORT}`,
    graphBaseUrl: `http://127.0.0.1:${ports.SIMULATOR_PORT}`,
    simulator: true,
    pinStore: { kind: 'local', dir: join(folder, '.onboarding-pins'), keepFormer: 10 },
    apiUrl: `http://127.0.0.1:${ports.API_PORT}`,
    pid: npmStart.pid,
  });
  const server = await serverPid();
  expect(await processWithId(server)).toBeDefined();
  npmStart.process.kill('SIGTERM');
  expect(await npmStart.exit).toBe(0);
  expect(npmStart.stdout()).toContain('Stopped.');
  expect(npmStart.stderr()).toBe('');
  expect(await processWithId(server)).toBeUndefined();
  expect(readStackFile(join(folder, '.onboarding'))).toBeUndefined();
});

test('it serves the API and the console to whoever has a token of the command, and ends their streams when it stops', async () => {
  const npmStart = start();
  await isUp(npmStart);
  const url = `http://127.0.0.1:${ports.API_PORT}`;
  expect(npmStart.stdout()).toContain(url);
  expect(npmStart.stdout()).toContain('npx wa-onboard token --for ana --role operator');
  const made = await promisify(execFile)(
    process.execPath,
    [COMMAND, 'token', '--for', 'ana', '--role', 'operator'],
    { cwd: folder, env: {} },
  );
  expect(made.stderr).toContain(`Sign in with it at ${url}`);
  const headers = { authorization: `Bearer ${made.stdout.trim()}` };
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect(await (await fetch(url)).text()).toContain('<html');
  expect((await fetch(`${url}/v1/me`)).status).toBe(401);
  const begun = await fetch(`${url}/v1/onboardings`, {
    ...{ method: 'POST', headers: { ...headers, 'content-type': 'application/json' } },
    body: JSON.stringify({ phoneNumberId: '106540352242922' }),
  });
  expect(begun.status).toBe(201);
  const events = await fetch(`${url}/v1/events`, { headers });
  expect(events.status).toBe(200);
  const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader();
  let seen = '';
  while (!seen.includes('event: connection')) seen += (await reader?.read())?.value ?? '';
  const ended = (async () => {
    while ((await reader?.read())?.done === false);
    return 'ended';
  })();

  npmStart.process.kill('SIGTERM');
  expect(await npmStart.exit).toBe(0);
  expect(await ended).toBe('ended');
  expect(npmStart.stderr()).toBe('');
  for (const name of ['api-key', 'audit.jsonl']) {
    expect((await stat(join(folder, '.onboarding', name))).mode & 0o077, name).toBe(0);
  }
  const audited = await readFile(join(folder, '.onboarding', 'audit.jsonl'), 'utf8');
  expect(
    audited
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    { action: 'me', status: 401 },
    { who: 'ana', action: 'startOnboarding', phoneNumberId: '106540352242922', status: 201 },
  ]);
});

test('with API_PORT=off it serves no API', async () => {
  const npmStart = start({ API_PORT: 'off' });
  await isUp(npmStart);
  expect(npmStart.stdout()).not.toContain('Console');
  expect(readStackFile(join(folder, '.onboarding'))).not.toHaveProperty('apiUrl');
  npmStart.process.kill('SIGTERM');
  expect(await npmStart.exit).toBe(0);
  expect(existsSync(join(folder, '.onboarding', 'api-key'))).toBe(false);
});

test('Ctrl-C that arrives twice at once, as through npm, still drains', async () => {
  const npmStart = start();
  await isUp(npmStart);
  npmStart.process.kill('SIGINT');
  npmStart.process.kill('SIGINT');
  expect(await npmStart.exit).toBe(0);
});

test('a second one in the same folder is refused, and after kill -9 the next one takes over', async () => {
  const first = start();
  await isUp(first);
  const second = start();
  expect(await second.exit).toBe(1);
  expect(second.stderr()).toContain(`Already running here: process ${first.pid} serves`);
  const orphan = await serverPid();
  first.process.kill('SIGKILL');
  await first.exit;
  const third = start();
  await isUp(third);
  expect(await processWithId(orphan)).toBeUndefined();
  expect(await processWithId(await serverPid())).toBeDefined();
});

test.each([
  ['an unknown PIN store', { PIN_STORE: 'valut' }, 'PIN_STORE must be local,'],
  [
    'a server binary that is not there',
    { TEMPORAL_CLI_PATH: '/nowhere/temporal' },
    'TEMPORAL_CLI_PATH is set, but there is no program',
  ],
  [
    'a server binary that is something else',
    { TEMPORAL_CLI_PATH: '/bin/true' },
    '/bin/true ended instead of serving Temporal and said nothing; check that it is the temporal CLI',
  ],
  [
    'a state folder that is none',
    { ONBOARDING_STATE_DIR: '/dev/null' },
    '/dev/null cannot be the state folder (EEXIST); set ONBOARDING_STATE_DIR',
  ],
  [
    'a PIN store folder that is none',
    { PIN_STORE_DIR: '/dev/null' },
    '/dev/null (EEXIST): this is not a folder; choose another with PIN_STORE_DIR.',
  ],
  [
    'an identity provider of which only the keys are known',
    { API_JWKS_URL: 'https://login.example.com/jwks' },
    'need API_JWT_ISSUER and API_JWT_AUDIENCE as well; set them, or unset all',
  ],
  [
    'an audit trail that cannot be written',
    { AUDIT_LOG: '/dev/null/audit.jsonl' },
    '/dev/null/audit.jsonl cannot hold the audit trail',
  ],
  [
    'a Temporal that does not answer',
    { TEMPORAL_ADDRESS: '127.0.0.1:1' },
    'Temporal does not answer at 127.0.0.1:1; check TEMPORAL_ADDRESS',
  ],
  [
    'another server than Meta’s without a token for it',
    { GRAPH_API_BASE_URL: 'http://127.0.0.1:1' },
    'GRAPH_API_BASE_URL is set, but CLOUD_API_ACCESS_TOKEN is not',
  ],
])('%s is one sentence and exit code 1', async (_, env, sentence) => {
  const npmStart = start(env);
  expect(await npmStart.exit).toBe(1);
  expect(npmStart.stderr()).toContain(sentence);
  expect(npmStart.stderr().trim().split('\n')).toHaveLength(1);
});

test.each(['TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'SIMULATOR_PORT', 'API_PORT'] as const)(
  'a taken %s is one sentence and exit code 1, with no server left',
  async (name) => {
    const blocker = createServer().listen(Number(ports[name]), '127.0.0.1');
    await once(blocker, 'listening');
    onTestFinished(() => void blocker.close());
    const npmStart = start();
    expect(await npmStart.exit).toBe(1);
    expect(npmStart.stderr().trim()).toMatch(
      new RegExp(`^✖ Port ${ports[name]} for the .* is taken; .* set ${name} to another port\\.$`),
    );
    expect(existsSync(join(folder, '.onboarding', 'temporal.db.pid'))).toBe(false);
  },
);

test('a token that Meta refuses is one sentence without the token, and exit code 1', async () => {
  const simulator = await startSimulator({ token: 'good', autoCreate: true });
  onTestFinished(simulator.close);
  const npmStart = start({
    GRAPH_API_BASE_URL: simulator.url,
    CLOUD_API_ACCESS_TOKEN: 'very-bad',
    WA_PHONE_NUMBER_ID: '106540352242922',
  });
  expect(await npmStart.exit).toBe(1);
  expect(npmStart.stderr()).toContain('(190');
  expect(npmStart.stderr()).toContain('CLOUD_API_ACCESS_TOKEN');
  expect(npmStart.stderr()).not.toContain('very-bad');
});

test('a mistyped code shows nothing, and a refused onboarding one line with its number and its sentence', async () => {
  const fresh = '106540352242922';
  const banned = '106540352242923';
  const simulator = await startSimulator({
    token: 'good',
    numbers: [{ id: fresh }, { id: banned, preset: 'banned' }],
  });
  onTestFinished(simulator.close);
  const npmStart = start({ GRAPH_API_BASE_URL: simulator.url, CLOUD_API_ACCESS_TOKEN: 'good' });
  await isUp(npmStart);
  const connection = await Connection.connect({ address: `127.0.0.1:${ports.TEMPORAL_PORT}` });
  onTestFinished(() => connection.close());
  const client = new OnboardingClient(new Client({ connection }));
  await client.start({ phoneNumberId: fresh });
  await expect
    .poll(() => client.progress(fresh), { timeout: 20_000 })
    .toMatchObject({ stage: 'AwaitingCode' });
  expect(await client.tryCode(fresh, '000000')).toMatchObject({ verdict: 'refused' });
  await client.start({ phoneNumberId: banned });
  await expect(client.result(banned)).rejects.toThrow('banned');
  npmStart.process.kill('SIGTERM');
  expect(await npmStart.exit).toBe(0);
  expect(npmStart.stderr().trim()).toMatch(
    new RegExp(`^\\S+Z \\[WARN\\] ${banned}: the onboarding failed: .*banned.*$`, 'i'),
  );
});

test('a build leaves the command executable', async () => {
  const { mode } = await stat(new URL('../../dist/client/cli/main.js', import.meta.url));
  expect(mode & 0o111).toBe(0o111);
});

test('a broken .env is one sentence with the line, and exit code 1', async () => {
  await writeFile(join(folder, '.env'), 'LOG_LEVEL=info\nTOKEN very-secret\n');
  const npmStart = start();
  expect(await npmStart.exit).toBe(1);
  expect(npmStart.stderr()).toContain('Line 2 of');
  expect(npmStart.stderr()).not.toContain('very-secret');
});

test('with Temporal named it runs no server, and refuses a namespace that is missing or not set up', async () => {
  const server = await startTemporalServer({ binary: inject('temporalBinary') });
  onTestFinished(server.stop);
  const { address } = server;
  const missing = start({ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'not-there' });
  expect(await missing.exit).toBe(1);
  expect(missing.stderr()).toContain('Temporal has no namespace "not-there"');

  await registerNamespace(address, 'bare');
  const bare = start({ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'bare' });
  expect(await bare.exit).toBe(1);
  expect(bare.stderr()).toContain(
    'lacks the search attributes OnboardingStage and OnboardingLabel',
  );
  expect(bare.stderr()).toContain('npx wa-onboard setup');

  const running = start({ TEMPORAL_ADDRESS: address });
  await isUp(running);
  expect(running.stdout()).not.toContain('temporal.db');
  expect(existsSync(join(folder, '.onboarding', 'temporal.db'))).toBe(false);
  running.process.kill('SIGTERM');
  expect(await running.exit).toBe(0);
});

async function registerNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    const workflowExecutionRetentionPeriod = msToTs('7 days');
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod,
    });
  } finally {
    await connection.close();
  }
}
