import { expect, test } from 'vitest';
import { ALL_NUMBER_FIELDS, type GraphClient } from '../../activities/graph-api/graph-client.js';
import { Secret } from '../../activities/secret.js';
import { clientOf, rejection, TOKEN, wireServer } from './wire-server.js';

const ID = '106540352242922123';
const PIN = new Secret('012345');

type Call = [
  name: string,
  call: (graph: GraphClient) => Promise<unknown>,
  request: string,
  body: unknown,
  answer?: unknown,
];

const CALLS: Call[] = [
  [
    'register',
    (graph) => graph.register(ID, PIN),
    `POST /v25.0/${ID}/register`,
    { messaging_product: 'whatsapp', pin: '012345' },
  ],
  ['deregister', (graph) => graph.deregister(ID), `POST /v25.0/${ID}/deregister`, undefined],
  [
    'request code',
    (graph) => graph.requestCode(ID, { method: 'VOICE', language: 'de_DE' }),
    `POST /v25.0/${ID}/request_code`,
    { code_method: 'VOICE', language: 'de_DE' },
  ],
  [
    'verify code',
    (graph) => graph.verifyCode(ID, new Secret('098765')),
    `POST /v25.0/${ID}/verify_code`,
    { code: '098765' },
  ],
  ['set PIN', (graph) => graph.setPin(ID, PIN), `POST /v25.0/${ID}`, { pin: '012345' }],
  [
    'read',
    (graph) => graph.readNumber(ID, { fields: ['id', 'status'] }),
    `GET /v25.0/${ID}?fields=id%2Cstatus`,
    undefined,
    { id: ID },
  ],
  [
    'list',
    (graph) => graph.listNumbers(ID, { limit: 5, after: 'MTAx' }),
    `GET /v25.0/${ID}/phone_numbers?limit=5&after=MTAx`,
    undefined,
    { data: [] },
  ],
  [
    'subscribed apps',
    (graph) => graph.subscribedApps(ID),
    `GET /v25.0/${ID}/subscribed_apps`,
    undefined,
    { data: [] },
  ],
  [
    'subscribe the app',
    (graph) => graph.subscribeApp(ID),
    `POST /v25.0/${ID}/subscribed_apps`,
    undefined,
  ],
];

test.each(CALLS)(
  '%s is the request that Meta documents, with the token as bearer and never in the URL',
  async (...row) => {
    const [, call, line, body, answer = { success: true }] = row;
    const server = await wireServer({ body: answer });
    await call(clientOf(server.url));
    const [request, ...more] = server.requests;
    expect(more).toEqual([]);
    expect(`${request?.method} ${request?.url}`).toBe(line);
    expect(request?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(request?.url).not.toContain(TOKEN);
    expect(request?.body === '' ? undefined : JSON.parse(request?.body ?? '')).toEqual(body);
    expect(request?.body).not.toContain(TOKEN);
  },
);

test.each(CALLS)('%s is sent exactly once, however it is refused', async (_, call) => {
  for (const status of [400, 401, 408, 413, 429, 500, 502, 503, 504]) {
    const server = await wireServer({ status, headers: { 'retry-after': '0' }, body: 'busy' });
    await rejection(call(clientOf(server.url)));
    expect(server.requests).toHaveLength(1);
  }
});

test('a read asks for every field that decides something', async () => {
  const server = await wireServer({ body: { id: ID } });
  await clientOf(server.url).readNumber(ID);
  const asked = new URL(server.requests[0]?.url ?? '', server.url).searchParams.get('fields');
  expect(asked?.split(',')).toEqual(
    expect.arrayContaining([
      'id',
      'display_phone_number',
      'code_verification_status',
      'is_pin_enabled',
      'status',
      'name_status',
      'platform_type',
      'is_on_biz_app',
      'account_mode',
    ]),
  );
});

test('what only people want is asked for where it is named, and never by a read that names nothing', async () => {
  const server = await wireServer({ body: { id: ID } });
  const graph = clientOf(server.url);
  await graph.readNumber(ID);
  await graph.readNumber(ID, { fields: ALL_NUMBER_FIELDS });
  const [usual, all] = server.requests.map(({ url }) =>
    new URL(url, server.url).searchParams.get('fields')?.split(','),
  );
  expect(usual).toEqual([
    'id',
    'display_phone_number',
    'verified_name',
    'code_verification_status',
    'is_pin_enabled',
    'status',
    'name_status',
    'quality_rating',
    'platform_type',
    'is_on_biz_app',
    'account_mode',
  ]);
  expect(all).toEqual([...(usual ?? []), 'health_status', 'throughput', 'last_onboarded_time']);
});

test.each(['', '/', '/meta', '/meta/', '/a/b//'])(
  'a base URL that ends in "%s" keeps its path and gets one slash',
  async (ending) => {
    const server = await wireServer();
    await clientOf(`${server.url}${ending}`).deregister(ID);
    const path = ending.replace(/\/+$/, '');
    expect(server.requests[0]?.url).toBe(`${path}/v25.0/${ID}/deregister`);
  },
);

test('the list goes on after the cursor while Meta names a next page, and ends where it names none', async () => {
  const paging = { cursors: { before: 'a', after: 'MTAy' } };
  const server = await wireServer(
    { body: { data: [{ id: ID }], paging: { ...paging, next: 'https://graph…' } } },
    { body: { data: [{ id: ID }], paging } },
    { body: { data: [] } },
  );
  const graph = clientOf(server.url);
  expect(await graph.listNumbers('1')).toMatchObject({ numbers: [{ id: ID }], after: 'MTAy' });
  expect(await graph.listNumbers('1', { after: 'MTAy' })).not.toHaveProperty('after');
  expect(await graph.listNumbers('1')).toEqual({ numbers: [] });
});

test('subscribed apps are counted', async () => {
  const server = await wireServer({ body: { data: [{ whatsapp_business_api_data: {} }, {}] } });
  expect(await clientOf(server.url).subscribedApps('1')).toEqual({ count: 2 });
});

test('a redirect is not followed, so the token reaches no other server', async () => {
  const other = await wireServer();
  for (const status of [301, 302, 307, 308]) {
    const server = await wireServer({ status, headers: { location: `${other.url}/x` }, body: '' });
    await rejection(clientOf(server.url).register(ID, PIN));
    expect(server.requests).toHaveLength(1);
  }
  expect(other.requests).toEqual([]);
});
