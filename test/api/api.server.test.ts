/** What the routes do, on the real stack. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OnboardingDetail } from '../../client/api/schemas.js';
import { codeAwaited, progressNow, until, wrongCode } from '../workflow/stack.js';
import { type ApiStack, type ApiUser, startApiStack } from './api-stack.js';

let api: ApiStack;
let ana: ApiUser;
let ben: ApiUser;
let olga: ApiUser;

beforeAll(async () => {
  api = await startApiStack();
  ana = await api.user('Ana', 'agent');
  ben = await api.user('Ben', 'agent');
  olga = await api.user('Olga', 'operator');
});
afterAll(() => api?.close());

const at = (id: string, rest = '') => `/v1/onboardings/${id}${rest}`;

/** Starts an onboarding through the API, and waits until a code is awaited. @returns its id and the code */
async function awaiting(input: object = {}): Promise<{ id: string; code: string }> {
  const id = api.stack.number();
  const started = await olga.post('/v1/onboardings', { phoneNumberId: id, ...input });
  expect(started.status).toBe(201);
  return { id, code: await codeAwaited(api.stack, id) };
}

async function ended(id: string): Promise<OnboardingDetail> {
  await api.stack.client.result(id).catch(() => undefined);
  return (await ana.get(at(id))).body as OnboardingDetail;
}

