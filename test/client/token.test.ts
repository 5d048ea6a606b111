/** `wa-onboard token`. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAuthenticator } from '../../client/api/authenticator.js';
import { localKey, localKeyFile } from '../../client/api/local-key.js';
import { EXIT } from '../../client/cli/exit-codes.js';
import { run } from './terminal.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'token-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const state = () => join(cwd, '.onboarding');

/** Whom the API takes the owner of a token for. */
async function callerWith(token: string, nameClaim?: string) {
  const { authenticate } = createAuthenticator({
    source: { localKey: await localKey(state()) },
    ...(nameClaim === undefined ? {} : { nameClaim }),
  });
  return authenticate(`Bearer ${token.trim()}`);
}

test('it prints a token alone on stdout, which the API takes for twelve hours as an agent’s', async () => {
  const { exitCode, stdout, stderr } = await run(['token', '--for', 'Ana'], { cwd });
  expect(exitCode).toBe(EXIT.done);
  expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  expect(stderr).toContain('The token of Ana is good until');
  const caller = await callerWith(stdout);
  expect(caller).toMatchObject({ name: 'Ana' });
  expect([...caller.scopes]).toEqual(['onboarding:read', 'code:submit']);
  expect(caller).not.toHaveProperty('labels');
  const hours = (caller.expiresAt.getTime() - Date.now()) / 3_600_000;
  expect(hours).toBeGreaterThan(11.9);
  expect(hours).toBeLessThan(12.1);
  expect(statSync(localKeyFile(state())).mode & 0o077).toBe(0);
});

test.each([
  [['--role', 'viewer'], ['onboarding:read']],
  [
    ['--role', 'operator'],
    ['onboarding:read', 'onboarding:start', 'onboarding:operate', 'code:submit'],
  ],
  [
    ['--scope', 'set:2sv-pin, onboarding:start'],
    ['onboarding:start', 'set:2sv-pin'],
  ],
])('with %j it has the scopes %j', async (flags, scopes) => {
  const { stdout } = await run(['token', '--for', 'Ana', ...flags], { cwd });
  expect([...(await callerWith(stdout)).scopes]).toEqual(scopes);
});

test('it can be limited, last longer, and name its owner in the claim that is configured', async () => {
  const limits = [
    '--labels',
    'shop, outlet',
    '--numbers',
    '106540352242922',
    '--expires',
    '5 days',
  ];
  const { stdout } = await run(['token', '--for', 'Ana', ...limits, '--json'], {
    cwd,
    env: { API_NAME_CLAIM: 'email' },
  });
  const { token, expiresAt } = JSON.parse(stdout) as { token: string; expiresAt: string };
  const caller = await callerWith(token, 'email');
  expect(caller).toMatchObject({
    name: 'Ana',
    labels: ['shop', 'outlet'],
    phoneNumberIds: ['106540352242922'],
  });
  expect(Math.round((Date.parse(expiresAt) - Date.now()) / 3_600_000)).toBe(120);
});

test.each([
  [['token'], "'--for <name>' not specified"],
  [['token', '--for', ' '], '--for must be a name'],
  [['token', '--for', 'Ana', '--role', 'boss'], '--role must be one of viewer, agent'],
  [['token', '--for', 'Ana', '--role', 'toString'], '--role must be one of viewer, agent'],
  [['token', '--for', 'Ana', '--scope', 'everything'], '--scope may hold onboarding:read'],
  [['token', '--for', 'Ana', '--scope', ','], '--scope must name at least one'],
  [['token', '--for', 'Ana', '--labels', ''], '--labels must name at least one'],
  [
    ['token', '--for', 'Ana', '--role', 'agent', '--scope', 'code:submit'],
    'either --role or --scope',
  ],
  [['token', '--for', 'Ana', '--numbers', '+49 30 1'], '--numbers must be phone number ids'],
  [['token', '--for', 'Ana', '--expires', 'soon'], '--expires must be a duration'],
  [['token', '--for', 'Ana', '--expires', '32 days'], 'at most 31 days'],
  [['token', '--for', 'Ana', '--expires', '0s'], '--expires must be a duration'],
])('%j is refused with one sentence and exit code 2', async (args, says) => {
  const { exitCode, stdout, stderr } = await run(args, { cwd });
  expect(stderr.replaceAll('\n  ', ' ')).toContain(says);
  expect(stdout).toBe('');
  expect(exitCode).toBe(EXIT.usage);
});

test('where an identity provider makes the tokens, it makes none', async () => {
  const { exitCode, stdout, stderr } = await run(['token', '--for', 'Ana'], {
    cwd,
    env: {
      API_JWKS_URL: 'https://login.example.com/jwks',
      API_JWT_ISSUER: 'https://login.example.com/',
      API_JWT_AUDIENCE: 'onboarding',
    },
  });
  expect(stderr.replaceAll('\n  ', ' ')).toContain('tokens of https://login.example.com/ only');
  expect(stdout).toBe('');
  expect(exitCode).toBe(EXIT.usage);
});
