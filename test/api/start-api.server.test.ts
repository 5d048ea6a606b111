/** The API as `npm run api` starts it, from its configuration alone. */
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, onTestFinished, test } from 'vitest';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import { Secret } from '../../activities/secret.js';
import type { AuditEntry } from '../../client/api/audit.js';
import { localKey, signLocalToken } from '../../client/api/local-key.js';
import { ROLES } from '../../client/api/scopes.js';
import { startApi } from '../../client/api/start-api.js';
import { loadConfiguration } from '../../configuration/configuration.js';
import { programPlaces } from '../../configuration/program-places.js';
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

type Configured = Awaited<ReturnType<typeof started>>;

/** A number with a current PIN in the PIN store. @returns its version */
async function withPin({ configuration }: Configured, id: string): Promise<string> {
  const store = await openPinStore(configuration.pinStore);
  const about = { displayPhoneNumber: '+1 631-555-1234', wabaId: OUR_ACCOUNT };
  const { version } = await store.stage(id, about, () => new Secret('407219'));
  await store.promote(id, version);
  return version;
}

async function reveal({ url, configuration }: Configured, id: string): Promise<Response> {
  const token = await signLocalToken(await localKey(configuration.stateDir), {
    ...{ name: 'Carl', scopes: ROLES.custodian, issuedAt: new Date() },
    expiresAt: new Date(Date.now() + 60_000),
  });
  return fetch(`${url}/v1/numbers/${id}/pin/reveal`, {
    ...{ method: 'POST', body: JSON.stringify({ reason: 'it moves' }) },
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
}

/** The newest line of the audit trail. */
async function audited({ configuration }: Configured): Promise<AuditEntry> {
  const { auditLog } = configuration.api;
  if (auditLog === 'stdout') throw new Error('The audit trail is in no file.');
  const lines = (await readFile(auditLog.file, 'utf8')).trimEnd().split('\n');
  return JSON.parse(lines.at(-1) ?? '') as AuditEntry;
}

const newId = () => String(randomInt(1e12, 9e12));

const HANDSHAKE = new URLSearchParams({
  ...{ 'hub.mode': 'subscribe', 'hub.verify_token': VERIFY_TOKEN, 'hub.challenge': '1158201444' },
});

test('it takes Meta’s webhooks and shows PINs of the configured PIN store', async () => {
  const api = await started({
    ...{ META_APP_SECRET: APP_SECRET, META_WEBHOOK_VERIFY_TOKEN: VERIFY_TOKEN },
    WA_BUSINESS_ACCOUNT_ID: OUR_ACCOUNT,
  });
  const { url } = api;
  const subscribed = await fetch(`${url}/webhooks/meta?${HANDSHAKE}`);
  expect([subscribed.status, await subscribed.text()]).toEqual([200, '1158201444']);

  const id = newId();
  const version = await withPin(api, id);
  const post = (body: string, signature = signatureOf(body)) =>
    fetch(`${url}/webhooks/meta`, {
      ...{ method: 'POST', body },
      headers: { 'content-type': 'application/json', 'x-hub-signature-256': signature },
    });
  const body = payloadOf({ at: new Date(), changes: [pinChanged('16315551234')] });
  expect((await post(body, signatureOf(`${body} `))).status).toBe(401);
  expect((await post(body)).status).toBe(200);
  expect((await post('x'.repeat(3 * 1024 * 1024 + 1))).status).toBe(413);

  const revealed = await reveal(api, id);
  expect(await revealed.json()).toMatchObject({ phoneNumberId: id, pin: '407219', version });
});

test.each([
  ['', 'revealedWithoutNotice', {}],
  [
    ' not',
    'revealed',
    {
      NOTIFY_WEBHOOK_URL: 'https://example.com/people',
      NOTIFY_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    },
  ],
])(
  'that nobody is told of a PIN that is shown is%s audited as %s',
  async (_, outcome, variables) => {
    const api = await started(variables);
    const id = newId();
    await withPin(api, id);
    expect((await reveal(api, id)).status).toBe(200);
    expect(await audited(api)).toMatchObject({ action: 'revealPin', status: 200, outcome });
  },
);

test('the documentation’s example signs what the API takes', async () => {
  const api = await started({
    ...{ META_APP_SECRET: APP_SECRET, META_WEBHOOK_VERIFY_TOKEN: VERIFY_TOKEN },
  });
  const id = newId();
  await withPin(api, id);
  const page = await readFile(new URL('../../docs/http-api.md', import.meta.url), 'utf8');
  const [example = ''] = page
    .split('```')
    .filter((block) => block.startsWith('sh\n') && block.includes('openssl'));
  expect(example).toContain('TELEPHONE=16505551234');
  const { stdout } = await promisify(execFile)(
    'sh',
    ['-euc', example.slice(3).replace('TELEPHONE=16505551234', 'TELEPHONE=16315551234')],
    { env: { PATH: programPlaces().searchPath, API: api.url, META_APP_SECRET: APP_SECRET } },
  );
  expect(stdout).toMatch(/^HTTP\/1\.1 200 /);
  expect(await audited(api)).toMatchObject({
    ...{ action: 'metaWebhook', phoneNumberId: id, event: 'pinChanged', outcome: 'begun' },
  });
});

test('without an app secret it has no address for Meta', async () => {
  const { url } = await started();
  expect((await fetch(`${url}/webhooks/meta?${HANDSHAKE}`)).status).toBe(404);
});
