import { describe, expect, test } from 'vitest';
import { type Compared, compare } from '../../activities/fleet/compared.js';
import { FINDING_ROWS, findingsAbout, type Look } from '../../activities/fleet/finding-rows.js';
import {
  MOST_FINDINGS,
  notCompared,
  reconcileReport,
} from '../../activities/fleet/reconcile-report.js';
import { recordNotes } from '../../activities/fleet/record-notes.js';
import type { FindingKind } from '../../activities/fleet/report.js';
import type { GraphNumber } from '../../activities/graph-api/graph-client.js';
import type { ListedPinRecord, PinDescription } from '../../activities/pin-store/pin-store.js';

const ID = '106540352242922';
const OTHER_ID = '206540352242922';
const WABA = '102290129340398';
const PHONE = '+1 631-555-0142';
const NOW = new Date('2026-11-23T12:00:00.000Z');
const DAY_MS = 86_400_000;
const ago = (days: number) => new Date(NOW.getTime() - days * DAY_MS).toISOString();

const LOOK: Look = {
  now: NOW,
  wabaId: WABA,
  ageMs: 90 * DAY_MS,
  numbersRead: true,
  recordsRead: true,
};

type Fields = Omit<Partial<GraphNumber>, 'id'>;

const LIVE: Fields = {
  display_phone_number: PHONE,
  verified_name: 'Lucky Shrub',
  name_status: 'APPROVED',
  status: 'CONNECTED',
  platform_type: 'CLOUD_API',
  code_verification_status: 'VERIFIED',
};
const FREE: Fields = { ...LIVE, status: 'PENDING', platform_type: 'NOT_APPLICABLE' };

const version = (days: number) => ({
  version: `v${days}`,
  createdAt: ago(days),
  lastRotated: ago(days),
});

function record(given: Partial<PinDescription> = {}): PinDescription {
  return {
    phoneNumberId: ID,
    store: 'local',
    record: ID,
    displayPhoneNumber: PHONE,
    wabaId: WABA,
    registeredName: 'Lucky Shrub',
    versions: { current: version(10) },
    ...given,
  };
}

const UNREADABLE: ListedPinRecord = {
  phoneNumberId: ID,
  store: 'local',
  record: ID,
  unreadable: 'Record 1 was changed by hand; restore it from a backup.',
};

interface Sides {
  number?: Fields;
  record?: ListedPinRecord;
  run?: string;
}

const joined = (sides: Sides) =>
  compare({
    wabaId: WABA,
    numbers: sides.number === undefined ? [] : [{ id: ID, ...sides.number }],
    records: sides.record === undefined ? [] : [sides.record],
    runs: sides.run === undefined ? [] : [{ phoneNumberId: ID, operation: sides.run }],
  });

const kindsOf = (sides: Sides, look: Partial<Look> = {}): FindingKind[] =>
  joined(sides).flatMap((each) =>
    findingsAbout(each, { ...LOOK, ...look }).map(({ kind }) => kind),
  );

const pending = (days: number, more: object = {}) =>
  record({ versions: { pending: version(days), ...more } });
const OLD = record({ versions: { current: version(91) } });
const STALE = record({ stale: { since: ago(2), why: 'Meta said so' } });
const RENAMED = { ...LIVE, verified_name: 'Happy Shrub' };

