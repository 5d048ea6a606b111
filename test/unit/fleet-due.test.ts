import { expect, test } from 'vitest';
import { isDue } from '../../activities/fleet/due.js';
import type { PinDescription } from '../../activities/pin-store/pin-store.js';

const NOW = new Date('2026-11-23T12:00:00.000Z');
const ago = (days: number) => new Date(NOW.getTime() - days * 86_400_000).toISOString();
const DUE_BEFORE = new Date(ago(90));

const version = (createdDaysAgo: number, rotatedDaysAgo?: number) => ({
  version: `v${createdDaysAgo}`,
  createdAt: ago(createdDaysAgo),
  ...(rotatedDaysAgo === undefined ? {} : { lastRotated: ago(rotatedDaysAgo) }),
});

const STALE = { since: ago(1), why: 'Meta said so' };

const CASES: [string, Partial<PinDescription>, boolean][] = [
  ['a current PIN since long ago', { versions: { current: version(200, 91) } }, true],
  [
    'one made long ago and current since recently',
    { versions: { current: version(200, 89) } },
    false,
  ],
  [
    'one whose rotation was never dated, by when it was made',
    { versions: { current: version(91) } },
    true,
  ],
  ['the same, younger', { versions: { current: version(89) } }, false],
  [
    'one that became current at the very instant',
    { versions: { current: version(90, 90) } },
    false,
  ],
  [
    'a young one that somebody else changed',
    { stale: STALE, versions: { current: version(1) } },
    true,
  ],
  [
    'a young one with a rotation that was begun two days ago',
    { versions: { current: version(10), pending: version(2) } },
    true,
  ],
  [
    'a young one with a rotation that was begun an hour ago',
    { versions: { current: version(10), pending: version(1 / 24) } },
    false,
  ],
  [
    'a pending PIN that another one has overtaken',
    { versions: { current: version(20, 1), pending: version(2) } },
    false,
  ],
  ['no current PIN, only one that was staged', { versions: { pending: version(200) } }, false],
  ['no current PIN, only one that was given', { versions: { provided: version(200) } }, false],
  ['no PIN at all, and a note', { stale: STALE, versions: {} }, false],
];

test.each(CASES)('%s', (_, record, due) => {
  const whole: PinDescription = {
    phoneNumberId: '1',
    store: 'local',
    record: '1',
    versions: {},
    ...record,
  };
  expect(isDue(whole, DUE_BEFORE, NOW)).toBe(due);
});
