import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Desk, DeskEvent } from '../../client/api/desk.js';
import { type DeskSource, deskSource } from '../../client/api/desk-source.js';
import { createDesk, createDeskOn } from '../../client/api/desk-view.js';
import { type ConnectOptions, OnboardingClient } from '../../client/index.js';
import type { ListPage } from '../../client/read-onboardings.js';
import { MESSAGES, workflowIdOf } from '../../workflows/messages.js';
import { type ClientStack, sentCode, startClientStack } from '../client/stack.js';
import { until } from '../workflow/stack.js';

const POLL_MS = 250;
const LIST = /\/ListWorkflowExecutions$/;

let stack: ClientStack;
let client: OnboardingClient;
const calls: { method: string; at: number }[] = [];

type Interceptor = NonNullable<ConnectOptions['interceptors']>[number];

const counted: Interceptor = (options, nextCall) => {
  calls.push({ method: options.method_definition.path, at: performance.now() });
  return nextCall(options) as ReturnType<Interceptor>;
};

beforeAll(async () => {
  stack = await startClientStack();
  client = await OnboardingClient.connect({ address: stack.address, interceptors: [counted] });
});
afterAll(async () => {
  await client?.close();
  await stack?.stop();
});

function listCallsSince(began: number): number {
  return calls.filter(({ method, at }) => at >= began && LIST.test(method)).length;
}

function deskForTest(desk: Desk): Desk {
  onTestFinished(() => desk.close());
  return desk;
}

/** A listener, connected. */
async function listening(desk: Desk): Promise<{ events: DeskEvent[]; leave(): void }> {
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const events: DeskEvent[] = [];
  void (async () => {
    for await (const event of desk.changes(leaving.signal)) events.push(event);
  })();
  await until('the connection', () => events.length > 0);
  return { events, leave: () => leaving.abort() };
}

async function waitingNumber(): Promise<string> {
  const id = stack.newNumber();
  await client.start({ phoneNumberId: id, label: 'Lucky Shrub, Berlin' });
  await sentCode(stack, id);
  return id;
}

const about = (events: readonly DeskEvent[], id: string) =>
  events.flatMap((event) =>
    event.event === 'onboarding' && event.data.phoneNumberId === id ? [event.data] : [],
  );

const holders = (events: readonly DeskEvent[], id: string) =>
  about(events, id).map(({ claim }) => claim?.by);

test('one call of the list tells all that a desk shows of a number that waits for a code', async () => {
  const id = await waitingNumber();
  const { lastDigits = '' } = (await client.progress(id)).number ?? {};
  expect(lastDigits).toMatch(/^\d{4}$/);
  const desk = deskForTest(createDesk(client, { pollMs: POLL_MS }));
  const onboarding = await until('the list', async () => {
    const page = await desk.list({ text: `+1 555 ${lastDigits}`, limit: 500, allows: () => true });
    return page.items.find(({ phoneNumberId }) => phoneNumberId === id);
  });
  expect(onboarding).toMatchObject({
    run: 'running',
    stage: 'AwaitingCode',
    label: 'Lucky Shrub, Berlin',
    lastDigits,
    waiting: { for: expect.any(String), until: expect.any(String) },
    code: { method: 'SMS', sentAt: expect.any(String), triesLeft: 5, sentCount: 1 },
  });
});

test('a change appears as an event, also one that somebody else made by a signal', async () => {
  const desk = deskForTest(createDesk(client, { pollMs: POLL_MS }));
  const { events } = await listening(desk);
  const id = await waitingNumber();
  const before = await until('the number', () => about(events, id).at(-1)?.waiting?.until);
  await client.temporal.workflow.getHandle(workflowIdOf(id)).signal(MESSAGES.extend, '48 hours');
  const after = await until('the later deadline', () => {
    const deadline = about(events, id).at(-1)?.waiting?.until;
    return deadline !== before && deadline;
  });
  expect(Date.parse(after) - Date.parse(before)).toBe(48 * 3_600_000);
});

