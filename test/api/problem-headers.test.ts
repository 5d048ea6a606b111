/** Problems that are answered before or beside the routes keep browsers from the same things. */
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { standInApi } from './stand-ins.js';
import { localIssuer } from './tokens.js';

const ORIGIN = 'https://desk.example.com';

async function api() {
  const { app } = await standInApi({ source: localIssuer().source, corsOrigins: [ORIGIN] });
  onTestFinished(() => app.close());
  return app;
}

const HEADERS = {
  'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
};

test.each([
  ['an address that is none', 'GET', '/nothing', 404],
  ['an address of the API that is none', 'GET', '/v1/nothing', 404],
  ['another method', 'DELETE', '/v1/onboardings', 405],
  ['an address that is not written right', 'GET', '/v1/onboardings/%zz', 400],
  ['a parameter that is far too long', 'GET', `/v1/onboardings/${'1'.repeat(500)}`, undefined],
] as const)('the answer to %s has them', async (_, method, url, status) => {
  const app = await api();
  const answer = await app.inject({ method, url, headers: { origin: ORIGIN } });
  if (status !== undefined) expect(answer.statusCode).toBe(status);
  expect(answer.statusCode).toBeGreaterThanOrEqual(400);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(answer.headers).toMatchObject(HEADERS);
  expect(answer.headers['x-request-id']).toBe((answer.json() as { instance: string }).instance);
});

test('who asks for what is not there from a page of a named origin may read the answer', async () => {
  const app = await api();
  const answer = await app.inject({ url: '/v1/nothing', headers: { origin: ORIGIN } });
  expect(answer.headers['access-control-allow-origin']).toBe(ORIGIN);
});

test('the answer to what is no HTTP has them', async () => {
  const app = await api();
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('no HTTP\r\n\r\n');
  let text = '';
  for await (const part of socket) text += String(part);
  const [head = ''] = text.split('\r\n\r\n');
  const headers = Object.fromEntries(
    head
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(': ')),
  ) as Record<string, string>;
  expect(headers).toMatchObject(HEADERS);
});
