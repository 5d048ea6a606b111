/** Tokens that are limited to labels or numbers, and the scope that a take-over needs. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { PinStoreUnreachableError } from '../../activities/pin-store/pin-store.js';
import type { Pins } from '../../client/api/open-pins.js';
import { SCOPE_NAMES } from '../../client/api/scopes.js';
import { OnboardingNotFoundError } from '../../client/index.js';
import { ALL_ROUTES, requestFor } from './requests.js';
import { LABELS, NUMBER, OTHER_NUMBER, standInApi } from './stand-ins.js';
import { goodPayload, localIssuer } from './tokens.js';

const issuer = localIssuer();
let api: Awaited<ReturnType<typeof standInApi>>;
beforeAll(async () => {
  api = await standInApi({ source: issuer.source });
});
afterAll(() => api.app.close());

const tokenWith = (limits: object, scopes: readonly string[] = SCOPE_NAMES) =>
  issuer.sign(goodPayload(issuer, scopes, { ...limits }));

const LIMITS: [name: string, claims: object][] = [
  ['the other number', { onboarding_numbers: [OTHER_NUMBER] }],
  ['the other label', { onboarding_labels: [LABELS[OTHER_NUMBER]] }],
  [
    'its number and the other label',
    { onboarding_numbers: [NUMBER], onboarding_labels: ['outlet'] },
  ],
  [
    'the other number and its label',
    { onboarding_numbers: [OTHER_NUMBER], onboarding_labels: ['shop'] },
  ],
  ['no number at all', { onboarding_numbers: [] }],
  ['no label at all', { onboarding_labels: [] }],
];

const ABOUT_A_NUMBER = ALL_ROUTES.filter(
  ({ path, id }) => path.includes(':phoneNumberId') || id === 'startOnboarding',
);

describe.each(ABOUT_A_NUMBER)('$id', (route) => {
  test.each(LIMITS)('is refused to a token that is limited to %s', async (_, claims) => {
    api.calls.length = 0;
    api.audited.length = 0;
    const answer = await api.app.inject(requestFor(route, await tokenWith(claims)));
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({ type: 'urn:wa-onboard:outside-limits', status: 403 });
    expect(answer.json()).not.toHaveProperty('missingScope');
    expect(api.calls).toEqual([]);
    expect(api.audited).toMatchObject([
      { who: 'ana', action: route.id, phoneNumberId: NUMBER, status: 403 },
    ]);
  });

  test.each([
    ['its number', { onboarding_numbers: [OTHER_NUMBER, NUMBER] }],
    ['its label', { onboarding_labels: ['shop', 'fair'] }],
    ['both', { onboarding_numbers: [NUMBER], onboarding_labels: ['shop'] }],
  ])('is allowed to a token that is limited to %s', async (_, claims) => {
    const answer = await api.app.inject(requestFor(route, await tokenWith(claims)));
    expect(answer.statusCode).toBeLessThan(300);
  });
});

test.each(['open', 'ended'])(
  'a list of %s ones leaves out what is outside the limits',
  async (run) => {
    const idsSeenWith = async (claims: object) => {
      const headers = { authorization: `Bearer ${await tokenWith(claims)}` };
      const answer = await api.app.inject({ url: `/v1/onboardings?run=${run}`, headers });
      return (answer.json() as { items: { phoneNumberId: string }[] }).items.map(
        ({ phoneNumberId }) => phoneNumberId,
      );
    };
    expect(await idsSeenWith({})).toEqual([NUMBER, OTHER_NUMBER]);
    expect(await idsSeenWith({ onboarding_numbers: [OTHER_NUMBER] })).toEqual([OTHER_NUMBER]);
    expect(await idsSeenWith({ onboarding_labels: ['shop'] })).toEqual([NUMBER]);
    expect(await idsSeenWith({ onboarding_labels: [] })).toEqual([]);
  },
);

test('the stream of changes tells a limited caller of no other number, also when it is gone', async () => {
  const streamSeenWith = async (claims: object) => {
    const headers = { authorization: `Bearer ${await tokenWith(claims)}` };
    return (await api.app.inject({ url: '/v1/events', headers })).payload;
  };
  const all = await streamSeenWith({});
  expect(all).toContain(NUMBER);
  expect(all).toContain(OTHER_NUMBER);
  for (const claims of [{ onboarding_numbers: [NUMBER] }, { onboarding_labels: ['shop'] }]) {
    const seen = await streamSeenWith(claims);
    expect(seen).toContain('event: connection');
    expect(seen).toContain('event: gone');
    expect(seen).toContain(NUMBER);
    expect(seen).not.toContain(OTHER_NUMBER);
  }
});

test('who is limited to labels can start no number without one', async () => {
  const headers = { authorization: `Bearer ${await tokenWith({ onboarding_labels: ['shop'] })}` };
  const start = (payload: object) =>
    api.app.inject({ method: 'POST', url: '/v1/onboardings', headers, payload });
  expect((await start({ phoneNumberId: NUMBER })).statusCode).toBe(403);
  expect((await start({ phoneNumberId: NUMBER, label: 'shop' })).statusCode).toBe(201);
});

test('a label of one’s own choice lets nobody start a number that was onboarded under another', async () => {
  api.calls.length = 0;
  const headers = { authorization: `Bearer ${await tokenWith({ onboarding_labels: ['shop'] })}` };
  const start = (phoneNumberId: string) =>
    api.app.inject({
      ...{ method: 'POST', url: '/v1/onboardings', headers },
      payload: { phoneNumberId, label: 'shop' },
    });
  expect((await start(OTHER_NUMBER)).statusCode).toBe(403);
  expect(api.calls).toEqual([]);
  expect((await start(NUMBER)).statusCode).toBe(201);
});

describe('a number whose runs Temporal has forgotten', () => {
  const ofMine = { onboarding_labels: ['mine'] };
  const recordWith = (label: string | undefined): Partial<Pins> => ({
    describe: async (phoneNumberId) => ({
      ...{ phoneNumberId, store: 'local', record: phoneNumberId, versions: {} },
      ...(label === undefined ? {} : { label }),
    }),
  });

  async function startWith(claims: object, pins: Partial<Pins>) {
    const { app, calls } = await standInApi({
      source: issuer.source,
      pins,
      temporal: {
        async labelOf(phoneNumberId) {
          throw new OnboardingNotFoundError(phoneNumberId);
        },
      },
    });
    onTestFinished(() => app.close());
    const answer = await app.inject({
      ...{ method: 'POST', url: '/v1/onboardings' },
      headers: { authorization: `Bearer ${await tokenWith(claims)}` },
      payload: { phoneNumberId: NUMBER, label: 'mine' },
    });
    return { answer, calls };
  }

  test.each([
    ['another label', recordWith('shop')],
    ['no label', recordWith(undefined)],
  ])('is not started by who is limited to labels where its PIN record has %s', async (_, pins) => {
    const { answer, calls } = await startWith(ofMine, pins);
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({ type: 'urn:wa-onboard:outside-limits' });
    expect(calls).toEqual([]);
  });

  test.each([
    ['its PIN record has that label', recordWith('mine')],
    ['it has no PIN record', { describe: async () => undefined }],
  ])('is started by who is limited to labels where %s', async (_, pins) => {
    const { answer, calls } = await startWith(ofMine, pins);
    expect(answer.statusCode).toBe(201);
    expect(calls).toEqual(['start']);
  });

  test('waits for the PIN store where the caller is limited to labels, and for nobody else', async () => {
    const away: Partial<Pins> = {
      async describe() {
        throw new PinStoreUnreachableError('The PIN store does not answer.');
      },
    };
    const limited = await startWith(ofMine, away);
    expect(limited.answer.statusCode).toBe(503);
    expect(limited.answer.json()).toMatchObject({ type: 'urn:wa-onboard:pin-store-unavailable' });
    expect(limited.calls).toEqual([]);
    for (const claims of [{}, { onboarding_numbers: [NUMBER] }]) {
      const { answer, calls } = await startWith(claims, away);
      expect(answer.statusCode).toBe(201);
      expect(calls).toEqual(['start']);
    }
  });
});

test('a caller with limits sees them', async () => {
  const limits = { onboarding_labels: ['shop'], onboarding_numbers: [NUMBER] };
  const headers = { authorization: `Bearer ${await tokenWith(limits)}` };
  expect((await api.app.inject({ url: '/v1/me', headers })).json()).toMatchObject({
    labels: ['shop'],
    phoneNumberIds: [NUMBER],
  });
});

test('a take-over needs the scope to set a PIN as well as the one to start', async () => {
  const start = async (scopes: readonly string[], takeOver: boolean) => {
    api.calls.length = 0;
    const headers = { authorization: `Bearer ${await tokenWith({}, scopes)}` };
    const payload = { phoneNumberId: NUMBER, takeOver };
    return api.app.inject({ method: 'POST', url: '/v1/onboardings', headers, payload });
  };
  const refused = await start(['onboarding:start'], true);
  expect(refused.statusCode).toBe(403);
  expect(refused.json()).toMatchObject({ missingScope: 'set:2sv-pin' });
  expect(refused.headers['www-authenticate']).toContain('scope="set:2sv-pin"');
  expect(api.calls).toEqual([]);
  expect((await start(['onboarding:start'], false)).statusCode).toBe(201);
  expect((await start(['onboarding:start', 'set:2sv-pin'], true)).statusCode).toBe(201);
  expect((await start(['set:2sv-pin'], true)).statusCode).toBe(403);
});