test('a number that ends is gone', async () => {
  const desk = deskForTest(createDesk(client, { pollMs: POLL_MS }));
  const { events } = await listening(desk);
  const id = await waitingNumber();
  await until('the number', () => about(events, id).length > 0);
  await client.cancel(id);
  const gone = await until('its end', () =>
    events.find((event) => event.event === 'gone' && event.data.phoneNumberId === id),
  );
  expect(gone).toMatchObject({ label: 'Lucky Shrub, Berlin' });
});

test('a number between its code and its end is shown as it goes, never as waiting again', async () => {
  const desk = deskForTest(createDesk(client, { pollMs: POLL_MS }));
  const { events } = await listening(desk);
  const id = stack.newNumber();
  await client.start({ phoneNumberId: id });
  const code = await sentCode(stack, id);
  await until('the number', () => about(events, id).at(-1)?.stage === 'AwaitingCode');
  const shown = about(events, id).length;
  expect(await client.tryCode(id, code)).toEqual({ verdict: 'verified' });
  await desk.refresh(id);
  await until('its end', () => events.at(-1)?.event === 'gone');
  await client.result(id);
  const stages = about(events, id)
    .slice(shown)
    .map(({ stage }) => stage);
  expect(stages).not.toContain('AwaitingCode');
});

test('a claim that went through this process is never lost again while Temporal’s list lags', async () => {
  const source = lagging(deskSource(client), 4_000);
  const desk = deskForTest(createDeskOn(source, { pollMs: POLL_MS }));
  const { events } = await listening(desk);
  const id = await waitingNumber();
  await desk.refresh(id);
  await until('the list to have it', () => source.listed().includes(id));

  await client.claim(id, { by: 'ana' });
  await desk.refresh(id);
  expect(holders(events, id).at(-1)).toBe('ana');
  const claimed = about(events, id).length;
  let looks = 0;
  const began = performance.now();
  while (performance.now() - began < 8_000) {
    const { items } = await desk.list({ limit: 500, allows: () => true });
    expect(items.find(({ phoneNumberId }) => phoneNumberId === id)?.claim?.by).toBe('ana');
    looks += 1;
    await sleep(20);
  }
  expect(looks).toBeGreaterThan(100);
  expect(about(events, id)).toHaveLength(claimed);

  await client.release(id, { by: 'ana' });
  await desk.refresh(id);
  await until('the list to know of the release', async () => source.caughtUp());
  expect(holders(events, id).slice(claimed)).toEqual([undefined]);
});

test('listeners share one poll: twenty cost as many calls of the list as one, and none costs none', async () => {
  const SECONDS = 3;
  const most = (SECONDS * 1_000) / POLL_MS + 1;
  const desk = deskForTest(createDesk(client, { pollMs: POLL_MS, idleAfterMs: 1 }));
  const callsWhile = async (listeners: number) => {
    const all = await Promise.all(Array.from({ length: listeners }, () => listening(desk)));
    const began = performance.now();
    await sleep(SECONDS * 1_000);
    const count = listCallsSince(began);
    for (const { leave } of all) leave();
    return count;
  };
  const [one, twenty, none] = [await callsWhile(1), await callsWhile(20), await callsWhile(0)];
  expect(one).toBeGreaterThan(0);
  expect(one).toBeLessThanOrEqual(most);
  expect(twenty).toBeGreaterThan(0);
  expect(twenty).toBeLessThanOrEqual(most);
  expect(none).toBeLessThanOrEqual(1); // one that was under way
});

interface LaggingSource extends DeskSource {
  /** The numbers of the newest page given. */
  listed(): string[];
  /** Resolves true once a page has been given that Temporal gave after this call. */
  caughtUp(): Promise<true>;
}

/** Temporal's list as it was some time ago. */
function lagging(source: DeskSource, lagMs: number): LaggingSource {
  const pages: { at: number; page: ListPage }[] = [];
  let given: { at: number; page: ListPage } | undefined;
  return {
    ...source,
    async page() {
      pages.push({ at: performance.now(), page: await source.page() });
      const due = performance.now() - lagMs;
      given = pages.findLast(({ at }) => at <= due) ?? pages[0];
      return given?.page ?? { items: [] };
    },
    listed: () => given?.page.items.map(({ phoneNumberId }) => phoneNumberId) ?? [],
    async caughtUp() {
      const now = performance.now();
      return until('the lagging list', () => (given?.at ?? 0) > now);
    },
  };
}
