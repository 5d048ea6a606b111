import { InvalidInputError } from '../errors.js';
import type { DeskFilter } from './desk.js';
import type { Onboarding } from './schemas.js';

type Wanted = Pick<DeskFilter, 'stage' | 'label' | 'text' | 'allows'>;

/**
 * Tells of each onboarding whether it is one of those asked for; the text as {@link textMatcherOf} has it.
 *
 * @throws InvalidInputError where the text is too long
 */
export function matcherOf({
  stage,
  label,
  text,
  allows,
}: Wanted): (onboarding: Onboarding) => boolean {
  const hasText = text === undefined ? undefined : textMatcherOf(text);
  return (onboarding) =>
    (stage === undefined || onboarding.stage === stage) &&
    (label === undefined || onboarding.label === label) &&
    allows(onboarding) &&
    (hasText === undefined || hasText(onboarding));
}

/** A telephone number as people write it, or else a word. */
const TERM = /[+(]?\d[\d\s()./–-]*\d|\S+/g;
const DIGITS_AS_WRITTEN = /^[+(]?\d[\d\s()./–-]*$/;
/** Fewer digits than this occur in too many of Meta's ids to mean one. */
const SHORTEST_ID_PART = 5;
/** Telephone numbers have at most 15 digits (E.164), and those in use fewer; Meta's ids have 15 and more. */
const LONGEST_TELEPHONE_NUMBER = 14;

/** Some characters stand for a whole sentence, and each list is looked through for all of them. */
const LONGEST_FOLDED = 200;

/**
 * Finds a number the way people know it: by words of its label or its business' name, by Meta's id, or by its telephone
 * number in any format, of which only the last four digits are known here. Where several are given, all must be found.
 *
 * @throws InvalidInputError where the text is too long once its characters are written out
 */
export function textMatcherOf(text: string): (onboarding: Onboarding) => boolean {
  const wanted = folded(text.trim());
  if (wanted.length > LONGEST_FOLDED) {
    throw new InvalidInputError(
      `Search for at most ${LONGEST_FOLDED} plain letters; some of yours stand for several each.`,
    );
  }
  const terms = [...new Set(wanted.match(TERM) ?? [])].map((term) => ({
    term,
    digits: DIGITS_AS_WRITTEN.test(term) ? term.replace(/\D/g, '') : undefined,
  }));
  return (onboarding) => {
    const names = namesOf(onboarding);
    if (names.includes(wanted)) return true;
    return terms.every(
      ({ term, digits }) =>
        names.includes(term) || (digits !== undefined && matchesDigits(onboarding, digits)),
    );
  };
}

function matchesDigits({ phoneNumberId, lastDigits }: Onboarding, digits: string): boolean {
  if (digits.length >= SHORTEST_ID_PART && phoneNumberId.includes(digits)) return true;
  if (lastDigits === undefined || digits.length > LONGEST_TELEPHONE_NUMBER) return false;
  return digits.length < lastDigits.length
    ? lastDigits.endsWith(digits)
    : digits.endsWith(lastDigits);
}

const folds = new WeakMap<Onboarding, string>();

/** Its names, folded once for as long as it is listed. */
function namesOf(onboarding: Onboarding): string {
  const known = folds.get(onboarding);
  if (known !== undefined) return known;
  const names = folded(`${onboarding.label ?? ''}\n${onboarding.businessName ?? ''}`);
  folds.set(onboarding, names);
  return names;
}

/** Without case and accents: people look for "Muller" and mean "Müller". */
function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}
