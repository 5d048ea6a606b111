import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { OnboardingClient } from '../../client/index.js';
import { loadConfiguration } from '../../configuration/configuration.js';
import { secretSearch, textsIn } from '../../demo/secret-search.js';
import type { Simulator } from '../../simulator/simulator.js';
import { startEmbeddedStack } from '../../worker/embedded-stack.js';
import { logText } from '../../worker/log-lines.js';
import { freePorts } from '../../worker/ports.js';
import { installRuntime } from '../../worker/runtime.js';
import {
  FAILURE_TYPES,
  SEND_NOTIFICATION,
  TASK_QUEUE,
  workflowIdOf,
} from '../../workflows/messages.js';
import { filesIn } from '../leaks/files-in.js';
import { type Receiver, startReceiver } from './receiver.js';

const WITHIN = { timeout: 30_000, interval: 50 };

/** Everything that the worker logs, as it is and as it is shown. */
const logged: string[] = [];
installRuntime('debug', (entry) => {
  logged.push(inspect(entry, { depth: 9 }), logText(entry, 'DEBUG') ?? '');
});

let folder: string;
let receiver: Receiver;
let stack: Awaited<ReturnType<typeof startEmbeddedStack>>;
let client: OnboardingClient;
let simulator: Simulator;
let numbers = 0;

beforeAll(async () => {
  [folder, receiver] = await Promise.all([
    mkdtemp(join(tmpdir(), 'notifications-')),
    startReceiver(),
  ]);
  const [temporal, temporalUi, simulatorPort] = await freePorts(3);
  stack = await startEmbeddedStack({
    configuration: loadConfiguration(
      {
        TEMPORAL_CLI_PATH: inject('temporalBinary'),
        TEMPORAL_PORT: String(temporal),
        TEMPORAL_UI_PORT: String(temporalUi),
        SIMULATOR_PORT: String(simulatorPort),
        NOTIFY_WEBHOOK_URL: receiver.url,
        NOTIFY_WEBHOOK_SECRET: receiver.secret,
      },
      folder,
    ),
    workflowBundle: { codePath: inject('workflowBundlePath') },
  });
  if (stack.simulator === undefined) throw new Error('Without a token, there is the simulator.');
  simulator = stack.simulator;
  client = await OnboardingClient.connect({
    address: stack.temporal.address,
    namespace: stack.temporal.namespace,
  });
}, 120_000);

afterAll(async () => {
  await client.close();
  receiver.release();
  await stack.stop();
  await receiver.close();
  await rm(folder, { recursive: true, force: true });
});

function newNumber(seed: Omit<Parameters<Simulator['addNumber']>[0], 'id'> = {}): string {
  numbers += 1;
  const id = `1065403522${numbers.toString().padStart(5, '0')}`;
  simulator.addNumber({ id, ...seed });
  return id;
}

/** Waits for the code that the simulator sends, and gives it. */
async function giveCode(id: string): Promise<void> {
  await vi.waitFor(async () => expect((await client.progress(id)).code).toBeDefined(), WITHIN);
  const verdict = await client.tryCode(id, simulator.codes(id).at(-1)?.code ?? '');
  expect(verdict).toEqual({ verdict: 'verified' });
}

/** Waits until the receiver has taken so many events of a number. */
const taken = (id: string, count: number) =>
  vi.waitFor(() => {
    const notifications = receiver.taken(id);
    expect(notifications.map(({ event }) => event)).toHaveLength(count);
    return notifications;
  }, WITHIN);

test('a number that goes live is told of twice, in order: when its code is needed, and when it is live', async () => {
  const id = newNumber();
  const { runId } = await client.start({ phoneNumberId: id, label: 'Shop Lisbon' });
  const [needed] = await taken(id, 1);
  await giveCode(id);
  expect((await client.result(id)).outcome).toBe('live');
  const [, live] = await taken(id, 2);
  expect(needed).toMatchObject({
    ...{ event: 'code.needed', sequence: 1, runId, phoneNumberId: id },
    ...{ label: 'Shop Lisbon', stage: 'AwaitingCode', waitingFor: 'code' },
    code: { method: 'SMS', triesLeft: 5 },
  });
  expect(needed?.lastDigits).toMatch(/^\d{4}$/);
  expect(needed?.text).toMatch(
    new RegExp(
      `^Shop Lisbon \\(•••• ${needed?.lastDigits}\\) waits for the code that Meta sent by SMS at \\d\\d:\\d\\d UTC; it expires at about \\d\\d:\\d\\d UTC\\.$`,
    ),
  );
  expect(live).toMatchObject({
    ...{ event: 'onboarding.live', sequence: 2, outcome: 'live', missing: [], stage: 'Live' },
    text: `Shop Lisbon (•••• ${needed?.lastDigits}) is live.`,
  });
  expect(receiver.posts.filter(({ notification }) => notification.runId === runId)).toHaveLength(2);
});