describe('what is found', () => {
  test.each<[string, Sides, FindingKind[], Partial<Look>?]>([
    ['a live number whose PIN is known: nothing', { number: LIVE, record: record() }, []],
    // numberWithoutPin
    ['a live number without a record', { number: LIVE }, ['numberWithoutPin']],
    [
      'one that only the platform tells to be registered',
      { number: { ...FREE, status: 'UNKNOWN', platform_type: 'CLOUD_API' } },
      ['numberWithoutPin'],
    ],
    ['the same while a run is open', { number: LIVE, run: 'onboardNumber' }, []],
    [
      'the same where the PIN store could not be read',
      { number: LIVE },
      [],
      { recordsRead: false },
    ],
    ['one of Meta’s test numbers', { number: { ...LIVE, account_mode: 'SANDBOX' } }, []],
    ['a number on the WhatsApp Business app', { number: { ...LIVE, is_on_biz_app: true } }, []],
    ['a number that nobody has registered yet', { number: FREE }, []],
    ['one of which nothing is known', { number: {} }, []],
    // recordUnreadable
    ['a record that cannot be read', { number: LIVE, record: UNREADABLE }, ['recordUnreadable']],
    ['the same of a number that is not listed', { record: UNREADABLE }, ['recordUnreadable']],
    // pinWithoutNumber
    ['a record of a number that is not listed', { record: record() }, ['pinWithoutNumber']],
    ['the same where the list could not be read', { record: record() }, [], { numbersRead: false }],
    ['a record that tells no account', { record: withoutAccount() }, ['pinWithoutNumber']],
    ['a record of another account', { record: record({ wabaId: '1' }) }, []],
    [
      'a listed number whose record tells another account',
      { number: LIVE, record: record({ wabaId: '1' }) },
      [],
    ],
    [
      'a number that reads DELETED',
      { number: { ...LIVE, status: 'DELETED' }, record: record() },
      ['pinWithoutNumber'],
    ],
    [
      'a number that reads MIGRATED',
      { number: { ...LIVE, status: 'MIGRATED' }, record: OLD },
      ['pinWithoutNumber'],
    ],
    ['a deleted one without a record', { number: { ...LIVE, status: 'DELETED' } }, []],
    // notVerified
    [
      'a number that is not verified',
      { number: { ...FREE, code_verification_status: 'NOT_VERIFIED' } },
      ['notVerified'],
    ],
    [
      'one whose verification has expired',
      { number: { ...FREE, code_verification_status: 'EXPIRED' } },
      ['notVerified'],
    ],
    [
      'the same while a run is open',
      { number: { ...FREE, code_verification_status: 'NOT_VERIFIED' }, run: 'onboardNumber' },
      [],
    ],
    [
      'an expired verification of a live number',
      { number: { ...LIVE, code_verification_status: 'EXPIRED' }, record: record() },
      [],
    ],
    [
      'a linked number that reads EXPIRED, as a list gives it',
      { number: { code_verification_status: 'EXPIRED', status: 'CONNECTED' }, record: record() },
      [],
    ],
    [
      'a number whose verification nobody tells',
      { number: { ...FREE, code_verification_status: undefined } },
      [],
    ],
    // disconnected
    [
      'a number that reads DISCONNECTED',
      { number: { ...FREE, status: 'DISCONNECTED' } },
      ['disconnected'],
    ],
    [
      'a number with a PIN that is not registered any more',
      { number: FREE, record: record() },
      ['disconnected'],
    ],
    [
      'the same while a run is open',
      { number: { ...FREE, status: 'DISCONNECTED' }, record: record(), run: 'reregisterNumber' },
      [],
    ],
    ['a number of which nothing is known, with a PIN', { number: {}, record: record() }, []],
    // restricted
    ...['BANNED', 'RESTRICTED', 'FLAGGED', 'RATE_LIMITED'].map(
      (status): [string, Sides, FindingKind[]] => [
        `a number that reads ${status}`,
        { number: { ...LIVE, status }, record: record(), run: 'rotatePin' },
        ['restricted'],
      ],
    ),
    [
      'a banned one that is not registered any more',
      {
        number: { ...FREE, status: 'BANNED', code_verification_status: 'NOT_VERIFIED' },
        record: record(),
      },
      ['restricted'],
    ],
    // pendingOld
    [
      'a PIN staged two days ago beside the current one',
      { number: LIVE, record: pending(2, { current: version(10) }) },
      ['pendingOld'],
    ],
    [
      'the same while a run is open',
      { number: LIVE, record: pending(2, { current: version(10) }), run: 'rotatePin' },
      [],
    ],
    [
      'a PIN staged an hour ago',
      { number: LIVE, record: pending(1 / 24, { current: version(10) }) },
      [],
    ],
    [
      'a PIN staged two days ago for a number that is free',
      { number: FREE, record: pending(2) },
      ['pendingOld'],
    ],
    [
      'the same where the list could not be read',
      { record: pending(2) },
      ['pendingOld'],
      { numbersRead: false },
    ],
    // pinOld
    ['a PIN of 91 days', { number: LIVE, record: OLD }, ['pinOld']],
    [
      'the same, 100 days being allowed',
      { number: LIVE, record: OLD },
      [],
      { ageMs: 100 * DAY_MS },
    ],
    ['the same while it is rotated', { number: LIVE, record: OLD, run: 'rotatePin' }, []],
    [
      'the same while something else is done',
      { number: LIVE, record: OLD, run: 'onboardNumber' },
      ['pinOld'],
    ],
    [
      'an old PIN of a number that is not registered',
      { number: FREE, record: OLD },
      ['disconnected'],
    ],
    [
      'an old PIN where the list could not be read',
      { record: OLD },
      ['pinOld'],
      { numbersRead: false },
    ],
    // neverConfirmed
    [
      'a live number whose PIN was staged only',
      { number: LIVE, record: pending(1 / 24) },
      ['neverConfirmed'],
    ],
    ['the same, staged long ago', { number: LIVE, record: pending(100) }, ['neverConfirmed']],
    [
      'a live number whose PIN somebody gave',
      { number: LIVE, record: record({ versions: { provided: version(1) } }) },
      ['neverConfirmed'],
    ],
    [
      'the same while a run is open',
      { number: LIVE, record: pending(2), run: 'onboardNumber' },
      [],
    ],
    // pinStale
    ['a PIN that somebody else changed', { number: LIVE, record: STALE }, ['pinStale']],
    [
      'the same where the list could not be read',
      { record: STALE },
      ['pinStale'],
      { numbersRead: false },
    ],
    ['the same while it is rotated', { number: LIVE, record: STALE, run: 'rotatePin' }, []],
    ['the same on a number that is gone', { record: STALE }, ['pinWithoutNumber']],
    // nameChanged
    ['another name that Meta has approved', { number: RENAMED, record: record() }, ['nameChanged']],
    [
      'another name that needs no review',
      { number: { ...RENAMED, name_status: 'AVAILABLE_WITHOUT_REVIEW' }, record: record() },
      ['nameChanged'],
    ],
    [
      'another name under review',
      { number: { ...RENAMED, name_status: 'PENDING_REVIEW' }, record: record() },
      [],
    ],
    [
      'another name that was declined',
      { number: { ...RENAMED, name_status: 'DECLINED' }, record: record() },
      [],
    ],
    ['a name where none was noted', { number: RENAMED, record: withoutName() }, []],
    [
      'another name while the number is registered again',
      { number: RENAMED, record: record(), run: 'reregisterNumber' },
      [],
    ],
    [
      'another name of a number that is not registered',
      { number: { ...FREE, verified_name: 'Happy Shrub' }, record: pending(1 / 24) },
      [],
    ],
    [
      'another name, and the number registered since it was seen',
      {
        number: { ...RENAMED, last_onboarded_time: '2026-11-22T12:00:00+0000' },
        record: record({ renamedAt: ago(2) }),
      },
      [],
    ],
    [
      'another name, and the number registered before it was seen',
      {
        number: { ...RENAMED, last_onboarded_time: '2026-11-20T12:00:00+0000' },
        record: record({ renamedAt: ago(2) }),
      },
      ['nameChanged'],
    ],
    // more than one
    [
      'all that can be wrong with a live number at once',
      {
        number: { ...RENAMED, status: 'FLAGGED' },
        record: record({
          stale: { since: ago(1), why: 'x' },
          versions: { current: version(100), pending: version(2) },
        }),
      },
      ['restricted', 'pinStale', 'nameChanged', 'pendingOld', 'pinOld'],
    ],
  ])('%s', (_, sides, kinds, look) => {
    expect(kindsOf(sides, look)).toEqual(kinds);
  });
});

