import { expect, test } from 'vitest';
import {
  button,
  codeField,
  connection,
  listOf,
  openNumber,
  panel,
  rowOf,
  sees,
  seesNo,
  take,
  verdict,
} from './console-parts.js';
import { supportDeskForFile } from './support-desk.js';

const opened = supportDeskForFile();

test('a number that begins to wait, and one that ends, appear and go without a reload', async () => {
  const { desk } = opened;
  const ana = await desk.person('Ana', 'agent');
  await ana.page.getByRole('region', { name: 'Waiting for a code' }).waitFor();
  const number = await desk.waiting('Appears by itself');
  await rowOf(ana.page, number.id).waitFor();
  await desk.stack.client.submitCode(number.id, number.code());
  await seesNo(rowOf(ana.page, number.id));
});

test('a code refused elsewhere shows in the list and in the work at hand', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Refused elsewhere');
  const ana = await desk.person('Ana', 'agent');
  await take(ana.page, number.id);
  await desk.stack.client.submitCode(number.id, desk.wrongCode(number), { submittedBy: 'Ana' });
  await sees(rowOf(ana.page, number.id), '4 tries left');
  await sees(panel(ana.page), '4 of 5 tries left');
});

test('a lost connection is said, and once it is back the desk shows what has changed meanwhile', async () => {
  const { desk } = opened;
  const stays = await desk.waiting('Stays over the outage');
  const goes = await desk.waiting('Goes in the outage');
  const ana = await desk.person('Ana', 'agent');
  ana.expectConsoleError(
    /ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|CONNECTION_RESET)/,
  );
  await take(ana.page, stays.id);
  await rowOf(ana.page, goes.id).waitFor();
  expect(await connection(ana.page).innerText()).toBe('');
  await codeField(ana.page).fill(stays.code());
  await desk.api.stop();
  try {
    await sees(connection(ana.page), /Connection lost since \d\d:\d\d.*may be old/);
    await ana.checkAccessibility();
    await button(ana.page, 'Submit code').click();
    await sees(verdict(ana.page), /^Not sent/);
    expect(await codeField(ana.page).inputValue()).toBe(stays.code());
    await desk.stack.client.submitCode(goes.id, goes.code());
    await desk.stack.client.result(goes.id);
    await button(ana.page, 'Try now').click();
    await sees(connection(ana.page), 'Connection lost');
  } finally {
    await desk.api.start();
  }
  await sees(connection(ana.page), /^$/);
  await seesNo(rowOf(ana.page, goes.id));
  await button(ana.page, 'Submit code').click();
  await sees(verdict(ana.page), /^Verified/);
});

test('while Temporal does not answer the desk says that it may be old, and recovers', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Temporal away');
  const ana = await desk.person('Ana', 'agent');
  ana.expectConsoleError(/status of 503/);
  await rowOf(ana.page, number.id).waitFor();
  await desk.api.cutTemporalOff();
  try {
    await sees(connection(ana.page), /does not answer since \d\d:\d\d.*may be old/);
    await rowOf(ana.page, number.id).waitFor();
  } finally {
    await desk.api.letTemporalAnswer();
  }
  await sees(connection(ana.page), /^$/);
  const another = await desk.waiting('Temporal back');
  await rowOf(ana.page, another.id).waitFor();
});

test('a number is found by the last digits of its telephone number, its label, its business, and its id', async () => {
  const { desk } = opened;
  const sought = await desk.waiting(
    'Kiosk Évora',
    {},
    { verifiedName: 'Azulejo & Filhos', displayPhoneNumber: '+351 912 345 077' },
  );
  const other = await desk.waiting('Shop Porto', {}, { displayPhoneNumber: '+351 912 345 999' });
  const ana = await desk.person('Ana', 'agent');
  await sees(rowOf(ana.page, sought.id), /5077/);
  const search = ana.page.getByRole('searchbox', { name: 'Search numbers' });
  for (const text of ['5077', 'kiosk', 'azulejo', sought.id, '…5077']) {
    await search.fill(text);
    await expect.poll(() => search.inputValue()).toBe(text);
    await seesNo(rowOf(ana.page, other.id));
    await rowOf(ana.page, sought.id).waitFor();
  }
  await search.fill('nothing like it');
  await sees(ana.page.getByRole('main'), 'No number matches');
  await ana.checkAccessibility();
  await search.fill('');
  await rowOf(ana.page, other.id).waitFor();
});

test('markup in a name is shown as text', async () => {
  const { desk } = opened;
  const label = '<img src=x onerror=alert(1)>';
  const number = await desk.waiting(label, {}, { verifiedName: '<script>alert(2)</script>' });
  const ana = await desk.person('Ana', 'agent');
  await sees(rowOf(ana.page, number.id), /<img src=x onerror=alert\(1\)>.*<script>alert\(2\)/);
  await openNumber(ana.page, number.id);
  await ana.page.getByRole('heading', { level: 1, name: label }).waitFor();
});

test('somebody who is limited to some labels sees no others', async () => {
  const { desk } = opened;
  const lisbon = await desk.waiting('Team Lisbon');
  const porto = await desk.waiting('Team Porto');
  const ana = await desk.person('Ana', 'agent', { labels: ['Team Lisbon'] });
  await rowOf(ana.page, lisbon.id).waitFor();
  expect(await rowOf(ana.page, porto.id).count()).toBe(0);
  ana.expectConsoleError(/status of 40[34]/);
  await openNumber(ana.page, porto.id);
  await ana.page.getByRole('alert').waitFor();
  expect(await ana.page.locator('html').innerText()).not.toContain('Team Porto');
});

test('a search finds a number that has ended, too', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Ended and sought');
  await desk.stack.client.submitCode(number.id, number.code());
  await desk.stack.client.result(number.id);
  const ana = await desk.person('Ana', 'agent');
  await ana.page.getByRole('searchbox', { name: 'Search numbers' }).fill('ended and sought');
  const found = listOf(ana.page, 'Elsewhere').getByRole('link', { name: /Ended and sought/ });
  await found.click();
  await ana.page.getByRole('heading', { level: 1, name: 'Ended and sought' }).waitFor();
  expect(ana.page.url()).not.toContain('sought');
});
