import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  PinStoreRefusedError,
  PinStoreUnreachableError,
} from '../../activities/pin-store/pin-store.js';
import type { VaultCall } from '../../activities/pin-store/vault-errors.js';
import {
  connectVaultPinStore,
  createVaultPinStore,
} from '../../activities/pin-store/vault-pin-store.js';
import { type VaultSend, vaultTransport } from '../../activities/pin-store/vault-transport.js';
import { Secret } from '../../activities/secret.js';
import { programPlaces } from '../../configuration/program-places.js';
import { type OpenBaoServer, ROOT_TOKEN, startOpenBao } from './openbao-server.js';

const root = { token: new Secret(ROOT_TOKEN) };
const PREFIX = 'whatsapp/2sv-pin/';
/** What docs/pin.md says is enough. */
const ENOUGH = `
  path "secret/data/${PREFIX}*" { capabilities = ["create", "read", "update"] }
  path "secret/metadata/${PREFIX}*" { capabilities = ["list", "delete"] }
`;

let bao: OpenBaoServer;
beforeAll(async () => {
  bao = await startOpenBao(programPlaces().cacheDir);
}, 300_000);
afterAll(() => bao.stop());

let lastNumber = 30_000;
function newNumber(): string {
  lastNumber += 1;
  return String(lastNumber);
}
const pin = () => new Secret('958374');
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (answer) => ({ didNotFail: answer }),
    (error: unknown) => error,
  );

/** Sends as always and remembers what was sent. */
function listening(address = bao.address): { send: VaultSend; calls: VaultCall[] } {
  const plain = vaultTransport({ address });
  const calls: VaultCall[] = [];
  return {
    calls,
    send(call, token) {
      calls.push(call);
      return plain(call, token);
    },
  };
}

function urlOf(server: NetServer): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return `http://127.0.0.1:${address.port}`;
}

describe('a policy', () => {
  const storeWith = async (rules: string) =>
    connectVaultPinStore({
      address: bao.address,
      auth: { token: new Secret(await bao.tokenWith(rules)) },
    });

  test('as small as the documentation says is enough for everything, and checking leaves nothing behind', async () => {
    const store = await storeWith(ENOUGH);
    const number = newNumber();
    await store.check();
    expect(await store.page()).toEqual({ records: [] });
    const { version } = await store.stage(number, {}, pin);
    await store.promote(number, version);
    await store.annotate(number, { renamedAt: '2026-11-23T09:00:00.000Z' });
    await store.provide(number, new Secret('746293'));
    await store.check();
    expect((await store.page()).records.map(({ phoneNumberId }) => phoneNumberId)).toEqual([
      number,
    ]);
    await store.remove(number);
    await expect(bao.admin('GET', `secret/metadata/${PREFIX}?list=true`)).rejects.toThrow('404');
  });

  test.each([
    ['create', '"create" and "update" on secret/data/whatsapp/2sv-pin/*'],
    ['update', '"create" and "update" on secret/data/whatsapp/2sv-pin/*'],
    ['read', '"read" on secret/data/whatsapp/2sv-pin/*'],
    ['list', '"list" on secret/metadata/whatsapp/2sv-pin/'],
    ['delete', '"delete" on secret/metadata/whatsapp/2sv-pin/*'],
  ])(
    'without %s is found by the check, which says what to grant and leaves nothing behind',
    async (missing, grant) => {
      const store = await storeWith(ENOUGH.replace(`"${missing}"`, '"sudo"'));
      const failure = await failureOf(store.check());
      expect(failure).toBeInstanceOf(PinStoreRefusedError);
      expect(String(failure)).toContain(
        `permission denied; let a policy of this token grant ${grant}.`,
      );
      await expect(bao.admin('GET', `secret/metadata/${PREFIX}?list=true`)).rejects.toThrow('404');
    },
  );

  test('that lets a PIN be staged but not replaced does not lose it', async () => {
    const store = await storeWith(ENOUGH.replace(', "update"', ''));
    const number = newNumber();
    const { version } = await store.stage(number, {}, pin);
    await expect(store.promote(number, version)).rejects.toThrow(PinStoreRefusedError);
    expect((await store.read(number, 'pending')).pin.reveal()).toBe('958374');
    await store.remove(number);
  });
});