test('a new code is told of again, with who asked for it', async () => {
  const id = newNumber();
  await client.start({ phoneNumberId: id, startCode: 'whenAgentReady' });
  const [agent] = await taken(id, 1);
  expect(agent).toMatchObject({ event: 'code.needed', waitingFor: 'agent' });
  expect(agent).not.toHaveProperty('code');
  await client.agentReady(id, { requestedBy: 'Ana' });
  const [, code] = await taken(id, 2);
  expect(code).toMatchObject({
    ...{ event: 'code.needed', waitingFor: 'code', code: { requestedBy: 'Ana' } },
  });
  await client.cancel(id);
  const [, , cancelled] = await taken(id, 3);
  expect(cancelled).toMatchObject({
    ...{ event: 'onboarding.failed', failureType: 'Cancelled', stage: 'Failed' },
    notUndone: expect.arrayContaining(['Codes asked for: 1; they cannot be recalled.']) as unknown,
  });
});

test('of a deadline people are reminded at its half, and told when it has passed', async () => {
  const id = newNumber();
  await client.start({ phoneNumberId: id, codeDeadline: '6 seconds' });
  const [needed, reminder, failed] = await taken(id, 3);
  expect(needed?.event).toBe('code.needed');
  expect(reminder).toMatchObject({
    ...{ event: 'code.reminder', reminder: 'deadline', sequence: 2, until: needed?.until },
  });
  expect(failed).toMatchObject({
    ...{ event: 'onboarding.failed', failureType: FAILURE_TYPES.deadline, sequence: 3 },
    text: expect.stringContaining('No right code came by the deadline') as unknown,
  });
});

test('a parked number is told of with its cause and its cure, and again when an operator has let it go', async () => {
  const id = newNumber({ preset: 'pinRetired' });
  await client.start({ phoneNumberId: id });
  const [parked] = await taken(id, 1);
  const { problem, waiting } = await client.progress(id);
  expect(parked).toMatchObject({
    ...{ event: 'onboarding.parked', stage: 'Parked', problem },
    ...{ decisions: ['retry', 'accept'], onExpiry: 'accept', until: waiting?.until },
    text: expect.stringMatching(/is parked: .* What to do: /) as unknown,
  });
  await client.accept(id);
  const [, live] = await taken(id, 2);
  expect(live?.event).toBe('onboarding.live');
  expect(live?.text).toContain('Meta has not confirmed its PIN.');
});

test('a number that is refused before anything was done is told of, too', async () => {
  const id = newNumber({ preset: 'banned' });
  await client.start({ phoneNumberId: id });
  const [failed] = await taken(id, 1);
  expect(failed).toMatchObject({
    ...{ event: 'onboarding.failed', failureType: FAILURE_TYPES.refused, sequence: 1 },
    ...{ undone: [], notUndone: [] },
  });
});

test('a receiver that fails at first gets each event until it takes it, and once from then on', async () => {
  const id = newNumber();
  receiver.answers(id, 500, 302, 429);
  const { runId } = await client.start({ phoneNumberId: id });
  await taken(id, 1);
  await giveCode(id);
  await taken(id, 2);
  const posts = receiver.posts.filter(({ notification }) => notification.runId === runId);
  expect(posts.map(({ notification: { sequence }, answered }) => [sequence, answered])).toEqual([
    ...[500, 302, 429, 200].map((answered) => [1, answered]),
    [2, 200],
  ]);
  expect(new Set(posts.map(({ notification }) => notification.id)).size).toBe(2);
  expect(new Set(posts.slice(0, 4).map(({ notification }) => notification.id)).size).toBe(1);
});

test('a receiver that is gone for good is asked no more, and the workflow says so', async () => {
  const id = newNumber();
  receiver.answers(id, 410);
  await client.start({ phoneNumberId: id });
  const failed = await vi.waitFor(async () => {
    const [first] = await notificationRuns(id);
    const description = await first?.describe();
    expect(description?.status.name).toBe('FAILED');
    return first?.result().catch((error: unknown) => error);
  }, WITHIN);
  expect(inspect(failed, { depth: 9 })).toContain(
    `The notification code.needed of number ${id} was not delivered, and is not sent any more. The webhook of NOTIFY_WEBHOOK_URL is gone for good (HTTP 410)`,
  );
  await giveCode(id);
  expect((await client.result(id)).outcome).toBe('live');
  const needed = receiver.posts.filter(
    ({ notification }) => notification.phoneNumberId === id && notification.event === 'code.needed',
  );
  expect(needed).toHaveLength(1);
});

