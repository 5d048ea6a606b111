import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfiguration } from '../../configuration/configuration.js';
import { ConfigurationError } from '../../configuration/configuration-error.js';
import { readStackFile, writeStackFile } from '../../configuration/stack-file.js';

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'configuration-'));
});

afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const load = (env: Record<string, string> = {}) => loadConfiguration({ ...env }, cwd);

const ADDRESS = 'https://vault.example.com:8200';
const VAULT = { PIN_STORE: 'vault', VAULT_ADDR: ADDRESS };
const BY_TOKEN = { ...VAULT, VAULT_TOKEN: 'hvs.very-secret' };
const BY_ROLE = { ...VAULT, VAULT_ROLE_ID: 'role', VAULT_SECRET_ID: 'very-secret' };

test('a Vault with a token needs its address and the token alone', () => {
  const { pinStore, vaultAuth } = load(BY_TOKEN);
  expect(pinStore).toEqual({ kind: 'vault', address: ADDRESS, keepFormer: 10, auth: vaultAuth });
  expect(vaultAuth && 'token' in vaultAuth && vaultAuth.token.reveal()).toBe('hvs.very-secret');
});

test('every variable of Vault arrives where it belongs', () => {
  const { pinStore } = load({
    ...BY_ROLE,
    VAULT_ADDR: `${ADDRESS}/`,
    VAULT_NAMESPACE: '/team/numbers/',
    VAULT_CACERT: 'ca.pem',
    VAULT_APPROLE_MOUNT: 'machines/',
    VAULT_KV_MOUNT: 'kv/pins',
    PIN_STORE_PREFIX: 'wa-',
    PIN_STORE_KEEP_FORMER: '3',
  });
  expect(pinStore).toMatchObject({
    kind: 'vault',
    address: ADDRESS,
    namespace: 'team/numbers',
    caFile: join(cwd, 'ca.pem'),
    mount: 'kv/pins',
    prefix: 'wa-',
    keepFormer: 3,
    auth: { roleId: 'role', mount: 'machines' },
  });
  const auth = pinStore.kind === 'vault' && pinStore.auth;
  expect(auth && 'secretId' in auth && auth.secretId.reveal()).toBe('very-secret');
});

test('no token and no secret id shows when a configuration is printed', () => {
  for (const env of [BY_TOKEN, BY_ROLE]) {
    const configuration = load(env);
    expect(inspect(configuration, { depth: 9 }) + JSON.stringify(configuration)).not.toContain(
      'very-secret',
    );
  }
});

test('what logs in to Vault is there for the commands, also where PINs are to be kept elsewhere', () => {
  const { PIN_STORE: _, ...otherwise } = BY_ROLE;
  const { pinStore, vaultAuth } = load(otherwise);
  expect(pinStore.kind).toBe('local');
  expect(vaultAuth).toMatchObject({ roleId: 'role' });
  expect(load()).not.toHaveProperty('vaultAuth');
});

const LOGS_IN = 'set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID.';

test.each<[string, Record<string, string>, string]>([
  ['an address', { ...BY_TOKEN, VAULT_ADDR: '' }, 'but VAULT_ADDR is not set; set it to where'],
  ['anything that logs in', VAULT, `but nothing logs in to it; ${LOGS_IN}`],
  ['a secret id', { ...BY_ROLE, VAULT_SECRET_ID: '' }, 'VAULT_ROLE_ID is set, but VAULT_SECRET_ID'],
  ['a role id', { ...BY_ROLE, VAULT_ROLE_ID: '' }, 'VAULT_SECRET_ID is set, but VAULT_ROLE_ID'],
  ['a choice', { ...BY_ROLE, VAULT_TOKEN: 'hvs.very-secret' }, 'are both set; unset the one that'],
])('a Vault without %s is refused with one sentence', (_, env, sentence) => {
  expect(() => load(env)).toThrow(ConfigurationError);
  expect(() => load(env)).toThrow(sentence);
  expect(() => load(env)).not.toThrow('very-secret');
});

