import { expect, test } from 'vitest';
import { pageOf } from '../../client/api/desk-page.js';
import type { Onboarding } from '../../client/api/schemas.js';
import { InvalidInputError } from '../../client/errors.js';
import { codeSentAt, onboarding } from './desk-scene.js';

const waiting = (phoneNumberId: string, sentSecondsAgo: number) =>
  onboarding({ phoneNumberId, stage: 'AwaitingCode', code: codeSentAt(-sentSecondsAgo) });

const ids = (items: readonly Onboarding[]) => items.map(({ phoneNumberId }) => phoneNumberId);

const FIVE = ['a', 'b', 'c', 'd', 'e'].map((id, index) => waiting(id, 500 - index * 10));

function allPages(list: readonly Onboarding[], limit: number): string[][] {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = pageOf(list, { limit, ...(cursor === undefined ? {} : { cursor }) });
    pages.push(ids(page.items));
    cursor = page.next;
  } while (cursor !== undefined);
  return pages;
}

test('pages follow each other without gap or repetition, and the last one names no next', () => {
  expect(allPages(FIVE, 2)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  expect(allPages(FIVE, 5)).toEqual([['a', 'b', 'c', 'd', 'e']]);
  expect(allPages(FIVE, 4)).toEqual([['a', 'b', 'c', 'd'], ['e']]);
  expect(allPages([], 2)).toEqual([[]]);
});

test('numbers that come or go between two pages make no other one appear twice or be left out', () => {
  const { next = '' } = pageOf(FIVE, { limit: 2 });
  const older = waiting('older', 900);
  const newer = waiting('newer', 475);
  const [, , c, , e] = FIVE;
  if (c === undefined || e === undefined) throw new Error('There are five.');
  const changed = [older, c, newer, e];
  expect(ids(pageOf(changed, { limit: 10, cursor: next }).items)).toEqual(['c', 'newer', 'e']);
});

test('a page after the number it ended with has gone begins where that one stood', () => {
  const { next = '' } = pageOf(FIVE, { limit: 3 });
  const without = FIVE.filter(({ phoneNumberId }) => phoneNumberId !== 'c');
  expect(ids(pageOf(without, { limit: 3, cursor: next }).items)).toEqual(['d', 'e']);
});

test.each([
  ['a word', 'nonsense'],
  ['nothing', ''],
  ['JSON that is no place', Buffer.from('{"a":1}').toString('base64url')],
  ['a place without an instant', Buffer.from('[0,"now","a"]').toString('base64url')],
])('%s is no cursor', (_what, cursor) => {
  expect(() => pageOf(FIVE, { limit: 2, cursor })).toThrow(InvalidInputError);
});
