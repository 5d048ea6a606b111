import { expect, test } from 'vitest';
import { listedNow, listedOf } from '../../client/api/desk-onboarding.js';
import { overlaid, type Seen, seenAfter, standingOf } from '../../client/api/desk-overlay.js';
import { awaitingCode, claimedBy, progressOf } from './desk-scene.js';

const free = listedOf(awaitingCode('1'));
const claimed = listedOf(awaitingCode('1', { card: { claim: claimedBy('ana') } }));
const byBen = listedOf(awaitingCode('1', { card: { claim: claimedBy('ben') } }));
const registering = listedNow(
  awaitingCode('1'),
  progressOf(awaitingCode('1', { stage: 'Registering' })),
);

const seen = (changes: Partial<Seen>): Seen => ({
  at: 0,
  shown: claimed,
  coming: claimed,
  row: free,
  looks: 0,
  ...changes,
});

test('a list that was asked before the look says nothing against it', () => {
  expect(standingOf(seen({ at: 10 }), byBen, 5)).toBe('keep');
  expect(standingOf(seen({ at: 10 }), claimed, 5)).toBe('keep');
});

test('a look stays while the list still shows what it showed before', () => {
  expect(standingOf(seen({}), free, 1_000)).toBe('keep');
});

test('a look is dropped once the list shows the same, though not before the list can no longer fall back', () => {
  expect(standingOf(seen({}), claimed, 3_000)).toBe('keep');
  expect(standingOf(seen({}), claimed, 6_000)).toBe('drop');
});

test('a look is repeated as soon as the list shows something else than before', () => {
  expect(standingOf(seen({}), byBen, 1_000)).toBe('look');
  expect(standingOf(seen({}), undefined, 1_000)).toBe('look');
});

test('a look of a run between two waits is repeated, less often each time that nothing has changed', () => {
  let kept = seen({ shown: registering, coming: free, row: free });
  expect(standingOf(kept, free, 1_000)).toBe('keep');
  expect(standingOf(kept, free, 3_000)).toBe('look');
  kept = seenAfter(kept, { at: 3_000, shown: registering, coming: free, row: free });
  expect(standingOf(kept, free, 6_000)).toBe('keep');
  expect(standingOf(kept, free, 9_000)).toBe('look');
  for (let look = 0; look < 100; look += 1) {
    kept = seenAfter(kept, { at: 0, shown: registering, coming: free, row: free });
  }
  expect(standingOf(kept, free, 590_000)).toBe('keep');
  expect(standingOf(kept, free, 600_000)).toBe('look');
  kept = seenAfter(kept, { at: 0, shown: claimed, coming: claimed, row: free });
  expect(kept.looks).toBe(0);
});

test('a list that never catches up is asked about again', () => {
  expect(standingOf(seen({}), free, 60_000)).toBe('look');
});

test('a run that has ended is hidden until the list has lost it', () => {
  const ended = seen({ shown: undefined, coming: undefined, row: claimed });
  expect([...overlaid(new Map([['1', claimed]]), new Map([['1', ended]])).keys()]).toEqual([]);
  expect(standingOf(ended, claimed, 2_000)).toBe('keep');
  expect(standingOf(ended, undefined, 6_000)).toBe('drop');
});

test('a look is laid over the list, and adds what the list does not have yet', () => {
  const view = overlaid(new Map([['2', free]]), new Map([['1', seen({})]]));
  expect(view).toEqual(
    new Map([
      ['2', free],
      ['1', claimed],
    ]),
  );
});
