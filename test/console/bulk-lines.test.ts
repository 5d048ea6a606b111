import { describe, expect, test } from 'vitest';
import { readBulkLines } from '../../client/console/bulk-lines.js';

const ACME = { phoneNumberId: '106540352242001', label: 'Acme Berlin', lastDigits: '4567' };
const KIOSK = { phoneNumberId: '106540352242002', label: 'Kiosk, north', lastDigits: '0042' };
const TWIN = { phoneNumberId: '106540352242003', label: 'Twin', lastDigits: '7777' };
const OTHER_TWIN = { phoneNumberId: '106540352242004', label: 'twin', lastDigits: '7777' };
const NUMBERS = [ACME, KIOSK, TWIN, OTHER_TWIN];

const faultOf = (line: string) => readBulkLines(line, NUMBERS).faulty[0]?.fault;

describe('a line names its number and its code', () => {
  test.each([
    ['4567,123830', ACME],
    ['4567, 123-830', ACME],
    ['4567; 123 830', ACME],
    ['4567\t123830', ACME],
    ['4567 123830', ACME],
    ['4567   123-830', ACME],
    ['4567 123 830', ACME],
    ['+49 151 234-4567, 123-830', ACME],
    ['+49 151 234 4567 123830', ACME],
    ['106540352242001,123830', ACME],
    ['acme BERLIN, 123830', ACME],
    ['Acme Berlin 123-830', ACME],
    ['"Acme Berlin";123830', ACME],
    ['"Kiosk, north",123830', KIOSK],
    ['Kiosk, north, 123830', KIOSK],
    ['0042 , your code is 123-830', KIOSK],
  ])('%j', (line, { phoneNumberId, label }) => {
    expect(readBulkLines(line, NUMBERS)).toEqual({
      ready: [{ line: 1, text: line, phoneNumberId, title: label, code: '123830' }],
      faulty: [],
    });
  });
});

describe('a line that cannot be sent says why', () => {
  test.each([
    ['4567,12383', 'There is no code of six digits in this line.'],
    ['4567', 'There is no code of six digits in this line.'],
    ['Nobody, 123830', 'No number that waits for a code has the label Nobody.'],
    ['9999, 123830', 'No number that waits for a code ends in 9999.'],
    ['567, 123830', 'Give at least 4 digits of the telephone number.'],
    ['7777, 123830', '2 numbers end in 7777: use Meta’s id of the number instead.'],
    ['Twin, 123830', '2 numbers have the label Twin: use Meta’s id of the number instead.'],
  ])('%j: %s', (line, fault) => {
    expect(faultOf(line)).toBe(fault);
  });

  test('without what may be a code', () => {
    const { faulty } = readBulkLines('x\n123-830\nfoo: 123830', NUMBERS);
    for (const { number, fault } of faulty) {
      expect(`${number} ${fault}`).not.toMatch(/123.?830/);
    }
    expect(faulty).toHaveLength(2);
  });
});

test('empty lines and a heading are left out, and lines are counted as pasted', () => {
  const { ready, faulty } = readBulkLines('number,code\r\n\r\n4567,123830\r\n0042,204511', NUMBERS);
  expect(ready.map(({ line, code }) => [line, code])).toEqual([
    [3, '123830'],
    [4, '204511'],
  ]);
  expect(faulty).toEqual([]);
});

test('a code that begins with zeros keeps them', () => {
  expect(readBulkLines('4567,000 007', NUMBERS).ready[0]?.code).toBe('000007');
});

test('an id that is not in the list is sent all the same, as the list may be cut', () => {
  expect(readBulkLines('106540352249999,123830', NUMBERS).ready[0]?.phoneNumberId).toBe(
    '106540352249999',
  );
});