function withoutName(): PinDescription {
  const { registeredName: _, ...rest } = record();
  return rest;
}

function withoutAccount(): PinDescription {
  const { wabaId: _, ...rest } = record();
  return rest;
}

const NUMBERS: (Fields | undefined)[] = [
  undefined,
  {},
  LIVE,
  FREE,
  RENAMED,
  { ...LIVE, status: 'BANNED' },
  { ...LIVE, status: 'DELETED' },
  { ...FREE, status: 'DISCONNECTED', code_verification_status: 'NOT_VERIFIED' },
  { ...LIVE, is_on_biz_app: true },
];
const RECORDS: (ListedPinRecord | undefined)[] = [
  undefined,
  UNREADABLE,
  record(),
  withoutName(),
  OLD,
  STALE,
  pending(2),
  pending(2, { current: version(100) }),
  record({ versions: {} }),
  record({ label: 'Support Berlin', renamedAt: ago(20), versions: { provided: version(1) } }),
];
const RUNS = [undefined, 'onboardNumber', 'rotatePin', 'reregisterNumber', 'offboardNumber'];

/** Every combination of the three sides, also with one that could not be read. */
function* everything(): Generator<{ each: Compared; look: Look }> {
  for (const number of NUMBERS)
    for (const stored of RECORDS)
      for (const run of RUNS)
        for (const look of [
          LOOK,
          { ...LOOK, numbersRead: false },
          { ...LOOK, recordsRead: false },
        ]) {
          const sides = {
            ...(number === undefined || !look.numbersRead ? {} : { number }),
            ...(stored === undefined || !look.recordsRead ? {} : { record: stored }),
            ...(run === undefined ? {} : { run }),
          };
          for (const each of joined(sides)) yield { each, look };
        }
}

