import { describe, expect, test } from 'vitest';
import { maskedText, matchesText, spokenName, titleOf } from '../../client/console/number-names.js';

const NUMBER = {
  phoneNumberId: '106540352242922',
  label: 'Café Müller 2',
  businessName: 'Müller & Söhne',
  lastDigits: '4567',
};

describe('a number is found by', () => {
  test.each([
    ['4567', 'its last four digits'],
    ['67', 'fewer of them'],
    ['+49 (151) 234-4567', 'the whole telephone number, as people write it'],
    ['01512344567', 'the telephone number without its country'],
    ['•••• 4567', 'what the desk shows'],
    ['106540352242922', 'its id'],
    ['cafe mull', 'words of its label without accents'],
    ['SÖHNE', 'its business in any case'],
    ['müller café', 'words in any order'],
    ['  ', 'nothing at all'],
  ])('%j (%s)', (text) => {
    expect(matchesText(NUMBER, text)).toBe(true);
  });

  test.each(['4568', '+49 151 2345678', '456', 'acme', 'müller 3'])('not by %j', (text) => {
    expect(matchesText(NUMBER, text)).toBe(false);
  });

  test('not by digits where its telephone number is not known', () => {
    expect(matchesText({ phoneNumberId: '106540352242922' }, '4567')).toBe(false);
  });
});

test('a number is called by its label, else its business, else its id', () => {
  const { label: _, ...unlabelled } = NUMBER;
  expect(titleOf(NUMBER)).toBe('Café Müller 2');
  expect(titleOf(unlabelled)).toBe('Müller & Söhne');
  expect(titleOf({ phoneNumberId: '1234567' })).toBe('1234567');
});

test('a number is shown masked, and said so that it can be told apart', () => {
  expect(maskedText(NUMBER)).toBe('•••• 4567');
  expect(maskedText({ phoneNumberId: '1234567' })).toBeUndefined();
  expect(spokenName(NUMBER)).toBe('Café Müller 2, ending in 4567');
});