test.each([
  ['VAULT_ADDR', 'vault.example.com:8200'],
  ['VAULT_ADDR', 'https://me:very-secret@vault.example.com'],
  ['VAULT_ADDR', 'https://vault.example.com/?a=b'],
  ['VAULT_ADDR', 'http://vault.example.com:8200'],
  ['VAULT_KV_MOUNT', 'se cret'],
  ['VAULT_KV_MOUNT', '../sys'],
  ['VAULT_KV_MOUNT', '/'],
  ['VAULT_NAMESPACE', 'a//b'],
  ['VAULT_APPROLE_MOUNT', 'a/./b'],
  ['PIN_STORE_PREFIX', '/pins/'],
  ['PIN_STORE_PREFIX', 'pins//'],
  ['PIN_STORE_PREFIX', 'pins/../other/'],
])('%s=%s is refused by name', (name, value) => {
  const env = { ...BY_TOKEN, [name]: value };
  expect(() => load(env)).toThrow(ConfigurationError);
  expect(() => load(env)).toThrow(new RegExp(`^${name} must `));
  expect(() => load(env)).not.toThrow('very-secret');
});

test('a token with a blank in it is refused without being shown', () => {
  const env = { ...VAULT, VAULT_TOKEN: 'hvs very-secret' };
  expect(() => load(env)).toThrow(/^VAULT_TOKEN holds a blank/);
  expect(() => load(env)).not.toThrow('very-secret');
});

test('what a stack tells of its Vault is where PINs are, and nothing that logs in', () => {
  const { pinStore } = load({ ...BY_ROLE, VAULT_CACERT: 'ca.pem', VAULT_NAMESPACE: 'team' });
  writeStackFile(cwd, {
    temporalAddress: '127.0.0.1:7233',
    namespace: 'default',
    graphBaseUrl: 'http://127.0.0.1:8890',
    simulator: true,
    pinStore,
    pid: 4711,
  });
  expect(readStackFile(cwd)?.pinStore).toEqual({
    kind: 'vault',
    address: ADDRESS,
    namespace: 'team',
    caFile: join(cwd, 'ca.pem'),
    keepFormer: 10,
  });
});

const WEBHOOKS = {
  META_APP_SECRET: 'very-secret-0123456789abcdef',
  META_WEBHOOK_VERIFY_TOKEN: 'very-secret-too-0',
};

test('Meta’s webhooks need the app secret and the verify token, neither of which is shown', () => {
  const { metaWebhooks } = load(WEBHOOKS);
  expect(metaWebhooks?.appSecret.reveal()).toBe('very-secret-0123456789abcdef');
  expect(metaWebhooks?.verifyToken.reveal()).toBe('very-secret-too-0');
  expect(metaWebhooks?.rotateOnChange).toBe('offer');
  expect(inspect(metaWebhooks) + JSON.stringify(metaWebhooks)).not.toContain('very-secret');
  const automatic = load({ ...WEBHOOKS, ROTATE_ON_PIN_CHANGE: 'automatic' });
  expect(automatic.metaWebhooks?.rotateOnChange).toBe('automatic');
  expect(load()).not.toHaveProperty('metaWebhooks');
});

test.each([
  ['META_APP_SECRET', 'x', /the app secret that Meta shows/],
  ['META_WEBHOOK_VERIFY_TOKEN', '1', /at least 16 characters/],
])('%s that anybody would guess is refused', (name, value, sentence) => {
  expect(() => load({ ...WEBHOOKS, [name]: value })).toThrow(sentence);
});

test.each([
  ['META_APP_SECRET', 'META_WEBHOOK_VERIFY_TOKEN is set, but META_APP_SECRET is not; set it to'],
  [
    'META_WEBHOOK_VERIFY_TOKEN',
    'META_APP_SECRET is set, but META_WEBHOOK_VERIFY_TOKEN is not; set',
  ],
])('webhooks without %s are refused with one sentence', (name, sentence) => {
  expect(() => load({ ...WEBHOOKS, [name]: '' })).toThrow(ConfigurationError);
  expect(() => load({ ...WEBHOOKS, [name]: '' })).toThrow(sentence);
});
