import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfiguration } from '../../configuration/configuration.js';
import { ConfigurationError } from '../../configuration/configuration-error.js';

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'configuration-'));
});

afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const load = (env: Record<string, string> = {}) => loadConfiguration({ ...env }, cwd);

test('without any variable everything has its default, and paths begin in the working directory', () => {
  expect(load()).toMatchObject({
    graph: { baseUrl: 'https://graph.facebook.com', explicitBaseUrl: false, version: 'v25.0' },
    pinStore: { kind: 'local', dir: join(cwd, '.onboarding-pins'), keepFormer: 10 },
    temporal: {
      explicit: false,
      namespace: 'default',
      connectionOptions: { address: '127.0.0.1:7233' },
    },
    ports: { temporal: 7233, temporalUi: 8233, simulator: 8890 },
    stateDir: join(cwd, '.onboarding'),
    logLevel: 'warn',
    worker: {
      maxActivities: 40,
      maxActivitiesPerSecond: 20,
      maxTaskQueueActivitiesPerSecond: 50,
      maxWorkflows: 200,
      shutdownGraceMs: 20_000,
    },
  });
  expect(load().graph).not.toHaveProperty('accessToken');
});

test('every variable arrives where it belongs', () => {
  const configuration = load({
    CLOUD_API_ACCESS_TOKEN: 'EAAB',
    WA_PHONE_NUMBER_ID: '106540352242922',
    WA_BUSINESS_ACCOUNT_ID: '102290129340398',
    GRAPH_API_BASE_URL: 'http://127.0.0.1:9000/',
    GRAPH_API_VERSION: 'v23.0',
    PIN_STORE: 'aws-secrets-manager',
    PIN_STORE_PREFIX: 'pins/',
    PIN_STORE_KEEP_FORMER: '90',
    TEMPORAL_ADDRESS: 'temporal.example:7233',
    TEMPORAL_NAMESPACE: 'numbers',
    ONBOARDING_STATE_DIR: '/var/lib/onboarding',
    LOG_LEVEL: 'debug',
    GRAPH_API_CALLS_PER_HOUR: '4900',
    MAX_ACTIVITIES_PER_SECOND: '5',
    MAX_TASK_QUEUE_ACTIVITIES_PER_SECOND: '15',
    WORKER_SHUTDOWN_GRACE: '1 minute',
  });
  expect(configuration).toMatchObject({
    graph: {
      baseUrl: 'http://127.0.0.1:9000',
      explicitBaseUrl: true,
      version: 'v23.0',
      callsPerHour: 4900,
    },
    phoneNumberId: '106540352242922',
    wabaId: '102290129340398',
    pinStore: { kind: 'aws-secrets-manager', prefix: 'pins/', keepFormer: 90 },
    temporal: {
      explicit: true,
      namespace: 'numbers',
      connectionOptions: { address: 'temporal.example:7233' },
    },
    stateDir: '/var/lib/onboarding',
    logLevel: 'debug',
    worker: {
      maxActivitiesPerSecond: 5,
      maxTaskQueueActivitiesPerSecond: 15,
      shutdownGraceMs: 60_000,
    },
  });
  expect(configuration.graph.accessToken?.reveal()).toBe('EAAB');
});

const TOKEN = { CLOUD_API_ACCESS_TOKEN: 'EAAB' };

test.each<[string, Record<string, string>, number | undefined]>([
  ['Meta itself is asked at most 180 times', TOKEN, 180],
  [
    'so it is where its address is written out',
    { ...TOKEN, GRAPH_API_BASE_URL: 'https://graph.facebook.com/' },
    180,
  ],
  ['Meta as often as is said', { ...TOKEN, GRAPH_API_CALLS_PER_HOUR: '60' }, 60],
  ['the simulator as often as is needed', {}, undefined],
  ['so is another server', { ...TOKEN, GRAPH_API_BASE_URL: 'http://127.0.0.1:9000' }, undefined],
  ['the simulator too, as often as is said', { GRAPH_API_CALLS_PER_HOUR: '60' }, 60],
])('per hour, %s', (_, env, callsPerHour) => {
  expect(load(env).graph.callsPerHour).toBe(callsPerHour);
});

