import { describe, expect, test } from 'vitest';
import { matcherOf, textMatcherOf } from '../../client/api/desk-filter.js';
import { InvalidInputError } from '../../client/errors.js';
import { onboarding } from './desk-scene.js';

const BERLIN = onboarding({
  phoneNumberId: '106540352242922',
  stage: 'AwaitingCode',
  label: 'Shop 12, Berlin',
  businessName: 'Müller & Söhne',
  lastDigits: '4567',
});

describe('a number is found', () => {
  test.each([
    ['by its telephone number as people write it', '+49 170 123 4567'],
    ['by a telephone number with brackets, dots and dashes', '(0170) 12.3-4567'],
    ['by a telephone number with a slash and a long dash', '0170/123–4567'],
    ['by a telephone number without spaces', '+491701234567'],
    ['by the last four digits', '4567'],
    ['by fewer last digits', '67'],
    ['by the end of the number, longer than what is known of it', '34567'],
    ['by its label', 'Shop 12'],
    ['by its label in other letters', 'sHOP 12, bERLIN'],
    ['by part of its label', 'berl'],
    ['by the name of the business, accents left out', 'muller & sohne'],
    ['by the name of the business, accents typed', 'Müller'],
    ['by words of label and business', 'söhne berlin'],
    ['by a word and the last digits', 'Berlin 4567'],
    ['by a word and the whole telephone number', 'Müller +49 170 123 4567'],
    ['by Meta’s id', '106540352242922'],
    ['by the end of Meta’s id', '242922'],
    ['with spaces around', '  4567 '],
    ['where nothing is asked for', ''],
  ])('%s', (_how, text) => {
    expect(textMatcherOf(text)(BERLIN)).toBe(true);
  });
});

describe('a number is not found', () => {
  test.each([
    ['by another telephone number', '+49 170 123 4568'],
    ['by digits from within its telephone number', '456'],
    ['by a few digits of Meta’s id', '2922'],
    ['by another id that ends in its last digits', '999999999994567'],
    ['where one of the words is not there', 'Berlin Hamburg'],
    ['where the digits are another number’s', 'Berlin 4568'],
    ['by a sign alone', '+'],
  ])('%s', (_how, text) => {
    expect(textMatcherOf(text)(BERLIN)).toBe(false);
  });
});

test('a number of which no digits are known is not found by digits', () => {
  const berlin = onboarding({ label: 'Berlin' });
  expect(textMatcherOf('4567')(berlin)).toBe(false);
  expect(textMatcherOf('+49 170 123 4567')(berlin)).toBe(false);
});

test('stage, label, text and what the caller may see must all fit', () => {
  const all = { stage: 'AwaitingCode', label: 'Shop 12, Berlin', text: '4567' } as const;
  const allows = () => true;
  expect(matcherOf({ ...all, allows })(BERLIN)).toBe(true);
  expect(matcherOf({ ...all, stage: 'Parked', allows })(BERLIN)).toBe(false);
  expect(matcherOf({ ...all, label: 'Shop 12', allows })(BERLIN)).toBe(false);
  expect(matcherOf({ ...all, text: '4568', allows })(BERLIN)).toBe(false);
  expect(matcherOf({ ...all, allows: () => false })(BERLIN)).toBe(false);
});

test('a text of characters that each stand for a sentence is refused before any list is looked through', () => {
  expect(() => textMatcherOf('\ufdfa'.repeat(200))).toThrow(InvalidInputError);
  for (const plain of ['x', 'Å']) expect(textMatcherOf(plain.repeat(200))(BERLIN)).toBe(false);
});

test('the names of a number are folded once, however often it is looked for', () => {
  let reads = 0;
  const row = Object.defineProperty(onboarding(), 'businessName', {
    get: () => {
      reads += 1;
      return 'Müller & Söhne';
    },
  });
  for (const text of ['muller', 'sohne', 'Berlin']) textMatcherOf(text)(row);
  expect(reads).toBe(1);
});