describe('a token', () => {
  test('is renewed before it ends, for as long as the store is open', async () => {
    const token = await bao.tokenWith(ENOUGH, { period: '2s' });
    const lookUp = async () =>
      (await bao.admin('POST', 'auth/token/lookup', { body: { token } })) as {
        data: { expire_time: string };
      };
    const store = connectVaultPinStore({
      address: bao.address,
      auth: { token: new Secret(token) },
    });
    await store.check();
    const end = Date.parse((await lookUp()).data.expire_time);
    await vi.waitFor(
      async () => {
        expect(Date.now()).toBeGreaterThan(end + 1_000);
        expect(Date.parse((await lookUp()).data.expire_time)).toBeGreaterThan(Date.now());
      },
      { timeout: 15_000, interval: 100 },
    );
    await store.check();
  });

  test('that is not valid any more is told from one without permission, and never shown', async () => {
    const token = await bao.tokenWith(ENOUGH);
    const store = connectVaultPinStore({
      address: bao.address,
      auth: { token: new Secret(token) },
    });
    await store.check();
    await bao.admin('POST', 'auth/token/revoke', { body: { token } });
    const failure = await failureOf(store.check());
    expect(failure).toBeInstanceOf(PinStoreRefusedError);
    expect(String(failure)).toContain('the token is not valid any more; set VAULT_TOKEN');
    expect(inspect([store, failure], { depth: 9, showHidden: true })).not.toContain(token);
  });

  test('that may not look itself up works all the same', async () => {
    const made = (await bao
      .admin('POST', 'sys/policies/acl/narrow', { body: { policy: ENOUGH } })
      .then(() =>
        bao.admin('POST', 'auth/token/create', {
          body: { policies: ['narrow'], no_default_policy: true },
        }),
      )) as { auth: { client_token: string } };
    const token = new Secret(made.auth.client_token);
    await connectVaultPinStore({ address: bao.address, auth: { token } }).check();
  });
});

describe('an AppRole', () => {
  const login = { what: 'login by AppRole at auth/machines' };
  let roleId: string;
  let secretId: Secret;

  beforeAll(async () => {
    await bao.admin('POST', 'sys/auth/machines', { body: { type: 'approle' } });
    await bao.admin('POST', 'sys/policies/acl/pins', { body: { policy: ENOUGH } });
    await bao.admin('POST', 'auth/machines/role/worker', {
      body: { token_policies: ['pins'], token_ttl: '1h' },
    });
    const role = (await bao.admin('GET', 'auth/machines/role/worker/role-id')) as {
      data: { role_id: string };
    };
    const made = (await bao.admin('POST', 'auth/machines/role/worker/secret-id')) as {
      data: { secret_id: string };
    };
    roleId = role.data.role_id;
    secretId = new Secret(made.data.secret_id);
  });

  const auth = () => ({ roleId, secretId, mount: 'machines' });
  const logins = (calls: VaultCall[]) => calls.filter(({ what }) => what === login.what).length;
  const revokeAll = () => bao.admin('POST', 'sys/leases/revoke-prefix/auth/machines');

  test('logs in once for many requests, and again once its token is gone, also for requests at the same time', async () => {
    const { send, calls } = listening();
    const store = createVaultPinStore({ send, address: bao.address, auth: auth() });
    const number = newNumber();
    await Promise.all([store.check(), store.describe(number), store.page()]);
    const { version } = await store.stage(number, {}, pin);
    expect(logins(calls)).toBe(1);
    await revokeAll();
    await Promise.all([store.promote(number, version), store.page(), store.describe(number)]);
    expect(logins(calls)).toBe(2);
    expect((await store.read(number, 'current')).version).toBe(version);
    await store.remove(number);
  });

  test('logs in again once its token has come to its end', async () => {
    await bao.admin('POST', 'auth/machines/role/worker', {
      body: { token_ttl: '1s', token_max_ttl: '1s' },
    });
    const { send, calls } = listening();
    const tokens: Secret[] = [];
    const store = createVaultPinStore({
      address: bao.address,
      auth: auth(),
      send(call, token) {
        if (token) tokens.push(token);
        return send(call, token);
      },
    });
    await store.page();
    const token = tokens.at(-1)?.reveal();
    const before = logins(calls);
    await vi.waitFor(
      () =>
        expect(bao.admin('POST', 'auth/token/lookup', { body: { token } })).rejects.toThrow('403'),
      { timeout: 15_000, interval: 100 },
    );
    await store.page();
    expect(logins(calls)).toBeGreaterThan(before);
    await bao.admin('POST', 'auth/machines/role/worker', {
      body: { token_ttl: '1h', token_max_ttl: '1h' },
    });
  });

  test('that lacks a permission does not log in again for that', async () => {
    const { send, calls } = listening();
    const store = createVaultPinStore({
      send,
      address: bao.address,
      auth: auth(),
      prefix: 'other-team/',
    });
    const failure = await failureOf(store.describe(newNumber()));
    expect(String(failure)).toContain('"read" on secret/data/other-team/*');
    expect(logins(calls)).toBe(1);
  });

  test.each([
    ['a secret id that is wrong', { secretId: new Secret('very-secret') }, 'check VAULT_ROLE_ID'],
    ['a mount that is not there', { mount: 'absent' }, 'VAULT_APPROLE_MOUNT'],
  ])('with %s is refused, without the secret id in the message', async (_, wrong, cure) => {
    const store = connectVaultPinStore({ address: bao.address, auth: { ...auth(), ...wrong } });
    const failure = await failureOf(store.check());
    expect(failure).toBeInstanceOf(PinStoreRefusedError);
    expect(String(failure)).toContain(cure);
    expect(inspect([store, failure], { depth: 9, showHidden: true })).not.toMatch(/very-secret/);
    expect(inspect(failure, { depth: 9 })).not.toContain(secretId.reveal());
  });
});