test('the token and the passphrase do not show when a configuration is printed', () => {
  const secret = 'EAAB-very-secret';
  const configuration = load({ CLOUD_API_ACCESS_TOKEN: secret, PIN_STORE_PASSPHRASE: secret });
  expect(inspect(configuration, { depth: 9 }) + JSON.stringify(configuration)).not.toContain(
    secret,
  );
});

test.each([
  ['PIN_STORE', 'valut', 'PIN_STORE must be local, aws-secrets-manager or vault.'],
  ['PIN_STORE_KEEP_FORMER', '0', 'PIN_STORE_KEEP_FORMER must be a whole number from 1 to 90.'],
  ['PIN_STORE_KEEP_FORMER', '91', 'PIN_STORE_KEEP_FORMER must be a whole number from 1 to 90.'],
  ['ROTATE_ON_PIN_CHANGE', 'yes', 'ROTATE_ON_PIN_CHANGE must be offer or automatic.'],
  ['GRAPH_API_VERSION', '25', 'GRAPH_API_VERSION must be a version such as v25.0.'],
  ['GRAPH_API_BASE_URL', 'graph', 'GRAPH_API_BASE_URL must be a URL that starts with https://'],
  ['GRAPH_API_BASE_URL', 'ftp://x', 'GRAPH_API_BASE_URL must be a URL that starts with https://'],
  ['WA_PHONE_NUMBER_ID', '+1 631', "WA_PHONE_NUMBER_ID must be Meta's id, digits only."],
  ['TEMPORAL_PORT', '70000', 'TEMPORAL_PORT must be a port number, 1 to 65535.'],
  ['SIMULATOR_PORT', 'eighty', 'SIMULATOR_PORT must be a port number.'],
  ['LOG_LEVEL', 'loud', 'LOG_LEVEL must be trace, debug, info, warn or error.'],
  [
    'WORKER_SHUTDOWN_GRACE',
    'soon',
    'WORKER_SHUTDOWN_GRACE must be a duration such as "20 seconds".',
  ],
  ['WORKER_MAX_ACTIVITIES', '0', 'WORKER_MAX_ACTIVITIES must be a whole number from 1 to 9999.'],
  [
    'GRAPH_API_CALLS_PER_HOUR',
    '0',
    'GRAPH_API_CALLS_PER_HOUR must be a whole number from 1 to 9999999.',
  ],
  [
    'GRAPH_API_CALLS_PER_HOUR',
    'many',
    'GRAPH_API_CALLS_PER_HOUR must be a whole number from 1 to 9999999.',
  ],
  [
    'MAX_ACTIVITIES_PER_SECOND',
    '-1',
    'MAX_ACTIVITIES_PER_SECOND must be a whole number from 1 to 9999.',
  ],
  [
    'MAX_TASK_QUEUE_ACTIVITIES_PER_SECOND',
    '0',
    'MAX_TASK_QUEUE_ACTIVITIES_PER_SECOND must be a whole number from 1 to 9999.',
  ],
  ['TEMPORAL_API_KEY', 'key', 'TEMPORAL_API_KEY is set, but neither TEMPORAL_ADDRESS nor'],
])('%s=%s is refused with one sentence that names it', (name, value, sentence) => {
  expect(() => load({ [name]: value })).toThrow(ConfigurationError);
  expect(() => load({ [name]: value })).toThrow(sentence);
});

test('a token with a blank in it is refused without being shown', () => {
  const error = errorOf(() => load({ CLOUD_API_ACCESS_TOKEN: 'EAAB secret' }));
  expect(error.message).toMatch(/^CLOUD_API_ACCESS_TOKEN holds a blank/);
  expect(error.message).not.toContain('secret');
});

test('the port that Kubernetes announces for a service named temporal is not taken for ours', () => {
  expect(load({ TEMPORAL_PORT: 'tcp://10.0.0.1:7233' }).ports.temporal).toBe(7233);
});

