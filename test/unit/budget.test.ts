import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CODE_REQUEST_LIMIT,
  DEREGISTER_BESIDE_RESERVE,
  DEREGISTER_LIMIT,
  LONGEST_WINDOW_MS,
  limitUse,
  REGISTER_LIMIT,
  type RequestLimit,
} from '../../activities/budget.js';
import type { PastRun, ScheduledActivity } from '../../activities/past-runs.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = new Date('2026-11-23T12:00:00.000Z');
const ago = (ms: number) => new Date(NOW.getTime() - ms);

const request = (closedAt?: Date, more: Partial<ScheduledActivity> = {}): ScheduledActivity => ({
  type: 'register',
  id: '1',
  startToCloseMs: 40_000,
  ...(closedAt === undefined ? {} : { closedAt }),
  ...more,
});

const runOf = (activities: ScheduledActivity[], more: Partial<PastRun> = {}): PastRun => ({
  runId: 'run',
  startedAt: ago(200 * HOUR),
  cutOff: false,
  activities,
  ...more,
});

/** Ten register requests, the oldest `ms` ago, the others an hour ago. */
const tenWithOldest = (ms: number) =>
  runOf([ago(ms), ...Array.from({ length: 9 }, () => ago(HOUR))].map((at) => request(at)));

test('the limits are Meta’s, and this product’s own on code requests', () => {
  expect(REGISTER_LIMIT).toMatchObject({
    activityType: 'register',
    limit: 10,
    windowMs: 72 * HOUR,
  });
  expect(DEREGISTER_LIMIT).toMatchObject({
    activityType: 'deregister',
    limit: 10,
    windowMs: 72 * HOUR,
  });
  expect(DEREGISTER_LIMIT.limit - DEREGISTER_BESIDE_RESERVE.limit).toBe(3);
  expect(CODE_REQUEST_LIMIT).toMatchObject({ limit: 5, windowMs: 24 * HOUR, gapMs: 2 * MINUTE });
});

test('runs are looked at as far back as a request can count, those cut off included', () => {
  expect(LONGEST_WINDOW_MS).toBeGreaterThanOrEqual(REGISTER_LIMIT.windowMs + 2 * MINUTE);
});

test('without requests nothing is used and the next is allowed at once', () => {
  expect(limitUse(REGISTER_LIMIT, [], NOW)).toEqual({ used: 0, limit: 10 });
  expect(limitUse(REGISTER_LIMIT, [runOf([])], NOW)).toEqual({ used: 0, limit: 10 });
});

test('the tenth request is allowed, the eleventh not before the oldest leaves the window', () => {
  const nine = runOf(Array.from({ length: 9 }, () => request(ago(HOUR))));
  expect(limitUse(REGISTER_LIMIT, [nine], NOW)).toEqual({ used: 9, limit: 10 });
  expect(limitUse(REGISTER_LIMIT, [tenWithOldest(5 * HOUR)], NOW)).toEqual({
    used: 10,
    limit: 10,
    nextAt: new Date(NOW.getTime() + 67 * HOUR),
  });
});

test.each([
  [72 * HOUR - 1, 10, 1],
  [72 * HOUR, 9, undefined],
  [72 * HOUR + 1, 9, undefined],
])('a request %i ms ago: %i count, allowed in %s ms', (oldest, used, inMs) => {
  const use = limitUse(REGISTER_LIMIT, [tenWithOldest(oldest)], NOW);
  expect(use.used).toBe(used);
  expect(use.nextAt).toEqual(inMs === undefined ? undefined : new Date(NOW.getTime() + inMs));
});

test('beyond the limit the next is allowed when fewer than the limit are left in the window', () => {
  const twelve = runOf(Array.from({ length: 12 }, (_, i) => request(ago((12 - i) * HOUR))));
  expect(limitUse(REGISTER_LIMIT, [twelve], NOW)).toMatchObject({
    used: 12,
    nextAt: new Date(NOW.getTime() + 62 * HOUR), // the third oldest, 10 hours ago, must leave
  });
});

