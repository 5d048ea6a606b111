/** What the API answers to what it cannot take, and how it holds callers back. */
import { connect } from 'node:net';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { PROBLEMS } from '../../client/api/problems.js';
import { SCOPE_NAMES } from '../../client/api/scopes.js';
import {
  InvalidInputError,
  NoWorkerAnswerError,
  OnboardingEndedError,
  OnboardingInProgressError,
  OnboardingNotFoundError,
  TemporalUnreachableError,
} from '../../client/index.js';
import { ALL_ROUTES } from './requests.js';
import { AWAITING_AGENT, NUMBER, type StandInOptions, standInApi } from './stand-ins.js';
import { goodPayload, localIssuer } from './tokens.js';

const issuer = localIssuer();
const CODE_URL = `/v1/onboardings/${NUMBER}/code`;
const open: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

async function api(options: Partial<StandInOptions> = {}) {
  const made = await standInApi({ source: issuer.source, ...options });
  open.push(made.app);
  const send = async (request: InjectOptions, name = 'ana') => {
    const token = await issuer.sign(goodPayload(issuer, SCOPE_NAMES, { sub: name }));
    const headers = { authorization: `Bearer ${token}`, ...request.headers };
    return made.app.inject({ ...request, headers });
  };
  const post = (url: string, payload?: object | string, headers: Record<string, string> = {}) =>
    send({ method: 'POST', url, headers, ...(payload === undefined ? {} : { payload }) });
  return { ...made, send, post };
}

const JSON_TYPE = { 'content-type': 'application/json' };

test.each([
  ['no JSON', 'my code is 123-830', JSON_TYPE, 400, 'invalid-request'],
  ['half of a JSON', '{"code":"123830"', JSON_TYPE, 400, 'invalid-request'],
  ['a poisoned JSON', '{"code":"123830","__proto__":{"a":1}}', JSON_TYPE, 400, 'invalid-request'],
  ['JSON of another form', '["123830"]', JSON_TYPE, 400, 'invalid-request'],
  ['a null', 'null', JSON_TYPE, 400, 'invalid-request'],
  ['a code that is no text', '{"code":123830}', JSON_TYPE, 400, 'invalid-request'],
  ['a member that is not known', '{"code":"123830","by":"x"}', JSON_TYPE, 400, 'invalid-request'],
  ['nothing', '', JSON_TYPE, 400, 'invalid-request'],
  [
    'a form',
    'code=123830',
    { 'content-type': 'application/x-www-form-urlencoded' },
    415,
    'unsupported-media-type',
  ],
  ['plain text', '123830', { 'content-type': 'text/plain' }, 415, 'unsupported-media-type'],
  ['too much', JSON.stringify({ code: 'x'.repeat(20_000) }), JSON_TYPE, 413, 'body-too-large'],
])(
  'a body that is %s is refused as a problem that repeats none of it',
  async (_, body, headers, status, kind) => {
    const { post, calls, audited, errors } = await api();
    const answer = await post(CODE_URL, body, headers);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ type: `urn:wa-onboard:${kind}`, status });
    expect(answer.payload).not.toMatch(/123.?830/);
    expect(JSON.stringify(audited)).not.toMatch(/123.?830/);
    expect(audited).toMatchObject([{ action: 'submitCode', phoneNumberId: NUMBER, status }]);
    expect(calls).toEqual([]);
    expect(errors).toEqual([]);
  },
);

test('what is wrong with a request is told by path', async () => {
  const { post, send } = await api();
  const started = await post('/v1/onboardings', { phoneNumberId: '+49 30 1', codeMethod: 'FAX' });
  expect(started.json()).toMatchObject({
    status: 400,
    errors: [{ path: 'phoneNumberId' }, { path: 'codeMethod' }],
  });
  expect((started.json() as { detail: string }).detail).toMatch(
    /^Correct phoneNumberId in the body: /,
  );
  const listed = await send({ url: '/v1/onboardings?limit=501&stage=Nowhere' });
  expect(listed.json()).toMatchObject({ errors: [{ path: 'stage' }, { path: 'limit' }] });
  const read = await send({ url: '/v1/onboardings/123' });
  expect(read.json()).toMatchObject({ status: 400, errors: [{ path: 'phoneNumberId' }] });
});

test.each(ALL_ROUTES.filter(({ body }) => body?.safeParse({}).success))(
  '$id takes no body for an empty one',
  async ({ path, answers }) => {
    const { post } = await api();
    const url = path.replace(':phoneNumberId', NUMBER);
    for (const answer of [await post(url), await post(url, '', JSON_TYPE), await post(url, {})]) {
      expect(Object.keys(answers)).toContain(String(answer.statusCode));
    }
  },
);

