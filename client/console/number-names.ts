/** How people know a number, which is never its whole telephone number. Pure. */

export interface NamedNumber {
  phoneNumberId: string;
  label?: string;
  businessName?: string;
  lastDigits?: string;
}

/** The label, else the business, else Meta's id. */
export function titleOf({ label, businessName, phoneNumberId }: NamedNumber): string {
  return label ?? businessName ?? phoneNumberId;
}

/** `•••• 4567`, for eyes. */
export function maskedText({ lastDigits }: NamedNumber): string | undefined {
  return lastDigits === undefined ? undefined : `•••• ${lastDigits}`;
}

/** `Acme Berlin, ending in 4567`, for ears. */
export function spokenName(number: NamedNumber): string {
  const { lastDigits } = number;
  return `${titleOf(number)}${lastDigits === undefined ? '' : `, ending in ${lastDigits}`}`;
}

/** Is a text as people type it about this number? Words of the label or business, the id, or digits of the telephone number. */
export function matchesText(number: NamedNumber, text: string): boolean {
  const wanted = plain(text);
  if (wanted === '') return true;
  if (isPhoneLike(text) && matchesDigits(number, digitsOf(text))) return true;
  const known = plain(`${number.label ?? ''} ${number.businessName ?? ''}`);
  return wanted
    .split(' ')
    .every((word) => known.includes(word) || isPartOfId(word, number.phoneNumberId));
}

/** Fewer digits than these are in every other id. */
const isPartOfId = (word: string, id: string) => /^[0-9]{5,}$/.test(word) && id.includes(word);

/** Telephone numbers in use have at most so many digits; Meta's ids have more. */
const LONGEST_TELEPHONE_NUMBER = 14;

function matchesDigits({ lastDigits, phoneNumberId }: NamedNumber, digits: string): boolean {
  return digits.length > LONGEST_TELEPHONE_NUMBER
    ? phoneNumberId === digits
    : endsLike(lastDigits, digits);
}

/** Do these digits, the last ones or the whole telephone number, end as the number does? */
export function endsLike(lastDigits: string | undefined, digits: string): boolean {
  if (lastDigits === undefined || digits === '') return false;
  return digits.length < lastDigits.length
    ? lastDigits.endsWith(digits)
    : digits.endsWith(lastDigits);
}

export function digitsOf(text: string): string {
  return text.replaceAll(/[^0-9]/g, '');
}

/** Nothing but digits and what people write between them: `+49 (151) 234-567`, `•••• 4567`. */
export function isPhoneLike(text: string): boolean {
  return /[0-9]/.test(text) && /^[0-9\s+()./•·*x…-]+$/i.test(text);
}

function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/\s+/g, ' ')
    .trim();
}
