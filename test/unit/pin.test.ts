import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import {
  generatePin,
  isPin,
  isWeakPin,
  type WeakPinRule,
  weaknessOf,
} from '../../activities/pin.js';

const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const PAIRS = DIGITS.flatMap((a) => DIGITS.map((b) => [a, b] as const));
const TRIPLES = PAIRS.flatMap(([a, b]) => DIGITS.map((c) => [a, b, c] as const));
const wrapped = (...digits: number[]) => digits.map((digit) => digit % 10).join('');
const run = (from: number, step: number) =>
  wrapped(...[0, 1, 2, 3, 4, 5].map((i) => from + i * step));

/** The patterns written out by hand: what each rule must find, built instead of recognised. */
const PATTERNS: Record<WeakPinRule, string[]> = {
  'repeated digit': DIGITS.map((a) => run(a, 0)),
  sequence: DIGITS.flatMap((a) => [run(a, 1), run(a, 9)]),
  'steps of one digit': PAIRS.map(([a, step]) => run(a, step)),
  'repeated pair': PAIRS.map(([a, b]) => wrapped(a, b, a, b, a, b)),
  'repeated triple': TRIPLES.map(([a, b, c]) => wrapped(a, b, c, a, b, c)),
  'doubled digits': TRIPLES.map(([a, b, c]) => wrapped(a, a, b, b, c, c)),
  'steps in the tens': TRIPLES.map(([a, b, step]) => wrapped(a, b, a + step, b, a + 2 * step, b)),
  'steps in the units': TRIPLES.map(([a, b, step]) => wrapped(a, b, a, b + step, a, b + 2 * step)),
};

const everyPin = () => Array.from({ length: 1_000_000 }, (_, n) => n.toString().padStart(6, '0'));

test('of all million PINs exactly those with a weak pattern are weak, and 996,040 are accepted', () => {
  const weak = new Set(Object.values(PATTERNS).flat());
  const wrong = everyPin().filter((pin) => isWeakPin(pin) !== weak.has(pin));
  expect(wrong).toEqual([]);
  expect(1_000_000 - weak.size).toBe(996_040);
});

test('each weak PIN is named by the first rule that it matches', () => {
  const counts = new Map<string, number>();
  for (const pin of new Set(Object.values(PATTERNS).flat())) {
    const rule = weaknessOf(pin) ?? 'none';
    counts.set(rule, (counts.get(rule) ?? 0) + 1);
    expect(PATTERNS[rule as WeakPinRule]).toContain(pin);
  }
  expect(Object.fromEntries(counts)).toEqual({
    'repeated digit': 10,
    sequence: 20,
    'steps of one digit': 70,
    'repeated pair': 80,
    'repeated triple': 990,
    'doubled digits': 990,
    'steps in the tens': 900,
    'steps in the units': 900,
  });
});

test.each([
  ['000000', 'repeated digit'],
  ['123456', 'sequence'],
  ['654321', 'sequence'],
  ['789012', 'sequence'],
  ['210987', 'sequence'],
  ['135791', 'steps of one digit'],
  ['024680', 'steps of one digit'],
  ['121212', 'repeated pair'],
  ['123123', 'repeated triple'],
  ['112233', 'doubled digits'],
  ['994400', 'doubled digits'],
  ['102030', 'steps in the tens'],
  ['908070', 'steps in the tens'],
  ['010203', 'steps in the units'],
  ['101112', 'steps in the units'],
  ['830174', undefined],
  ['012346', undefined],
])('%s: %s', (pin, rule) => {
  expect(weaknessOf(pin)).toBe(rule);
});

test('a PIN is exactly six ASCII digits', () => {
  expect(['000000', '012345', '999999'].every(isPin)).toBe(true);
  const others = [
    '',
    '12345',
    '1234567',
    '12345a',
    ' 12345',
    '123456\n',
    '١٢٣٤٥٦',
    '１２３４５６',
    '-12345',
    '1e5000',
  ];
  expect(others.filter(isPin)).toEqual([]);
});

test('text that is no PIN is refused without being repeated', () => {
  expect(() => weaknessOf('98765')).toThrow(RangeError);
  expect(() => weaknessOf('98765')).not.toThrow(/98765/);
});

test('generated PINs are never weak, differ, and keep their leading zeros', () => {
  const drawn = Array.from({ length: 20_000 }, () => generatePin().reveal());
  expect(drawn.filter((pin) => !isPin(pin) || isWeakPin(pin))).toEqual([]);
  expect(new Set(drawn).size).toBeGreaterThan(19_000);
  for (const digit of DIGITS) expect(drawn.some((pin) => pin.startsWith(`${digit}`))).toBe(true);
});

test('a generated PIN does not print', () => {
  const pin = generatePin();
  expect(`${pin} ${JSON.stringify({ pin })} ${inspect(pin)}`).not.toContain(pin.reveal());
});
