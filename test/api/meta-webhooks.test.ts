/** What Meta posts: who may, what it leads to, and what is passed over. */
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import { PinStoreUnreachableError } from '../../activities/pin-store/pin-store.js';
import { InvalidInputError, TemporalUnreachableError } from '../../client/index.js';
import type { NumberEventInput } from '../../workflows/messages.js';
import {
  META,
  nameDecided,
  payloadOf,
  pinChanged,
  signatureOf,
  signed,
  VERIFY_TOKEN,
  WABA_ID,
} from './meta-signed.js';
import { NUMBER, OTHER_NUMBER, type StandInOptions, standInApi } from './stand-ins.js';
import { localIssuer } from './tokens.js';

const NOW = new Date('2026-11-23T10:00:00.000Z');
const ago = (ms: number) => new Date(NOW.getTime() - ms);
/** As Meta writes the telephone number of the stand-in {@link NUMBER}. */
const TELEPHONE = '16315552922';
const OTHER_TELEPHONE = '16315552933';

const open: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

async function api(options: Partial<StandInOptions> = {}) {
  const begun = new Map<string, NumberEventInput>();
  const made = await standInApi({
    source: localIssuer().source,
    metaWebhooks: META,
    clock: () => NOW,
    ...options,
    client: {
      async handleNumberEvent(input, key) {
        if (begun.has(key)) return 'repeated';
        begun.set(key, input);
        return 'begun';
      },
      ...options.client,
    },
  });
  open.push(made.app);
  const send = (request: InjectOptions) => made.app.inject(request);
  const post = (body: string) => send(signed(body));
  return { ...made, send, post, begun: () => [...begun.values()], keys: () => [...begun.keys()] };
}

const outcomes = (audited: { outcome: string }[]) => audited.map(({ outcome }) => outcome);

describe('the address', () => {
  const handshake = (changes: Record<string, string> = {}) => ({
    url: '/webhooks/meta',
    query: {
      ...{ 'hub.mode': 'subscribe', 'hub.verify_token': VERIFY_TOKEN },
      ...{ 'hub.challenge': '1158201444', ...changes },
    },
  });

  test('is not there without an app secret and a verify token', async () => {
    const without = await standInApi({ source: localIssuer().source });
    open.push(without.app);
    for (const request of [handshake(), signed('{}')]) {
      const answer = await without.app.inject(request);
      expect(answer.statusCode).toBe(404);
      expect(answer.json()).toMatchObject({ type: 'urn:wa-onboard:no-such-route' });
    }
  });

  test('is confirmed to who knows the verify token, with the challenge as plain text', async () => {
    const { send, audited } = await api();
    const answer = await send(handshake());
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toContain('text/plain');
    expect(answer.payload).toBe('1158201444');
    expect(audited).toMatchObject([{ action: 'metaWebhook', outcome: 'subscribed', status: 200 }]);
  });

  test.each([
    ['another verify token', { 'hub.verify_token': `${VERIFY_TOKEN}x` }],
    ['no verify token', { 'hub.verify_token': '' }],
    ['another mode', { 'hub.mode': 'unsubscribe' }],
  ])('is not confirmed to who sends %s', async (_, changes) => {
    const { send, audited } = await api();
    const answer = await send(handshake(changes));
    expect(answer.statusCode).toBe(403);
    expect(answer.payload).not.toContain('1158201444');
    expect(answer.payload).not.toContain(VERIFY_TOKEN);
    expect(audited).toMatchObject([
      { action: 'metaWebhook', status: 403, outcome: 'urn:wa-onboard:verify-token-invalid' },
    ]);
  });

  test('is in no document of the API', async () => {
    const { send } = await api();
    expect((await send({ url: '/openapi.json' })).payload).not.toContain('/webhooks/meta');
  });
});

