import { expect, test } from 'vitest';
import { failuresPage } from './failures-page.js';

test('docs/failures.md says what the verdict table and the reactions of the runs are', async () => {
  await expect(failuresPage()).toMatchFileSnapshot('../../docs/failures.md');
});

test('no cell of the page is without words', () => {
  const rows = failuresPage()
    .split('\n')
    .filter((line) => line.startsWith('| '));
  expect(rows.length).toBeGreaterThan(60);
  for (const row of rows) {
    const cells = row.slice(2, -2).split(' | ');
    expect([3, 5]).toContain(cells.length);
    expect(cells.filter((cell) => cell.trim() === '' || cell.includes('undefined'))).toEqual([]);
  }
});
