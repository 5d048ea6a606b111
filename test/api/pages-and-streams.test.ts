/** Headers, documents, the console's files, health, and streams of events. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { Desk } from '../../client/api/desk.js';
import { SCOPE_NAMES } from '../../client/api/scopes.js';
import { OnboardingNotFoundError } from '../../client/index.js';
import { ALL_ROUTES } from './requests.js';
import { NUMBER, type StandInOptions, standInApi } from './stand-ins.js';
import { goodPayload, localIssuer } from './tokens.js';

const issuer = localIssuer();
const open: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

async function api(options: Partial<StandInOptions> = {}) {
  const made = await standInApi({ source: issuer.source, ...options });
  open.push(made.app);
  return made;
}

const authorization = async (more: object = {}) =>
  `Bearer ${await issuer.sign(goodPayload(issuer, SCOPE_NAMES, { ...more }))}`;

test('every answer keeps browsers from doing what the console does not do', async () => {
  const { app } = await api();
  const requests: InjectOptions[] = [
    { url: '/v1/me' },
    { url: '/healthz' },
    { url: '/nothing' },
    { url: '/docs' },
    { url: '/v1/me', headers: { authorization: await authorization() } },
  ];
  for (const request of requests) {
    const { headers } = await app.inject(request);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    // The page of the documentation alone has styles in its elements; no page has scripts in it.
    const inline = request.url === '/docs' ? /script-src|unsafe-eval/ : /unsafe/;
    expect(policy).not.toMatch(inline);
    expect(policy).not.toMatch(/\*|https?:/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  }
  const { headers } = await app.inject({ url: '/v1/me' });
  expect(headers['cache-control']).toBe('no-store');
});

test('pages of other origins may call only where they are named', async () => {
  const { app } = await api({ corsOrigins: ['https://desk.example.com'] });
  const preflight = (origin: string) =>
    app.inject({
      ...{ method: 'OPTIONS', url: '/v1/onboardings' },
      headers: { origin, 'access-control-request-method': 'POST' },
    });
  const named = await preflight('https://desk.example.com');
  expect(named.statusCode).toBe(204);
  expect(named.headers['access-control-allow-origin']).toBe('https://desk.example.com');
  expect(named.headers['access-control-allow-headers']).toContain('authorization');
  const other = await preflight('https://evil.example.com');
  expect(other.headers['access-control-allow-origin']).toBeUndefined();
});

test('the process answers, and is ready only while Temporal answers', async () => {
  const up = await api();
  expect((await up.app.inject('/healthz')).json()).toEqual({ status: 'ok' });
  expect((await up.app.inject('/readyz')).statusCode).toBe(200);
  const down = await api({ temporal: { answers: async () => false } });
  expect((await down.app.inject('/healthz')).statusCode).toBe(200);
  const answer = await down.app.inject('/readyz');
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toEqual({ status: 'unavailable' });
});

test('however many ask whether it is ready, Temporal is asked once a second', async () => {
  let asked = 0;
  const { app } = await api({
    temporal: {
      answers: async () => {
        asked += 1;
        return true;
      },
    },
  });
  await Promise.all(Array.from({ length: 20 }, () => app.inject('/readyz')));
  expect(asked).toBe(1);
});

interface OpenApi {
  openapi: string;
  paths: Record<
    string,
    Record<
      string,
      { operationId: string; security?: object[]; responses: Record<string, { content: object }> }
    >
  >;
  components: { schemas: Record<string, unknown> };
}

test('the OpenAPI document has every route with its scope, its answers and its problems', async () => {
  const { app } = await api();
  const document = (await app.inject('/openapi.json')).json() as OpenApi;
  expect(document.openapi).toBe('3.1.0');
  for (const { id, path, method, scope, answers, problems, stream } of ALL_ROUTES) {
    const about =
      document.paths[path.replace(':phoneNumberId', '{phoneNumberId}')]?.[method.toLowerCase()];
    expect(about, id).toMatchObject({ operationId: id, security: [{ token: [scope] }] });
    for (const status of Object.keys(answers)) {
      expect(Object.keys(about?.responses[status]?.content ?? {}), id).toEqual([
        stream ? 'text/event-stream' : 'application/json',
      ]);
    }
    for (const status of [...problems, 400, 401, 403, 429, 500, 503]) {
      expect(about?.responses[status]?.content, `${id} ${status}`).toEqual({
        'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
      });
    }
  }
  const text = JSON.stringify(document);
  for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) {
    expect(document.components.schemas).toHaveProperty(name ?? '');
  }
});

test('the readable page of the API loads nothing from elsewhere and has no script of its own inline', async () => {
  const { app } = await api();
  const page = (await app.inject('/docs')).payload;
  const sources = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? '');
  expect(sources.length).toBeGreaterThan(3);
  for (const source of sources) {
    expect(source).toMatch(/^\/docs\//);
    expect((await app.inject(source)).statusCode).toBe(200);
  }
  expect(page).not.toMatch(/<script>|<style|style=/);
});

test('the console’s page is served at its addresses and its files by their names; nothing outside its folder is', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'console-'));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const consoleDir = join(parent, 'console');
  mkdirSync(consoleDir);
  writeFileSync(join(parent, 'secret.txt'), 'secret');
  writeFileSync(join(consoleDir, 'index.html'), '<title>Desk</title>');
  writeFileSync(join(consoleDir, 'app.js'), 'start()');
  const { app } = await api({ consoleDir });
  for (const url of ['/', `/numbers/${NUMBER}`]) {
    const answer = await app.inject(url);
    expect(answer.payload).toBe('<title>Desk</title>');
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.headers['cache-control']).toBe('no-cache');
  }
  expect((await app.inject('/app.js')).headers['content-type']).toContain('javascript');
  for (const url of ['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/nothing.js']) {
    expect((await app.inject(url)).statusCode, url).toBeGreaterThanOrEqual(400);
  }
});

test('where the console is not built, its address says what to do', async () => {
  const { app } = await api({ consoleDir: '/nowhere' });
  const answer = await app.inject('/');
  expect(answer.statusCode).toBe(404);
  expect(answer.json()).toMatchObject({ detail: expect.stringContaining('npm run build') });
});

/** A desk that tells of the connection, and then of nothing until nobody listens. */
function quietDesk(): { desk: Desk; listening: () => number } {
  let listening = 0;
  const desk: Desk = {
    list: async () => ({ items: [], total: 0, asOf: '2026-11-23T09:00:00.000Z' }),
    refresh: async () => {},
    async *changes(signal) {
      listening += 1;
      try {
        yield { event: 'connection', data: { temporal: 'ok', since: '2026-11-23T09:00:00.000Z' } };
        if (!signal.aborted) {
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
        }
      } finally {
        listening -= 1;
      }
    },
    close: async () => {},
  };
  return { desk, listening: () => listening };
}

