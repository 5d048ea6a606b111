import { describe, expect, test } from 'vitest';
import {
  clockText,
  countText,
  durationText,
  momentText,
  utcText,
} from '../../client/console/time-texts.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const NOW = Date.parse('2026-11-24T12:00:00Z');

describe('countdowns', () => {
  test.each([
    [-5 * SECOND, '0:00'],
    [999, '0:00'],
    [42 * SECOND, '0:42'],
    [7 * MINUTE + 42 * SECOND, '7:42'],
    [59 * MINUTE + 59 * SECOND, '59:59'],
    [HOUR, '1 h'],
    [HOUR + 5 * MINUTE, '1 h 5 min'],
    [76 * HOUR, '3 d 4 h'],
  ])('%i ms count as %s', (ms, text) => {
    expect(countText(ms)).toBe(text);
  });
});

describe('durations', () => {
  test.each([
    [0, '0 s'],
    [12_400, '12 s'],
    [192 * SECOND, '3 min 12 s'],
    [2 * HOUR + 5 * MINUTE, '2 h 5 min'],
  ])('%i ms are told as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});

describe('instants', () => {
  test('of today are told without their day, in the reader’s time zone and 24 hours', () => {
    expect(clockText('2026-11-24T13:32:05Z', NOW, 'Europe/Berlin')).toBe('14:32');
    expect(clockText('2026-11-24T05:07:00Z', NOW, 'America/New_York')).toBe('00:07');
  });

  test('a day is another one where it is so for the reader, not in UTC', () => {
    expect(clockText('2026-11-24T23:30:00Z', NOW, 'Europe/Berlin')).toBe('Wed 00:30');
    expect(clockText('2026-11-24T23:30:00Z', NOW, 'UTC')).toBe('23:30');
  });

  test('within six days are told with the weekday, beyond with the date', () => {
    expect(clockText('2026-11-27T09:00:00Z', NOW, 'UTC')).toBe('Fri 09:00');
    expect(clockText('2026-12-03T09:00:00Z', NOW, 'UTC')).toBe('3 Dec 09:00');
  });

  test('to choose from are told with weekday and date', () => {
    expect(momentText('2026-11-30T09:00:00Z', 'UTC')).toBe('Mon 30 Nov 09:00');
  });

  test('have their exact UTC in the title', () => {
    expect(utcText('2026-11-24T14:32:05.123Z')).toBe('2026-11-24 14:32:05 UTC');
  });
});