test('whatever the three sides say, a finding is one sentence and a cure that names a command or a place, without a telephone number', () => {
  const seen = new Set<FindingKind>();
  for (const { each, look } of everything()) {
    for (const { kind, text, cure, phoneNumberId } of findingsAbout(each, look)) {
      seen.add(kind);
      expect(phoneNumberId).toBe(ID);
      expect(text).toMatch(/^\S.*[^.]\.$/);
      expect(text.slice(0, -1)).not.toMatch(/[.!?] |undefined|NaN|null/);
      expect(text).toContain(ID);
      expect(cure).toMatch(/npx wa-onboard [a-z]+|WhatsApp Manager|backup/);
      expect(`${text} ${cure}`.replaceAll(/[^0-9]/g, '')).not.toContain(
        PHONE.replaceAll(/[^0-9]/g, ''),
      );
    }
  }
  expect([...seen].sort()).toEqual(FINDING_ROWS.map(({ kind }) => kind).sort());
});

test('whatever the three sides say, no two findings contradict each other', () => {
  const exclusive: FindingKind[][] = [
    ['numberWithoutPin', 'neverConfirmed', 'recordUnreadable', 'pinWithoutNumber'],
    ['numberWithoutPin', 'disconnected'],
    ['neverConfirmed', 'disconnected'],
    ['neverConfirmed', 'pendingOld'],
    ['pinWithoutNumber', 'pinOld'],
    ['pinWithoutNumber', 'pinStale'],
    ['pinWithoutNumber', 'nameChanged'],
    ['disconnected', 'restricted'],
    ['disconnected', 'pinOld'],
  ];
  for (const { each, look } of everything()) {
    const kinds = findingsAbout(each, look).map(({ kind }) => kind);
    expect(new Set(kinds).size).toBe(kinds.length);
    for (const group of exclusive) {
      expect(kinds.filter((kind) => group.includes(kind)).length, `${kinds}`).toBeLessThanOrEqual(
        1,
      );
    }
    if (!look.numbersRead) expect(kinds).not.toContain('pinWithoutNumber');
    if (!look.recordsRead) expect(kinds).not.toContain('numberWithoutPin');
  }
});

const findingOf = (sides: Sides) => joined(sides).flatMap((each) => findingsAbout(each, LOOK))[0];

test('a finding carries the label of the record', () => {
  expect(findingOf({ number: LIVE, record: { ...OLD, label: 'Support Berlin' } })).toMatchObject({
    phoneNumberId: ID,
    label: 'Support Berlin',
    text: `The PIN of number ${ID} is 91 days old.`,
  });
});

test.each([
  ['seen today', undefined, 'it has to be registered again by 2026-12-07'],
  ['seen 13 days ago', ago(13), 'it has to be registered again by 2026-11-24'],
  [
    'seen 15 days ago',
    ago(15),
    'the 14 days that Meta gives for registering it again ended on 2026-11-22',
  ],
])(
  'a changed name that was %s says by when the number has to be registered again',
  (_, renamedAt, limit) => {
    const found = findingOf({
      number: RENAMED,
      record: record(renamedAt === undefined ? {} : { renamedAt }),
    });
    expect(found?.text).toBe(
      `Meta has approved the display name “Happy Shrub” of number ${ID}, which is registered as “Lucky Shrub”; ${limit}.`,
    );
    expect(found?.cure).toContain(`npx wa-onboard reregister ${ID}`);
  },
);

test.each<[string, Sides, ReturnType<typeof recordNotes>]>([
  [
    'a name that nobody has noted is adopted',
    { number: LIVE, record: withoutName() },
    { about: { registeredName: 'Lucky Shrub' } },
  ],
  [
    'one that is not approved is not',
    { number: { ...LIVE, name_status: 'PENDING_REVIEW' }, record: withoutName() },
    undefined,
  ],
  [
    'nor one of a number that is not registered',
    { number: FREE, record: withoutName() },
    undefined,
  ],
  ['the noted name stays', { number: LIVE, record: record() }, undefined],
  [
    'another name is noted with the time',
    { number: RENAMED, record: record() },
    { renamedAt: NOW.toISOString() },
  ],
  ['and that time stays', { number: RENAMED, record: record({ renamedAt: ago(3) }) }, undefined],
  [
    'a name that was changed back ends it',
    { number: LIVE, record: record({ renamedAt: ago(3) }) },
    { about: { registeredName: 'Lucky Shrub' }, renamedAt: null },
  ],
  [
    'so does a registration since',
    {
      number: { ...RENAMED, last_onboarded_time: NOW.toISOString() },
      record: record({ renamedAt: ago(3) }),
    },
    { about: { registeredName: 'Happy Shrub' }, renamedAt: null },
  ],
  [
    'a record that tells no account gets the one that lists its number',
    { number: LIVE, record: withoutAccount() },
    { about: { wabaId: WABA } },
  ],
  [
    'together with what there is to say of the name',
    { number: RENAMED, record: withoutAccount() },
    { about: { wabaId: WABA }, renamedAt: NOW.toISOString() },
  ],
  ['but not where the number is not listed', { record: withoutAccount() }, undefined],
  [
    'a record of another account keeps it',
    { number: LIVE, record: record({ wabaId: '1' }) },
    undefined,
  ],
  ['without a record nothing is noted', { number: RENAMED }, undefined],
  ['without the number neither', { record: record() }, undefined],
])('%s', (_, sides, notes) => {
  expect(joined(sides).map((each) => recordNotes(each, WABA, NOW))).toEqual([notes]);
});

