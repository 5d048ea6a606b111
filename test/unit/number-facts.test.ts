import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GraphNumber } from '../../activities/graph-api/graph-client.js';
import { type NumberFacts, numberFacts } from '../../activities/number-facts.js';

const facts = (fields: Partial<GraphNumber>) => numberFacts({ id: '106540352242922', ...fields });

test.each([
  ['VERIFIED', 'yes'],
  ['NOT_VERIFIED', 'no'],
  ['UNVERIFIED', 'no'],
  ['EXPIRED', 'unknown'],
  ['PENDING', 'unknown'],
  ['constructor', 'unknown'],
  ['', 'unknown'],
  [undefined, 'unknown'],
])('code_verification_status %s: verified is %s', (status, verified) => {
  expect(facts(status === undefined ? {} : { code_verification_status: status }).verified).toBe(
    verified,
  );
});

const IN_USE = ['CONNECTED', 'FLAGGED', 'RESTRICTED', 'RATE_LIMITED'];
const NOT_IN_USE = ['PENDING', 'UNVERIFIED', 'DISCONNECTED'];
const TELLS_NOTHING = [
  'BANNED',
  'DELETED',
  'MIGRATED',
  'UNKNOWN',
  'LEVITATING',
  'toString',
  undefined,
];
const PLATFORMS = ['CLOUD_API', 'NOT_APPLICABLE', 'ON_PREMISE', 'MOON', undefined];

test.each(
  [...IN_USE, ...NOT_IN_USE, ...TELLS_NOTHING].flatMap((status) =>
    PLATFORMS.map((platform) => {
      const used = IN_USE.includes(status ?? '') || platform === 'CLOUD_API';
      const free = NOT_IN_USE.includes(status ?? '') || platform === 'NOT_APPLICABLE';
      return [status, platform, used ? 'yes' : free ? 'no' : 'unknown'] as const;
    }),
  ),
)('status %s on platform %s: registered is %s', (status, platform, registered) => {
  const fields = {
    ...(status === undefined ? {} : { status }),
    ...(platform === undefined ? {} : { platform_type: platform }),
  };
  expect(facts(fields).registered).toBe(registered);
});

test.each([
  [true, 'yes'],
  [false, 'no'],
  [undefined, 'unknown'],
])('is_pin_enabled %s: twoStepOn is %s', (enabled, twoStepOn) => {
  expect(facts(enabled === undefined ? {} : { is_pin_enabled: enabled }).twoStepOn).toBe(twoStepOn);
});

test('a number of which nothing is said is unknown in everything, not on the business app, and stateless', () => {
  expect(facts({})).toEqual({
    verified: 'unknown',
    registered: 'unknown',
    twoStepOn: 'unknown',
    onBusinessApp: false,
    stateless: true,
  });
});

test.each<[string, Partial<GraphNumber>]>([
  ['status', { status: 'X' }],
  ['platform', { platform_type: 'X' }],
  ['verification', { code_verification_status: 'X' }],
])('a server that gives a %s is not stateless, whatever the value', (_, fields) => {
  expect(facts(fields).stateless).toBe(false);
});

test('a quality, a name or a PIN flag alone is no state', () => {
  const fields = { quality_rating: 'GREEN', name_status: 'APPROVED', is_pin_enabled: false };
  expect(facts(fields).stateless).toBe(true);
});

test('one of Meta’s test numbers reads registered although NOT_VERIFIED', () => {
  const fields = { code_verification_status: 'NOT_VERIFIED', platform_type: 'CLOUD_API' };
  expect(facts({ ...fields, account_mode: 'SANDBOX' })).toMatchObject({
    verified: 'no',
    registered: 'yes',
    accountMode: 'SANDBOX',
  });
});

test('what Meta says is kept in its own words', () => {
  const fields = {
    status: 'CONNECTED',
    platform_type: 'CLOUD_API',
    code_verification_status: 'EXPIRED',
    name_status: 'APPROVED',
    quality_rating: 'GREEN',
    account_mode: 'LIVE',
    is_on_biz_app: true,
  };
  expect(facts(fields)).toMatchObject({
    onBusinessApp: true,
    status: 'CONNECTED',
    platform: 'CLOUD_API',
    codeVerificationStatus: 'EXPIRED',
    nameStatus: 'APPROVED',
    qualityRating: 'GREEN',
    accountMode: 'LIVE',
  });
});

test('the facts tell people the number by its last four digits and its business, never by the telephone number', () => {
  const fields = { display_phone_number: '+1 631-555-1234', verified_name: 'Lucky Shrub' };
  expect(facts(fields)).toMatchObject({ lastDigits: '1234', businessName: 'Lucky Shrub' });
  expect(JSON.stringify(facts(fields))).not.toMatch(/631|555/);
});

test.each(['', '1234', '+1 234-567'])(
  'of a telephone number as short as “%s” nothing is told',
  (short) => {
    expect(facts({ display_phone_number: short })).not.toHaveProperty('lastDigits');
  },
);

const anyField = (...known: string[]) =>
  fc.option(fc.oneof(fc.constantFrom(...known), fc.string()), { nil: undefined });

test('of any fields whatever, a no comes only from positive evidence', () => {
  const states = [...IN_USE, ...NOT_IN_USE, 'BANNED', 'UNKNOWN'];
  fc.assert(
    fc.property(
      anyField(...states),
      anyField('CLOUD_API', 'NOT_APPLICABLE', 'ON_PREMISE'),
      anyField('VERIFIED', 'NOT_VERIFIED', 'UNVERIFIED', 'EXPIRED'),
      fc.option(fc.boolean(), { nil: undefined }),
      (status, platform, verification, pinEnabled) => {
        const given = {
          status,
          platform_type: platform,
          code_verification_status: verification,
          is_pin_enabled: pinEnabled,
        };
        const found: NumberFacts = numberFacts({ id: '1', ...given });
        for (const answer of [found.verified, found.registered, found.twoStepOn])
          expect(['yes', 'no', 'unknown']).toContain(answer);
        if (found.verified === 'no') expect(['NOT_VERIFIED', 'UNVERIFIED']).toContain(verification);
        if (found.twoStepOn === 'no') expect(pinEnabled).toBe(false);
        if (found.registered === 'no') {
          expect(NOT_IN_USE.includes(status ?? '') || platform === 'NOT_APPLICABLE').toBe(true);
          expect(IN_USE).not.toContain(status);
          expect(platform).not.toBe('CLOUD_API');
        }
      },
    ),
  );
});