test('a number is started, its code refused and then verified, and who did what shows everywhere', async () => {
  const { id, code } = await awaiting({ label: 'Corner shop' });
  const claim = await ana.post(at(id, '/claim'));
  expect(claim).toMatchObject({ status: 200, body: { verdict: 'held', claim: { by: 'Ana' } } });

  const refused = await ana.post(at(id, '/code'), { code: wrongCode(code) });
  expect(refused).toMatchObject({
    status: 200,
    body: {
      verdict: 'refused',
      text: expect.stringMatching(/code/i),
      advice: expect.any(String),
      triesLeft: 4,
      fbtraceId: expect.any(String),
    },
  });
  const verified = await ana.post(at(id, '/code'), { code: `your code is ${code}` });
  expect(verified).toMatchObject({ status: 200, body: { verdict: 'verified' } });

  const detail = await ended(id);
  expect(detail).toMatchObject({
    ...{ phoneNumberId: id, run: 'completed', stage: 'Live', label: 'Corner shop' },
    progress: {
      code: {
        submissions: [
          { by: 'Ana', verdict: 'refused' },
          { by: 'Ana', verdict: 'verified' },
        ],
      },
    },
    result: { outcome: 'live', pin: { confirmed: true } },
  });
  const lines = (await api.audited()).filter(({ phoneNumberId }) => phoneNumberId === id);
  expect(lines).toMatchObject([
    {
      who: 'Olga',
      action: 'startOnboarding',
      outcome: 'started',
      status: 201,
      label: 'Corner shop',
    },
    { who: 'Ana', action: 'claim', outcome: 'held', status: 200 },
    { who: 'Ana', action: 'submitCode', outcome: 'refused', status: 200 },
    { who: 'Ana', action: 'submitCode', outcome: 'verified', status: 200 },
  ]);
  for (const { time, from, requestId } of lines) {
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(from).toBe('127.0.0.1');
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test('a start that is repeated with its key answers the same run, also at the same time, and is nobody else’s', async () => {
  const phoneNumberId = api.stack.number();
  const key = { 'idempotency-key': 'order-7' };
  const start = (user: ApiUser, body: object = { phoneNumberId, label: 'a' }) =>
    user.post('/v1/onboardings', body, key);
  const [first, second, third] = await Promise.all([start(olga), start(olga), start(olga)]);
  expect([first.status, second.status, third.status]).toEqual([201, 201, 201]);
  expect(second.body).toEqual(first.body);
  expect(third.body).toEqual(first.body);
  const replayed = [first, second, third].map(({ headers }) => headers['idempotency-replayed']);
  expect(replayed.filter((each) => each === 'true')).toHaveLength(2);

  const other = await start(olga, { phoneNumberId, label: 'b' });
  expect(other).toMatchObject({
    status: 422,
    body: { type: 'urn:wa-onboard:idempotency-key-reused' },
  });
  const igor = await api.user('Igor', 'integrator');
  expect(await start(igor)).toMatchObject({
    status: 409,
    body: { type: 'urn:wa-onboard:onboarding-in-progress' },
  });
  expect(await olga.post('/v1/onboardings', { phoneNumberId })).toMatchObject({ status: 409 });
});

test('the desk lists what waits, finds it by label, business and last digits, and lists what has ended apart', async () => {
  const { id } = await awaiting({ label: 'Florist 4711' });
  const listed = async (query: string) =>
    (await ana.get(`/v1/onboardings?${query}`)).body as {
      items: { phoneNumberId: string; lastDigits?: string; code?: object }[];
      next?: string;
    };
  const found = await until('the number in the list', async () => {
    const { items } = await listed('stage=AwaitingCode&text=florist');
    return items.find(({ phoneNumberId }) => phoneNumberId === id);
  });
  expect(found).toMatchObject({
    stage: 'AwaitingCode',
    code: { method: 'SMS', triesLeft: 5, sentCount: 1 },
    lastDigits: expect.stringMatching(/^\d{4}$/),
  });
  const byDigits = await listed(`text=${found.lastDigits}&label=Florist%204711`);
  expect(byDigits.items).toMatchObject([{ phoneNumberId: id }]);
  expect((await listed('text=nowhere-to-be-found')).items).toEqual([]);

  await olga.post(at(id, '/cancel'));
  expect(await ended(id)).toMatchObject({ run: 'cancelled' });
  await until('the number among the ended', async () => {
    const { items } = await listed('run=ended&label=Florist%204711');
    return items.some(({ phoneNumberId }) => phoneNumberId === id);
  });
  await until('the number to leave the desk', async () => {
    const { items } = await listed('text=florist');
    return items.length === 0;
  });
  expect(await ana.get('/v1/onboardings?run=ended&cursor=nonsense')).toMatchObject({ status: 400 });
  expect(await ana.get('/v1/onboardings?cursor=nonsense')).toMatchObject({ status: 400 });
});

test('a number that somebody has taken is nobody else’s until it is given back or taken over with a reason', async () => {
  const { id, code } = await awaiting();
  await ana.post(at(id, '/claim'));
  const conflict = await ben.post(at(id, '/claim'));
  expect(conflict).toMatchObject({
    status: 409,
    body: {
      ...{ type: 'urn:wa-onboard:held-by-other', status: 409 },
      claim: { by: 'Ana', until: expect.any(String) },
      detail: expect.stringContaining('Ana'),
    },
  });
  expect(await ben.post(at(id, '/release'))).toMatchObject({ status: 409 });
  expect(await ben.post(at(id, '/code'), { code })).toMatchObject({
    status: 200,
    body: { verdict: 'notWaiting', heldBy: { by: 'Ana' } },
  });
  expect(await ben.post(at(id, '/claim'), { takeOver: 'Ana went home' })).toMatchObject({
    status: 200,
    body: { claim: { by: 'Ben', takenFrom: { by: 'Ana', reason: 'Ana went home' } } },
  });
  expect(await ana.post(at(id, '/code'), { code })).toMatchObject({
    body: { verdict: 'notWaiting', heldBy: { by: 'Ben' } },
  });
  expect(await ben.post(at(id, '/release'))).toMatchObject({
    status: 200,
    body: { verdict: 'released' },
  });
  expect(await ana.post(at(id, '/code'), { code })).toMatchObject({
    body: { verdict: 'verified' },
  });
});

test('the deadline moves, and a new code may be asked for by its own way', async () => {
  const { id } = await awaiting();
  const before = await progressNow(api.stack.client, id);
  const extended = await ana.post(at(id, '/extend'), { by: '48 hours' });
  expect(extended).toMatchObject({ status: 202, body: { statusUrl: at(id) } });
  const later = await until('the new deadline', async () => {
    const now = await progressNow(api.stack.client, id);
    return now?.waiting?.until !== before?.waiting?.until && now?.waiting?.until;
  });
  expect(Date.parse(later) - Date.parse(before?.waiting?.until ?? '')).toBe(48 * 3_600_000);
  expect(await ana.post(at(id, '/resend'), { method: 'VOICE' })).toMatchObject({ status: 202 });
  expect(await ana.post(at(id, '/extend'), { by: 'soon' })).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining('24 hours') },
  });
});

test('a number whose code waits for an agent has it sent when one is ready', async () => {
  const id = api.stack.number();
  await olga.post('/v1/onboardings', { phoneNumberId: id, startCode: 'whenAgentReady' });
  await until('the wait for an agent', async () => {
    const progress = await progressNow(api.stack.client, id);
    return progress?.stage === 'AwaitingAgent';
  });
  expect(api.stack.simulator.codes(id)).toEqual([]);
  expect(await ana.post(at(id, '/ready'))).toMatchObject({ status: 202 });
  const code = await codeAwaited(api.stack, id);
  const { body } = await ana.get(at(id));
  expect(body).toMatchObject({ progress: { code: { requestedBy: 'Ana' } } });
  expect(await ben.post(at(id, '/ready'))).toMatchObject({
    status: 409,
    body: { type: 'urn:wa-onboard:no-agent-awaited' },
  });
  expect(await ana.post(at(id, '/code'), { code })).toMatchObject({
    body: { verdict: 'verified' },
  });
});

