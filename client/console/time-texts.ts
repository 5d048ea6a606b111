/** Instants and durations in words for people at a desk: their own time zone, 24 hours. Pure. */

import { instantText } from '../../workflows/instant-text.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * A duration that counts: `0:42`, `7:42`, from an hour on `1 h 5 min`, from a day on `3 d 4 h`.
 *
 * @param ms below zero counts as zero
 */
export function countText(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / SECOND)) * SECOND;
  if (whole < HOUR) {
    const seconds = Math.floor((whole % MINUTE) / SECOND);
    return `${Math.floor(whole / MINUTE)}:${String(seconds).padStart(2, '0')}`;
  }
  return whole < DAY ? pair(whole, HOUR, 'h', MINUTE, 'min') : pair(whole, DAY, 'd', HOUR, 'h');
}

/** Two units at most: `12 s`, `3 min 12 s`, `2 h 5 min`, `3 d 4 h`. */
export function durationText(ms: number): string {
  const whole = Math.max(0, Math.round(ms / SECOND)) * SECOND;
  if (whole < MINUTE) return `${whole / SECOND} s`;
  if (whole < HOUR) return pair(whole, MINUTE, 'min', SECOND, 's');
  return countText(whole);
}

/**
 * When something is or was, as short as today allows: `14:32`, within six days `Mon 14:32`, else `24 Nov 14:32`.
 *
 * @param timeZone of the reader; the machine's where absent
 */
export function clockText(iso: string, now: number, timeZone?: string): string {
  const at = Date.parse(iso);
  const time = formatter({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, timeZone).format(
    at,
  );
  if (dayOf(at, timeZone) === dayOf(now, timeZone)) return time;
  const day =
    Math.abs(at - now) < 6 * DAY
      ? formatter({ weekday: 'short' }, timeZone)
      : formatter({ day: 'numeric', month: 'short' }, timeZone);
  return `${day.format(at)} ${time}`;
}

/** When something will be, with its day: `Mon 30 Nov 09:00`. */
export function momentText(iso: string, timeZone?: string): string {
  const at = Date.parse(iso);
  const day = formatter({ weekday: 'short', day: 'numeric', month: 'short' }, timeZone)
    .format(at)
    .replace(',', '');
  const time = formatter({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, timeZone);
  return `${day} ${time.format(at)}`;
}

/** For titles, where the exact instant is looked for: `2026-11-24 14:32:05 UTC`. */
export function utcText(iso: string): string {
  return instantText(Date.parse(iso));
}

function dayOf(at: number, timeZone: string | undefined): string {
  return formatter({ year: 'numeric', month: '2-digit', day: '2-digit' }, timeZone).format(at);
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(
  options: Intl.DateTimeFormatOptions,
  timeZone: string | undefined,
): Intl.DateTimeFormat {
  const key = JSON.stringify([options, timeZone]);
  const known = formatters.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    ...options,
    ...(timeZone === undefined ? {} : { timeZone }),
  });
  formatters.set(key, made);
  return made;
}

function pair(ms: number, big: number, bigUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((ms % big) / small);
  return `${Math.floor(ms / big)} ${bigUnit}${rest === 0 ? '' : ` ${rest} ${smallUnit}`}`;
}
