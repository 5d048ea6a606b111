import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { createNotificationActivities } from '../../activities/notify/post-notification.js';
import { webhookSignature } from '../../activities/notify/signature.js';
import {
  createWebhookNotifier,
  NotTakenError,
  type WebhookNotifierOptions,
} from '../../activities/notify/webhook-notifier.js';
import { Secret } from '../../activities/secret.js';
import { type Reply, rejection, wireServer } from './wire-server.js';

const AT = new Date('2026-11-23T14:32:05.900Z');
const KEY = Buffer.from('the key of the test, 24 bytes or more');
const SECRET = `whsec_${KEY.toString('base64')}`;
const PATH = '/services/T0/very-secret-path';
const NOTIFICATION = { id: 'run-1', event: 'code.needed', text: 'Café •••• 4567 waits.' };

function notifierOf(url: string, options: Partial<WebhookNotifierOptions> = {}) {
  return createWebhookNotifier({
    ...{ url: new Secret(`${url}${PATH}`), secret: new Secret(SECRET) },
    clock: () => AT,
    ...options,
  });
}

test('a notification is posted as JSON, with headers that a receiver can check it by', async () => {
  const server = await wireServer({ status: 204, body: '' });
  await notifierOf(server.url).post(NOTIFICATION);
  const [request] = server.requests;
  expect(request).toMatchObject({ method: 'POST', url: PATH, body: JSON.stringify(NOTIFICATION) });
  expect(request?.headers).toMatchObject({
    'content-type': 'application/json',
    'webhook-id': 'run-1',
    'webhook-timestamp': '1795444325',
  });
  // Made here once more from what arrived, as the Standard Webhooks specification says.
  const signed = `${request?.headers['webhook-id']}.${request?.headers['webhook-timestamp']}.${request?.body}`;
  expect(request?.headers['webhook-signature']).toBe(
    `v1,${createHmac('sha256', KEY).update(signed).digest('base64')}`,
  );
});

test('a signature is the one that the libraries of Standard Webhooks make', () => {
  // The example that all of them are tested with.
  const secret = new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
  const [id, body] = ['msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}'];
  expect(webhookSignature(secret, id, 1_614_265_330, body)).toBe(
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  );
});

test('the example in the documentation takes what is genuine, and nothing else', async () => {
  const server = await wireServer({});
  await notifierOf(server.url, { clock: () => new Date() }).post(NOTIFICATION);
  const [request] = server.requests;
  const page = readFileSync(new URL('../../docs/how-it-works.md', import.meta.url), 'utf8');
  const example = /```js\n(import \{ createHmac[\s\S]*?)```/.exec(page)?.[1] ?? '';
  const module: unknown = await import(
    `data:text/javascript,${encodeURIComponent(`${example}\nexport { isGenuine };`)}`
  );
  const { isGenuine } = module as { isGenuine: (...args: unknown[]) => boolean };
  const { headers, body } = request ?? {};
  expect(isGenuine(headers, body, SECRET)).toBe(true);
  expect(isGenuine(headers, `${body} `, SECRET)).toBe(false);
  expect(isGenuine(headers, body, `whsec_${KEY.toString('base64').toLowerCase()}`)).toBe(false);
  expect(isGenuine({ ...headers, 'webhook-id': 'other' }, body, SECRET)).toBe(false);
  expect(isGenuine({ ...headers, 'webhook-timestamp': '1795444325' }, body, SECRET)).toBe(false);
  expect(isGenuine({}, body, SECRET)).toBe(false);
});

test('a secret that is no base64 signs with its own bytes', async () => {
  const server = await wireServer({});
  const secret = 'a passphrase of the receiver';
  await notifierOf(server.url, { secret: new Secret(secret) }).post(NOTIFICATION);
  const mac = createHmac('sha256', secret).update(
    `run-1.1795444325.${JSON.stringify(NOTIFICATION)}`,
  );
  expect(server.requests[0]?.headers['webhook-signature']).toBe(`v1,${mac.digest('base64')}`);
});

const SECRET_ANSWER = 'answer-with-a-secret';

