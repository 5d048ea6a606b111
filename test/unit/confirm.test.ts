import { expect, test } from 'vitest';
import { type NumberFacts, numberFacts } from '../../activities/number-facts.js';
import { missingFrom } from '../../workflows/confirm.js';

const missing = (fields: Partial<NumberFacts>, subscribed: 'yes' | 'no' | 'unknown' = 'yes') =>
  missingFrom({ number: { ...numberFacts({ id: '1' }), ...fields }, subscribed });

test('a connected number lacks nothing, whatever its name and verification read', () => {
  expect(missing({ status: 'CONNECTED' })).toEqual([]);
  expect(missing({ status: 'CONNECTED', codeVerificationStatus: 'EXPIRED' }, 'unknown')).toEqual(
    [],
  );
});

test.each([
  ['FLAGGED', /low quality/],
  ['RESTRICTED', /restricts/],
  ['RATE_LIMITED', /rate/],
  ['PENDING', /not connected/],
  ['DISCONNECTED', /DISCONNECTED/],
  ['LEVITATING', /LEVITATING/],
  ['constructor', /status as constructor/],
])('with status %s a number is not live, and why is said', (status, why) => {
  expect(missing({ status })).toEqual([expect.stringMatching(why)]);
});

test('without a status nobody says that the number is live', () => {
  expect(missing({})).toEqual([expect.stringMatching(/does not say/)]);
});

test.each([
  ['PENDING_REVIEW', /reviewing/],
  ['DECLINED', /declined/],
  ['EXPIRED', /expired/],
  ['NONE', /no display name/],
])('a name that is %s is named beside the status', (nameStatus, why) => {
  expect(missing({ status: 'PENDING', nameStatus })).toEqual([
    expect.stringMatching(/PENDING/),
    expect.stringMatching(why),
  ]);
});

test.each(['APPROVED', 'AVAILABLE_WITHOUT_REVIEW', 'valueOf'])(
  'a name that is %s is no lack',
  (nameStatus) => {
    expect(missing({ status: 'PENDING', nameStatus })).toHaveLength(1);
  },
);

test('no subscribed app is a lack of a connected number too; not knowing is none', () => {
  expect(missing({ status: 'CONNECTED' }, 'no')).toEqual([expect.stringMatching(/webhooks/)]);
  expect(missing({ status: 'FLAGGED' }, 'no')).toHaveLength(2);
});
