import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import { createWebhookNotifier } from '../../activities/notify/webhook-notifier.js';
import { Secret } from '../../activities/secret.js';
import { createNotificationWorker } from '../../worker/notification-worker.js';
import { installRuntime } from '../../worker/runtime.js';
import { SEND_NOTIFICATION } from '../../workflows/messages.js';
import { type Receiver, startReceiver } from './receiver.js';

installRuntime('error');

const WITHIN = { timeout: 30_000, interval: 50 };
const taskQueue = `notifications-${randomUUID()}`;

let connection: NativeConnection;
let clientConnection: Connection;
let client: Client;
let stop: () => Promise<void>;

/** Without the worker that posts. */
beforeAll(async () => {
  const { address, namespace } = inject('temporal');
  connection = await NativeConnection.connect({ address });
  clientConnection = await Connection.connect({ address });
  client = new Client({ connection: clientConnection, namespace });
  const worker = await Worker.create({
    ...{ connection, namespace, taskQueue },
    workflowBundle: { codePath: inject('workflowBundlePath') },
  });
  const running = worker.run();
  stop = async () => {
    worker.shutdown();
    await running;
    await clientConnection.close();
    await connection.close();
  };
});

afterAll(() => stop());

async function receiverForTest(): Promise<Receiver> {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  return receiver;
}

/** Starts a worker that posts. @returns stops it */
async function startPosting(receiver?: Receiver): Promise<() => Promise<void>> {
  const worker = await createNotificationWorker({
    ...{ connection, namespace: inject('temporal').namespace, taskQueue },
    notifier:
      receiver &&
      createWebhookNotifier({
        url: new Secret(receiver.url),
        secret: new Secret(receiver.secret),
        timeoutMs: 25_000,
      }),
  });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
  };
}

function send(phoneNumberId: string) {
  const id = randomUUID();
  return client.workflow.start(SEND_NOTIFICATION, {
    ...{ taskQueue, workflowId: `notification-${id}` },
    args: [{ id, event: 'code.needed', text: 'A code is needed.', phoneNumberId }],
  });
}

test('a worker that stops waits for no receiver, and the next one posts what was cut off', async () => {
  const receiver = await receiverForTest();
  receiver.answers('1', 'never');
  const stopFirst = await startPosting(receiver);
  const handle = await send('1');
  await vi.waitFor(() => expect(receiver.posts).toHaveLength(1), WITHIN);
  const beganAt = performance.now();
  await stopFirst();
  expect(performance.now() - beganAt).toBeLessThan(10_000); // of the 25 s that a post may take here
  const stopSecond = await startPosting(receiver);
  expect(await handle.result()).toEqual({ posted: true });
  await stopSecond();
  const [first, second] = receiver.posts.map(({ notification }) => notification.id);
  expect([second, receiver.posts.length]).toEqual([first, 2]);
});

test('what is still to be sent when the webhook is no longer configured is dropped, saying so', async () => {
  const receiver = await receiverForTest();
  // Down, so that it is not taken before the worker changes.
  receiver.answers('2', ...Array.from({ length: 100 }, () => 500));
  const stopFirst = await startPosting(receiver);
  const handle = await send('2');
  await vi.waitFor(() => expect(receiver.posts.length).toBeGreaterThan(0), WITHIN);
  await stopFirst();
  const stopSecond = await startPosting();
  expect(await handle.result()).toEqual({
    posted: false,
    reason: expect.stringContaining('NOTIFY_WEBHOOK_URL is not set') as unknown,
  });
  await stopSecond();
});
