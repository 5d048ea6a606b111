/** Pasted lines of numbers and codes: taken apart, and each number found among those that wait. Pure. */

import { digitsOf, endsLike, isPhoneLike, type NamedNumber, titleOf } from './number-names.js';

/** A line that can be sent. */
export interface ReadyLine {
  /** Counted from 1, as pasted. */
  line: number;
  text: string;
  phoneNumberId: string;
  /** How people know the number. */
  title: string;
  code: string;
}

/** A line that cannot be sent. */
export interface FaultyLine {
  line: number;
  text: string;
  /** What the line names, without its code. */
  number: string;
  /** One sentence that says what to do. */
  fault: string;
}

export interface BulkLines {
  ready: ReadyLine[];
  faulty: FaultyLine[];
}

/** Meta's ids have 15 digits and more; a telephone number has 15 at most, and mostly fewer. */
const LEAST_ID_DIGITS = 15;
/** Fewer digits of a telephone number say too little. */
const LEAST_LAST_DIGITS = 4;

/**
 * Takes pasted text apart. A line is a number and a code with a comma, a semicolon, a tab or a blank between them; empty lines
 * and a heading of words only are left out.
 *
 * @param numbers those that wait for a code
 */
export function readBulkLines(text: string, numbers: readonly NamedNumber[]): BulkLines {
  const read: BulkLines = { ready: [], faulty: [] };
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = raw.trim();
    const heading = read.ready.length + read.faulty.length === 0 && !/[0-9]/.test(line);
    if (line === '' || heading) continue;
    const { number, code } = takeApart(line);
    const at = { line: index + 1, text: raw };
    if (code === undefined) {
      read.faulty.push({ ...at, number, fault: 'There is no code of six digits in this line.' });
      continue;
    }
    const found = findNumber(number, numbers);
    if ('fault' in found) read.faulty.push({ ...at, number, fault: found.fault });
    else read.ready.push({ ...at, ...found, code });
  }
  return read;
}

function takeApart(line: string): { number: string; code: string | undefined } {
  const separator = /^(.*\S)\s*[,;\t]\s*([^,;\t]*)$/.exec(line);
  if (separator !== null) {
    const digits = digitsOf(separator[2] ?? '');
    return {
      number: unquoted(separator[1] ?? ''),
      code: digits.length === CODE_DIGITS ? digits : undefined,
    };
  }
  const blank = /^(.*?\S)\s+([0-9]{3}[ -]?[0-9]{3})$/.exec(line);
  return blank === null
    ? { number: hideDigits(line), code: undefined }
    : { number: unquoted(blank[1] ?? ''), code: digitsOf(blank[2] ?? '') };
}

const CODE_DIGITS = 6;

const unquoted = (text: string) => text.replace(/^["'](.*)["']$/, '$1').trim();

/** Six digits at the end of a line that makes no sense may be a code. */
const hideDigits = (text: string) => text.replace(/[0-9]{3}[ -]?[0-9]{3}$/, '[hidden]');

function findNumber(
  text: string,
  numbers: readonly NamedNumber[],
): { phoneNumberId: string; title: string } | { fault: string } {
  const digits = isPhoneLike(text) ? digitsOf(text) : '';
  const byId = numbers.find(({ phoneNumberId }) => phoneNumberId === digits);
  if (byId !== undefined) return found(byId);
  const wanted = text.trim().toLowerCase();
  const byLabel = numbers.filter(({ label }) => label?.trim().toLowerCase() === wanted);
  if (byLabel.length > 0) return only(byLabel, `have the label ${text}`);
  if (digits === '') return { fault: `No number that waits for a code has the label ${text}.` };
  const byDigits =
    digits.length < LEAST_LAST_DIGITS
      ? []
      : numbers.filter(({ lastDigits }) => endsLike(lastDigits, digits));
  const end = digits.slice(-LEAST_LAST_DIGITS);
  if (byDigits.length > 0) return only(byDigits, `end in ${end}`);
  if (digits.length < LEAST_LAST_DIGITS) {
    return { fault: `Give at least ${LEAST_LAST_DIGITS} digits of the telephone number.` };
  }
  return digits.length >= LEAST_ID_DIGITS
    ? { phoneNumberId: digits, title: digits }
    : { fault: `No number that waits for a code ends in ${end}.` };
}

function only(
  numbers: readonly NamedNumber[],
  what: string,
): { phoneNumberId: string; title: string } | { fault: string } {
  const [first, ...others] = numbers;
  return first === undefined || others.length > 0
    ? { fault: `${numbers.length} numbers ${what}: use Meta’s id of the number instead.` }
    : found(first);
}

const found = (number: NamedNumber) => ({
  phoneNumberId: number.phoneNumberId,
  title: titleOf(number),
});