describe('the signature', () => {
  const body = payloadOf({ at: NOW, changes: [pinChanged(TELEPHONE)] });

  test.each([
    ['of another secret', signatureOf(body, 'x'.repeat(32))],
    ['of another body', signatureOf(`${body} `)],
    ['that is none', 'sha256=123'],
    ['of another kind', signatureOf(body).replace('sha256=', 'sha1=')],
    ['without its kind', signatureOf(body).slice(7)],
    ['that is too long', `${signatureOf(body)}00`],
    ['that is empty', ''],
  ])('%s is refused, and nothing happens', async (_, signature) => {
    const { send, calls, audited, begun } = await api();
    const answer = await send(signed(body, signature));
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ type: 'urn:wa-onboard:signature-invalid' });
    expect([calls, begun()]).toEqual([[], []]);
    expect(audited).toEqual([
      {
        ...{ action: 'metaWebhook', from: '127.0.0.1', status: 401 },
        ...{ requestId: expect.any(String), outcome: 'urn:wa-onboard:signature-invalid' },
      },
    ]);
  });

  test('that is missing is refused, also where the body is no JSON', async () => {
    const { send } = await api();
    const headers = { 'content-type': 'application/json' };
    for (const payload of [body, '{"object":', '']) {
      const answer = await send({ method: 'POST', url: '/webhooks/meta', payload, headers });
      expect(answer.statusCode).toBe(401);
    }
  });

  test('is of the bytes as they came, whatever they are said to be', async () => {
    const { send, begun } = await api();
    const escaped = body.replace('security', '\\u0073ecurity').replace('{', '{ ');
    const request = signed(escaped);
    for (const type of ['application/json', 'application/json; charset=utf-8', 'text/plain']) {
      const headers = { ...request.headers, 'content-type': type };
      expect((await send({ ...request, headers })).statusCode).toBe(200);
    }
    expect(begun()).toHaveLength(1);
  });

  test('that is wrong again and again is answered with a pause and audited a few times; right ones are taken meanwhile', async () => {
    const { send, post, audited } = await api({ limits: { refusedTokensPerMinute: 2 } });
    const statuses: number[] = [];
    for (let times = 0; times < 20; times += 1) {
      statuses.push((await send(signed(body, 'sha256=00'))).statusCode);
    }
    expect(statuses.slice(0, 3)).toEqual([401, 401, 429]);
    expect(audited.map(({ status }) => status)).toEqual([401, 401, 429]);
    expect((await post(body)).statusCode).toBe(200);
  });
});

test('a body of 3 MB is taken, and a larger one is refused', async () => {
  const { post, audited } = await api();
  const padded = (bytes: number) => {
    const body = payloadOf({ at: NOW, changes: [{ field: 'messages', value: { text: '' } }] });
    return body.replace('"text":""', `"text":"${'x'.repeat(bytes - body.length)}"`);
  };
  expect((await post(padded(3 * 1024 * 1024))).statusCode).toBe(200);
  expect(audited).toEqual([]);
  const answer = await post(padded(3 * 1024 * 1024 + 1));
  expect(answer.statusCode).toBe(413);
  expect(answer.json()).toMatchObject({
    ...{ type: 'urn:wa-onboard:body-too-large', detail: 'Send a body of at most 3 MB.' },
  });
  expect(audited).toMatchObject([{ action: 'metaWebhook', status: 413 }]);
});

