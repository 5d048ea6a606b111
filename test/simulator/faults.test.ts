import { describe, expect, test } from 'vitest';
import type { Fault, Simulator } from '../../simulator/simulator.js';
import { call, ID, numberOf, simulatorWith } from './graph-calls.js';

/** What a client gets of a register: the answer's status and text, or why there was none. */
async function registerAt(simulator: Simulator, patienceMs: number): Promise<string> {
  try {
    const response = await fetch(`${simulator.url}/v23.0/${ID}/register`, {
      method: 'POST',
      headers: { authorization: `Bearer ${simulator.token}` },
      body: JSON.stringify({ messaging_product: 'whatsapp', pin: '123456' }),
      signal: AbortSignal.timeout(patienceMs),
    });
    return `${response.status} ${await response.text()}`;
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'reset';
  }
}

describe('a fault that strikes a register', () => {
  const cases: [Fault, { client: string | RegExp; registered: boolean; status: number }][] = [
    [{ kind: 'timeout' }, { client: 'timeout', registered: false, status: 0 }],
    [{ kind: 'executedTimeout' }, { client: 'timeout', registered: true, status: 0 }],
    [{ kind: 'reset' }, { client: 'reset', registered: false, status: 0 }],
    [{ kind: 'executedReset' }, { client: 'reset', registered: true, status: 0 }],
    [{ kind: 'brokenJson' }, { client: '200 {"success":tr', registered: true, status: 200 }],
    [
      { kind: 'brokenJson', executed: false },
      { client: '200 {"success":tr', registered: false, status: 200 },
    ],
    [{ kind: 'html502' }, { client: /^502 <html>/, registered: false, status: 502 }],
    [
      { kind: 'html502', executed: true },
      { client: /^502 <html>/, registered: true, status: 502 },
    ],
    [{ kind: 'empty200' }, { client: '200 ', registered: true, status: 200 }],
    [{ kind: 'successFalse' }, { client: '200 {"success":false}', registered: false, status: 200 }],
    [
      { kind: 'error', code: 133004 },
      { client: /^503 .*"code":133004,.*"is_transient":true/, registered: false, status: 503 },
    ],
    [
      { kind: 'error', code: 2, executed: true },
      { client: /^503 /, registered: true, status: 503 },
    ],
    [
      { kind: 'error', code: 100, subcode: 2388001, status: 418, details: 'why' },
      { client: /^418 .*"error_subcode":2388001.*"details":"why"/, registered: false, status: 418 },
    ],
    [
      { kind: 'slow', ms: () => 5 },
      { client: '200 {"success":true}', registered: true, status: 200 },
    ],
    [
      { kind: 'slow', ms: 10_000 },
      { client: 'timeout', registered: false, status: 0 },
    ],
    [
      { kind: 'slow', ms: 10_000, when: 'after' },
      { client: 'timeout', registered: true, status: 0 },
    ],
    [{ kind: 'tokenRevoked' }, { client: /^401 .*"code":190/, registered: false, status: 401 }],
  ];
  test.each(cases)(
    'as %o does what it says to the number, the client and the log',
    async (fault, expected) => {
      const { simulator } = await numberOf({ preset: 'verified' });
      simulator.faults.add({ ...fault, endpoint: 'register', times: 1 });
      const patienceMs = expected.client === 'timeout' ? 1_500 : 10_000;
      expect(await registerAt(simulator, patienceMs)).toMatch(expected.client);
      await expect.poll(() => simulator.number(ID).registered).toBe(expected.registered);
      expect(simulator.requests).toMatchObject([
        {
          endpoint: 'register',
          status: expected.status,
          executed: expected.registered,
          faults: [fault.kind],
        },
      ]);
      expect(simulator.faults.hits[fault.kind]).toBe(1);
    },
  );
});

test('a held request is done when the test lets it go', async () => {
  const { simulator, register } = await numberOf({ preset: 'verified' });
  let release: () => void = () => undefined;
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  simulator.faults.add({ kind: 'hold', until });
  const reply = register();
  await expect.poll(() => simulator.requests.length).toBe(1);
  expect(simulator.number(ID).registered).toBe(false);
  release();
  expect((await reply).status).toBe(200);
  expect(simulator.number(ID).registered).toBe(true);
});