test('a namespace has records of its own', async () => {
  const { address } = bao;
  await bao.admin('POST', 'sys/namespaces/team');
  const engine = { type: 'kv', options: { version: '2' } };
  await bao.admin('POST', 'sys/mounts/secret', { body: engine, namespace: 'team' });
  const store = connectVaultPinStore({ address, auth: root, namespace: 'team' });
  const number = newNumber();
  await vi.waitFor(() => store.stage(number, {}, pin), { timeout: 5_000 });
  expect(await connectVaultPinStore({ address, auth: root }).describe(number)).toBeUndefined();
  expect(await store.describe(number)).toMatchObject({ phoneNumberId: number });
  const elsewhere = connectVaultPinStore({ address, auth: root, namespace: 'absent' });
  await expect(elsewhere.describe(number)).rejects.toThrow('VAULT_NAMESPACE');
});

describe('a server of its own', () => {
  let own: OpenBaoServer;
  beforeAll(async () => {
    own = await startOpenBao(programPlaces().cacheDir);
  }, 60_000);
  afterAll(() => own.stop());

  test('that allows no more requests cannot be reached for the moment', async () => {
    await own.admin('POST', 'sys/quotas/rate-limit/slow', {
      body: { rate: 1, interval: '60s', path: 'secret' },
    });
    const { send, calls } = listening(own.address);
    const store = createVaultPinStore({ send, address: own.address, auth: root });
    await store.page();
    const sent = calls.length;
    const failure = await failureOf(store.describe(newNumber()));
    expect(failure).toBeInstanceOf(PinStoreUnreachableError);
    expect(String(failure)).toContain('too many requests (HTTP 429)');
    expect(calls.length).toBe(sent + 1);
    await own.admin('DELETE', 'sys/quotas/rate-limit/slow');
    await store.page();
  });

  test('that is sealed says who unseals it, and goes on once it is unsealed', async () => {
    const store = connectVaultPinStore({ address: own.address, auth: root });
    const number = newNumber();
    const { version } = await store.stage(number, {}, pin);
    await own.admin('POST', 'sys/seal');
    const failures = [
      await failureOf(store.promote(number, version)),
      await failureOf(connectVaultPinStore({ address: own.address, auth: root }).check()),
    ];
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(PinStoreUnreachableError);
      expect(String(failure)).toContain('it is sealed; whoever holds its unseal keys unseals it');
    }
    await own.admin('POST', 'sys/unseal', { body: { key: own.unsealKey } });
    await vi.waitFor(() => store.promote(number, version), { timeout: 10_000, interval: 50 });
    expect((await store.read(number, 'current')).pin.reveal()).toBe('958374');
  });
});

