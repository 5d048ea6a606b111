/** `npm run api` as a process, from the build: `npm test` builds first. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import { localKey, localKeyFile, signLocalToken } from '../../client/api/local-key.js';
import { freePorts } from '../../worker/ports.js';
import { stopProcess } from '../../worker/stop-process.js';
import { startTemporalServer } from '../../worker/temporal-server.js';

const MAIN = fileURLToPath(new URL('../../dist/client/api/main.js', import.meta.url));

let folder: string;
let port: number;
const started: number[] = [];

beforeEach(async () => {
  if (!existsSync(MAIN)) throw new Error('There is no build to test; run "npm run build" first.');
  folder = await mkdtemp(join(tmpdir(), 'npm-run-api-'));
  port = (await freePorts(1))[0] ?? 0;
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((pid) => stopProcess(pid, 10_000)));
  await rm(folder, { recursive: true, force: true });
});

interface Started {
  process: ChildProcess;
  written(): string;
  exit: Promise<number | null>;
}

function start(env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [MAIN], {
    cwd: folder,
    env: { TEMPORAL_ADDRESS: inject('temporal').address, API_PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child.pid ?? 0);
  let written = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      written += text;
    });
  }
  return {
    process: child,
    written: () => written,
    exit: once(child, 'close').then(([code]) => code as number | null),
  };
}

async function isUp(api: Started): Promise<void> {
  await expect
    .poll(() => api.process.exitCode ?? api.written(), { timeout: 20_000 })
    .toContain('are at http');
}

test('it serves a Temporal that runs elsewhere, audits to stdout where asked, and SIGTERM ends it with exit code 0', async () => {
  const api = start({ AUDIT_LOG: 'stdout' });
  await isUp(api);
  const url = `http://127.0.0.1:${port}`;
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const now = Date.now();
  const token = await signLocalToken(await localKey(join(folder, '.onboarding')), {
    ...{ name: 'ana', scopes: ['code:submit'] },
    ...{ issuedAt: new Date(now), expiresAt: new Date(now + 60_000) },
  });
  const answer = await fetch(`${url}/v1/onboardings`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(answer.status).toBe(403);
  api.process.kill('SIGTERM');
  expect(await api.exit).toBe(0);
  expect(api.written()).toMatch(
    /^\{"log":"audit","time":"[^"]+","who":"ana","action":"listOnboardings",.*"missingScope":"onboarding:read"\}$/m,
  );
  expect(api.written()).not.toContain(token);
});

test('while Temporal is gone it says so, is not ready, and still ends with exit code 0 when asked', {
  timeout: 120_000,
}, async () => {
  const server = await startTemporalServer({ binary: inject('temporalBinary') });
  onTestFinished(server.stop);
  const api = start({ TEMPORAL_ADDRESS: server.address });
  await isUp(api);
  const url = `http://127.0.0.1:${port}`;
  const now = Date.now();
  const token = await signLocalToken(await localKey(join(folder, '.onboarding')), {
    ...{ name: 'ana', scopes: ['onboarding:read', 'code:submit'] },
    ...{ issuedAt: new Date(now), expiresAt: new Date(now + 60_000) },
  });
  const headers = { authorization: `Bearer ${token}` };
  const events = await fetch(`${url}/v1/events`, { headers });
  const seen = events.text();
  await server.stop();
  await expect
    .poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 20_000 })
    .toBe(503);
  const [listed, submitted] = await Promise.all([
    fetch(`${url}/v1/onboardings`, { headers }),
    fetch(`${url}/v1/onboardings/106540352242922/code`, {
      ...{ method: 'POST', headers: { ...headers, 'content-type': 'application/json' } },
      body: '{"code":"123-830"}',
    }),
  ]);
  expect([listed.status, submitted.status]).toEqual([503, 503]);
  expect(await listed.json()).toMatchObject({ type: 'urn:wa-onboard:temporal-unavailable' });
  // Whether Temporal has the code is not known where it went away in between.
  expect(await submitted.json()).toMatchObject({
    type: expect.stringMatching(/^urn:wa-onboard:(temporal-unavailable|too-slow)$/),
  });
  void fetch(`${url}/v1/onboardings`, { headers }).catch(() => undefined);
  api.process.kill('SIGTERM');
  expect(await api.exit).toBe(0);
  expect(await seen).toContain('"temporal":"lost"');
  expect(api.written()).toMatch(/\[WARN\] API, .*Temporal at .* does not answer/);
  expect(api.written()).not.toMatch(/\n {4}at |123.?830/);
});

test('two that begin at the same time in one folder take tokens of one key', async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, () => localKey(join(folder, 'state'))));
  expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
  expect(keys[0]).toHaveLength(32);
});

test('a key that others can read is refused, with what to do', async () => {
  await localKey(join(folder, '.onboarding'));
  await chmod(localKeyFile(join(folder, '.onboarding')), 0o644);
  const api = start();
  expect(await api.exit).toBe(1);
  expect(api.written().trim().split('\n')).toHaveLength(1);
  expect(api.written()).toContain('Others on this machine can read');
});

test.each([
  [
    'a Temporal that does not answer',
    { TEMPORAL_ADDRESS: '127.0.0.1:1' },
    'Temporal at 127.0.0.1:1',
  ],
  ['no port', { API_PORT: 'off' }, 'API_PORT is off'],
  ['an address of another machine', { API_HOST: '192.0.2.1' }, 'cannot listen on 192.0.2.1'],
  [
    'keys without TLS',
    { API_JWKS_URL: 'http://login.example.com/jwks' },
    'API_JWKS_URL must be a URL that starts with https://',
  ],
])('%s is one sentence and exit code 1', async (_, env, sentence) => {
  const api = start(env);
  expect(await api.exit).toBe(1);
  expect(api.written()).toContain(sentence);
  expect(api.written().trim().split('\n')).toHaveLength(1);
});

test('a taken port is one sentence and exit code 1', async () => {
  const blocker = createServer().listen(port, '127.0.0.1');
  await once(blocker, 'listening');
  onTestFinished(() => void blocker.close());
  const api = start();
  expect(await api.exit).toBe(1);
  expect(api.written().trim()).toBe(
    `Port ${port} for the HTTP API is taken; stop what uses it, or set API_PORT to another port.`,
  );
});
