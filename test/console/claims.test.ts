import { describe, expect, test } from 'vitest';
import { newestClaim, renewalIsDue } from '../../client/console/claims.js';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const at = (seconds: number) => new Date(NOW + seconds * 1_000).toISOString();
const claim = (by: string, since: number, until: number) => ({
  by,
  since: at(since),
  until: at(until),
});

describe('of two claims that were told', () => {
  test('the one that began later counts: somebody took the number over', () => {
    const mine = claim('Ana', -100, 200);
    const taken = claim('Ben', -10, 290);
    expect(newestClaim(mine, taken)).toBe(taken);
    expect(newestClaim(taken, mine)).toBe(taken);
  });

  test('the one that lasts longer counts where it is the same: it was renewed', () => {
    const first = claim('Ana', -100, 200);
    const renewed = claim('Ana', -100, 300);
    expect(newestClaim(first, renewed)).toBe(renewed);
    expect(newestClaim(undefined, first)).toBe(first);
    expect(newestClaim(first, undefined)).toBe(first);
  });
});

describe('a claim is renewed', () => {
  const ACTIVE = NOW - 30_000;

  test('before it ends, for somebody who works', () => {
    expect(renewalIsDue(claim('Ana', -200, 100), NOW, ACTIVE)).toBe(true);
  });

  test('not while most of it is left', () => {
    expect(renewalIsDue(claim('Ana', -10, 290), NOW, ACTIVE)).toBe(false);
  });

  test('not for somebody who has left the desk', () => {
    expect(renewalIsDue(claim('Ana', -200, 100), NOW, NOW - 5 * 60_000)).toBe(false);
  });
});
