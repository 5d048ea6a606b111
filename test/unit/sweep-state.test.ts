import { describe, expect, test } from 'vitest';
import {
  failedOnes,
  haltReason,
  newSweep,
  record,
  type SweepState,
  sweepDetails,
  sweepText,
} from '../../workflows/sweep-state.js';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-11-23T14:00:00.000Z');

function sweepOf(...outcomes: Parameters<typeof record>[1]['outcome'][]): SweepState {
  const state = newSweep(NOW, 90 * DAY_MS);
  for (const [i, outcome] of outcomes.entries()) {
    record(state, { phoneNumberId: String(1000 + i), outcome, why: `because of ${i}` });
  }
  return state;
}

test('what is due was rotated before the age', () => {
  expect(newSweep(NOW, 90 * DAY_MS).progress).toMatchObject({
    state: 'sweeping',
    startedAt: '2026-11-23T14:00:00.000Z',
    dueBefore: '2026-08-25T14:00:00.000Z',
  });
});

describe('a number', () => {
  test('counts with its last outcome only', () => {
    const state = sweepOf('failed', 'busy', 'rotated');
    record(state, { phoneNumberId: '1000', outcome: 'rotated' });
    record(state, { phoneNumberId: '1001', outcome: 'failed', why: 'again' });
    expect(state.progress.counts).toMatchObject({ rotated: 2, failed: 1, busy: 0 });
    expect(state.progress.rotated).toEqual(['1002', '1000']);
    expect(state.progress.others).toEqual([
      { phoneNumberId: '1001', outcome: 'failed', why: 'again' },
    ]);
  });

  test('that failed keeps its label for the time it is tried again', () => {
    const state = newSweep(NOW, DAY_MS);
    record(state, { phoneNumberId: '1', label: 'Lima', outcome: 'failed' });
    record(state, { phoneNumberId: '2', outcome: 'refused' });
    expect(failedOnes(state)).toEqual([{ phoneNumberId: '1', label: 'Lima' }]);
  });
});

describe('a sweep halts', () => {
  test('when more than the share of the last twenty failed, and not sooner', () => {
    const state = sweepOf('failed', 'failed', 'failed', 'failed');
    expect(haltReason(state, 0.2)).toBeUndefined();
    record(state, { phoneNumberId: '7', outcome: 'failed', why: 'The token has expired.' });
    expect(haltReason(state, 0.2)).toMatchObject({
      text: '5 of the last 5 rotations failed, the last one: The token has expired.',
      advice: expect.stringMatching(/sweep resume/),
    });
    expect(haltReason(state, 1)).toBeUndefined();
  });

  test('not for failures that are long ago, numbers that are busy, or numbers that take no PIN', () => {
    const state = sweepOf(
      ...Array<'failed'>(4).fill('failed'),
      ...Array<'rotated'>(20).fill('rotated'),
    );
    record(state, { phoneNumberId: '1', outcome: 'failed' });
    expect(haltReason(state, 0.2)).toBeUndefined();
    expect(haltReason(sweepOf(...Array<'refused'>(30).fill('refused')), 0.2)).toBeUndefined();
    expect(haltReason(sweepOf(...Array<'busy'>(30).fill('busy')), 0.2)).toBeUndefined();
  });

  test('when Meta knows none of twenty numbers in a row, but not for a few that were deleted', () => {
    const unknown = (i: number) =>
      ({ phoneNumberId: String(i), outcome: 'refused', unknown: true }) as const;
    const state = newSweep(NOW, DAY_MS);
    for (let i = 0; i < 19; i += 1) record(state, unknown(i));
    expect(haltReason(state, 0.2)).toBeUndefined();
    record(state, { phoneNumberId: '99', outcome: 'rotated' });
    for (let i = 20; i < 39; i += 1) record(state, unknown(i));
    expect(haltReason(state, 0.2)).toBeUndefined();
    record(state, unknown(40));
    expect(haltReason(state, 0.2)?.advice).toMatch(/system user/);
  });

  test('for rotations that never end', () => {
    expect(haltReason(sweepOf(...Array<'underWay'>(5).fill('underWay')), 0.2)).toBeDefined();
  });
});

test('100,000 numbers, failing or not, stay below what Temporal takes as one payload', () => {
  const rotated = newSweep(NOW, DAY_MS);
  const failed = newSweep(NOW, DAY_MS);
  const why = 'x'.repeat(1_000);
  for (let i = 0; i < 45_000; i += 1) {
    record(rotated, { phoneNumberId: `10654035224${100_000 + i}`, outcome: 'rotated' });
  }
  for (let i = 0; i < 5_000; i += 1) {
    const outcome = i % 2 === 0 ? 'notDue' : 'failed';
    record(failed, { phoneNumberId: `10654035224${100_000 + i}`, outcome, why });
  }
  expect(JSON.stringify(rotated).length).toBeLessThan(1_000_000);
  expect(JSON.stringify(failed).length).toBeLessThan(1_000_000);
  expect(rotated.progress).toMatchObject({ counts: { rotated: 45_000 } });
  expect(failed.progress.counts).toMatchObject({ failed: 2_500, notDue: 2_500 });
  expect(failedOnes(failed)).toHaveLength(2_000);
});

test('is told in one sentence, and in a table that holds no markup of others', () => {
  const state = sweepOf('rotated', 'failed', 'busy');
  state.progress.others[0] = { phoneNumberId: '1001', outcome: 'failed', why: 'a | b <x>\nc' };
  expect(sweepText({ ...state.progress, state: 'finished' })).toBe(
    'PIN rotation finished: 1 rotated, 1 failed, 1 busy with something else.',
  );
  const halted = { since: '', until: '', text: 'The token has expired.', advice: 'Renew it.' };
  expect(sweepText({ ...state.progress, state: 'halted', halted })).toBe(
    'PIN rotation has halted: 1 rotated, 1 failed, 1 busy with something else. The token has expired. What to do: Renew it.',
  );
  expect(sweepDetails(state.progress)).toContain('| 1001 | failed | a \\| b \\<x\\> c |');
});