describe('what Meta says', () => {
  const AT = '2026-11-23T09:59:00.000Z';
  const security = (event: string, more: object = {}) => ({
    ...{ field: 'security', value: { display_phone_number: TELEPHONE, event, ...more } },
  });

  test.each([
    ['a changed PIN', security('PIN_CHANGED'), { event: 'pinChanged', rotate: 'offer' }],
    [
      'a wish to reset it',
      security('PIN_RESET_REQUEST', { requester: '61555822107539' }),
      { event: 'pinResetRequested', requester: '61555822107539' },
    ],
    ['a wish of nobody', security('PIN_RESET_REQUEST'), { event: 'pinResetRequested' }],
    ['a reset', security('PIN_REQUEST_SUCCESS'), { event: 'pinReset', rotate: 'offer' }],
    [
      'an approved name',
      nameDecided(TELEPHONE),
      { event: 'nameDecided', decision: 'approved', name: 'Lucky Shrub' },
    ],
    [
      'a refused name',
      nameDecided(TELEPHONE, 'REJECTED', { rejection_reason: 'NAME_NOT_CONSISTENT' }),
      {
        ...{ event: 'nameDecided', decision: 'declined', name: 'Lucky Shrub' },
        reason: 'NAME_NOT_CONSISTENT',
      },
    ],
    [
      'a declined name',
      nameDecided(TELEPHONE, 'DECLINED', { rejection_reason: 'NONE' }),
      { event: 'nameDecided', decision: 'declined', name: 'Lucky Shrub' },
    ],
  ])('of %s is handed over with the id of the number', async (_, change, said) => {
    const { post, begun, audited } = await api();
    const answer = await post(payloadOf({ at: new Date(AT), changes: [change] }));
    expect(answer.statusCode).toBe(200);
    expect(begun()).toEqual([{ phoneNumberId: NUMBER, label: 'shop', said: { ...said, at: AT } }]);
    expect(audited).toEqual([
      {
        ...{ action: 'metaWebhook', event: said.event, phoneNumberId: NUMBER, label: 'shop' },
        ...{ from: '127.0.0.1', requestId: answer.headers['x-request-id'] },
        ...{ status: 200, outcome: 'begun' },
      },
    ]);
  });

  test('leads to a rotation where that is wanted', async () => {
    const { post, begun } = await api({ metaWebhooks: { ...META, rotateOnChange: 'automatic' } });
    await post(payloadOf({ at: NOW, changes: [security('PIN_CHANGED')] }));
    expect(begun()).toMatchObject([{ said: { rotate: 'automatic' } }]);
  });

  test.each(['+1 631-555-2922', '1 (631) 555 2922', '16315552922'])(
    'of %s is of the number whose record has these digits',
    async (telephone) => {
      const { post, begun } = await api();
      await post(payloadOf({ at: NOW, changes: [pinChanged(telephone)] }));
      expect(begun()).toMatchObject([{ phoneNumberId: NUMBER }]);
    },
  );

  test('twice begins nothing twice, however its members are ordered and its telephone number is written', async () => {
    const { post, begun, audited } = await api();
    const value = { display_phone_number: TELEPHONE, event: 'PIN_RESET_REQUEST', requester: '7' };
    const turned = { requester: '7', event: 'PIN_RESET_REQUEST', display_phone_number: TELEPHONE };
    const written = { ...value, display_phone_number: '+1 631-555-2922' };
    for (const each of [value, value, turned, written]) {
      const body = payloadOf({ at: NOW, changes: [{ field: 'security', value: each }] });
      expect((await post(body)).statusCode).toBe(200);
    }
    expect(begun()).toHaveLength(1);
    expect(outcomes(audited)).toEqual(['begun', 'repeated', 'repeated', 'repeated']);
  });

  test('at another time, of another number, or something else, begins something else', async () => {
    const { post, keys } = await api();
    const entries = [
      { at: NOW, changes: [pinChanged(TELEPHONE), pinChanged(OTHER_TELEPHONE)] },
      { at: ago(1_000), changes: [pinChanged(TELEPHONE)] },
      { at: NOW, changes: [security('PIN_REQUEST_SUCCESS'), nameDecided(TELEPHONE)] },
    ];
    expect((await post(payloadOf(...entries))).statusCode).toBe(200);
    expect(keys()).toHaveLength(5);
    for (const key of keys()) expect(key).toMatch(/^[0-9a-f]{64}$/);
  });

  test('in milliseconds is understood as well', async () => {
    const { post, begun } = await api();
    const body = payloadOf({ at: NOW, changes: [pinChanged(TELEPHONE)] });
    await post(body.replace(/"time":(\d+)/, '"time":$1000'));
    expect(begun()).toMatchObject([{ said: { at: NOW.toISOString() } }]);
  });
});

