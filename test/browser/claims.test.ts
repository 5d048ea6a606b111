import { expect, test } from 'vitest';
import { until } from '../workflow/stack.js';
import {
  button,
  codeField,
  connection,
  panel,
  rowOf,
  sees,
  submit,
  take,
  verdict,
} from './console-parts.js';
import { supportDeskForFile } from './support-desk.js';

const opened = supportDeskForFile();

test('who has taken a number is shown to everybody, and is over when they give it back', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Given back');
  const ana = await desk.person('Ana', 'agent');
  const ben = await desk.person('Ben', 'agent');
  await take(ana.page, number.id);
  await sees(rowOf(ana.page, number.id), 'Held by you');
  await sees(panel(ana.page), /You hold this number until \d\d:\d\d/);
  await sees(rowOf(ben.page, number.id), 'Held by Ana');
  await button(panel(ana.page), 'Release').click();
  await until('the row to be free', async () => {
    return !(await rowOf(ben.page, number.id).innerText()).includes('Held by');
  });
});

test('a second agent learns who holds the number, and takes it over with a reason', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Taken over');
  const ana = await desk.person('Ana', 'agent');
  const ben = await desk.person('Ben', 'agent');
  ben.expectConsoleError(/status of 409/);
  await take(ana.page, number.id);
  await sees(rowOf(ben.page, number.id), 'Held by Ana');
  await button(rowOf(ben.page, number.id), /^Take /).click();
  await sees(panel(ben.page), /Ana holds this number until \d\d:\d\d/);
  await ben.checkAccessibility();
  await ben.page.getByLabel('Reason for taking over').fill('Ana has gone home');
  await button(panel(ben.page), 'Take over').click();
  await sees(panel(ben.page), /You hold this number/);
  await sees(panel(ana.page), /Ben holds this number/);
  await submit(ben.page, number.code());
  await sees(verdict(ben.page), /^Verified/);
  const { claim } = await desk.stack.client.progress(number.id);
  expect(claim?.takenFrom).toEqual({ by: 'Ana', reason: 'Ana has gone home' });
});

test('a code of somebody who does not hold the number is not tried, and says who does', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Held by another');
  const ana = await desk.person('Ana', 'agent');
  await take(ana.page, number.id);
  // From here on Ana's desk is behind the times.
  ana.expectConsoleError(/ERR_(FAILED|INCOMPLETE_CHUNKED_ENCODING)/);
  await ana.context.route(/\/v1\/(events|onboardings(\?|$))/, (route) => route.abort());
  desk.api.dropConnections();
  await sees(connection(ana.page), 'Connection lost');
  await desk.stack.client.claim(number.id, { by: 'Ben', takeOver: 'to see what Ana is told' });
  await submit(ana.page, number.code());
  await sees(verdict(ana.page), /^Held by Ben/);
  const { code } = await desk.stack.client.progress(number.id);
  expect(code?.submissions ?? []).toEqual([]);
  expect(desk.stack.simulator.number(number.id).verification).toBe('NOT_VERIFIED');
  await codeField(ana.page).waitFor();
});
