import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { failureOf, type Problem } from '../../activities/failures.js';
import {
  GraphApiError,
  GraphBadAnswerError,
  GraphConnectionError,
  GraphTimeoutError,
} from '../../activities/graph-api/errors.js';
import { Secret } from '../../activities/secret.js';
import { clientOf, refusal, rejection, wireServer } from './wire-server.js';

const ID = '106540352242922123';
const PIN = new Secret('830174');

/** Collects garbage every few milliseconds until the test ends: Node holds the signals of a request weakly. */
function collectGarbage() {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const every = setInterval(collect, 10);
  onTestFinished(() => clearInterval(every));
}

const problemOf = (error: unknown) => {
  const failure = failureOf(error);
  expect(failure).toMatchObject({ name: 'ApplicationFailure' });
  return (failure as { details: [Problem] }).details[0];
};

test.each<[string, number, unknown, string]>([
  ['HTML from a gateway', 502, '<html><body>Bad Gateway</body></html>', 'not JSON'],
  ['HTML with 200', 200, '<!doctype html><title>Sign in</title>', 'not JSON'],
  ['an empty 200', 200, '', 'empty'],
  ['white space', 200, ' \n', 'empty'],
  ['an empty 500', 500, '', 'empty'],
  ['broken JSON', 200, '{"success":tr', 'not JSON'],
  ['success: false', 200, { success: false }, 'without success'],
  ['no success at all', 200, {}, 'without success'],
  ['success as text', 200, { success: 'true' }, 'without success'],
  ['success as a number', 200, { success: 1 }, 'without success'],
  ['an array', 200, [{ success: true }], 'without success'],
  ['null', 200, 'null', 'without success'],
  ['a bare true', 200, 'true', 'without success'],
  ['success: true with HTTP 500', 500, { success: true }, 'without success'],
  ['an error without a code', 400, { error: { message: 'no' } }, 'without success'],
  ['an error that is a text', 400, { error: 'no' }, 'without success'],
])(
  'a write answered by %s is no success: its outcome is unknown',
  async (_, status, body, kind) => {
    const server = await wireServer({ status, body });
    const error = await rejection(clientOf(server.url).register(ID, PIN));
    expect(error).toBeInstanceOf(GraphBadAnswerError);
    expect(error).toMatchObject({ kind, httpStatus: status, call: 'register', subjectId: ID });
    expect(problemOf(error)).toMatchObject({ verdict: 'retryLater', outcome: 'unknown' });
  },
);

test.each<[string, unknown]>([
  ['no id', { status: 'CONNECTED' }],
  ['an id that is a number and so has lost digits', '{"id":106540352242922123}'],
  ['an array', []],
  ['null', 'null'],
])(
  'a read answered by %s is of an unknown shape, and nothing is concluded from it',
  async (_, body) => {
    const server = await wireServer({ body });
    const error = await rejection(clientOf(server.url).readNumber(ID));
    expect(error).toBeInstanceOf(GraphBadAnswerError);
    expect(error).toMatchObject({ kind: 'of an unknown shape' });
  },
);

test('an error envelope is an error with HTTP 200 too', async () => {
  const server = await wireServer({ body: refusal({ code: 133005 }) });
  const error = await rejection(clientOf(server.url).register(ID, PIN));
  expect(error).toBeInstanceOf(GraphApiError);
  expect(error).toMatchObject({ answer: { code: 133005, httpStatus: 200 } });
});

test('unknown fields and enum values of a number pass through', async () => {
  const body = { id: ID, status: 'LEVITATING', platform_type: 'MOON', novelty: { a: [1] } };
  const server = await wireServer({ body });
  expect(await clientOf(server.url).readNumber(ID)).toMatchObject(body);
});

test.each([
  'status',
  'is_pin_enabled',
  'is_on_biz_app',
  'platform_type',
  'code_verification_status',
])('a %s of a wrong type counts as not given', async (field) => {
  for (const wrong of [7, null, { a: 1 }, ['x']]) {
    const server = await wireServer({ body: { id: ID, [field]: wrong, account_mode: 'LIVE' } });
    const number = await clientOf(server.url).readNumber(ID);
    expect(number).toMatchObject({ id: ID, account_mode: 'LIVE' });
    expect({ ...number }[field]).toBeUndefined();
  }
});

test('wrong types within an error envelope leave its code standing', async () => {
  const server = await wireServer({
    status: 400,
    body: refusal({
      message: 7,
      code: 133016,
      error_subcode: 'x',
      error_data: 'text',
      error_user_msg: [],
      is_transient: 'yes',
      fbtrace_id: 12,
    }),
  });
  const error = await rejection(clientOf(server.url).register(ID, PIN));
  expect(error).toMatchObject({
    answer: { code: 133016, text: 'no reason given', isTransient: false, httpStatus: 400 },
  });
});

test.each<[string, Record<string, unknown>, string]>([
  ['details first', { error_data: { details: 'D' }, error_user_msg: 'U', message: 'M' }, 'D'],
  ['then the text for users', { error_data: {}, error_user_msg: 'U', message: 'M' }, 'U'],
  ['then the message', { message: 'M' }, 'M'],
  [
    'an empty text is passed over',
    { error_data: { details: ' ' }, error_user_msg: '', message: 'M' },
    'M',
  ],
])('of Meta’s texts people are shown the details first: %s', async (_, error, text) => {
  const server = await wireServer({ status: 400, body: refusal(error) });
  expect(await rejection(clientOf(server.url).deregister(ID))).toMatchObject({ answer: { text } });
});

test('ids above 2^53 keep every digit', async () => {
  const id = '99999999999999999999';
  const server = await wireServer({ body: { id } }, { body: { data: [{ id }] } });
  const graph = clientOf(server.url);
  expect((await graph.readNumber(id)).id).toBe(id);
  expect((await graph.listNumbers(id)).numbers[0]?.id).toBe(id);
  expect(server.requests.every(({ url }) => url.includes(id))).toBe(true);
});