test.each(['RetryLater', 'PinMismatch', 'BudgetExceeded', 'PinStoreUnreachable', 'RefusedForGood'])(
  'a request that failed as %s counts, for Meta counts requests',
  (failureType) => {
    expect(limitUse(REGISTER_LIMIT, [runOf([request(ago(HOUR), { failureType })])], NOW).used).toBe(
      1,
    );
  },
);

test('what this product itself held back counts as nothing', () => {
  const held = runOf([request(ago(HOUR), { failureType: 'BudgetSpent' })]);
  expect(limitUse(REGISTER_LIMIT, [held], NOW)).toEqual({ used: 0, limit: 10 });
  const capped = runOf([
    request(ago(1000), { type: 'requestCode', failureType: 'CodeRequestCap' }),
  ]);
  expect(limitUse(CODE_REQUEST_LIMIT, [capped], NOW)).toEqual({ used: 0, limit: 5 });
});

test('after Meta’s own 133016 nothing is sent for 72 hours, however few this product has counted', () => {
  const refused = runOf([request(ago(HOUR), { failureType: 'BudgetExceeded' })]);
  expect(limitUse(REGISTER_LIMIT, [refused], NOW)).toEqual({
    used: 1,
    limit: 10,
    nextAt: new Date(NOW.getTime() + 71 * HOUR),
  });
  expect(limitUse(REGISTER_LIMIT, [refused], new Date(NOW.getTime() + 71 * HOUR))).toEqual({
    used: 0,
    limit: 10,
  });
});

test('the activity that is counting does not count itself, but its namesake in another run does', () => {
  const runs = [
    runOf([request(undefined, { id: '7' })], { runId: 'this' }),
    runOf([request(ago(HOUR), { id: '7' })], { runId: 'other', closedAt: ago(HOUR) }),
  ];
  expect(limitUse(REGISTER_LIMIT, runs, NOW, { runId: 'this', activityId: '7' }).used).toBe(1);
  expect(limitUse(REGISTER_LIMIT, runs, NOW).used).toBe(2);
});

test('activities of another type do not count', () => {
  const types = [
    'deregister',
    'requestCode',
    'verifyCode',
    'setTwoStepPin',
    'registered',
    'Register',
  ];
  const run = runOf(types.map((type) => request(ago(HOUR), { type })));
  expect(limitUse(REGISTER_LIMIT, [run], NOW).used).toBe(0);
  expect(limitUse(DEREGISTER_LIMIT, [run], NOW).used).toBe(1);
});

test('an open request of a terminated run is dated by the run’s end and the activity’s longest duration', () => {
  const closed = (ms: number) => [
    ...tenWithOldest(HOUR)
      .activities.slice(1)
      .map((activity) => runOf([activity])),
    runOf([request(undefined)], { cutOff: true, closedAt: ago(ms) }),
  ];
  expect(limitUse(REGISTER_LIMIT, closed(72 * HOUR + 39_999), NOW)).toMatchObject({
    used: 10,
    nextAt: new Date(NOW.getTime() + 1),
  });
  expect(limitUse(REGISTER_LIMIT, closed(72 * HOUR + 40_000), NOW)).toEqual({ used: 9, limit: 10 });
});

test('a request still running is dated now', () => {
  const run = runOf(Array.from({ length: 10 }, (_, i) => request(undefined, { id: `${i}` })));
  expect(limitUse(REGISTER_LIMIT, [run], NOW).nextAt).toEqual(new Date(NOW.getTime() + 72 * HOUR));
});

