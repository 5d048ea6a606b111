import { instantText as textOf } from '../../workflows/instant-text.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Of `2026-11-24 ` in an instant's text. */
const DATE_LENGTH = 11;

/** Two units at most: `12s`, `3m 12s`, `2h 5m`, `3d 4h`. */
export function durationText(ms: number): string {
  const whole = Math.max(0, Math.round(ms / SECOND) * SECOND);
  if (whole < MINUTE) return `${whole / SECOND}s`;
  if (whole < HOUR) return pair(whole, MINUTE, 'm', SECOND, 's');
  if (whole < DAY) return pair(whole, HOUR, 'h', MINUTE, 'm');
  return pair(whole, DAY, 'd', HOUR, 'h');
}

/** The instant as the run's own sentences have it: `2026-11-24 14:32:05 UTC`. */
export function instantText(iso: string): string {
  return textOf(Date.parse(iso));
}

/** With its distance, and so without the date where that is today's: `14:32:05 UTC, 3m 12s ago`. */
export function instantAndAge(iso: string, now: Date): string {
  const text = instantText(iso);
  const today = instantText(now.toISOString()).slice(0, DATE_LENGTH);
  const short = text.startsWith(today) ? text.slice(DATE_LENGTH) : text;
  return `${short}, ${relativeText(iso, now)}`;
}

export function relativeText(iso: string, now: Date): string {
  const ms = Date.parse(iso) - now.getTime();
  return ms > 0 ? `in ${durationText(ms)}` : `${durationText(-ms)} ago`;
}

function pair(ms: number, big: number, bigUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((ms % big) / small);
  return `${Math.floor(ms / big)}${bigUnit}${rest === 0 ? '' : ` ${rest}${smallUnit}`}`;
}