test('an error carries the headers that it is given', async () => {
  const { simulator } = await numberOf();
  simulator.faults.add({ kind: 'error', code: 80008, headers: { 'retry-after': '120' } });
  const response = await fetch(`${simulator.url}/v23.0/${ID}`);
  expect(response.headers.get('retry-after')).toBe('120');
});

test('a rule strikes its endpoints and its number, as often as it says', async () => {
  const { simulator, read, register } = await numberOf();
  simulator.addNumber({ id: '20002' });
  simulator.faults.add({
    kind: 'error',
    code: 1,
    endpoint: ['read', 'setPin'],
    phoneNumberId: ID,
    times: 2,
  });
  expect((await register()).error).toBe('133006');
  expect((await call(simulator, '/20002')).status).toBe(200);
  expect([(await read()).error, (await read()).error, (await read()).error]).toEqual([
    '1',
    '1',
    undefined,
  ]);
  expect(simulator.faults.hits.error).toBe(2);
});

test('a rule with a probability strikes the same requests for the same seed, and about as many as it says', async () => {
  const struckBy = async (seed: number): Promise<boolean[]> => {
    const { simulator, read } = await numberOf();
    simulator.faults.add({ kind: 'error', code: 1, probability: 0.3, seed });
    const struck: boolean[] = [];
    for (let request = 0; request < 100; request++) struck.push((await read()).error === '1');
    return struck;
  };
  const first = await struckBy(7);
  expect(await struckBy(7)).toEqual(first);
  expect(await struckBy(8)).not.toEqual(first);
  const hits = first.filter(Boolean).length;
  expect(hits).toBeGreaterThan(15);
  expect(hits).toBeLessThan(45);
});

test('rules are taken away one by one or all at once', async () => {
  const { simulator, read } = await numberOf();
  const remove = simulator.faults.add({ kind: 'error', code: 1 });
  simulator.faults.add({ kind: 'error', code: 2 });
  expect((await read()).error).toBe('1');
  remove();
  expect((await read()).error).toBe('2');
  simulator.faults.clear();
  expect((await read()).error).toBeUndefined();
});

test('a revoked token stays revoked until it is restored', async () => {
  const { simulator, read } = await numberOf();
  simulator.faults.add({ kind: 'tokenRevoked', times: 1 });
  expect([(await read()).error, (await read()).error]).toEqual(['190/467', '190/467']);
  simulator.restoreToken();
  expect((await read()).status).toBe(200);
  simulator.revokeToken();
  expect((await read()).error).toBe('190/467');
});

test('an error that WhatsApp answers counts as a request, one of the Graph API before it does not', async () => {
  const { simulator, register, deregister } = await numberOf({ preset: 'live' });
  const remove = simulator.faults.add({ kind: 'error', code: 133004 });
  await register();
  await deregister();
  remove();
  simulator.faults.add({ kind: 'error', code: 80007 });
  await register();
  expect(simulator.number(ID)).toMatchObject({ registersCounted: 1, deregistersCounted: 1 });
});

test('closing ends at once, also with requests that get no answer, and closing twice is fine', async () => {
  const ids = ['10001', '10002', '10003'];
  const simulator = await simulatorWith({ numbers: ids.map((id) => ({ id })) });
  simulator.faults.add({ phoneNumberId: '10001', kind: 'timeout' });
  simulator.faults.add({ phoneNumberId: '10002', kind: 'slow', ms: 3_600_000 });
  simulator.faults.add({
    phoneNumberId: '10003',
    kind: 'hold',
    until: new Promise(() => undefined),
  });
  const outcomes = ids.map((id) => call(simulator, `/${id}`).catch(() => 'cut'));
  await expect.poll(() => simulator.requests.length).toBe(3);
  await simulator.close();
  await simulator.close();
  expect(await Promise.all(outcomes)).toEqual(['cut', 'cut', 'cut']);
});