describe('passed over is', () => {
  const change = pinChanged(TELEPHONE);

  test.each([
    [
      'what is of another account',
      payloadOf({ id: '999', at: NOW, changes: [change] }),
      'otherAccount',
    ],
    [
      'a number without a PIN record',
      payloadOf({ at: NOW, changes: [pinChanged('4930123456')] }),
      'unknownNumber',
    ],
    [
      'a text without digits',
      payloadOf({ at: NOW, changes: [pinChanged('unknown')] }),
      'unknownNumber',
    ],
    [
      'what is older than Meta sends again',
      payloadOf({ at: ago(7 * 86_400_000 + 1_000), changes: [change] }),
      'tooOld',
    ],
    [
      'what has not happened yet',
      payloadOf({ at: ago(-601_000), changes: [change] }),
      'inTheFuture',
    ],
    [
      'a name that is not decided',
      payloadOf({ at: NOW, changes: [nameDecided(TELEPHONE, 'PENDING')] }),
      'undecided',
    ],
    [
      'an event that is not known',
      payloadOf({
        at: NOW,
        changes: [
          { field: 'security', value: { display_phone_number: TELEPHONE, event: 'NEW_THING' } },
        ],
      }),
      'notUnderstood',
    ],
    [
      'an event of another form',
      payloadOf({ at: NOW, changes: [{ field: 'security', value: ['PIN_CHANGED'] }] }),
      'notUnderstood',
    ],
    [
      'a time that is none',
      payloadOf({ at: NOW, changes: [change] }).replace(/"time":\d+/, '"time":"soon"'),
      'notUnderstood',
    ],
  ])('%s, and that is audited', async (_, body, outcome) => {
    const { post, begun, audited } = await api({ metaWebhooks: { ...META, wabaId: WABA_ID } });
    expect((await post(body)).statusCode).toBe(200);
    expect(begun()).toEqual([]);
    expect(outcomes(audited)).toEqual([outcome]);
    expect(JSON.stringify(audited)).not.toMatch(/4930123456|5552922/);
  });

  test.each([
    [
      'a message',
      payloadOf({ at: NOW, changes: [{ field: 'messages', value: { messages: [] } }] }),
    ],
    [
      'what is of something else than WhatsApp',
      payloadOf({ at: NOW, changes: [change] }).replace('whatsapp_business_account', 'page'),
    ],
    ['a payload of another form', '{"object":"whatsapp_business_account","entry":{"id":"1"}}'],
    ['an entry of another form', '{"object":"whatsapp_business_account","entry":[7,null,{}]}'],
    ['JSON of another form', '["PIN_CHANGED"]'],
  ])('%s, without a line in the audit trail', async (_, body) => {
    const { post, begun, audited } = await api();
    expect((await post(body)).statusCode).toBe(200);
    expect([begun(), audited]).toEqual([[], []]);
  });

  test('one that makes no sense does not keep the others from being handled', async () => {
    const { post, begun, audited } = await api();
    const changes = [{ field: 'security', value: { event: 7 } }, change];
    expect((await post(payloadOf({ at: NOW, changes }))).statusCode).toBe(200);
    expect(begun()).toMatchObject([{ phoneNumberId: NUMBER }]);
    expect(outcomes(audited).sort()).toEqual(['begun', 'notUnderstood']);
  });

  test('one that Temporal is never going to take', async () => {
    const { post, audited } = await api({
      client: {
        handleNumberEvent: async () => {
          throw new InvalidInputError('No.');
        },
      },
    });
    expect((await post(payloadOf({ at: NOW, changes: [change] }))).statusCode).toBe(200);
    expect(outcomes(audited)).toEqual(['notUnderstood']);
  });
});