test.each<[string, Reply, string]>([
  [
    'answers 500',
    { status: 500, body: SECRET_ANSWER },
    'The webhook of NOTIFY_WEBHOOK_URL did not take the notification (HTTP 500).',
  ],
  [
    'answers 404',
    { status: 404, body: SECRET_ANSWER },
    'The webhook of NOTIFY_WEBHOOK_URL did not take the notification (HTTP 404): check the address and the receiver.',
  ],
  [
    'redirects',
    { status: 302, headers: { location: 'http://127.0.0.1:1/very-secret-place' } },
    'The webhook of NOTIFY_WEBHOOK_URL redirects to another place (HTTP 302), which is not followed: set the address itself.',
  ],
  [
    'answers 410',
    { status: 410, body: SECRET_ANSWER },
    'The webhook of NOTIFY_WEBHOOK_URL is gone for good (HTTP 410): set another, or unset it.',
  ],
  [
    'hangs up',
    { instead: (response) => response.destroy() },
    'The connection to the webhook of NOTIFY_WEBHOOK_URL failed (UND_ERR_SOCKET).',
  ],
  [
    'never answers',
    { instead: () => {} },
    'The webhook of NOTIFY_WEBHOOK_URL did not answer within 0.2 s.',
  ],
])(
  'a receiver that %s is told of without its address, the secret or its answer',
  async (_, reply, sentence) => {
    const server = await wireServer(reply);
    const error = await rejection(notifierOf(server.url, { timeoutMs: 200 }).post(NOTIFICATION));
    expect(error).toBeInstanceOf(NotTakenError);
    expect((error as Error).message).toBe(sentence);
    expectNothingSecretIn(error, server.port);
    expect(server.requests).toHaveLength(1); // nothing is repeated, and no redirect followed
  },
);

test('a receiver that is down is told of by the system’s word for it', async () => {
  const server = await wireServer({});
  const down = `http://127.0.0.1:${(await closedPort()) ?? server.port}`;
  const error = await rejection(notifierOf(down).post(NOTIFICATION));
  expect((error as Error).message).toBe(
    'The connection to the webhook of NOTIFY_WEBHOOK_URL failed (ECONNREFUSED).',
  );
  expectNothingSecretIn(error, Number(new URL(down).port));
});

test('an answer that never ends is not waited for', async () => {
  const server = await wireServer({
    instead: (response) => response.writeHead(200).write('and so on'),
  });
  await notifierOf(server.url, { timeoutMs: 60_000 }).post(NOTIFICATION);
  expect(server.requests).toHaveLength(1);
});

const post = (reply: Reply) => async () => {
  const server = await wireServer(reply);
  const activities = createNotificationActivities(notifierOf(server.url, { timeoutMs: 200 }));
  const error = await rejection(
    new MockActivityEnvironment().run(activities.postNotification, NOTIFICATION),
  );
  expect(error).toBeInstanceOf(ApplicationFailure);
  expectNothingSecretIn(error, server.port);
  return error as ApplicationFailure;
};

test('what was not taken is tried again, unless the receiver is gone for good', async () => {
  for (const status of [500, 503, 429, 404, 401, 302]) {
    const failure = await post({ status })();
    expect(failure).toMatchObject({ type: 'NotificationNotTaken', nonRetryable: false });
    expect(failure.nextRetryDelay).toBeFalsy();
  }
  expect(await post({ status: 410 })()).toMatchObject({ nonRetryable: true });
});

test.each([
  ['7', 7_000],
  ['Mon, 23 Nov 2026 14:33:36 GMT', 90_100],
  ['86400', 600_000],
  ['soon', undefined],
  ['-1', undefined],
])(
  'a receiver that asks to be asked later (Retry-After: %s) is, within ten minutes',
  async (header, ms) => {
    const { nextRetryDelay } = await post({ status: 429, headers: { 'retry-after': header } })();
    if (ms === undefined) expect(nextRetryDelay).toBeFalsy();
    else expect(nextRetryDelay).toBe(ms);
  },
);

test('where no webhook is configured (any more), the notification is dropped, saying so', async () => {
  const { postNotification } = createNotificationActivities(undefined);
  await expect(new MockActivityEnvironment().run(postNotification, NOTIFICATION)).resolves.toEqual({
    posted: false,
    reason: expect.stringContaining('NOTIFY_WEBHOOK_URL is not set') as unknown,
  });
});

test('an activity that is cancelled ends at once, as cancelled', async () => {
  const server = await wireServer({ instead: () => environment.cancel() });
  const environment = new MockActivityEnvironment();
  const { postNotification } = createNotificationActivities(
    notifierOf(server.url, { timeoutMs: 60_000 }),
  );
  const error = await rejection(environment.run(postNotification, NOTIFICATION));
  expect(error).not.toBeInstanceOf(NotTakenError);
  expect((error as Error).name).toBe('CancelledFailure');
});

function expectNothingSecretIn(error: unknown, port: number): void {
  const shown = inspect(error, { depth: 9, showHidden: true });
  for (const secret of [PATH, 'very-secret', `${port}`, KEY.toString('base64'), SECRET_ANSWER]) {
    expect(shown).not.toContain(secret);
  }
}

/** A port that nothing listens on. */
async function closedPort(): Promise<number | undefined> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address !== null ? address.port : undefined;
}
