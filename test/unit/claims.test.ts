import { describe, expect, test } from 'vitest';
import { CLAIM_MS, claimed, heldByOther, released } from '../../workflows/claims.js';
import type { Claim } from '../../workflows/messages.js';

const NOW = Date.parse('2026-11-23T09:00:00.000Z');
const at = (ms: number) => new Date(ms).toISOString();
const ANA: Claim = { by: 'Ana', since: at(NOW), until: at(NOW + CLAIM_MS) };

describe('a number that nobody holds', () => {
  test('is taken for five minutes', () => {
    expect(claimed(undefined, { by: 'Ana' }, NOW)).toEqual({ verdict: 'held', claim: ANA });
    expect(CLAIM_MS).toBe(5 * 60_000);
  });
  test('lets anybody enter codes, and may be given back all the same', () => {
    expect(heldByOther(undefined, 'Ben', NOW)).toBeUndefined();
    expect(released(undefined, 'Ben', NOW)).toEqual({ verdict: 'released' });
  });
});

describe('a number that Ana holds', () => {
  test('stays hers when she takes it again, from then on for five minutes', () => {
    expect(claimed(ANA, { by: 'Ana' }, NOW + 60_000)).toEqual({
      verdict: 'held',
      claim: { ...ANA, until: at(NOW + 60_000 + CLAIM_MS) },
    });
  });
  test('is not Ben’s for the asking, and he is told who holds it until when', () => {
    const answer = claimed(ANA, { by: 'Ben' }, NOW + 1);
    expect(answer).toMatchObject({ verdict: 'heldByOther', claim: ANA });
    expect(answer).toHaveProperty('reason', expect.stringMatching(/^Ana has taken .*09:05/));
  });
  test('becomes Ben’s with a reason, which is kept', () => {
    expect(claimed(ANA, { by: 'Ben', takeOver: 'Ana is at lunch' }, NOW + 1)).toEqual({
      verdict: 'held',
      claim: {
        by: 'Ben',
        since: at(NOW + 1),
        until: at(NOW + 1 + CLAIM_MS),
        takenFrom: { by: 'Ana', reason: 'Ana is at lunch' },
      },
    });
  });
  test('takes codes of hers only, and none of somebody who does not say who they are', () => {
    expect(heldByOther(ANA, 'Ana', NOW)).toBeUndefined();
    expect(heldByOther(ANA, 'Ben', NOW)).toBe(ANA);
    expect(heldByOther(ANA, undefined, NOW)).toBe(ANA);
  });
  test('can be given back by her alone', () => {
    expect(released(ANA, 'Ana', NOW)).toEqual({ verdict: 'released' });
    expect(released(ANA, 'Ben', NOW)).toMatchObject({ verdict: 'heldByOther', claim: ANA });
  });
  test('is free again the moment her claim ends', () => {
    const end = NOW + CLAIM_MS;
    expect(heldByOther(ANA, 'Ben', end - 1)).toBe(ANA);
    expect(heldByOther(ANA, 'Ben', end)).toBeUndefined();
    expect(claimed(ANA, { by: 'Ben', takeOver: 'no need to' }, end)).toEqual({
      verdict: 'held',
      claim: { by: 'Ben', since: at(end), until: at(end + CLAIM_MS) },
    });
    expect(claimed(ANA, { by: 'Ana' }, end)).toMatchObject({ claim: { since: at(end) } });
  });
});