test.each([
  ['/v1/nothing', 'GET', 404, 'no-such-route'],
  ['/nothing', 'GET', 404, 'no-such-route'],
  ['/v1/onboardings/', 'GET', 400, 'invalid-request'],
  ['/v1/onboardings', 'DELETE', 405, 'method-not-allowed'],
  [CODE_URL, 'GET', 405, 'method-not-allowed'],
  [`/v1/onboardings/${NUMBER}`, 'PUT', 405, 'method-not-allowed'],
  ['/v1/onboardings/%zz', 'GET', 400, 'invalid-request'],
] as const)('%s by %s is a problem', async (url, method, status, kind) => {
  const { send } = await api();
  const answer = await send({ url, method });
  expect(answer.statusCode).toBe(status);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(answer.json()).toMatchObject({ type: `urn:wa-onboard:${kind}`, status });
  if (status === 405) expect(answer.headers['allow']).toMatch(/^(GET|POST)(, (GET|POST))?$/);
});

test('what is no HTTP is answered as a problem on its connection', async () => {
  const { app } = await api();
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('code 123-830\r\n\r\n');
  let answer = '';
  for await (const part of socket) answer += String(part);
  expect(answer).toContain('HTTP/1.1 400 Bad Request');
  expect(answer).toContain('urn:wa-onboard:invalid-request');
  expect(answer).not.toContain('123-830');
});

const PROBLEM_OF: [what: string, error: Error, kind: keyof typeof PROBLEMS][] = [
  ['unusable input', new InvalidInputError('Say by how long.'), 'invalid-request'],
  ['a number without an onboarding', new OnboardingNotFoundError(NUMBER), 'onboarding-not-found'],
  ['an ended run', new OnboardingEndedError(NUMBER, 'r', 'failed'), 'onboarding-ended'],
  [
    'a number in use',
    new OnboardingInProgressError(NUMBER, 'r', 'onboardNumber', '2026-11-23T09:00:00.000Z'),
    'onboarding-in-progress',
  ],
  ['a worker that does not answer', new NoWorkerAnswerError(NUMBER, false), 'no-worker'],
  [
    'a Temporal that does not answer',
    new TemporalUnreachableError('127.0.0.1:1'),
    'temporal-unavailable',
  ],
  ['a defect', new TypeError('secret 123-830'), 'internal'],
];

test.each(PROBLEM_OF)(
  '%s is its own problem, whose sentence names no command',
  async (_, error, kind) => {
    const { post, audited, errors } = await api({
      client: {
        extend: async () => {
          throw error;
        },
      },
    });
    const answer = await post(`/v1/onboardings/${NUMBER}/extend`, { by: '1 hour' });
    const { status, title } = PROBLEMS[kind];
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ type: `urn:wa-onboard:${kind}`, title, status });
    expect(answer.payload).not.toMatch(/npx|npm start|123-830/);
    expect(audited).toMatchObject([
      { action: 'extend', status, outcome: `urn:wa-onboard:${kind}` },
    ]);
    expect(errors).toEqual(status >= 500 ? [error] : []);
    expect(answer.headers['retry-after']).toBe(status === 503 ? '5' : undefined);
  },
);

test('an ended run is told with what Meta said, and its trace', async () => {
  const problem = {
    code: 133005,
    text: 'Two step verification PIN Mismatch',
    advice: 'Reset it.',
    fbtraceId: 'AbC',
  };
  const { post } = await api({
    client: {
      retry: async () => {
        throw new OnboardingEndedError(NUMBER, 'r', 'failed');
      },
      status: async () => ({
        ...{
          phoneNumberId: NUMBER,
          workflowId: 'w',
          runId: 'r',
          operation: 'onboardNumber',
          run: 'failed',
          startedAt: '2026-11-23T09:00:00.000Z',
        },
        failure: {
          ...{ type: 'OnboardingFailed', message: 'It failed.' },
          details: { phoneNumberId: NUMBER, steps: [], undone: [], notUndone: [], problem },
        },
      }),
    },
  });
  const answer = await post(`/v1/onboardings/${NUMBER}/retry`);
  expect(answer.statusCode).toBe(409);
  expect(answer.json()).toMatchObject({ code: 133005, fbtraceId: 'AbC' });
  expect((answer.json() as { detail: string }).detail).toContain(
    'Two step verification PIN Mismatch',
  );
});