test('a profile of Temporal’s configuration file gives address, namespace and key', () => {
  const file = join(cwd, 'temporal.toml');
  writeFileSync(
    file,
    '[profile.prod]\naddress = "prod.example:7233"\nnamespace = "live"\napi_key = "key"\n',
  );
  const env = { TEMPORAL_PROFILE: 'prod', TEMPORAL_CONFIG_FILE: file };
  expect(load(env).temporal).toMatchObject({
    explicit: true,
    namespace: 'live',
    connectionOptions: { address: 'prod.example:7233', apiKey: 'key' },
  });
});

test('whether somebody chose the namespace is told', () => {
  expect(load().temporal.explicitNamespace).toBe(false);
  expect(load({ TEMPORAL_NAMESPACE: 'default' }).temporal.explicitNamespace).toBe(true);
  const named = load({ TEMPORAL_ADDRESS: 'temporal.example:7233' });
  expect(named.temporal.explicitNamespace).toBe(false);
});

test('a profile that is not there, and a file that cannot be parsed, are one sentence without what the file holds', () => {
  const file = join(cwd, 'temporal.toml');
  writeFileSync(file, '[profile.prod]\napi_key = "very-secret\n');
  writeFileSync(join(cwd, 'other.toml'), '[profile.dev]\n');
  const absent = errorOf(() =>
    load({ TEMPORAL_PROFILE: 'prod', TEMPORAL_CONFIG_FILE: join(cwd, 'other.toml') }),
  );
  expect(absent.message).toContain('The Temporal profile "prod" is not usable');
  const broken = errorOf(() => load({ TEMPORAL_CONFIG_FILE: file }));
  expect(broken.message).toContain('check TEMPORAL_CONFIG_FILE');
  expect(broken.message).not.toContain('very-secret');
});

test('.env is read, and what the environment says wins, also when it says nothing', () => {
  writeFileSync(
    join(cwd, '.env'),
    'CLOUD_API_ACCESS_TOKEN=fromfile\nWA_PHONE_NUMBER_ID=111111\nAWS_REGION=eu-west-1\n',
  );
  const env: Record<string, string> = { WA_PHONE_NUMBER_ID: '222222', CLOUD_API_ACCESS_TOKEN: '' };
  const configuration = loadConfiguration(env, cwd);
  expect(configuration.phoneNumberId).toBe('222222');
  expect(configuration.graph.accessToken).toBeUndefined();
  expect(env['AWS_REGION']).toBe('eu-west-1');
});

test('the AWS SDK is told not to warn of Node 20, unless someone said otherwise', () => {
  const name = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';
  const env: Record<string, string> = {};
  loadConfiguration(env, cwd);
  expect(env[name]).toBe('true');
  const otherwise = { [name]: 'false' };
  loadConfiguration(otherwise, cwd);
  expect(otherwise[name]).toBe('false');
});

test('.env may hold comments, blanks, quotes over lines, export, Windows line ends and a byte order mark', () => {
  const text = [
    '\uFEFF# comment',
    '',
    '   ',
    'export LOG_LEVEL="info" # remark',
    'PIN_STORE_PASSPHRASE="first',
    'not an assignment, but inside a quote',
    'last"',
    "ONBOARDING_STATE_DIR='a b'",
    'TEMPORAL_NAMESPACE = numbers',
    'EMPTY=',
  ].join('\r\n');
  writeFileSync(join(cwd, '.env'), text);
  const { logLevel, stateDir, temporal } = load();
  expect({ logLevel, stateDir, namespace: temporal.namespace }).toEqual({
    logLevel: 'info',
    stateDir: join(cwd, 'a b'),
    namespace: 'numbers',
  });
});

