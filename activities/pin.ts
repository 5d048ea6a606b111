import { randomInt } from 'node:crypto';
import { Secret } from './secret.js';

/** Six ASCII digits, as Meta wants a PIN and a code. Leading zeros count, so neither is ever a number. */
const PIN_FORMAT = /^[0-9]{6}$/;

type Digits = readonly [number, number, number, number, number, number];

/** Names of the rules that make a PIN weak. */
export type WeakPinRule =
  | 'repeated digit'
  | 'sequence'
  | 'steps of one digit'
  | 'repeated pair'
  | 'repeated triple'
  | 'doubled digits'
  | 'steps in the tens'
  | 'steps in the units';

const stepBetween = (from: number, to: number): number => (to - from + 10) % 10;

/** The step from each number to the next where it is the same throughout, counted modulo 10; else undefined. */
function constantStep(numbers: readonly number[]): number | undefined {
  const steps = new Set(numbers.slice(1).map((to, i) => stepBetween(numbers[i] ?? to, to)));
  const [step] = steps;
  return steps.size === 1 ? step : undefined;
}

/** The six digits read as three two-digit numbers: their tens and their units. */
const tens = ([a, , c, , e]: Digits): readonly number[] => [a, c, e];
const units = ([, b, , d, , f]: Digits): readonly number[] => [b, d, f];

/**
 * What makes a PIN weak: one row per pattern a person would try first. Steps wrap around, so 789012 is a sequence.
 * Rows may overlap (111111 is in nearly all); the first that matches names the weakness.
 */
const WEAK_PIN_RULES: readonly {
  rule: WeakPinRule;
  matches: (digits: Digits) => boolean;
}[] = [
  // 777777
  { rule: 'repeated digit', matches: (digits) => constantStep(digits) === 0 },
  // 123456, 789012, 987654, 210987
  {
    rule: 'sequence',
    matches: (digits) => [1, 9].includes(constantStep(digits) ?? 0),
  },
  // 135791, 024680, 963074
  {
    rule: 'steps of one digit',
    matches: (digits) => constantStep(digits) !== undefined,
  },
  // 121212
  {
    rule: 'repeated pair',
    matches: ([a, b, c, d, e, f]) => a === c && c === e && b === d && d === f,
  },
  // 123123
  {
    rule: 'repeated triple',
    matches: ([a, b, c, d, e, f]) => a === d && b === e && c === f,
  },
  // 112233, and any other three digits each written twice, such as 994400
  {
    rule: 'doubled digits',
    matches: ([a, b, c, d, e, f]) => a === b && c === d && e === f,
  },
  // 102030, 908070, 153555
  {
    rule: 'steps in the tens',
    matches: (digits) =>
      constantStep(tens(digits)) !== undefined && constantStep(units(digits)) === 0,
  },
  // 010203, 101112, 505254
  {
    rule: 'steps in the units',
    matches: (digits) =>
      constantStep(units(digits)) !== undefined && constantStep(tens(digits)) === 0,
  },
];

/** Is this text a PIN as Meta takes it: exactly six ASCII digits? Says nothing about its strength. */
export function isPin(text: string): boolean {
  return PIN_FORMAT.test(text);
}

/**
 * The first rule by which a PIN is weak; undefined for a PIN that is not.
 *
 * @throws RangeError when the text is not six digits; the message does not repeat it
 */
export function weaknessOf(pin: string): WeakPinRule | undefined {
  if (!isPin(pin)) throw new RangeError('A PIN is exactly six digits.');
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = Array.from(pin, Number);
  return WEAK_PIN_RULES.find(({ matches }) => matches([a, b, c, d, e, f]))?.rule;
}

/** Would a person guess this PIN early? Throws as {@link weaknessOf} does. */
export function isWeakPin(pin: string): boolean {
  return weaknessOf(pin) !== undefined;
}

/**
 * A new PIN: drawn evenly by the operating system's cryptographic generator from all six-digit strings that are not weak.
 */
export function generatePin(): Secret {
  for (;;) {
    const pin = randomInt(1_000_000).toString().padStart(6, '0');
    if (!isWeakPin(pin)) return new Secret(pin);
  }
}