test('a run that has told people can be reset, and tells them again only of what comes after', async () => {
  const id = newNumber();
  const { runId } = await client.start({ phoneNumberId: id });
  await taken(id, 1);
  const handle = client.temporal.workflow.getHandle(workflowIdOf(id));
  const { events } = await handle.fetchHistory();
  const last = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes).at(-1);
  await client.temporal.workflowService.resetWorkflowExecution({
    namespace: client.temporal.options.namespace,
    workflowExecution: { workflowId: workflowIdOf(id), runId },
    reason: 'test',
    workflowTaskFinishEventId: last?.eventId ?? null,
    requestId: randomUUID(),
  });
  await giveCode(id);
  expect((await client.result(id)).outcome).toBe('live');
  const told = await taken(id, 2);
  expect(told.map(({ event }) => event)).toEqual(['code.needed', 'onboarding.live']);
});

test('a receiver that never answers holds no run up', async () => {
  const id = newNumber();
  receiver.answers(id, 'never', 'never', 'never');
  await client.start({ phoneNumberId: id });
  await giveCode(id);
  expect((await client.result(id)).outcome).toBe('live');
  // Both were handed over, and outlive the run that they tell of.
  const handed = await notificationRuns(id);
  expect(handed).toHaveLength(2);
  for (const run of handed) {
    const { status, parentExecution } = await run.describe();
    expect([status.name, parentExecution?.workflowId]).toEqual(['RUNNING', workflowIdOf(id)]);
  }
  receiver.answers(id);
  receiver.release();
  const events = await taken(id, 2);
  expect(events.map(({ event }) => event).sort()).toEqual(['code.needed', 'onboarding.live']);
}, 90_000);

/** The workflows that send what the number's newest run has announced, in order. */
async function notificationRuns(id: string) {
  const { workflow } = client.temporal;
  const { events } = await workflow.getHandle(workflowIdOf(id)).fetchHistory();
  return (events ?? []).flatMap(({ startChildWorkflowExecutionInitiatedEventAttributes: child }) =>
    child?.workflowId ? [workflow.getHandle(child.workflowId)] : [],
  );
}

test('a hundred notifications to a receiver that never answers leave the worker to the onboardings', async () => {
  const id = newNumber();
  const never = '106540352299999';
  receiver.answers(never, ...Array.from({ length: 1_000 }, (): 'never' => 'never'));
  const handed = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      client.temporal.workflow.start(SEND_NOTIFICATION, {
        ...{ workflowId: `notification-never-${index}`, taskQueue: TASK_QUEUE },
        args: [{ id: `never-${index}`, event: 'code.needed', text: '.', phoneNumberId: never }],
      }),
    ),
  );
  const held = () => receiver.posts.filter((post) => post.notification.phoneNumberId === never);
  await vi.waitFor(() => expect(held()).toHaveLength(8), WITHIN);
  await client.start({ phoneNumberId: id });
  await giveCode(id);
  expect((await client.result(id)).outcome).toBe('live');
  // No more than eight at a time, ten seconds each: the onboarding waited for none of them.
  expect(held().length).toBeLessThanOrEqual(24);
  receiver.answers(never);
  receiver.release();
  await Promise.all(handed.map((handle) => handle.result()));
  await taken(id, 2);
}, 90_000);

test('what is no notification is refused by the workflow with a sentence, and posted nowhere', async () => {
  const before = receiver.posts.length;
  const start = (workflowId: string, ...args: unknown[]) =>
    client.temporal.workflow.execute(SEND_NOTIFICATION, {
      ...{ workflowId, taskQueue: TASK_QUEUE, args },
    });
  for (const [index, args] of [[], ['code.needed'], [{ id: 'a.b' }]].entries()) {
    const error = await start(`notification-unusable-${index}`, ...args).catch((e: unknown) => e);
    expect(inspect(error, { depth: 9 })).toContain(
      'Start sendNotification with one object that has an id',
    );
  }
  expect(receiver.posts).toHaveLength(before);
});

test('neither the address nor the secret of the webhook is in a history, a failure, a log or a file', async () => {
  const places: unknown[] = [...logged];
  let notifications = 0;
  for await (const { workflowId, runId, type } of client.temporal.workflow.list()) {
    const handle = client.temporal.workflow.getHandle(workflowId, runId);
    places.push(await handle.fetchHistory(), (await handle.describe()).raw);
    notifications += type === SEND_NOTIFICATION ? 1 : 0;
  }
  places.push(...(await filesIn(folder)).map(({ content }) => content));
  expect(notifications).toBeGreaterThan(10);
  const search = secretSearch([...receiver.secrets, 'code.needed', 'NOTIFY_WEBHOOK_URL']);
  const found = new Set(
    places
      .flatMap((place) => [...textsIn(place)])
      .flatMap(({ text }) => search(text))
      .map(({ secret }) => secret),
  );
  // What the search is to find, it does.
  expect(found).toEqual(new Set(['code.needed', 'NOTIFY_WEBHOOK_URL']));
});