test.each([
  ['no equals sign', 'LOG_LEVEL=info\n# x\nCLOUD_API_ACCESS_TOKEN very-secret\n', 3],
  ['a quote that is never closed', 'A=1\nTOKEN="very-secret\nLOG_LEVEL=info\n', 2],
  ['text after a closed quote', 'TOKEN="very-secret" more\n', 1],
  ['a name with a blank', 'MY TOKEN=very-secret', 1],
  ['the last line without a line end', 'A="1\n2"\n\nvery-secret', 4],
])('.env with %s is refused by line number, without its text', (_, text, line) => {
  writeFileSync(join(cwd, '.env'), text);
  const { message } = errorOf(() => load());
  expect(message).toContain(`Line ${line} of ${join(cwd, '.env')}`);
  expect(message).not.toContain('very-secret');
});

test('.env that is a folder is refused with one sentence', () => {
  mkdirSync(join(cwd, '.env'));
  expect(() => load()).toThrow(ConfigurationError);
  expect(() => load()).toThrow(/\.env cannot be read \(EISDIR\)/);
});

function errorOf(load: () => unknown): Error {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

const WEBHOOK_SECRET = `whsec_${'k'.repeat(32)}`;
const WEBHOOK_URL = 'https://hooks.example/services/T0/B0/very-secret';

test('notifications need an address and a secret, neither of which is shown when the configuration is printed', () => {
  const env = { NOTIFY_WEBHOOK_URL: WEBHOOK_URL, NOTIFY_WEBHOOK_SECRET: WEBHOOK_SECRET };
  const { notify, ...rest } = load(env);
  expect(notify?.url.reveal()).toBe(WEBHOOK_URL);
  expect(notify?.secret.reveal()).toBe(WEBHOOK_SECRET);
  expect(`${inspect({ notify, rest }, { depth: 9 })}${JSON.stringify(notify)}`).not.toMatch(
    /very-secret|kkkk/,
  );
  expect(load()).not.toHaveProperty('notify');
  expect(() => load({ NOTIFY_WEBHOOK_URL: WEBHOOK_URL })).toThrow(
    'NOTIFY_WEBHOOK_URL is set, but NOTIFY_WEBHOOK_SECRET is not; set it to the secret that signs notifications, or unset both.',
  );
  expect(() => load({ NOTIFY_WEBHOOK_SECRET: WEBHOOK_SECRET })).toThrow(
    'NOTIFY_WEBHOOK_SECRET is set, but NOTIFY_WEBHOOK_URL is not; set it to where notifications are to be posted, or unset both.',
  );
});

test.each([
  ['NOTIFY_WEBHOOK_URL', 'ftp://very-secret'],
  ['NOTIFY_WEBHOOK_URL', 'hooks.example/very-secret'],
  ['NOTIFY_WEBHOOK_URL', 'https://me:very-secret@hooks.example/'],
  ['NOTIFY_WEBHOOK_SECRET', 'very-secret-but-short'],
  ['NOTIFY_WEBHOOK_SECRET', 'very-secret with a blank, long as it is'],
  ['NOTIFY_WEBHOOK_SECRET', 'whsec_dmVyeS1zZWNyZXQ='],
  ['NOTIFY_WEBHOOK_SECRET', 'whsec_very-secret-is-not-base64-whatever-its-length'],
])('a %s that cannot work is refused without being shown: %s', (name, value) => {
  const whole = { NOTIFY_WEBHOOK_URL: WEBHOOK_URL, NOTIFY_WEBHOOK_SECRET: WEBHOOK_SECRET };
  const error = errorOf(() => load({ ...whole, [name]: value }));
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error.message).toMatch(new RegExp(`^${name} must be `));
  expect(error.message).not.toMatch(/very-secret|dmVyeS1/);
});

test('a signing secret need not be in base64', () => {
  const secret = 'any text of 24 characters'.replaceAll(' ', '-');
  const env = { NOTIFY_WEBHOOK_URL: WEBHOOK_URL, NOTIFY_WEBHOOK_SECRET: secret };
  expect(load(env).notify?.secret.reveal()).toBe(secret);
});

