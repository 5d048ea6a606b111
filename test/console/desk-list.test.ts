import { describe, expect, test } from 'vitest';
import type { Onboarding } from '../../client/api/schemas.js';
import {
  afterVerdict,
  applyChange,
  groupDesk,
  holderOf,
  mergeLoaded,
  nextNumber,
  searchGroups,
} from '../../client/console/desk-list.js';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const at = (seconds: number) => new Date(NOW + seconds * 1_000).toISOString();

function onboarding(id: string, more: Partial<Onboarding> = {}): Onboarding {
  return {
    phoneNumberId: id,
    runId: `run-${id}`,
    operation: 'onboardNumber',
    run: 'running',
    stage: 'AwaitingCode',
    startedAt: at(-3_600),
    ...more,
  };
}

/** Waits for a code that was sent so many seconds ago. */
function withCode(id: string, age: number, more: Partial<NonNullable<Onboarding['code']>> = {}) {
  return onboarding(id, {
    code: {
      method: 'SMS',
      sentAt: at(-age),
      expiresAt: at(600 - age),
      sentCount: 1,
      refusedCount: 0,
      triesLeft: 5,
      nextSendAt: at(120 - age),
      ...more,
    },
  });
}

const heldBy = (by: string, seconds: number): Pick<Onboarding, 'claim'> => ({
  claim: { by, since: at(-60), until: at(seconds) },
});

const ids = (items: Onboarding[]) => items.map(({ phoneNumberId }) => phoneNumberId);

describe('the lists', () => {
  test('show the oldest good code first, and apart those that need a new one', () => {
    const groups = groupDesk(
      [
        withCode('young', 10),
        withCode('expired', 700),
        withCode('old', 300),
        withCode('tried out', 20, { triesLeft: 0, refusedCount: 5 }),
        onboarding('never sent'),
      ],
      NOW,
    );
    expect(ids(groups.waiting)).toEqual(['old', 'young']);
    expect(ids(groups.needCode)).toEqual(['never sent', 'expired', 'tried out']);
  });

  test('a code that expires moves its number while nothing else changes', () => {
    const item = withCode('a', 590);
    expect(ids(groupDesk([item], NOW).waiting)).toEqual(['a']);
    expect(ids(groupDesk([item], NOW + 11_000).needCode)).toEqual(['a']);
  });

  test('tell who waits for an agent, who is parked and who needs nobody', () => {
    const groups = groupDesk(
      [
        onboarding('securing', { stage: 'Securing' }),
        onboarding('parked', { stage: 'Parked' }),
        onboarding('agent', { stage: 'AwaitingAgent' }),
      ],
      NOW,
    );
    expect([ids(groups.agent), ids(groups.parked), ids(groups.others)]).toEqual([
      ['agent'],
      ['parked'],
      ['securing'],
    ]);
  });

  test('show only what a search names, in each of them', () => {
    const groups = groupDesk(
      [
        { ...withCode('1', 10), lastDigits: '4567' },
        { ...withCode('2', 10), lastDigits: '0042' },
        onboarding('3', { stage: 'Parked', lastDigits: '4567' }),
      ],
      NOW,
    );
    const found = searchGroups(groups, '+49 151 4567');
    expect([ids(found.waiting), ids(found.parked)]).toEqual([['1'], ['3']]);
    expect(searchGroups(groups, ' ')).toBe(groups);
  });
});

describe('the next number', () => {
  const next = (items: Onboarding[], inWork?: string) =>
    nextNumber(groupDesk(items, NOW), 'Ana', NOW, inWork)?.phoneNumberId;

  test('is the oldest good code that nobody else holds', () => {
    const items = [
      { ...withCode('held', 400), ...heldBy('Ben', 60) },
      { ...withCode('mine', 300), ...heldBy('Ana', 60) },
      withCode('free', 200),
    ];
    expect(next(items)).toBe('mine');
    expect(next(items, 'mine')).toBe('free');
  });

  test('comes after the one in work, and from the beginning after the last', () => {
    const items = [withCode('a', 300), withCode('b', 200), withCode('c', 100)];
    expect(next(items, 'b')).toBe('c');
    expect(next(items, 'c')).toBe('a');
  });

  test('is one that needs a new code where no good code is left', () => {
    expect(next([withCode('expired', 700), withCode('in work', 10)], 'in work')).toBe('expired');
  });

  test('is none where there is no other', () => {
    expect(next([withCode('in work', 10)], 'in work')).toBeUndefined();
  });

  test('may be one whose claim has ended by itself', () => {
    expect(next([{ ...withCode('a', 10), ...heldBy('Ben', -1) }])).toBe('a');
    expect(holderOf({ ...withCode('a', 10), ...heldBy('Ben', -1) }, NOW)).toBeUndefined();
  });
});

describe('the list follows events', () => {
  test('which change, add and remove numbers', () => {
    const items = new Map([['a', withCode('a', 10)]]);
    applyChange(items, { kind: 'onboarding', onboarding: withCode('a', 5) });
    applyChange(items, { kind: 'onboarding', onboarding: withCode('b', 5) });
    expect(items.get('a')?.code?.sentAt).toBe(at(-5));
    applyChange(items, { kind: 'gone', phoneNumberId: 'b', runId: 'run-b' });
    expect([...items.keys()]).toEqual(['a']);
  });

  test('and keeps a number whose former run has ended', () => {
    const items = new Map([['a', withCode('a', 10)]]);
    applyChange(items, { kind: 'gone', phoneNumberId: 'a', runId: 'a former run' });
    expect([...items.keys()]).toEqual(['a']);
  });

  test('which are newer than pages that were being loaded meanwhile', () => {
    const items = mergeLoaded(
      [withCode('a', 100), withCode('ended', 100)],
      [
        { kind: 'onboarding', onboarding: withCode('a', 1, { sentCount: 2 }) },
        { kind: 'gone', phoneNumberId: 'ended', runId: 'run-ended' },
      ],
    );
    expect([...items.keys()]).toEqual(['a']);
    expect(items.get('a')?.code?.sentCount).toBe(2);
  });
});

describe('a verdict shows before the list tells it', () => {
  test('a verified number waits for nobody', () => {
    const item = afterVerdict(withCode('a', 10), { verdict: 'verified' });
    expect(ids(groupDesk([item], NOW).others)).toEqual(['a']);
  });

  test('a refused code leaves fewer tries, and never more than the list has told', () => {
    const refused = (triesLeft: number) =>
      ({ verdict: 'refused', text: '', advice: '', triesLeft }) as const;
    const item = withCode('a', 10, { triesLeft: 4, refusedCount: 1 });
    expect(afterVerdict(item, refused(2)).code).toMatchObject({ triesLeft: 2, refusedCount: 3 });
    expect(afterVerdict(item, refused(5)).code).toMatchObject({ triesLeft: 4, refusedCount: 1 });
  });

  test('a code that was not tried changes nothing', () => {
    const item = withCode('a', 10);
    expect(afterVerdict(item, { verdict: 'notWaiting', reason: 'Held.' })).toBe(item);
  });
});
