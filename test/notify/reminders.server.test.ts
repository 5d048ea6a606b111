/** What takes longer than a test may, on the time-skipping server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { activityInfo } from '@temporalio/activity';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { createGraphClient } from '../../activities/graph-api/graph-client.js';
import { createWebhookNotifier } from '../../activities/notify/webhook-notifier.js';
import { createNumberActivities } from '../../activities/number.js';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import { Secret } from '../../activities/secret.js';
import { OnboardingClient } from '../../client/index.js';
import { programPlaces } from '../../configuration/program-places.js';
import { type Simulator, startSimulator } from '../../simulator/simulator.js';
import { createNotificationWorker } from '../../worker/notification-worker.js';
import { installRuntime } from '../../worker/runtime.js';
import { findTestServerBinary } from '../../worker/temporal-binary.js';
import { SEARCH_ATTRIBUTES, SEND_NOTIFICATION } from '../../workflows/messages.js';
import { type Receiver, startReceiver } from './receiver.js';

installRuntime('error');

const TASK_QUEUE = 'notifications';
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const KEYWORD = 2;
const WITHIN = { timeout: 30_000, interval: 50 };

let environment: TestWorkflowEnvironment;
let simulator: Simulator;
let receiver: Receiver;
let client: OnboardingClient;
let stop: () => Promise<void>;

beforeAll(async () => {
  const { testServerPath, ...places } = programPlaces();
  const path = await findTestServerBinary({
    ...places,
    explicitPath: testServerPath,
    onDownload: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  const { connection, nativeConnection, namespace = 'default' } = environment;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(
      Object.values(SEARCH_ATTRIBUTES).map(({ name }) => [name, KEYWORD]),
    ),
  });
  const folder = await mkdtemp(join(tmpdir(), 'reminders-'));
  [simulator, receiver] = await Promise.all([startSimulator({}), startReceiver()]);
  const worker = await Worker.create({
    ...{ connection: nativeConnection, namespace, taskQueue: TASK_QUEUE },
    workflowBundle: { codePath: inject('workflowBundlePath') },
    activities: createNumberActivities({
      graph: createGraphClient({
        ...{ baseUrl: simulator.url, version: 'v25.0' },
        accessToken: new Secret(simulator.token),
      }),
      pinStore: await openPinStore({ kind: 'local', dir: join(folder, 'pins') }),
      pastRuns: { of: async () => [], newest: async () => undefined }, // this server lists none
      notifies: true,
      clock: () => new Date(activityInfo().currentAttemptScheduledTimestampMs),
    }),
  });
  const posting = await createNotificationWorker({
    ...{ connection: nativeConnection, namespace, taskQueue: TASK_QUEUE },
    notifier: createWebhookNotifier({
      url: new Secret(receiver.url),
      secret: new Secret(receiver.secret),
    }),
  });
  const workers = [worker, posting];
  const running = workers.map((each) => each.run());
  client = new OnboardingClient(environment.client, { taskQueue: TASK_QUEUE });
  stop = async () => {
    for (const each of workers) each.shutdown();
    await Promise.all(running);
    await Promise.all([simulator.close(), receiver.close(), environment.teardown()]);
    await rm(folder, { recursive: true, force: true });
  };
}, 120_000);

afterAll(() => stop());

async function pass(ms: number): Promise<void> {
  simulator.clock.advance(ms);
  await environment.sleep(ms);
}

const taken = (id: string, count: number) =>
  vi.waitFor(() => {
    const notifications = receiver.taken(id);
    expect(notifications).toHaveLength(count);
    return notifications;
  }, WITHIN);

test('a notification that nobody takes for 24 hours is given up, with what was answered last', async () => {
  const id = '106540352290002';
  receiver.answers(id, ...Array.from({ length: 1_000 }, () => 503));
  const before = receiver.posts.length;
  const handle = await environment.client.workflow.start(SEND_NOTIFICATION, {
    ...{ taskQueue: TASK_QUEUE, workflowId: 'notification-nobody-1' },
    args: [{ id: 'nobody-1', event: 'code.needed', text: 'A code is needed.', phoneNumberId: id }],
  });
  await vi.waitFor(() => expect(receiver.posts.length).toBeGreaterThan(before), WITHIN);
  await environment.sleep(DAY - 30 * MINUTE);
  expect((await handle.describe()).status.name).toBe('RUNNING');
  await environment.sleep(31 * MINUTE);
  const error = await handle.result().catch((failure: unknown) => failure);
  expect(inspect(error, { depth: 9 })).toContain(
    `The notification code.needed of number ${id} was not delivered, and is not sent any more. The webhook of NOTIFY_WEBHOOK_URL did not take the notification (HTTP 503).`,
  );
  // One second, doubling to ten minutes: what this costs is written in docs/how-it-works.md.
  const posts = receiver.posts.filter(({ notification }) => notification.phoneNumberId === id);
  expect(posts.length).toBeGreaterThan(145);
  expect(posts.length).toBeLessThan(160);
});

test('people are reminded once of a code that nobody submits, once at half of the deadline, and told of its end', async () => {
  const id = '106540352290001';
  simulator.addNumber({ id });
  await client.start({ phoneNumberId: id, codeDeadline: '2 hours' });
  await taken(id, 1);
  await pass(4 * MINUTE);
  expect(receiver.taken(id)).toHaveLength(1);
  await pass(MINUTE + 1_000);
  const [, code] = await taken(id, 2);
  expect(code).toMatchObject({ event: 'code.reminder', reminder: 'code', waitingFor: 'code' });
  expect(code?.text).toMatch(/^Nobody has submitted a code yet: .*; it expires at about /);
  await pass(54 * MINUTE);
  expect(receiver.taken(id)).toHaveLength(2);
  await pass(MINUTE);
  const [, , deadline] = await taken(id, 3);
  expect(deadline).toMatchObject({ event: 'code.reminder', reminder: 'deadline' });
  expect(deadline?.text).toContain('has expired: ask for a new one; it waits until ');
  await pass(60 * MINUTE);
  const all = await taken(id, 4);
  expect(all.map(({ event, sequence }) => [event, sequence])).toEqual([
    ['code.needed', 1],
    ['code.reminder', 2],
    ['code.reminder', 3],
    ['onboarding.failed', 4],
  ]);
});
