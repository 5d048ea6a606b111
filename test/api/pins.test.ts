/** Giving a number another PIN, and showing a PIN: who is told, and that nobody sees one unseen. */
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import {
  PinStoreRefusedError,
  PinStoreUnreachableError,
} from '../../activities/pin-store/pin-store.js';
import { TemporalUnreachableError } from '../../client/errors.js';
import { OnboardingInProgressError, OnboardingNotFoundError } from '../../client/index.js';
import { NUMBER, OTHER_NUMBER, PIN, type StandInOptions, standInApi } from './stand-ins.js';
import { goodPayload, localIssuer } from './tokens.js';

const issuer = localIssuer();
const open: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

const CUSTODIAN = ['onboarding:read', 'set:2sv-pin', 'reveal:2sv-pin'];

async function api(options: Partial<StandInOptions> = {}) {
  const happened: [what: string, ...given: unknown[]][] = [];
  const made = await standInApi({
    source: issuer.source,
    ...options,
    client: {
      notify: async (notice) => void happened.push(['notify', notice]),
      async rotateLater(id, given) {
        happened.push(['rotateLater', id, given]);
        return { workflowId: 'later-1', runId: 'r', at: '2026-11-23T10:00:00.000Z' };
      },
      ...options.client,
    },
  });
  open.push(made.app);
  const post = async (
    what: string,
    payload: object,
    { name = 'ana', ...claims }: { name?: string; onboarding_labels?: string[] } = {},
  ) => {
    const token = await issuer.sign(goodPayload(issuer, CUSTODIAN, { sub: name, ...claims }));
    return made.app.inject({
      ...{ method: 'POST', url: what.startsWith('/') ? what : `/v1/numbers/${NUMBER}/${what}` },
      ...{ payload, headers: { authorization: `Bearer ${token}` } },
    });
  };
  const reveal = (payload: object = { reason: 'it moves' }, who?: { name: string }) =>
    post('pin/reveal', payload, who);
  return { ...made, happened, post, reveal };
}

const fails = (error: Error) => async (): Promise<never> => {
  throw error;
};

