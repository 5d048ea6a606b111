/** What tokens say of their owners and their end, and an identity provider that is down. */
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { type StandInOptions, standInApi } from './stand-ins.js';
import { goodPayload, keyServerIssuer, localIssuer } from './tokens.js';

afterEach(() => void vi.useRealTimers());

async function meOf(options: StandInOptions) {
  const { app, errors } = await standInApi(options);
  onTestFinished(() => app.close());
  const me = (token: string) =>
    app.inject({ url: '/v1/me', headers: { authorization: `Bearer ${token}` } });
  return { me, errors };
}

test.each([
  ['a blank after it', 'Ana '],
  ['a blank before it', ' Ana'],
  ['a blank that does not break after it', 'Ana\u00a0'],
  ['a new line in it', 'A\nna'],
  ['a character without width in it', 'A\u200bna'],
  ['a character that turns it around', '\u202eanA'],
  ['a soft hyphen in it', 'A\u00adna'],
])('a name with %s is nobody’s, as it looks like another', async (_, sub) => {
  const issuer = localIssuer();
  const { me } = await meOf({ source: issuer.source });
  const answer = await me(await issuer.sign(goodPayload(issuer, ['onboarding:read'], { sub })));
  expect(answer.statusCode).toBe(401);
  expect((answer.json() as { detail: string }).detail).toContain('"sub"');
});

test.each(['José Ángel', '李雷', 'ana@example.com', 'auth0|5f7c'])(
  'the name %s is taken',
  async (sub) => {
    const issuer = localIssuer();
    const { me } = await meOf({ source: issuer.source });
    const answer = await me(await issuer.sign(goodPayload(issuer, ['onboarding:read'], { sub })));
    expect(answer.json()).toMatchObject({ name: sub });
  },
);

test('a token that expires on no date that there is does not count', async () => {
  const issuer = localIssuer();
  const { me, errors } = await meOf({ source: issuer.source });
  const answer = await me(
    await issuer.sign(goodPayload(issuer, ['onboarding:read'], { exp: 1e16 })),
  );
  expect(answer.statusCode).toBe(401);
  expect(errors).toEqual([]);
});

const SECOND_MS = 1_000;

test('keys that cannot be read are asked for again after five seconds, and told once an outage; known ones count on', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
  const issuer = await keyServerIssuer();
  onTestFinished(() => issuer.close());
  const { me, errors } = await meOf({ source: issuer.source });
  const good = await issuer.sign(goodPayload(issuer, ['onboarding:read']));
  const part = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');
  let count = 0;
  const junk = () => {
    count += 1;
    return me([part({ alg: 'RS256', kid: `junk-${count}` }), part({}), 'AAAA'].join('.'));
  };
  expect((await me(good)).statusCode).toBe(200);
  expect(issuer.requests()).toBe(1);

  issuer.fail(true);
  later(31 * SECOND_MS); // so long jose asks for no keys again
  for (let times = 0; times < 5; times += 1) expect((await junk()).statusCode).toBe(503);
  expect((await me(good)).statusCode).toBe(200);
  expect(issuer.requests()).toBe(2);
  later(5 * SECOND_MS);
  for (let times = 0; times < 5; times += 1) expect((await junk()).statusCode).toBe(503);
  expect(issuer.requests()).toBe(3);
  expect(errors).toHaveLength(1);

  issuer.fail(false);
  later(5 * SECOND_MS);
  expect((await junk()).statusCode).toBe(401);
  issuer.fail(true);
  later(31 * SECOND_MS);
  expect((await junk()).statusCode).toBe(503);
  expect(errors).toHaveLength(2);
});
