/** Rotating, revealing and Meta's webhooks on the real stack: Temporal, a worker, the simulator and a PIN store. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Secret } from '../../activities/secret.js';
import { secretSearch } from '../../demo/secret-search.js';
import { codeAwaited, until } from '../workflow/stack.js';
import { type ApiStack, type ApiUser, startApiStack } from './api-stack.js';
import { META, nameDecided, payloadOf, pinChanged, signed } from './meta-signed.js';

let api: ApiStack;
let carl: ApiUser;
/** Onboarded before Meta says anything: the PIN records are not read again so soon. */
let changed: string;
let renamed: string;
beforeAll(async () => {
  api = await startApiStack({}, { metaWebhooks: META });
  carl = await api.user('Carl', 'custodian');
  changed = await liveNumber();
  renamed = await liveNumber();
});
afterAll(() => api?.close());

const pinAtMeta = (id: string) => api.stack.simulator.number(id)?.pin;
const telephoneOf = (id: string) => api.stack.simulator.number(id)?.displayPhoneNumber ?? '';

/** A number that is live, with its PIN in the PIN store. */
async function liveNumber(): Promise<string> {
  const { stack } = api;
  const id = stack.number();
  await stack.start(id, { label: 'Corner shop' });
  await stack.client.tryCode(id, await codeAwaited(stack, id), { submittedBy: 'Ana' });
  expect(await stack.client.result(id)).toMatchObject({ outcome: 'live' });
  return id;
}

async function meta(body: string): Promise<number> {
  return (await api.app.inject(signed(body))).statusCode;
}

/** Meta says when something happened in whole seconds. */
const soon = () => new Date(Date.now() + 1_000);

/** The runs about something that Meta said of a number, by Temporal's own list. */
async function eventRuns(id: string) {
  const runs = [];
  const query = `WorkflowType = 'handleNumberEvent' AND TaskQueue = '${api.stack.taskQueue}'`;
  for await (const run of api.stack.temporal.workflow.list({ query })) {
    if (run.workflowId.includes(id)) runs.push(run);
  }
  return runs;
}

test('a PIN is rotated, and the newest run of the number says so', async () => {
  const id = await liveNumber();
  const before = pinAtMeta(id);
  const started = await carl.post(`/v1/numbers/${id}/rotate`, { reason: 'Ana has left' });
  expect(started).toMatchObject({
    status: 201,
    body: { phoneNumberId: id, statusUrl: `/v1/onboardings/${id}` },
  });
  expect(await api.stack.client.result(id)).toMatchObject({ outcome: 'rotated' });
  const current = await api.stack.pinStore.read(id, 'current');
  expect(pinAtMeta(id)).not.toBe(before);
  expect(current.pin.equals(new Secret(pinAtMeta(id) ?? ''))).toBe(true);
  expect((await carl.get(`/v1/onboardings/${id}`)).body).toMatchObject({
    ...{ operation: 'rotatePin', run: 'completed', label: 'Corner shop' },
    progress: { operation: 'rotatePin', steps: { length: 6 } },
    result: { operation: 'rotatePin', outcome: 'rotated' },
  });
});

test('a rotation is refused while another run of the number is open', async () => {
  const id = api.stack.number();
  await api.stack.start(id);
  await codeAwaited(api.stack, id);
  expect(await carl.post(`/v1/numbers/${id}/rotate`, {})).toMatchObject({
    status: 409,
    body: { type: 'urn:wa-onboard:onboarding-in-progress' },
  });
  await api.stack.client.cancel(id);
  await api.stack.client.result(id).catch(() => undefined);
});

test('a PIN is shown to who may see it, and replaced later where that is asked for', async () => {
  const id = await liveNumber();
  const answer = await carl.post(`/v1/numbers/${id}/pin/reveal`, {
    ...{ reason: 'it moves', rotateAfter: '2 days' },
  });
  expect(answer).toMatchObject({
    status: 200,
    body: { phoneNumberId: id, pin: pinAtMeta(id), state: 'current' },
  });
  const { rotation } = answer.body as { rotation: { workflowId: string; at: string } };
  expect(Math.abs(Date.parse(rotation.at) - Date.now() - 2 * 86_400_000)).toBeLessThan(60_000);
  const later = api.stack.temporal.workflow.getHandle(rotation.workflowId);
  expect(await later.describe()).toMatchObject({
    type: 'rotateLater',
    status: { name: 'RUNNING' },
  });
  await later.terminate();
  const operator = await api.user('Olga', 'operator');
  expect(await operator.post(`/v1/numbers/${id}/pin/reveal`, { reason: 'it moves' })).toMatchObject(
    {
      status: 403,
      body: { missingScope: 'reveal:2sv-pin' },
    },
  );
  const unknown = `/v1/numbers/${api.stack.number()}/pin/reveal`;
  expect(await carl.post(unknown, { reason: 'it moves' })).toMatchObject({
    status: 404,
    body: { type: 'urn:wa-onboard:pin-not-found' },
  });
});

test('a PIN that Meta says was changed is noted once, however often Meta says so, and no telephone number gets into Temporal', async () => {
  const id = changed;
  const body = payloadOf({ at: soon(), changes: [pinChanged(telephoneOf(id))] });
  expect(await meta(body)).toBe(200);
  const description = await until('the record to be stale', async () => {
    const found = await api.stack.pinStore.describe(id);
    return found?.stale === undefined ? undefined : found;
  });
  expect(description.stale).toMatchObject({ since: expect.any(String) });
  expect(await meta(body)).toBe(200);
  const runs = await until('Temporal to list the run', async () => {
    const found = await eventRuns(id);
    return found.length > 0 && found;
  });
  expect(runs).toHaveLength(1);
  const [run] = runs;
  const history = await api.stack.temporal.workflow.getHandle(run?.workflowId ?? '').fetchHistory();
  const digits = telephoneOf(id).replace(/[^0-9]/g, '');
  expect(digits.length).toBeGreaterThan(8);
  const search = secretSearch([digits, telephoneOf(id)]);
  const text = JSON.stringify(history);
  expect(search(text)).toEqual([]);
  const planted = Buffer.from(`{"of":"${digits}"}`).toString('base64');
  expect(search(`${text}{"data":"${planted}"}`)).not.toEqual([]);
  const lines = (await api.audited()).filter(({ phoneNumberId }) => phoneNumberId === id);
  expect(lines.map(({ action, event, outcome }) => [action, event, outcome])).toEqual([
    ['metaWebhook', 'pinChanged', 'begun'],
    ['metaWebhook', 'pinChanged', 'repeated'],
  ]);
  expect(await api.auditText()).not.toContain(digits);
});

test('a name that Meta has approved leads to a new registration', async () => {
  const id = renamed;
  const at = soon();
  expect(await meta(payloadOf({ at, changes: [nameDecided(telephoneOf(id))] }))).toBe(200);
  await until('the number to be registered again', async () => {
    const status = await api.stack.client.status(id);
    return status.operation === 'reregisterNumber' && status.run === 'completed';
  });
  expect((await carl.get(`/v1/onboardings/${id}`)).body).toMatchObject({
    operation: 'reregisterNumber',
    result: { outcome: 'live' },
  });
});