test('an answer that takes too long is a problem, and says that it is not known what became of it', async () => {
  const { app } = await api({
    limits: { requestMs: 50 },
    client: { extend: () => new Promise(() => {}), progress: () => new Promise(() => {}) },
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const token = await issuer.sign(goodPayload(issuer, SCOPE_NAMES));
  const headers = { authorization: `Bearer ${token}` };
  const onNumber = `${url}/v1/onboardings/${NUMBER}`;
  // Over a connection, as a body ends there before the answer is due.
  for (const answer of [
    await fetch(`${onNumber}/resend`, { method: 'POST', headers }),
    await fetch(`${onNumber}/extend`, {
      ...{ method: 'POST', headers: { ...headers, ...JSON_TYPE }, body: '{"by":"1 hour"}' },
    }),
  ]) {
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ type: 'urn:wa-onboard:too-slow' });
  }
});

test('a caller may ask so often in a minute, and others meanwhile too', async () => {
  const { send, audited } = await api({ limits: { requestsPerMinute: 3 } });
  for (let times = 0; times < 3; times += 1) {
    expect((await send({ url: '/v1/me' })).statusCode).toBe(200);
  }
  const answer = await send({ url: '/v1/me' });
  expect(answer.statusCode).toBe(429);
  expect(answer.json()).toMatchObject({ type: 'urn:wa-onboard:too-many-requests' });
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect(audited).toMatchObject([{ who: 'ana', action: 'me', status: 429 }]);
  expect((await send({ url: '/v1/me' }, 'ben')).statusCode).toBe(200);
});

test.each([
  ['codes', 'code', { code: '123-830' }, 'tryCode', { codesPerMinute: 2 }],
  ['claims', 'claim', {}, 'claim', { claimsPerMinute: 2 }],
])(
  'a caller may send so many %s for a number in a minute, other callers and numbers meanwhile too',
  async (_, route, payload, call, limits) => {
    const { send, calls } = await api({ limits });
    const submit = (name: string, number = NUMBER) =>
      send({ method: 'POST', url: `/v1/onboardings/${number}/${route}`, payload }, name);
    expect((await submit('ana')).statusCode).toBe(200);
    expect((await submit('ana')).statusCode).toBe(200);
    const answer = await submit('ana');
    expect(answer.statusCode).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(calls.filter((each) => each === call)).toHaveLength(2);
    expect((await submit('ana', '555555')).statusCode).toBe(200);
    // Who does not hold a number cannot use up what its holder may send.
    expect((await submit('ben')).statusCode).toBe(200);
  },
);

test('of a flood of requests that are refused for coming too fast, one is audited', async () => {
  const { app, send, audited } = await api({
    limits: { refusedTokensPerMinute: 2, requestsPerMinute: 1 },
  });
  for (let times = 0; times < 20; times += 1) {
    await app.inject({ url: '/v1/me', headers: { authorization: 'Bearer a.b.c' } });
    await send({ url: '/v1/me' });
  }
  const statuses = audited.map(({ who, status }) => [who, status]);
  expect(statuses.filter(([who]) => who === undefined)).toEqual([
    [undefined, 401],
    [undefined, 401],
    [undefined, 429],
  ]);
  expect(statuses.filter(([who]) => who === 'ana')).toEqual([['ana', 429]]);
});

test.each(['resend', 'ready'])(
  'a new code is not asked for by %s of somebody else while a colleague holds the number',
  async (route) => {
    const claim = {
      by: 'ben',
      since: '2026-11-23T09:00:00.000Z',
      until: '2999-01-01T00:00:00.000Z',
    };
    const { post, calls } = await api({
      client: { progress: async () => ({ ...AWAITING_AGENT, claim }) },
    });
    const answer = await post(`/v1/onboardings/${NUMBER}/${route}`, {});
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ type: 'urn:wa-onboard:held-by-other', claim });
    expect(calls).not.toContain(route === 'resend' ? 'resendCode' : 'agentReady');
  },
);

test('who sends bad tokens again and again is told to wait, and whoever has a good one is not', async () => {
  const { app, send } = await api({ limits: { refusedTokensPerMinute: 2 } });
  const bad = () => app.inject({ url: '/v1/me', headers: { authorization: 'Bearer a.b.c' } });
  expect((await bad()).statusCode).toBe(401);
  expect((await bad()).statusCode).toBe(401);
  expect((await bad()).statusCode).toBe(429);
  expect((await send({ url: '/v1/me' })).statusCode).toBe(200);
});

test('the address of the caller is the proxy’s word only where the proxy is trusted', async () => {
  const forwarded = { 'x-forwarded-for': '203.0.113.7' };
  const trusting = await api({ trustedProxies: ['loopback'] });
  await trusting.post(CODE_URL, { code: '123-830' }, forwarded);
  expect(trusting.audited).toMatchObject([{ from: '203.0.113.7' }]);
  const doubting = await api();
  await doubting.post(CODE_URL, { code: '123-830' }, forwarded);
  expect(doubting.audited).toMatchObject([{ from: '127.0.0.1' }]);
});
