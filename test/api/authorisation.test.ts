/** Who may do what: every route, every scope, every kind of bad token, with a local key and with an identity provider. */
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCOPE_NAMES } from '../../client/api/scopes.js';
import { ALL_ROUTES, requestFor } from './requests.js';
import { standInApi } from './stand-ins.js';
import { BAD_TOKENS, goodPayload, type Issuer, keyServerIssuer, localIssuer } from './tokens.js';

type BadTokens = typeof BAD_TOKENS;

const ISSUERS: [name: string, open: () => Promise<{ issuer: Issuer; bad: BadTokens }>][] = [
  ['a local key', async () => ({ issuer: localIssuer(), bad: BAD_TOKENS })],
  [
    'an identity provider',
    async () => {
      const issuer = await keyServerIssuer();
      return { issuer, bad: { ...BAD_TOKENS, [CONFUSED]: (_, good) => issuer.confuse(good) } };
    },
  ],
];
/** What only keys of which one is public can be confused for. */
const CONFUSED = 'is signed with the public key as a secret';

describe.each(ISSUERS)('with %s', (name, open) => {
  const kinds = [...Object.keys(BAD_TOKENS), ...(name === 'a local key' ? [] : [CONFUSED])];
  let issuer: Issuer;
  let bad: BadTokens;
  let api: Awaited<ReturnType<typeof standInApi>>;
  beforeAll(async () => {
    ({ issuer, bad } = await open());
    api = await standInApi({ source: issuer.source });
  });
  afterAll(async () => {
    await api.app.close();
    await issuer.close();
  });

  /** Sends a request, and tells what it led to. */
  async function send(request: InjectOptions) {
    api.calls.length = 0;
    api.audited.length = 0;
    const answer = await api.app.inject(request);
    return { answer, calls: [...api.calls], audited: [...api.audited] };
  }

  describe.each(ALL_ROUTES)('$id', (route) => {
    test('refuses who has no token, and says how to send one', async () => {
      const { answer, calls, audited } = await send(requestFor(route, undefined));
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="wa-onboard"');
      expect(answer.json()).toMatchObject({
        type: 'urn:wa-onboard:not-authenticated',
        status: 401,
        instance: answer.headers['x-request-id'],
      });
      expect(calls).toEqual([]);
      expect(audited).toMatchObject([
        { action: route.id, status: 401, outcome: 'urn:wa-onboard:not-authenticated' },
      ]);
      expect(audited[0]).not.toHaveProperty('who');
    });

    test.each(SCOPE_NAMES)('with the scope %s alone does what it says', async (scope) => {
      const token = await issuer.sign(goodPayload(issuer, [scope]));
      const { answer, calls, audited } = await send(requestFor(route, token));
      if (scope === route.scope) {
        expect(answer.statusCode).toBeLessThan(300);
        expect(Object.keys(route.answers)).toContain(String(answer.statusCode));
        const line = { who: 'ana', action: route.id, from: '127.0.0.1' };
        const before = route.id === 'revealPin' ? [{ ...line, outcome: 'revealing' }] : [];
        expect(audited).toMatchObject(
          route.method === 'GET' ? [] : [...before, { ...line, status: answer.statusCode }],
        );
        return;
      }
      expect(answer.statusCode).toBe(403);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(answer.headers['www-authenticate']).toBe(
        `Bearer realm="wa-onboard", error="insufficient_scope", scope="${route.scope}"`,
      );
      expect(answer.json()).toMatchObject({
        type: 'urn:wa-onboard:scope-missing',
        status: 403,
        missingScope: route.scope,
      });
      expect(calls).toEqual([]);
      expect(audited).toMatchObject([
        {
          who: 'ana',
          action: route.id,
          status: 403,
          outcome: 'urn:wa-onboard:scope-missing',
          missingScope: route.scope,
          requestId: answer.headers['x-request-id'],
        },
      ]);
    });

    test.each(kinds)('refuses a token that %s, whatever its scope', async (kind) => {
      for (const scope of SCOPE_NAMES) {
        const token = await bad[kind]?.(issuer, goodPayload(issuer, [scope]));
        if (token === undefined) throw new Error('There is no such kind.');
        const { answer, calls, audited } = await send(requestFor(route, token));
        expect(answer.statusCode, scope).toBe(401);
        expect(answer.headers['www-authenticate'], scope).toMatch(
          /^Bearer realm="wa-onboard", error="invalid_token", error_description="[^"]+"$/,
        );
        expect(answer.json(), scope).toMatchObject({
          type: 'urn:wa-onboard:not-authenticated',
          status: 401,
        });
        expect(calls, scope).toEqual([]);
        expect(audited, scope).toMatchObject([{ action: route.id, status: 401 }]);
        expect(JSON.stringify([answer.json(), audited]), scope).not.toContain(token);
      }
    });
  });

  test('a token whose header names its type otherwise, such as an access token’s, is taken', async () => {
    const token = await issuer.sign(goodPayload(issuer, ['onboarding:read'], { typ: 'access' }));
    const { answer } = await send({
      url: '/v1/me',
      headers: { authorization: `bearer  ${token}` },
    });
    expect(answer.json()).toMatchObject({ name: 'ana', scopes: ['onboarding:read'] });
  });
});