test('the API is served on this machine alone, for tokens of the local key, where nothing is said', () => {
  expect(load().api).toEqual({
    host: '127.0.0.1',
    port: 8080,
    nameClaim: 'sub',
    corsOrigins: [],
    trustedProxies: [],
    auditLog: { file: join(cwd, '.onboarding', 'audit.jsonl') },
  });
  expect(load({ ONBOARDING_STATE_DIR: '/var/lib/onboarding' }).api.auditLog).toEqual({
    file: '/var/lib/onboarding/audit.jsonl',
  });
  expect(load()).not.toHaveProperty('temporalUiUrl');
});

const PROVIDER = {
  API_JWKS_URL: 'https://login.example.com/jwks',
  API_JWT_ISSUER: 'https://login.example.com/',
  API_JWT_AUDIENCE: 'onboarding',
};

test('every variable of the API arrives where it belongs', () => {
  const { api, temporalUiUrl } = load({
    ...PROVIDER,
    API_HOST: '0.0.0.0',
    API_PORT: '9090',
    API_NAME_CLAIM: 'email',
    API_CORS_ORIGINS: 'https://desk.example.com, http://localhost:5173',
    API_TRUST_PROXY: '10.0.0.0/8,loopback, 2001:db8::/32',
    AUDIT_LOG: 'audit/trail.jsonl',
    TEMPORAL_UI_URL: 'https://temporal.example.com',
  });
  expect(api).toEqual({
    host: '0.0.0.0',
    port: 9090,
    jwks: {
      url: 'https://login.example.com/jwks',
      issuer: 'https://login.example.com/',
      audience: 'onboarding',
    },
    nameClaim: 'email',
    corsOrigins: ['https://desk.example.com', 'http://localhost:5173'],
    trustedProxies: ['10.0.0.0/8', 'loopback', '2001:db8::/32'],
    auditLog: { file: join(cwd, 'audit/trail.jsonl') },
  });
  expect(temporalUiUrl).toBe('https://temporal.example.com');
  expect(load({ AUDIT_LOG: 'stdout' }).api.auditLog).toBe('stdout');
  expect(load({ API_PORT: 'off' }).api).not.toHaveProperty('port');
  expect(load({ API_PORT: 'tcp://10.0.0.1:8080' }).api.port).toBe(8080);
});

test.each(Object.keys(PROVIDER))(
  'an identity provider without %s is refused, as tokens made for others would count',
  (name) => {
    expect(() => load({ ...PROVIDER, [name]: '' })).toThrow(
      new RegExp(`need ${name} as well; set it, or unset all`),
    );
  },
);

test.each([
  ['API_PORT', '0'],
  ['API_PORT', 'on'],
  ['API_HOST', 'not a host'],
  ['API_JWKS_URL', 'http://login.example.com/jwks'],
  ['API_JWKS_URL', 'login.example.com'],
  ['API_NAME_CLAIM', 'e mail'],
  ['API_CORS_ORIGINS', '*'],
  ['API_CORS_ORIGINS', 'https://desk.example.com/'],
  ['API_CORS_ORIGINS', 'desk.example.com'],
  ['API_TRUST_PROXY', 'true'],
  ['API_TRUST_PROXY', 'proxy.example.com'],
  ['TEMPORAL_UI_URL', 'temporal.example.com'],
])('%s=%s is refused', (name, value) => {
  expect(() => load({ ...PROVIDER, [name]: value })).toThrow(new RegExp(`^${name} must `));
});

test('whether somebody said which PIN store is meant is known, also from .env', () => {
  expect(load().explicitPinStore).toBe(false);
  expect(load({ PIN_STORE: '', PIN_STORE_PREFIX: 'pins/' }).explicitPinStore).toBe(false);
  expect(load({ PIN_STORE: 'local' }).explicitPinStore).toBe(true);
  expect(load({ PIN_STORE_DIR: 'pins' }).explicitPinStore).toBe(true);
  writeFileSync(join(cwd, '.env'), 'PIN_STORE=aws-secrets-manager\n');
  expect(load().explicitPinStore).toBe(true);
});