describe('revealing', () => {
  test('writes down who and why, tells people, and then shows the PIN', async () => {
    const { reveal, happened, audited } = await api();
    const answer = await reveal({ reason: ' it moves to another provider ' });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json()).toEqual({
      ...{ phoneNumberId: NUMBER, pin: PIN, state: 'current', version: 'v-1' },
      ...{ createdAt: '2026-11-23T09:00:00.000Z', lastRotated: '2026-11-23T09:00:00.000Z' },
    });
    const line = {
      ...{ who: 'ana', action: 'revealPin', phoneNumberId: NUMBER, from: '127.0.0.1' },
      requestId: answer.headers['x-request-id'],
    };
    expect(audited).toEqual([
      {
        ...{ ...line, outcome: 'revealing', version: 'current' },
        reason: 'it moves to another provider',
      },
      { ...line, status: 200, outcome: 'revealed' },
    ]);
    expect(happened).toEqual([
      [
        'notify',
        {
          ...{ event: 'pin.revealed', phoneNumberId: NUMBER, label: 'shop', lastDigits: '2922' },
          ...{ requestedBy: 'ana', reason: 'it moves to another provider' },
          text: `ana is shown the current PIN of number ${NUMBER} (shop): it moves to another provider`,
        },
      ],
    ]);
  });

  test('replaces the PIN later where that is asked for', async () => {
    const { reveal, happened } = await api();
    const answer = await reveal({ reason: 'it moves', rotateAfter: '1 hour' });
    expect(answer.json()).toMatchObject({
      pin: PIN,
      rotation: { workflowId: 'later-1', at: '2026-11-23T10:00:00.000Z' },
    });
    expect(happened[1]).toEqual([
      'rotateLater',
      NUMBER,
      {
        ...{ after: '1 hour', replace: 'v-1', reason: 'it moves' },
        ...{ requestedBy: 'ana', label: 'shop' },
      },
    ]);
  });

  test.each([
    ['the audit trail cannot be written', { auditWritable: () => false }, 'audit-unavailable', 0],
    [
      'nobody can be told',
      { client: { notify: fails(new TemporalUnreachableError('127.0.0.1:1')) } },
      'temporal-unavailable',
      0,
    ],
    [
      'the PIN cannot be replaced later as asked',
      { client: { rotateLater: fails(new TemporalUnreachableError('127.0.0.1:1')) } },
      'temporal-unavailable',
      1,
    ],
    [
      'the PIN store does not answer',
      { pins: { read: fails(new PinStoreUnreachableError('The PIN store does not answer.')) } },
      'pin-store-unavailable',
      0,
    ],
    [
      'the PIN store refuses',
      { pins: { read: fails(new PinStoreRefusedError('The key is another.')) } },
      'pin-store-unavailable',
      0,
    ],
  ])('does not happen where %s', async (_, options, kind, told) => {
    const { reveal, happened, audited } = await api(options);
    const answer = await reveal({ reason: 'it moves', rotateAfter: '1 hour' });
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ type: `urn:wa-onboard:${kind}` });
    expect(answer.payload).not.toContain(PIN);
    expect(happened).toHaveLength(told);
    expect(audited.at(-1)).toMatchObject({ status: 503, outcome: `urn:wa-onboard:${kind}` });
  });

  test('says the sentence of a PIN store that does not answer', async () => {
    const sentence = 'The PIN store at vault.example.com does not answer.';
    const { reveal } = await api({
      pins: { describe: fails(new PinStoreUnreachableError(sentence)) },
    });
    expect((await reveal()).json()).toMatchObject({ detail: sentence });
  });

  test('of a PIN that there is not tells nobody', async () => {
    const { reveal, happened, audited } = await api();
    const answer = await reveal({ reason: 'it moves', version: 'provided' });
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ type: 'urn:wa-onboard:pin-not-found' });
    expect(happened).toEqual([]);
    expect(audited).toMatchObject([{ action: 'revealPin', status: 404 }]);
  });

  test('where nobody is notified is written down as that', async () => {
    const { reveal, happened, audited } = await api({ notifies: false });
    expect((await reveal()).statusCode).toBe(200);
    expect(audited.map(({ outcome }) => outcome)).toEqual(['revealing', 'revealedWithoutNotice']);
    // A worker may have a webhook where the API knows of none.
    expect(happened).toMatchObject([['notify', { event: 'pin.revealed' }]]);
  });

  test.each([
    ['a version that is none', { reason: 'it moves', version: 'newest' }],
    ['a wait that is too short', { reason: 'it moves', rotateAfter: '59 seconds' }],
    ['a wait that is too long', { reason: 'it moves', rotateAfter: '31 days' }],
    ['a wait without a unit', { reason: 'it moves', rotateAfter: '90000' }],
    ['a wait that is none', { reason: 'it moves', rotateAfter: 'soon' }],
    ['a negative wait', { reason: 'it moves', rotateAfter: '-1 hour' }],
    ['a member that is not known', { reason: 'it moves', pin: PIN }],
  ])('with %s is refused', async (_, payload) => {
    const { reveal, happened } = await api();
    const answer = await reveal(payload);
    expect(answer.statusCode).toBe(400);
    expect(answer.payload).not.toContain(PIN);
    expect(happened).toEqual([]);
  });

  test('is allowed so often in a minute to a caller, whichever the number, and to others meanwhile too', async () => {
    const { reveal, post, happened } = await api({ limits: { revealsPerMinute: 2 } });
    expect((await reveal()).statusCode).toBe(200);
    const other = `/v1/numbers/${OTHER_NUMBER}/pin/reveal`;
    expect((await post(other, { reason: 'it moves' })).statusCode).toBe(200);
    const answer = await reveal();
    expect(answer.statusCode).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(happened).toHaveLength(2);
    expect((await reveal(undefined, { name: 'ben' })).statusCode).toBe(200);
  });
});

