import { expect, test } from 'vitest';
import { button, sees } from './console-parts.js';
import { supportDeskForFile } from './support-desk.js';

const opened = supportDeskForFile();

test('pasted lines of numbers and codes get a verdict each, and bad lines say why', async () => {
  const { desk } = opened;
  const right = await desk.waiting('Bulk: right');
  const wrong = await desk.waiting('Bulk: wrong');
  const byLabel = await desk.waiting('Bulk: label');
  const ana = await desk.person('Ana', 'agent');
  await button(ana.page, 'Many codes').click();
  const region = ana.page.getByRole('region', { name: 'Many codes' });
  const { code } = { code: right.code() };
  await region
    .getByLabel('Numbers and codes')
    .fill(
      [
        `${right.id},${code.slice(0, 3)}-${code.slice(3)}`,
        `${wrong.id}; ${desk.wrongCode(wrong)}`,
        '',
        `${byLabel.label}\t${byLabel.code()}`,
        'nobody’s line',
        '106540352242922,123',
      ].join('\n'),
    );
  await sees(region, '3 lines ready');
  await sees(region, '2 need');
  const problems = region.getByRole('list', { name: 'Lines to correct' }).getByRole('listitem');
  expect(await problems.count()).toBe(2);
  await ana.checkAccessibility();
  await button(region, 'Submit all').click();
  await sees(region.getByRole('status', { name: 'Progress' }), '3 of 3 sent');
  const verdicts = region.getByRole('table', { name: 'Verdicts' });
  const cell = (text: string) =>
    verdicts.getByRole('row').filter({ hasText: text }).getByRole('cell').last();
  await sees(cell('Bulk: right'), /^Verified/);
  await sees(cell('Bulk: wrong'), /^Refused/);
  await sees(cell('Bulk: label'), /^Verified/);
  await ana.checkAccessibility();
  expect(await desk.stack.client.result(right.id)).toMatchObject({ outcome: 'live' });
});
