import { describe, expect, test } from 'vitest';
import type { NumberFacts } from '../../activities/number-facts.js';
import type { Preparation } from '../../activities/steps/looks.js';
import { planRotation } from '../../workflows/rotation-plan.js';

const LIVE: NumberFacts = {
  verified: 'yes',
  registered: 'yes',
  twoStepOn: 'yes',
  onBusinessApp: false,
  stateless: false,
  status: 'CONNECTED',
};
const SINCE = '2026-08-01T00:00:00.000Z';
const CURRENT = { version: 'c', createdAt: SINCE, lastRotated: SINCE };
const PENDING = { version: 'p', createdAt: SINCE };

const pins = (
  versions: NonNullable<Preparation['pins']>['versions'],
  stale?: true,
): Preparation['pins'] => ({ store: 's', record: 'r', versions, ...(stale ? { stale } : {}) });

describe('a rotation', () => {
  test.each([
    ['not registered', { ...LIVE, registered: 'no' as const }, /not registered/],
    ['on the business app', { ...LIVE, onBusinessApp: true }, /Business app/],
    ['banned', { ...LIVE, registered: 'unknown' as const, status: 'BANNED' }, /banned/],
  ])('of a number that is %s is refused', (_, number, text) => {
    const plan = planRotation({ number, pins: pins({ current: CURRENT }) });
    expect(plan).toMatchObject({ kind: 'refused', text: expect.stringMatching(text) });
  });

  test.each([
    ['no record', undefined],
    ['a provided PIN alone', pins({ provided: PENDING })],
    ['a previous PIN alone', pins({ previous: CURRENT })],
  ])('of a number with %s is refused, since somebody else may run it', (_, held) => {
    expect(planRotation({ number: LIVE, pins: held })).toMatchObject({
      kind: 'refused',
      advice: expect.stringMatching(/--take-over/),
    });
  });

  test('goes on with a pending PIN, due or not, confirmed before or not', () => {
    const rotate = { kind: 'rotate', pinVersion: 'p' };
    expect(planRotation({ number: LIVE, pins: pins({ pending: PENDING }) })).toEqual(rotate);
    const both = pins({ current: CURRENT, pending: PENDING });
    expect(planRotation({ number: LIVE, pins: both, dueBefore: 0 })).toEqual(rotate);
  });

  test('is due when the PIN is older than asked for, or stale; else there is nothing to do', () => {
    const since = Date.parse(SINCE);
    const held = pins({ current: CURRENT });
    expect(planRotation({ number: LIVE, pins: held })).toEqual({ kind: 'rotate' });
    expect(planRotation({ number: LIVE, pins: held, dueBefore: since + 1 })).toEqual({
      kind: 'rotate',
    });
    expect(planRotation({ number: LIVE, pins: held, dueBefore: since })).toMatchObject({
      kind: 'nothingToDo',
      pinVersion: 'c',
    });
    const stale = pins({ current: CURRENT }, true);
    expect(planRotation({ number: LIVE, pins: stale, dueBefore: 0 })).toEqual({ kind: 'rotate' });
  });

  test('is tried where it is not known whether the number is registered', () => {
    const number = { ...LIVE, registered: 'unknown' as const, status: 'UNKNOWN' };
    expect(planRotation({ number, pins: pins({ current: CURRENT }) })).toEqual({ kind: 'rotate' });
  });
});