test('a signed body that is no JSON is refused as a problem that repeats none of it', async () => {
  const { post } = await api();
  const answer = await post('{"display_phone_number":"16315552922"');
  expect(answer.statusCode).toBe(400);
  expect(answer.payload).not.toContain('16315552922');
});

describe('when something is away, Meta is told to send again', () => {
  test('Temporal for one of several: what worked is not done twice', async () => {
    let away = true;
    const begun: string[] = [];
    const { post, audited, errors } = await api({
      client: {
        async handleNumberEvent({ phoneNumberId }, key) {
          if (away && phoneNumberId === NUMBER) throw new TemporalUnreachableError('127.0.0.1:1');
          if (begun.includes(key)) return 'repeated';
          begun.push(key);
          return 'begun';
        },
      },
    });
    const body = payloadOf({
      at: NOW,
      changes: [pinChanged(TELEPHONE), pinChanged(OTHER_TELEPHONE)],
    });
    const answer = await post(body);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.json()).toMatchObject({ type: 'urn:wa-onboard:temporal-unavailable' });
    expect(errors).toHaveLength(1);
    expect(
      audited.map(({ phoneNumberId, status, outcome }) => [phoneNumberId, status, outcome]),
    ).toEqual(
      expect.arrayContaining([
        [NUMBER, 503, 'urn:wa-onboard:temporal-unavailable'],
        [OTHER_NUMBER, 200, 'begun'],
      ]),
    );
    away = false;
    audited.length = 0;
    expect((await post(body)).statusCode).toBe(200);
    expect(outcomes(audited).sort()).toEqual(['begun', 'repeated']);
  });

  test('the PIN store', async () => {
    let away = true;
    const { post, begun, audited } = await api({
      pins: {
        async *list() {
          if (away) throw new PinStoreUnreachableError('The PIN store does not answer.');
          yield {
            ...{ phoneNumberId: NUMBER, store: 'local', record: NUMBER, versions: {} },
            displayPhoneNumber: TELEPHONE,
          };
        },
      },
    });
    const body = payloadOf({ at: NOW, changes: [pinChanged(TELEPHONE)] });
    const answer = await post(body);
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ type: 'urn:wa-onboard:pin-store-unavailable' });
    away = false;
    expect((await post(body)).statusCode).toBe(200);
    expect(begun()).toHaveLength(1);
    expect(outcomes(audited)).toEqual(['urn:wa-onboard:pin-store-unavailable', 'begun']);
  });

  test('an answer that does not come soon; what comes of it is audited all the same', async () => {
    let finish = () => {};
    const { post, audited } = await api({
      limits: { webhookMs: 30 },
      client: {
        handleNumberEvent: () =>
          new Promise((resolve) => {
            finish = () => resolve('begun');
          }),
      },
    });
    const answer = await post(payloadOf({ at: NOW, changes: [pinChanged(TELEPHONE)] }));
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ type: 'urn:wa-onboard:too-slow' });
    expect(audited).toEqual([]);
    finish();
    await Promise.all(open.splice(0).map((app) => app.close()));
    expect(outcomes(audited)).toEqual(['begun']);
  });
});

test('the telephone number is in no log, audit line or answer, nor in what is handed over', async () => {
  const handed: unknown[] = [];
  const { post, audited, errors } = await api({
    client: {
      async handleNumberEvent(...given) {
        handed.push(given);
        throw new TemporalUnreachableError('127.0.0.1:1');
      },
    },
  });
  const answer = await post(payloadOf({ at: NOW, changes: [pinChanged(TELEPHONE)] }));
  expect(handed).toHaveLength(1);
  const places = JSON.stringify([handed, audited, errors.map(String), answer.payload]);
  expect(places).not.toContain('5552922');
});
