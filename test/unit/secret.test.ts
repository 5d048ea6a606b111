import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';
import { expect, test } from 'vitest';
import { Secret } from '../../activities/secret.js';

const VALUE = '830174';
const secret = new Secret(VALUE);

const WAYS: [string, () => string][] = [
  ['a template', () => `${secret}`],
  ['concatenation', () => `PIN ${secret}`.concat(String(secret))],
  ['JSON', () => JSON.stringify({ pin: secret, list: [secret] })],
  ['inspect', () => inspect(secret)],
  [
    'inspect of what holds it',
    () => inspect({ deep: { er: [secret] } }, { depth: 9, showHidden: true }),
  ],
  [
    'inspect without custom ways',
    () => inspect(secret, { customInspect: false, showHidden: true }),
  ],
  ['console formats', () => format('%s %o %O %j %d', secret, secret, secret, secret, secret)],
  ['the message of an error', () => inspect(new Error(`no ${secret}`))],
  ['the cause of an error', () => inspect(new Error('no', { cause: secret }))],
  ['a field of an error', () => inspect(Object.assign(new Error('no'), { secret }))],
  ['a structured clone', () => inspect(structuredClone({ secret }), { showHidden: true })],
  ['serialized bytes', () => serialize({ secret }).toString('latin1')],
  ['spreading', () => JSON.stringify({ ...secret })],
  ['its keys', () => JSON.stringify([Object.entries(secret), Reflect.ownKeys(secret)])],
];

test.each(WAYS)('a secret does not show in %s', (_, way) => {
  expect(way()).not.toContain(VALUE);
});

test('where a secret is printed it says so, and only reveal gives the value', () => {
  expect(`${secret}`).toBe('[redacted]');
  expect(JSON.stringify({ pin: secret })).toBe('{"pin":"[redacted]"}');
  expect(inspect({ pin: secret })).toBe('{ pin: [redacted] }');
  expect(secret.reveal()).toBe(VALUE);
});

test('two secrets are equal where their values are', () => {
  expect(secret.equals(new Secret(VALUE))).toBe(true);
  expect(new Secret('012345').equals(new Secret('12345'))).toBe(false);
});
