/** What is posted to Meta's webhooks by whoever it may be: it does not fill the memory. */
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../client/api/limits.js';
import { META, payloadOf, signatureOf, signed } from './meta-signed.js';
import { type StandInOptions, standInApi } from './stand-ins.js';
import { localIssuer } from './tokens.js';

const open: FastifyInstance[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(open.splice(0).map((app) => app.close()));
});

const NOW = new Date('2026-11-23T10:00:00.000Z');
/** Passed over. */
const BODY = payloadOf({ at: NOW, changes: [{ field: 'messages', value: {} }] });

async function listening(options: Partial<StandInOptions> = {}) {
  const made = await standInApi({
    ...{ source: localIssuer().source, metaWebhooks: META, clock: () => NOW },
    ...options,
  });
  open.push(made.app);
  await made.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = made.app.server.address() as AddressInfo;
  const received = receivedBy(made.app);
  const begin = async (headers: Record<string, string | number>, body = '') => {
    const before = received();
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    const answer = answerOn(socket);
    await once(socket, 'connect');
    const lines = Object.entries({ host: 'localhost', ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    socket.write(`POST /webhooks/meta HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
    await expect.poll(received).toBeGreaterThan(before);
    return { socket, answer };
  };
  return { ...made, begin };
}

/** How many requests have come so far. */
function receivedBy({ server }: FastifyInstance): () => number {
  let count = 0;
  server.on('request', () => {
    count += 1;
  });
  return () => count;
}

/** All that comes on a connection until it is closed. */
function answerOn(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const ended = () => resolve(text);
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    // It may be closed while something is still being sent.
    socket.once('error', ended).once('close', ended);
  });
}

const LONG = { 'content-length': 3_000_000, 'content-type': 'application/json' };
const UNSIGNED = { ...LONG, 'x-hub-signature-256': signatureOf(BODY, 'another secret') };

test.each([
  ['no signature', {}],
  ['an empty one', { 'x-hub-signature-256': '' }],
  ['one that is none', { 'x-hub-signature-256': 'sha256=123' }],
  ['two', { 'x-hub-signature-256': `${signatureOf(BODY)}, ${signatureOf(BODY)}` }],
  ['one of another kind', { 'x-hub-signature-256': signatureOf(BODY).replace('256=', '1=') }],
])(
  'a body with %s is refused before it is received, and the connection closed',
  async (_, more) => {
    const { begin, audited } = await listening();
    const { answer } = await begin({ ...LONG, ...more }, '{');
    expect(await answer).toMatch(
      /^HTTP\/1\.1 401 [\s\S]*connection: close[\s\S]*signature-invalid/i,
    );
    expect(audited).toMatchObject([{ action: 'metaWebhook', status: 401 }]);
  },
);

test('who sends many of them is answered with a pause, and the connection closed as well', async () => {
  const { begin } = await listening({ limits: { refusedTokensPerMinute: 1 } });
  await (await begin(LONG)).answer;
  const { answer } = await begin(LONG);
  expect(await answer).toMatch(/^HTTP\/1\.1 429 [\s\S]*connection: close/i);
});

test('only so many bodies are received at a time, which is said and audited once; one that is cut off makes room', async () => {
  const { app, begin, audited, errors } = await listening();
  const slow = [];
  for (let count = 0; count < DEFAULT_LIMITS.webhookBodies; count += 1) {
    slow.push(await begin(UNSIGNED, '{'));
  }
  for (const _ of ['first', 'second']) {
    const answer = await (await begin(UNSIGNED, '{')).answer;
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toMatch(/retry-after: 5\r\n/i);
    expect(answer).toMatch(/connection: close\r\n/i);
    expect(answer).toContain('urn:wa-onboard:too-much-at-once');
  }
  expect((await app.inject(signed(BODY))).statusCode).toBe(503);
  expect(audited).toMatchObject([
    { action: 'metaWebhook', status: 503, outcome: 'urn:wa-onboard:too-much-at-once' },
  ]);
  expect(errors).toEqual([]);
  slow[0]?.socket.destroy();
  await expect.poll(async () => (await app.inject(signed(BODY))).statusCode).toBe(200);
});

test.each([
  ['right', signed(BODY), 200],
  ['signed with another secret', signed(BODY, signatureOf(BODY, 'x'.repeat(32))), 401],
  ['too large', signed('x'.repeat(3 * 1024 * 1024 + 1)), 413],
  ['no JSON', signed('{'), 400],
])('bodies that are %s leave room for the next', async (_, request, status) => {
  const { app } = await listening({ limits: { webhookBodies: 1 } });
  for (let times = 0; times < 3; times += 1) {
    expect((await app.inject(request)).statusCode).toBe(status);
  }
  expect((await app.inject(signed(BODY))).statusCode).toBe(200);
});