describe('a server with TLS', () => {
  let tls: OpenBaoServer;
  let folder: string;
  beforeAll(async () => {
    tls = await startOpenBao(programPlaces().cacheDir, { tls: true });
    folder = await mkdtemp(join(tmpdir(), 'vault-ca-'));
  }, 60_000);
  afterAll(async () => {
    await tls.stop();
    await rm(folder, { recursive: true });
  });

  test('is trusted by the authority in the file, for all that is sent', async () => {
    const store = connectVaultPinStore({ address: tls.address, caFile: tls.caFile, auth: root });
    await store.check();
    const number = newNumber();
    await store.stage(number, {}, pin);
    expect((await store.read(number, 'pending')).pin.reveal()).toBe('958374');
  });

  test('is refused without it, or with another, before anything secret is sent', async () => {
    const other = await startOpenBao(programPlaces().cacheDir, { tls: true });
    try {
      for (const place of [{}, { caFile: other.caFile }]) {
        const store = connectVaultPinStore({ address: tls.address, auth: root, ...place });
        const failure = await failureOf(store.check());
        expect(failure).toBeInstanceOf(PinStoreRefusedError);
        expect(String(failure)).toContain('set VAULT_CACERT');
      }
    } finally {
      await other.stop();
    }
  });

  test('is not left for one without TLS, whatever it says', async () => {
    const asked: (string | undefined)[] = [];
    const [cert, key] = await Promise.all(
      ['vault-cert.pem', 'vault-key.pem'].map((name) => readFile(join(dirname(tls.caFile), name))),
    );
    const plain = createHttpServer((request, response) => {
      asked.push(request.url);
      response.end('{}');
    }).listen(0, '127.0.0.1');
    const standby = createHttpsServer(
      { ...(cert && { cert }), ...(key && { key }) },
      (request, response) =>
        response.writeHead(307, { location: `${urlOf(plain)}${request.url}` }).end(),
    ).listen(0, '127.0.0.1');
    await Promise.all([once(plain, 'listening'), once(standby, 'listening')]);
    try {
      const address = urlOf(standby).replace('http', 'https');
      const store = connectVaultPinStore({ address, caFile: tls.caFile, auth: root });
      await expect(store.check()).rejects.toThrow("the answer (HTTP 307) is not Vault's");
      expect(asked).toEqual([]);
    } finally {
      for (const server of [plain, standby]) {
        server.closeAllConnections();
        server.close();
      }
    }
  });

  test.each([
    ['that is not there', undefined, 'cannot be read (ENOENT)'],
    ['without a certificate', 'text', 'holds no certificate'],
    [
      'with a broken one',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      'holds no certificate',
    ],
  ])('and a file %s is one sentence', async (name, text, sentence) => {
    const caFile = join(folder, `${name}.pem`);
    if (text !== undefined) await writeFile(caFile, text);
    const store = connectVaultPinStore({ address: tls.address, caFile, auth: root });
    const failure = await failureOf(store.check());
    expect(failure).toBeInstanceOf(PinStoreRefusedError);
    expect(String(failure)).toContain(`VAULT_CACERT is ${caFile}, which ${sentence}`);
  });

  test('is told from one without, in both directions', async () => {
    const withoutTls = connectVaultPinStore({
      address: tls.address.replace('https', 'http'),
      auth: root,
    });
    await expect(withoutTls.check()).rejects.toThrow('begin VAULT_ADDR with https://');
    const withTls = connectVaultPinStore({
      address: bao.address.replace('http', 'https'),
      auth: root,
    });
    await expect(withTls.check()).rejects.toThrow('the two have no TLS in common');
  });
});

describe('what is not Vault', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  async function serve(listener: RequestListener): Promise<string> {
    const server = createHttpServer(listener).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return urlOf(server);
  }

  test.each([
    ['a page to sign in', 200, '<html>958374</html>'],
    ['another API', 200, '[]'],
    ['a proxy that allows nothing', 403, 'Forbidden'],
    ['a proxy without a server behind', 502, '<html>Bad gateway</html>'],
    ['one that leads elsewhere', 302, ''],
  ])('%s counts as no answer, and nothing of it is passed on', async (_, status, text) => {
    const address = await serve((_request, response) => response.writeHead(status).end(text));
    const failure = await failureOf(connectVaultPinStore({ address, auth: root }).check());
    expect(failure).toBeInstanceOf(PinStoreUnreachableError);
    expect(inspect(failure, { depth: 9 })).not.toMatch(/958374|Forbidden|gateway/);
  });

  test('a server that never answers is given up within four seconds', async () => {
    const address = await serve(() => undefined);
    const begun = performance.now();
    const failure = await failureOf(connectVaultPinStore({ address, auth: root }).check());
    expect(failure).toBeInstanceOf(PinStoreUnreachableError);
    expect(performance.now() - begun).toBeLessThan(4_000);
  });

  test('a server that fails once is asked a second time', async () => {
    let failed = false;
    const address = await serve((request, response) => {
      if (request.url?.includes('/data/') && !failed) {
        failed = true;
        response.writeHead(500).end('{"errors":["internal error"]}');
        return;
      }
      response.writeHead(307, { location: `${bao.address}${request.url}` }).end();
    });
    const store = connectVaultPinStore({ address, auth: root });
    expect(await store.describe(newNumber())).toBeUndefined();
    expect(failed).toBe(true);
  });

  test('a standby that names the active node leads there', async () => {
    const address = await serve((request, response) =>
      response.writeHead(307, { location: `${bao.address}${request.url}` }).end(),
    );
    const number = newNumber();
    const store = connectVaultPinStore({ address, auth: root });
    const { version } = await store.stage(number, {}, pin);
    expect((await store.promote(number, version)).version).toBe(version);
    await store.remove(number);
  });
});
