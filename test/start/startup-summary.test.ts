import { createColors } from 'picocolors';
import { expect, test } from 'vitest';
import { loadConfiguration } from '../../configuration/configuration.js';
import { codeLine, startupSummary } from '../../start/startup-summary.js';

const plain = createColors(false);

const STACK = {
  temporal: {
    address: '127.0.0.1:7233',
    namespace: 'default',
    uiUrl: 'http://127.0.0.1:8233',
    embedded: true,
  },
  graphBaseUrl: 'http://127.0.0.1:8890',
  onSimulator: true,
  pinStore: 'local',
  apiUrl: 'http://127.0.0.1:8080',
};

test('the summary says what runs where and what to type next, in 80 columns', () => {
  const lines = startupSummary(STACK, loadConfiguration({}, '/srv/app'), '/srv/app', plain);
  const text = lines.join('\n');
  for (const part of [
    '127.0.0.1:7233',
    '.onboarding/temporal.db',
    'http://127.0.0.1:8233',
    'simulator at http://127.0.0.1:8890',
    'local, in .onboarding-pins',
    'http://127.0.0.1:8080/docs',
    'npx wa-onboard token --for ana --role operator',
    'npx wa-onboard start 106540352242922 --watch',
    'npx wa-onboard code 106540352242922',
  ]) {
    expect(text).toContain(part);
  }
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});

test('with Temporal and Meta named, it speaks of neither a database nor a simulator, and of the configured number', () => {
  const configuration = loadConfiguration(
    { WA_PHONE_NUMBER_ID: '555555', TEMPORAL_ADDRESS: 'temporal.example:7233' },
    '/srv/app',
  );
  const stack = {
    temporal: { address: 'temporal.example:7233', namespace: 'default', embedded: false },
    graphBaseUrl: 'https://graph.facebook.com',
    onSimulator: false,
    pinStore: 'local',
  };
  const text = startupSummary(stack, configuration, '/srv/app', plain).join('\n');
  expect(text).not.toMatch(/temporal\.db|simulator/);
  expect(text).toContain('https://graph.facebook.com/v25.0');
  expect(text).toContain('npx wa-onboard start 555555 --watch');
});

test('with an identity provider, it says whose tokens are taken, and without an API, it speaks of none', () => {
  const configuration = loadConfiguration(
    {
      API_JWKS_URL: 'https://login.example.com/jwks',
      API_JWT_ISSUER: 'https://login.example.com/',
      API_JWT_AUDIENCE: 'onboarding',
    },
    '/srv/app',
  );
  const { apiUrl: _, ...withoutApi } = STACK;
  const textOf = (stack: typeof withoutApi) =>
    startupSummary(stack, configuration, '/srv/app', plain).join('\n');
  expect(textOf(STACK)).toContain('a token of https://login.example.com/');
  expect(textOf(STACK)).not.toContain('wa-onboard token');
  expect(textOf(withoutApi)).not.toMatch(/Console|HTTP API|token/);
});

test('a token that could not be checked for want of an id is said to be unchecked', () => {
  const stack = { ...STACK, graphBaseUrl: 'https://graph.facebook.com', onSimulator: false };
  const summaryOf = (env: Record<string, string>) =>
    startupSummary(stack, loadConfiguration(env, '/srv/app'), '/srv/app', plain).join('\n');
  const unchecked = 'token not checked: set WA_BUSINESS_ACCOUNT_ID';
  expect(summaryOf({})).toContain(unchecked);
  expect(summaryOf({ WA_BUSINESS_ACCOUNT_ID: '102290129340398' })).not.toContain(unchecked);
  expect(summaryOf({ WA_PHONE_NUMBER_ID: '106540352242922' })).not.toContain(unchecked);
});

test('the cap on calls is shown, of Meta and of the simulator, and nothing where there is none', () => {
  const meta = { ...STACK, graphBaseUrl: 'https://graph.facebook.com', onSimulator: false };
  const summaryOf = (stack: typeof STACK, env: Record<string, string>) =>
    startupSummary(stack, loadConfiguration(env, '/srv/app'), '/srv/app', plain);
  const capOf = (lines: string[]) => lines.find((line) => line.includes('per hour'))?.trim();
  const withToken = summaryOf(meta, { CLOUD_API_ACCESS_TOKEN: 'EAAB' });
  expect(capOf(withToken)).toBe('at most 180 calls per hour: GRAPH_API_CALLS_PER_HOUR');
  expect(withToken.filter((line) => line.length > 80)).toEqual([]);
  expect(capOf(summaryOf(STACK, { GRAPH_API_CALLS_PER_HOUR: '9999999' }))).toContain('9999999');
  expect(capOf(summaryOf(STACK, {}))).toBeUndefined();
});

test('a code is shown as its SIM holder sees or hears it', () => {
  const at = new Date('2026-11-23T04:00:01Z');
  const sent = {
    ...{ phoneNumberId: '555555', code: '123830', language: 'en_US', sentAt: 0, expiresAt: 0 },
    ...{ used: false, text: 'WhatsApp code 123-830' },
  };
  expect(codeLine({ ...sent, method: 'SMS' }, at, plain)).toBe(
    '  04:00:01  SMS to 555555: WhatsApp code 123-830',
  );
  expect(codeLine({ ...sent, method: 'VOICE' }, at, plain)).toContain('Call to 555555');
});