test('what Meta adds to success: true is kept as a note', async () => {
  const server = await wireServer(
    { body: { success: true, message: 'PIN not reset' } },
    { body: { success: true } },
  );
  const graph = clientOf(server.url);
  expect((await graph.register(ID, PIN)).note).toContain('PIN not reset');
  expect(await graph.register(ID, PIN)).toEqual({});
});

test('a field that the server does not know is dropped, the read repeated, and the field never asked for again', async () => {
  const unknown = (field: string) => ({
    status: 400,
    body: refusal({
      message: `(#100) Tried accessing nonexistent field (${field}) on node type (X)`,
    }),
  });
  const server = await wireServer(unknown('is_on_biz_app'), unknown('is_pin_enabled'), {
    body: { id: ID, status: 'PENDING' },
  });
  const graph = clientOf(server.url);
  expect(await graph.readNumber(ID)).toMatchObject({ status: 'PENDING' });
  await graph.readNumber('12345');
  const asked = server.requests.map(({ url }) => url);
  expect(asked).toHaveLength(4);
  expect(asked.map((url) => url.includes('is_on_biz_app'))).toEqual([true, false, false, false]);
  expect(asked.map((url) => url.includes('is_pin_enabled'))).toEqual([true, true, false, false]);
  expect(asked.every((url) => url.includes('platform_type'))).toBe(true);
});

test('an object that is no number is refused, and the fields it lacks are still asked of numbers', async () => {
  const lacking = (field: string) => ({
    status: 400,
    body: refusal({
      message: `(#100) Tried accessing nonexistent field (${field}) on node type (WhatsAppBusinessAccount)`,
      code: 100,
    }),
  });
  const server = await wireServer(lacking('status'), lacking('display_phone_number'), {
    body: { id: ID, status: 'CONNECTED' },
  });
  const graph = clientOf(server.url);
  expect(await rejection(graph.readNumber('102290129340398'))).toBeInstanceOf(GraphApiError);
  expect(await graph.readNumber(ID)).toMatchObject({ status: 'CONNECTED' });
  expect(server.requests.at(-1)?.url).toContain('status');
});

test('a refused field that was not asked for ends the read instead of going round', async () => {
  const server = await wireServer({
    status: 400,
    body: refusal({ message: '(#100) Tried accessing nonexistent field (colour)' }),
  });
  expect(await rejection(clientOf(server.url).readNumber(ID))).toBeInstanceOf(GraphApiError);
  expect(server.requests).toHaveLength(1);
});

test.each<[string, (response: import('node:http').ServerResponse) => void]>([
  ['that never comes', () => undefined],
  [
    'whose body stalls after the headers',
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"success":');
    },
  ],
  ['whose headers come without a body', (response) => response.writeHead(200).flushHeaders()],
])('an answer %s ends with the timeout, outcome unknown', async (_, instead) => {
  collectGarbage();
  const server = await wireServer({ instead });
  const error = await rejection(clientOf(server.url).register(ID, PIN, { timeoutMs: 300 }));
  expect(error).toBeInstanceOf(GraphTimeoutError);
  expect(problemOf(error)).toMatchObject({ verdict: 'retryLater', outcome: 'unknown' });
  expect(server.requests.length).toBeLessThanOrEqual(1);
});

test.each(['before the headers', 'within the body'])(
  'a cancellation %s ends the request with the signal’s reason',
  async (when) => {
    collectGarbage();
    const cancel = new AbortController();
    const reason = new Error('cancelled by the test');
    let gone: () => void = () => undefined;
    const clientGone = new Promise<void>((resolve) => {
      gone = resolve;
    });
    const server = await wireServer({
      instead: (response) => {
        response.on('close', gone);
        if (when === 'within the body') {
          response.writeHead(200);
          response.write('{', () => setTimeout(() => cancel.abort(reason), 60));
        } else cancel.abort(reason);
      },
    });
    const call = clientOf(server.url).setPin(ID, PIN, { signal: cancel.signal });
    expect(await rejection(call)).toBe(reason);
    await clientGone;
  },
);

test('a request cancelled beforehand is not sent', async () => {
  const server = await wireServer();
  const reason = new Error('cancelled before');
  const call = clientOf(server.url).setPin(ID, PIN, { signal: AbortSignal.abort(reason) });
  expect(await rejection(call)).toBe(reason);
  expect(server.requests).toEqual([]);
});

test('where nothing listens the request was never sent', async () => {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, '127.0.0.1', listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  const error = await rejection(clientOf(`http://127.0.0.1:${port}`).register(ID, PIN));
  expect(error).toBeInstanceOf(GraphConnectionError);
  expect(error).toMatchObject({ neverSent: true });
  expect(problemOf(error)).toMatchObject({ verdict: 'retryLater', outcome: 'notSent' });
});

test.each<[string, (response: import('node:http').ServerResponse) => void]>([
  ['before an answer', (response) => response.socket?.resetAndDestroy()],
  ['closed without one', (response) => response.socket?.destroy()],
  [
    'within the answer',
    (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"succ', () => response.socket?.destroy());
    },
  ],
])('a connection that breaks %s leaves the outcome unknown', async (_, instead) => {
  const server = await wireServer({ instead });
  const error = await rejection(clientOf(server.url).register(ID, PIN));
  expect(error).toBeInstanceOf(GraphConnectionError);
  expect(error).toMatchObject({ neverSent: false });
  expect(problemOf(error)).toMatchObject({ verdict: 'retryLater', outcome: 'unknown' });
  expect(server.requests).toHaveLength(1);
});