describe('a number that has another id now', () => {
  const listed: GraphNumber = { id: OTHER_ID, ...LIVE, display_phone_number: '+16315550142' };
  const found = (records: ListedPinRecord[], numbers: GraphNumber[] = [listed]) =>
    compare({ wabaId: WABA, numbers, records, runs: [] }).flatMap((each) =>
      findingsAbout(each, LOOK),
    );

  test('is found by its telephone number, and the former PIN is for the new id', () => {
    expect(found([record()])).toMatchObject([
      { kind: 'numberWithoutPin', phoneNumberId: OTHER_ID },
      {
        kind: 'pinWithoutNumber',
        phoneNumberId: ID,
        text: `Account ${WABA} does not list number ${ID}, whose PIN is in the PIN store; the number has the id ${OTHER_ID} now.`,
        cure: expect.stringContaining(`npx wa-onboard start ${OTHER_ID}`),
      },
    ]);
  });

  test('is missing nothing where the new id has a PIN', () => {
    expect(found([record(), record({ phoneNumberId: OTHER_ID })])).toMatchObject([
      {
        kind: 'pinWithoutNumber',
        phoneNumberId: ID,
        cure: expect.stringMatching(/^Nothing is missing/),
      },
    ]);
  });

  test('is found where the account still lists the former id as deleted', () => {
    expect(found([record()], [{ id: ID, ...LIVE, status: 'DELETED' }, listed])).toContainEqual(
      expect.objectContaining({
        text: `Number ${ID}, whose PIN is in the PIN store, reads DELETED at Meta; the number has the id ${OTHER_ID} now.`,
      }),
    );
  });

  test('is not taken for another one of which nobody tells the telephone number', () => {
    const { displayPhoneNumber: _, ...unnamed } = record();
    const { display_phone_number: __, ...bare } = listed;
    for (const [records, numbers] of [
      [[unnamed], [listed]],
      [[record()], [bare]],
      [[unnamed], [bare]],
    ] as const) {
      const text = found([...records], [...numbers]).find(
        ({ kind }) => kind === 'pinWithoutNumber',
      )?.text;
      expect(text).not.toContain(OTHER_ID);
    }
  });
});

test('a report has the gravest findings first, counts all that are not cured, and holds a thousand at most', () => {
  const all = compare({
    wabaId: WABA,
    numbers: Array.from({ length: 1_200 }, (_, index) => ({
      id: `${10 ** 14 + index}`,
      ...(index % 2 === 0 ? FREE : LIVE),
      code_verification_status: 'EXPIRED',
    })),
    records: [],
    runs: [],
  });
  const compared = { numbers: 1_200, records: 0, openRuns: 0 };
  const ofAccount = [
    { kind: 'appNotSubscribed' as const, text: 'x', cure: 'y', cured: true as const },
    notCompared('The list was refused.', 'Do something.'),
  ];
  const report = reconcileReport(all, LOOK, ofAccount, compared);
  expect(report).toMatchObject({ at: NOW.toISOString(), wabaId: WABA, compared });
  expect(report.counts).toEqual({ notCompared: 1, numberWithoutPin: 600, notVerified: 600 });
  expect(report.findings).toHaveLength(MOST_FINDINGS);
  const order = report.findings.map(({ kind }) => kind);
  expect([...new Set(order)]).toEqual([
    'notCompared',
    'appNotSubscribed',
    'numberWithoutPin',
    'notVerified',
  ]);
  expect(order.lastIndexOf('numberWithoutPin')).toBe(601);
});