async function listened(app: FastifyInstance): Promise<string> {
  return app.listen({ host: '127.0.0.1', port: 0 });
}

test('a stream says that it is still there, ends when its token expires, and nobody listens to the desk then', async () => {
  const { desk, listening } = quietDesk();
  const { app } = await api({ desk, limits: { heartbeatMs: 20 } });
  const url = await listened(app);
  const seconds = Math.ceil(Date.now() / 1_000);
  const response = await fetch(`${url}/v1/events`, {
    headers: { authorization: await authorization({ exp: seconds + 1 }) },
  });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const text = await response.text();
  expect(text).toMatch(/^retry: 3000\n\nevent: connection\ndata: \{"temporal":"ok"/);
  expect(text.split(': still here').length).toBeGreaterThan(2);
  expect(Date.now()).toBeGreaterThanOrEqual((seconds + 1) * 1_000 - 20);
  await expect.poll(listening).toBe(0);
});

test('a stream whose listener goes away is ended', async () => {
  const { desk, listening } = quietDesk();
  const { app } = await api({ desk });
  const url = await listened(app);
  const leaving = new AbortController();
  const response = await fetch(`${url}/v1/events`, {
    headers: { authorization: await authorization() },
    signal: leaving.signal,
  });
  await response.body?.getReader().read();
  await expect.poll(listening).toBe(1);
  leaving.abort();
  await expect.poll(listening).toBe(0);
});

test('a listener that takes nothing is given up, so that nothing is kept for it for ever', async () => {
  const { desk, listening } = quietDesk();
  const big = 'x'.repeat(200_000);
  const talkative: Desk = {
    ...desk,
    async *changes(signal) {
      for await (const event of desk.changes(signal)) {
        yield event;
        for (let times = 0; times < 200; times += 1) {
          yield { event: 'gone', data: { phoneNumberId: NUMBER, runId: big } };
        }
      }
    },
  };
  const { app } = await api({ desk: talkative, limits: { heartbeatMs: 50 } });
  const { port } = new URL(await listened(app));
  const socket = connect(Number(port), '127.0.0.1').pause();
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {}); // the API cuts it off
  socket.write(
    `GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: ${await authorization()}\r\n\r\n`,
  );
  await expect.poll(listening).toBe(1);
  await expect.poll(listening, { timeout: 10_000 }).toBe(0);
});

test('closing the API lets an answer finish that is under way', async () => {
  let finish: () => void = () => {};
  let begun = false;
  const { app } = await api({
    client: {
      cancel: () => {
        begun = true;
        return new Promise((resolve) => {
          finish = resolve;
        });
      },
    },
  });
  const url = await listened(app);
  const answer = fetch(`${url}/v1/onboardings/${NUMBER}/cancel`, {
    method: 'POST',
    headers: { authorization: await authorization() },
  });
  await expect.poll(() => begun).toBe(true);
  const closed = app.close();
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  finish();
  expect((await answer).status).toBe(202);
  await closed;
});

test('closing the API ends its streams, so that it does not wait for who listens', async () => {
  const { desk } = quietDesk();
  const { app } = await api({ desk });
  const url = await listened(app);
  const response = await fetch(`${url}/v1/events`, {
    headers: { authorization: await authorization() },
  });
  const text = response.text();
  await app.close();
  expect(await text).toContain('event: connection');
});

test('a caller may have so many streams open, and another one when it has closed one', async () => {
  const { desk, listening } = quietDesk();
  const { app, audited } = await api({ desk, limits: { streamsPerCaller: 2 } });
  const url = await listened(app);
  const leaving = new AbortController();
  const stream = async (signal?: AbortSignal) =>
    fetch(`${url}/v1/events`, {
      headers: { authorization: await authorization() },
      ...(signal === undefined ? {} : { signal }),
    });
  await stream(leaving.signal);
  await stream();
  const refused = await stream();
  expect(refused.status).toBe(429);
  expect(audited).toMatchObject([{ action: 'events', status: 429 }]);
  leaving.abort();
  await expect.poll(listening).toBe(1);
  expect((await stream()).status).toBe(200);
});

test('events of a number without an onboarding are a problem and no stream', async () => {
  const { app } = await api({
    client: {
      // biome-ignore lint/correctness/useYield: it fails before it has anything to tell
      async *watch(id) {
        throw new OnboardingNotFoundError(id);
      },
    },
  });
  const answer = await app.inject({
    url: `/v1/onboardings/${NUMBER}/events`,
    headers: { authorization: await authorization() },
  });
  expect(answer.statusCode).toBe(404);
  expect(answer.json()).toMatchObject({ type: 'urn:wa-onboard:onboarding-not-found' });
});