test.each([
  ['one text', { scope: 'code:submit onboarding:read openid' }],
  ['an array', { scope: ['code:submit', 'onboarding:read', 'openid'] }],
  ['a text in scp', { scope: undefined, scp: 'onboarding:read code:submit' }],
  ['an array in scp', { scope: undefined, scp: ['onboarding:read', 'code:submit'] }],
  ['a half each', { scope: 'onboarding:read', scp: ['code:submit'] }],
])('scopes are read from %s, and scopes of others are left out', async (_, claims) => {
  const issuer = localIssuer();
  const { app } = await standInApi({ source: issuer.source });
  const token = await issuer.sign(goodPayload(issuer, [], claims));
  const answer = await app.inject({ url: '/v1/me', headers: { authorization: `Bearer ${token}` } });
  expect(answer.json()).toMatchObject({ scopes: ['onboarding:read', 'code:submit'] });
  await app.close();
});

test('the claim that names people can be another than sub, and must then be there', async () => {
  const issuer = localIssuer();
  const { app } = await standInApi({ source: issuer.source, nameClaim: 'email' });
  const me = async (more: object) => {
    const token = await issuer.sign(goodPayload(issuer, ['onboarding:read'], { ...more }));
    return app.inject({ url: '/v1/me', headers: { authorization: `Bearer ${token}` } });
  };
  expect((await me({ email: 'ana@example.com' })).json()).toMatchObject({
    name: 'ana@example.com',
  });
  expect((await me({})).statusCode).toBe(401);
  expect((await me({ email: 7 })).statusCode).toBe(401);
  expect((await me({ email: 'x'.repeat(201) })).statusCode).toBe(401);
  await app.close();
});

test('where the identity provider does not give its keys, no token is taken and none is called bad', async () => {
  const issuer = await keyServerIssuer();
  const { app, errors, calls } = await standInApi({ source: issuer.source });
  const token = await issuer.sign(goodPayload(issuer, SCOPE_NAMES));
  await issuer.close();
  const answer = await app.inject({ url: '/v1/me', headers: { authorization: `Bearer ${token}` } });
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({ type: 'urn:wa-onboard:keys-unavailable' });
  expect(answer.headers['retry-after']).toBe('5');
  expect(errors).toHaveLength(1);
  expect(calls).toEqual([]);
  await app.close();
});

test('the keys of the identity provider are asked for once, not for each request', async () => {
  const issuer = await keyServerIssuer();
  const { app } = await standInApi({ source: issuer.source });
  for (let times = 0; times < 5; times += 1) {
    const token = await issuer.sign(goodPayload(issuer, ['onboarding:read']));
    await app.inject({ url: '/v1/me', headers: { authorization: `Bearer ${token}` } });
  }
  expect(issuer.requests()).toBe(1);
  await app.close();
  await issuer.close();
});
