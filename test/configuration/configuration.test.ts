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
    pinStore: { kind: 'local', dir: join(cwd, '.onboarding-pins') },
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
    pinStore: { kind: 'aws-secrets-manager', prefix: 'pins/' },
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
  ['PIN_STORE', 'valut', 'PIN_STORE must be local or aws-secrets-manager.'],
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