describe.each(['rotate', 'pin/reveal'])('a reason to %s', (what) => {
  test.each([
    ['alone', PIN],
    ['in a text', `it is not ${PIN} any more`],
    ['apart by a dash', `PIN ${PIN.slice(0, 3)}-${PIN.slice(3)} is refused`],
    ['apart by blanks', `PIN ${[...PIN].join('  ')} is refused`],
    ['in another script', '４０７２１９ is refused'],
    ['in a longer number', `of number ${NUMBER}`],
  ])('may not hold six digits %s', async (_, reason) => {
    const { post, calls, happened, audited } = await api();
    const answer = await post(what, { reason });
    expect(answer.statusCode).toBe(400);
    const { detail, ...problem } = answer.json();
    expect(problem).toMatchObject({ type: 'urn:wa-onboard:invalid-request' });
    expect(detail).toMatch(/^Write the reason without six digits in a row, [^.]+\.$/);
    expect([calls, happened]).toEqual([[], []]);
    expect(audited).toMatchObject([{ status: 400 }]);
    for (const place of [answer.payload, JSON.stringify(audited)]) {
      expect(place).not.toContain(reason);
    }
  });

  test.each([
    ['empty', { reason: '' }],
    ['blank', { reason: '  ' }],
    ['too long', { reason: 'x'.repeat(201) }],
    ['no text', { reason: 7 }],
    ...(what === 'rotate' ? [] : [['missing', {}] as [string, object]]),
  ])('that is %s is asked for in one sentence', async (_, payload) => {
    const { post, calls, happened } = await api();
    const answer = await post(what, payload);
    expect(answer.statusCode).toBe(400);
    const { detail, errors } = answer.json();
    expect(detail).toMatch(/^Say why, in 1 to 200 characters: [^.]+\.$/);
    expect(errors).toEqual([{ path: 'reason', message: detail }]);
    expect([calls, happened]).toEqual([[], []]);
  });

  test('may hold up to five digits', async () => {
    const { post } = await api();
    expect((await post(what, { reason: 'ticket 40721' })).statusCode).toBeLessThan(300);
  });
});

describe('rotating', () => {
  test('begins a run, with who asked and why', async () => {
    const given: unknown[] = [];
    const { post, audited } = await api({
      client: {
        async rotatePin(...what) {
          given.push(what);
          return { phoneNumberId: NUMBER, workflowId: 'w', runId: 'r' };
        },
      },
    });
    const answer = await post('rotate', { reason: 'Ana left' });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toEqual({
      ...{ phoneNumberId: NUMBER, workflowId: 'w', runId: 'r' },
      statusUrl: `/v1/onboardings/${NUMBER}`,
    });
    expect(given).toEqual([[NUMBER, { reason: 'Ana left', requestedBy: 'ana' }]]);
    expect(audited).toMatchObject([{ action: 'rotatePin', status: 201, outcome: 'started' }]);
  });

  test('is refused while another run of the number is open', async () => {
    const { post } = await api({
      client: {
        rotatePin: fails(
          new OnboardingInProgressError(NUMBER, 'r', 'rotatePin', '2026-11-23T09:00:00.000Z'),
        ),
      },
    });
    const answer = await post('rotate', {});
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ type: 'urn:wa-onboard:onboarding-in-progress' });
  });
});

describe.each(['rotate', 'pin/reveal'])('a caller that is limited to a label may %s', (what) => {
  const ofShop = { onboarding_labels: ['shop'] };
  const body = { reason: 'it moves' };
  const forgotten = { labelOf: fails(new OnboardingNotFoundError(NUMBER)) };
  const recordWith = (label: string | undefined) => ({
    describe: async (phoneNumberId: string) => ({
      ...{ phoneNumberId, store: 'local', record: phoneNumberId, versions: {} },
      ...(label === undefined ? {} : { label }),
    }),
  });

  test('where the run is forgotten and the PIN record has that label', async () => {
    const { post } = await api({ temporal: forgotten });
    expect((await post(what, body, ofShop)).statusCode).toBeLessThan(300);
  });

  test.each([
    ['the record has another label', {}, recordWith('outlet')],
    ['the run has another label', { labelOf: async () => 'outlet' }, recordWith('shop')],
    ['the run has that label and the record none', {}, recordWith(undefined)],
    ['neither has a label', { labelOf: async () => undefined }, recordWith(undefined)],
    [
      'the run has no label and there is no record',
      { labelOf: async () => undefined },
      { describe: async () => undefined },
    ],
    ['there is neither', forgotten, { describe: async () => undefined }],
  ])('not where %s', async (_, temporal, pins) => {
    const { post, happened } = await api({ temporal, pins });
    const answer = await post(what, body, ofShop);
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({ type: 'urn:wa-onboard:outside-limits' });
    expect(happened).toEqual([]);
  });
});
