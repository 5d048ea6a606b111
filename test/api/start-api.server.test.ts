/** The API as `npm run api` starts it, from its configuration alone. */
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import { Secret } from '../../activities/secret.js';
import { localKey, signLocalToken } from '../../client/api/local-key.js';
import { ROLES } from '../../client/api/scopes.js';
import { startApi } from '../../client/api/start-api.js';
import { loadConfiguration } from '../../configuration/configuration.js';
import { freePorts } from '../../worker/ports.js';
import { APP_SECRET, payloadOf, pinChanged, signatureOf, VERIFY_TOKEN } from './meta-signed.js';

const OUR_ACCOUNT = '102290129340398';

async function started(variables: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'start-api-'));
  const { address, namespace } = inject('temporal');
  const [port] = await freePorts(1);
  const configuration = loadConfiguration(
    {
      ...{ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace },
      ...{ API_PORT: String(port), LOG_LEVEL: 'error', ...variables },
    },
    folder,
  );
  const api = await startApi(configuration);
  onTestFinished(async () => {
    await api.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { url: api.url, configuration };
}

const HANDSHAKE = new URLSearchParams({
  ...{ 'hub.mode': 'subscribe', 'hub.verify_token': VERIFY_TOKEN, 'hub.challenge': '1158201444' },
});

test('it takes Meta’s webhooks and shows PINs of the configured PIN store', async () => {
  const { url, configuration } = await started({
    ...{ META_APP_SECRET: APP_SECRET, META_WEBHOOK_VERIFY_TOKEN: VERIFY_TOKEN },
    WA_BUSINESS_ACCOUNT_ID: OUR_ACCOUNT,
  });
  const subscribed = await fetch(`${url}/webhooks/meta?${HANDSHAKE}`);
  expect([subscribed.status, await subscribed.text()]).toEqual([200, '1158201444']);

  const id = String(randomInt(1e12, 9e12));
  const store = await openPinStore(configuration.pinStore);
  const about = { displayPhoneNumber: '+1 631-555-1234', wabaId: OUR_ACCOUNT };
  const { version } = await store.stage(id, about, () => new Secret('407219'));
  await store.promote(id, version);
  const post = (body: string, signature = signatureOf(body)) =>
    fetch(`${url}/webhooks/meta`, {
      ...{ method: 'POST', body },
      headers: { 'content-type': 'application/json', 'x-hub-signature-256': signature },
    });
  const body = payloadOf({ at: new Date(), changes: [pinChanged('16315551234')] });
  expect((await post(body, signatureOf(`${body} `))).status).toBe(401);
  expect((await post(body)).status).toBe(200);
  expect((await post('x'.repeat(3 * 1024 * 1024 + 1))).status).toBe(413);

  const token = await signLocalToken(await localKey(configuration.stateDir), {
    ...{ name: 'Carl', scopes: ROLES.custodian, issuedAt: new Date() },
    expiresAt: new Date(Date.now() + 60_000),
  });
  const revealed = await fetch(`${url}/v1/numbers/${id}/pin/reveal`, {
    ...{ method: 'POST', body: JSON.stringify({ reason: 'it moves' }) },
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
  expect(await revealed.json()).toMatchObject({ phoneNumberId: id, pin: '407219', version });
});

test('without an app secret it has no address for Meta', async () => {
  const { url } = await started();
  expect((await fetch(`${url}/webhooks/meta?${HANDSHAKE}`)).status).toBe(404);
});