/** A number that Meta registers and whose PIN it then refuses to set; its onboarding is parked. */
async function parkedNumber(): Promise<string> {
  const id = api.stack.number({ preset: 'pinRetired' });
  await olga.post('/v1/onboardings', { phoneNumberId: id });
  await until('the park', async () => {
    const progress = await progressNow(api.stack.client, id);
    return progress?.stage === 'Parked';
  });
  return id;
}

test('a parked number takes an operator’s decision, and says with Meta’s words why it takes nothing else', async () => {
  const id = await parkedNumber();
  const { body } = await ana.get(at(id));
  const meta = (body as OnboardingDetail).progress?.problem;
  expect(meta).toMatchObject({ code: expect.any(Number), fbtraceId: expect.any(String) });
  expect(await ana.post(at(id, '/resend'))).toMatchObject({
    status: 409,
    body: {
      type: 'urn:wa-onboard:no-code-awaited',
      code: meta?.code,
      fbtraceId: meta?.fbtraceId,
      detail: expect.stringContaining(meta?.text ?? ''),
    },
  });
  expect(await olga.post(at(id, '/retry'))).toMatchObject({ status: 202 });
  await until('the second park', async () => {
    const progress = await progressNow(api.stack.client, id);
    return progress?.stage === 'Parked' && progress.decided?.by === 'Olga';
  });
  expect(await olga.post(at(id, '/accept'))).toMatchObject({ status: 202 });
  expect(await ended(id)).toMatchObject({
    run: 'completed',
    result: { pin: { confirmed: false } },
  });
  expect(await olga.post(at(id, '/accept'))).toMatchObject({
    status: 409,
    body: { type: 'urn:wa-onboard:onboarding-ended' },
  });
});

test('a run that Meta’s refusal ended says so to whoever comes later, with Meta’s text and trace', async () => {
  const id = api.stack.number({ preset: 'appNumber' });
  await olga.post('/v1/onboardings', { phoneNumberId: id });
  const { failure } = await ended(id);
  const meta = failure?.details?.problem;
  expect(meta).toMatchObject({ code: expect.any(Number), fbtraceId: expect.any(String) });
  for (const [path, body] of [
    ['/code', { code: '123-830' }],
    ['/extend', { by: '1 hour' }],
    ['/claim', {}],
  ] as const) {
    const answer = await ana.post(at(id, path), body);
    expect(answer, path).toMatchObject({
      status: 409,
      body: {
        type: 'urn:wa-onboard:onboarding-ended',
        code: meta?.code,
        fbtraceId: meta?.fbtraceId,
        detail: expect.stringContaining(meta?.text ?? ''),
      },
    });
  }
});

test('nothing can be decided about a number that is not parked, or is not there', async () => {
  const { id } = await awaiting();
  for (const decision of ['/retry', '/accept']) {
    expect(await olga.post(at(id, decision)), decision).toMatchObject({
      status: 409,
      body: { type: 'urn:wa-onboard:decision-not-taken', detail: expect.stringContaining(id) },
    });
  }
  for (const [path, body] of [
    ['/code', { code: '123-830' }],
    ['/resend', {}],
    ['/ready', {}],
    ['/claim', {}],
    ['/release', {}],
    ['/extend', { by: '1 hour' }],
  ] as const) {
    expect(await ana.post(at('999999999999', path), body), path).toMatchObject({
      status: 404,
      body: { type: 'urn:wa-onboard:onboarding-not-found' },
    });
  }
  expect(await ana.get(at('999999999999'))).toMatchObject({ status: 404 });
  expect(await ana.get(at('999999999999', '/events'))).toMatchObject({ status: 404 });
});

test('a code of another form is refused before it is sent, in words that do not repeat it', async () => {
  const { id } = await awaiting();
  const answer = await ana.post(at(id, '/code'), { code: '98-76-5' });
  expect(answer).toMatchObject({ status: 400, body: { type: 'urn:wa-onboard:invalid-request' } });
  expect(JSON.stringify(answer.body)).not.toMatch(/98.?76/);
});
