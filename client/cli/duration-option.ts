import type { Duration } from '@temporalio/common';
import { msOptionalToNumber } from '@temporalio/common/lib/time.js';
import { InvalidInputError } from '../errors.js';

export const DAY_MS = 24 * 3_600_000;

/** What an option takes, and how its sentence says so. */
interface DurationRange {
  leastMs: number;
  mostMs: number;
  /** Such as `between 1 day and 10 years`. */
  range: string;
  /** Such as `90d`. */
  example: string;
}

/** How old a PIN may get. */
export const PIN_AGE: DurationRange = {
  leastMs: DAY_MS,
  mostMs: 3_653 * DAY_MS,
  range: 'between 1 day and 10 years',
  example: '90d',
};

/**
 * The value of an option that is a duration, as people type it: `90d`, `90 days`.
 *
 * @throws InvalidInputError also for a number without a unit, as nobody who writes 90 means milliseconds
 */
export function durationOption(option: string, text: string, range: DurationRange): Duration {
  const ms = durationMs(text);
  if (ms !== undefined && ms >= range.leastMs && ms <= range.mostMs) return text.trim() as Duration;
  throw new InvalidInputError(
    `${option} must be a duration such as ${range.example}, ${range.range}.`,
  );
}

/** Milliseconds of a text such as `90d`; undefined for what is none. */
export function durationMs(text: string): number | undefined {
  if (!/[a-z]/i.test(text)) return undefined;
  try {
    return msOptionalToNumber(text.trim() as Duration);
  } catch {
    return undefined; // not a duration
  }
}
