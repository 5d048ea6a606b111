import { describe, expect, test } from 'vitest';
import {
  deadlineChoices,
  extensionText,
  localFieldText,
} from '../../client/console/deadline-choices.js';

/** Instants in the machine's time zone, as agents mean them. */
const local = (month: number, day: number, hour: number, minute = 0) =>
  new Date(2026, month - 1, day, hour, minute).getTime();
/** 2026-11-25 is a Wednesday. */
const NOW = local(11, 25, 15);

const HOUR = 3_600_000;

describe('the quick choices', () => {
  test('come in the order of time', () => {
    const until = local(11, 25, 18);
    expect(deadlineChoices(NOW, until)).toEqual([
      { label: '1 hour later', at: until + HOUR },
      { label: 'Tomorrow 09:00', at: local(11, 26, 9) },
      { label: '1 day later', at: until + 24 * HOUR },
      { label: 'Monday 09:00', at: local(11, 30, 9) },
    ]);
  });

  test('leave out what lies before the present deadline', () => {
    const labels = deadlineChoices(NOW, local(11, 28, 10)).map(({ label }) => label);
    expect(labels).toEqual(['1 hour later', '1 day later', 'Monday 09:00']);
  });

  test('on a Monday mean the next one', () => {
    const monday = deadlineChoices(local(11, 30, 8), local(11, 30, 10)).find(
      ({ label }) => label === 'Monday 09:00',
    );
    expect(monday?.at).toBe(local(12, 7, 9));
  });

  test('on a Sunday name tomorrow and Monday once', () => {
    const labels = deadlineChoices(local(11, 29, 20), local(11, 29, 22)).map(({ label }) => label);
    expect(labels.filter((label) => label.endsWith('09:00'))).toHaveLength(1);
  });
});

test('the API is told by how much the deadline moves, never less than was asked for', () => {
  expect(extensionText(NOW, NOW + 90 * 60_000)).toBe('5400 seconds');
  expect(extensionText(NOW, NOW + 1_001)).toBe('2 seconds');
});

test('a field for a local time is filled as it wants it', () => {
  expect(localFieldText(local(11, 5, 9, 7))).toBe('2026-11-05T09:07');
});
