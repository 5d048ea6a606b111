import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import {
  type PinStore,
  PinStoreRefusedError,
  PinStoreUnreachableError,
} from '../../activities/pin-store/pin-store.js';

process.env['AWS_ACCESS_KEY_ID'] = 'testing';
process.env['AWS_SECRET_ACCESS_KEY'] = 'testing';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** The store on a server that answers everything with one answer. */
async function storeOn(answer: RequestListener): Promise<PinStore> {
  server = createServer((request, response) => {
    request.resume();
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return openPinStore({
    kind: 'aws-secrets-manager',
    region: 'eu-west-1',
    endpoint: `http://127.0.0.1:${address.port}`,
  });
}

const failureOf = (store: PinStore) => store.describe('1065').catch((error: unknown) => error);

test.each([
  ['AccessDeniedException', 400, 'allow this action'],
  ['DecryptionFailure', 400, 'KMS key'],
  ['InvalidRequestException', 400, 'restore'],
  ['UnrecognizedClientException', 400, 'credentials that are valid'],
  ['ExpiredTokenException', 400, 'renew'],
  ['ValidationException', 400, 'look it up'],
])('%s is a refusal that says what to do', async (type, status, cure) => {
  const store = await storeOn((_, response) =>
    response.writeHead(status).end(JSON.stringify({ __type: type, message: 'No.' })),
  );
  const failure = await failureOf(store);
  expect(failure).toBeInstanceOf(PinStoreRefusedError);
  expect(String(failure)).toContain(`DescribeSecret of whatsapp/2sv-pin/1065: ${type}`);
  expect(String(failure)).toContain(cure);
});

test.each([
  ['an internal error', 500, JSON.stringify({ __type: 'InternalServiceError' })],
  ['throttling', 400, JSON.stringify({ __type: 'ThrottlingException', message: 'Rate exceeded' })],
  ['a proxy that has no backend', 502, '<html><body>Bad Gateway</body></html>'],
  ['an answer that is no JSON', 200, '<html>Welcome to the hotel</html>'],
  ['an answer that is not AWS’s', 200, '{"success":false}'],
  ['an empty answer', 200, ''],
])('%s may pass by itself', async (_title, status, body) => {
  const failure = await failureOf(
    await storeOn((_, response) => response.writeHead(status).end(body)),
  );
  expect(failure).toBeInstanceOf(PinStoreUnreachableError);
});

test('a server that never answers is given up within the four seconds of an activity', async () => {
  const store = await storeOn(() => undefined);
  const begun = performance.now();
  expect(await failureOf(store)).toBeInstanceOf(PinStoreUnreachableError);
  expect(performance.now() - begun).toBeLessThan(4_000);
});

test('the text of an error that may quote the request is not passed on', async () => {
  const store = await storeOn((_, response) =>
    response
      .writeHead(400)
      .end(JSON.stringify({ __type: 'ValidationException', message: 'Value 958374 is not valid' })),
  );
  expect(String(await failureOf(store))).not.toContain('958374');
});
