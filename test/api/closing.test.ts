/** What is still under way when the API is asked to close. */
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { SCOPE_NAMES } from '../../client/api/scopes.js';
import { NUMBER, standInApi } from './stand-ins.js';
import { goodPayload, localIssuer } from './tokens.js';

const issuer = localIssuer();

async function cancelling(limits: { requestMs?: number } = {}) {
  let finish: () => void = () => {};
  let begun = false;
  const { app, audited } = await standInApi({
    source: issuer.source,
    limits,
    client: {
      cancel: () => {
        begun = true;
        return new Promise((resolve) => {
          finish = resolve;
        });
      },
    },
  });
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  const token = await issuer.sign(goodPayload(issuer, SCOPE_NAMES));
  const caller = connect(Number(port), '127.0.0.1');
  caller.write(
    `POST /v1/onboardings/${NUMBER}/cancel HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  );
  await expect.poll(() => begun).toBe(true);
  caller.resetAndDestroy();
  const connections = () =>
    new Promise<number>((resolve) => app.server.getConnections((_, count) => resolve(count)));
  await expect.poll(connections).toBe(0);
  return { app, audited, finish: () => finish() };
}

test('what a caller that has left asked for is noted before the API has closed', async () => {
  const { app, audited, finish } = await cancelling();
  let closed = false;
  const closing = app.close().then(() => {
    closed = true;
  });
  await expect.poll(() => app.server.listening).toBe(false);
  // Turns enough for all that closing does where nothing is under way.
  for (let turns = 0; turns < 50; turns += 1) await new Promise(setImmediate);
  expect(closed).toBe(false);
  finish();
  await closing;
  expect(audited).toMatchObject([{ action: 'cancel', phoneNumberId: NUMBER, status: 202 }]);
});

test('what does not end in time is noted as not known before the API has closed', async () => {
  const { app, audited } = await cancelling({ requestMs: 300 });
  await app.close();
  expect(audited).toMatchObject([
    { action: 'cancel', status: 503, outcome: 'urn:wa-onboard:too-slow' },
  ]);
});