describe('the gap between code requests', () => {
  const code = (closedAt: Date) => request(closedAt, { type: 'requestCode' });

  test.each([
    [0, 2 * MINUTE],
    [MINUTE, MINUTE],
    [2 * MINUTE - 1, 1],
    [2 * MINUTE, undefined],
    [HOUR, undefined],
  ])('after a request %i ms ago the next is allowed in %s ms', (before, inMs) => {
    expect(limitUse(CODE_REQUEST_LIMIT, [runOf([code(ago(before))])], NOW).nextAt).toEqual(
      inMs === undefined ? undefined : new Date(NOW.getTime() + inMs),
    );
  });

  test('the later of gap and window decides', () => {
    const five = (oldest: number) =>
      [oldest, 4 * HOUR, 3 * HOUR, 2 * HOUR, MINUTE].map((ms) => code(ago(ms)));
    const inMs = (oldest: number) =>
      Number(limitUse(CODE_REQUEST_LIMIT, [runOf(five(oldest))], NOW).nextAt) - NOW.getTime();
    expect(inMs(5 * HOUR)).toBe(19 * HOUR);
    expect(inMs(24 * HOUR - 1000)).toBe(MINUTE);
  });
});

/** Requests sent by a program that obeys `limitUse`: at each attempt it sends only where that is allowed. */
function sentBy(
  rule: RequestLimit,
  attempts: { waitMs: number; tookMs: number; ending: string }[],
) {
  const runs: PastRun[] = [];
  const sent: number[] = [];
  let clock = NOW.getTime();
  for (const [i, { waitMs, tookMs, ending }] of attempts.entries()) {
    clock += waitMs;
    if (limitUse(rule, runs, new Date(clock)).nextAt !== undefined) continue;
    const sentAt = clock + Math.floor(tookMs / 2); // Meta sees it some time before its end
    sent.push(sentAt);
    const end = clock + tookMs;
    const activity = { type: rule.activityType, id: `${i}`, startToCloseMs: 40_000 };
    runs.push(
      ending === 'terminated'
        ? runOf([activity], { runId: `${i}`, cutOff: true, closedAt: new Date(clock) })
        : runOf([{ ...activity, closedAt: new Date(end) }], { runId: `${i}` }),
    );
    clock = end;
  }
  return sent;
}

test.each([
  ['register', REGISTER_LIMIT],
  ['deregister beside the reserve', DEREGISTER_BESIDE_RESERVE],
  ['request code', CODE_REQUEST_LIMIT],
])(
  '%s: whoever obeys the count never sends more than the limit in any window, nor closer than the gap',
  (_, rule) => {
    const attempt = fc.record({
      waitMs: fc.oneof(
        fc.integer({ min: 0, max: 3 * MINUTE }),
        fc.integer({ min: 0, max: 20 * HOUR }),
      ),
      tookMs: fc.integer({ min: 0, max: 40_000 }),
      ending: fc.constantFrom('closed', 'terminated'),
    });
    let mostSent = 0;
    fc.assert(
      fc.property(fc.array(attempt, { minLength: 30, maxLength: 80 }), (attempts) => {
        const sent = sentBy(rule, attempts);
        mostSent = Math.max(mostSent, sent.length);
        for (const at of sent) {
          const window = sent.filter((other) => other >= at && other < at + rule.windowMs);
          expect(window.length).toBeLessThanOrEqual(rule.limit);
        }
        sent.slice(1).forEach((at, i) => {
          expect(at - (sent[i] ?? 0)).toBeGreaterThanOrEqual(rule.gapMs);
        });
      }),
      { numRuns: 150 },
    );
    expect(mostSent).toBeGreaterThan(rule.limit); // the limit was met, so the property was put to the test
  },
);

test('obeying nextAt is never longer than needed: at that instant the next is allowed', () => {
  const dates = fc.array(fc.integer({ min: 0, max: 80 * HOUR }), { maxLength: 25 });
  fc.assert(
    fc.property(dates, (ages) => {
      for (const rule of [REGISTER_LIMIT, { ...CODE_REQUEST_LIMIT, activityType: 'register' }]) {
        const runs = [runOf(ages.map((ms) => request(ago(ms))))];
        const { nextAt } = limitUse(rule, runs, NOW);
        if (nextAt === undefined) continue;
        expect(nextAt.getTime()).toBeGreaterThan(NOW.getTime());
        expect(limitUse(rule, runs, nextAt).nextAt).toBeUndefined();
        expect(limitUse(rule, runs, new Date(nextAt.getTime() - 1)).nextAt).toEqual(nextAt);
      }
    }),
    { numRuns: 200 },
  );
});
