import { describe, expect, test } from 'vitest';
import { SIMULATOR_TOKEN, startSimulator } from '../../simulator/simulator.js';
import { call, callsOn, ID, numberOf, simulatorWith } from './graph-calls.js';

const form = (fields: Record<string, string>): FormData => {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
};

const FIELDS = { code_method: 'SMS', language: 'en_US' };

test.each([
  ['the query', `?${new URLSearchParams(FIELDS)}`, undefined],
  ['JSON', '', JSON.stringify(FIELDS)],
  ['a form', '', new URLSearchParams(FIELDS)],
  ['multipart', '', form(FIELDS)],
] as const)('a code may be asked for by %s', async (_, query, body) => {
  const { simulator } = await numberOf();
  const init = body === undefined ? { method: 'POST' } : { method: 'POST', body };
  expect((await call(simulator, `/${ID}/request_code${query}`, init)).status).toBe(200);
  expect(simulator.codes(ID)).toHaveLength(1);
});

test.each(['{"code":', '[]', '"text"', ''])(
  'the body %j is answered with code 100',
  async (body) => {
    const { simulator } = await numberOf();
    const reply = await call(simulator, `/${ID}/verify_code`, { method: 'POST', body });
    expect(reply).toMatchObject({ status: 400, error: '100' });
  },
);

test('an error has the envelope of Meta, with a trace id of its own', async () => {
  const { register } = await numberOf({ preset: 'former' });
  const replies = [await register(), await register()];
  for (const { status, body } of replies) {
    expect(status).toBe(400);
    expect(body).toEqual({
      error: {
        message: '(#133005) Two step verification PIN Mismatch',
        type: 'OAuthException',
        code: 133005,
        error_data: { messaging_product: 'whatsapp', details: expect.any(String) },
        is_transient: false,
        fbtrace_id: expect.stringMatching(/^A[\w-]{16}$/),
      },
    });
  }
  expect(replies[0]?.body).not.toEqual(replies[1]?.body);
});

describe('the token', () => {
  test.each([
    ['missing', {}, '104'],
    ['of another scheme', { authorization: `Basic ${SIMULATOR_TOKEN}` }, '104'],
    ['wrong', { authorization: 'Bearer another-token' }, '190'],
  ])('that is %s is answered with 401 and does nothing', async (_, headers, error) => {
    const { simulator } = await numberOf({ preset: 'verified' });
    const response = await fetch(`${simulator.url}/v23.0/${ID}/register`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ messaging_product: 'whatsapp', pin: '123456' }),
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { code: Number(error) } });
    expect(simulator.number(ID)).toMatchObject({ registered: false, registersCounted: 0 });
  });

  test('in the query string is refused even where the header is right', async () => {
    const { simulator } = await numberOf();
    const reply = await call(simulator, `/${ID}?access_token=${SIMULATOR_TOKEN}`);
    expect(reply).toMatchObject({ status: 401, error: '190' });
    expect(JSON.stringify(reply.body)).toContain('query string');
  });

  test('is the one that the options give', async () => {
    const simulator = await simulatorWith({ token: 'mine', numbers: [{ id: ID }] });
    expect(simulator.token).toBe('mine');
    expect((await callsOn(simulator).read()).status).toBe(200);
  });
});

test.each([
  ['GET', '/999999', '100/33'],
  ['POST', '/999999/register', '100/33'],
  ['GET', '/999999/phone_numbers', '100/33'],
  ['GET', '/+16315551234', '803'],
  ['GET', `/${ID}/nonsense`, '2500'],
  ['DELETE', `/${ID}`, '2500'],
  ['GET', `/${ID}/register/again`, '2500'],
])('%s %s is answered with code %s', async (method, path, error) => {
  const { simulator } = await numberOf();
  expect((await call(simulator, path, { method })).error).toBe(error);
});

test.each([`/${ID}`, `/23/${ID}`, `/vlatest/${ID}`, '/'])(
  'the path %s has no version that Meta knows',
  async (path) => {
    const { simulator } = await numberOf();
    const response = await fetch(simulator.url + path, {
      headers: { authorization: `Bearer ${simulator.token}` },
    });
    expect(await response.json()).toMatchObject({ error: { code: 2500 } });
  },
);

test('ids above 2^53 keep all their digits', async () => {
  const id = '9007199254740993001';
  const simulator = await simulatorWith({ numbers: [{ id }] });
  expect((await callsOn(simulator, id).read('id')).body).toEqual({ id });
});

test('the log tells what came, what was asked and what was done, and no secret', async () => {
  const { simulator, read, requestCode, verifyCode, register, setPin, code } = await numberOf();
  await read('id,status');
  await register('918273');
  await requestCode();
  await verifyCode(code());
  await register('918273');
  simulator.clock.advance(3_600_000);
  await setPin({ pin: '645342' });
  const strip = ({ at: _, phoneNumberId, ...entry }: (typeof simulator.requests)[number]) => {
    expect(phoneNumberId).toBe(ID);
    return entry;
  };
  expect(simulator.requests.map(strip)).toEqual([
    { endpoint: 'read', status: 200, executed: true, fields: ['id', 'status'] },
    { endpoint: 'register', status: 400, executed: false, errorCode: 133006 },
    { endpoint: 'requestCode', status: 200, executed: true },
    { endpoint: 'verifyCode', status: 200, executed: true },
    { endpoint: 'register', status: 200, executed: true, newPin: true },
    { endpoint: 'setPin', status: 200, executed: true, newPin: true },
  ]);
  const [first, last] = [simulator.requests[0]?.at ?? 0, simulator.requests.at(-1)?.at ?? 0];
  expect(last - first).toBeGreaterThanOrEqual(3_600_000);
  const log = JSON.stringify(simulator.requests);
  for (const secret of ['918273', '645342', code(), SIMULATOR_TOKEN])
    expect(log).not.toContain(secret);
});

test('unknown numbers exist only where numbers are created by themselves', async () => {
  const simulator = await simulatorWith({ autoCreate: true });
  const { body } = await callsOn(simulator, '55555').read('status');
  expect(body).toEqual({ id: '55555', status: 'PENDING' });
  expect((await call(simulator, '/66666/phone_numbers')).body).toEqual({ data: [] });
  expect((await call(simulator, '/abc')).error).toBe('803');
});

test('a clock given from outside is followed, and can still be moved forward', async () => {
  let now = Date.UTC(2026, 0, 1);
  const { simulator, requestCode } = await numberOf({}, { clock: { now: () => now } });
  now += 1_000;
  simulator.clock.advance(2_000);
  await requestCode();
  expect(simulator.codes(ID)[0]?.sentAt).toBe(Date.UTC(2026, 0, 1) + 3_000);
  expect(() => simulator.clock.advance(-1)).toThrow(RangeError);
});

test('a taken port is one clear sentence', async () => {
  const { port } = await simulatorWith({});
  await expect(startSimulator({ port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken`);
});

test('a number that nobody added is named in the error', async () => {
  const simulator = await simulatorWith({});
  expect(() => simulator.number('42')).toThrow('The simulator has no number 42');
  expect(() => simulator.addNumber({ id: 'abc' })).toThrow('digit string');
});
