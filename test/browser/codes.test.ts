import { expect, test } from 'vitest';
import { ROLES } from '../../client/api/scopes.js';
import { until } from '../workflow/stack.js';
import {
  button,
  codeField,
  listOf,
  panel,
  rowOf,
  sees,
  seesNo,
  signIn,
  submit,
  take,
  verdict,
} from './console-parts.js';
import { supportDeskForFile } from './support-desk.js';

const opened = supportDeskForFile();

const MINUTE_MS = 60_000;

test('a wrong code is refused with the tries that are left, and the right one is verified', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Wrong, then right');
  const ana = await desk.person('Ana', 'agent');
  await sees(rowOf(ana.page, number.id), /Wrong, then right.*SMS.*old.*left/);
  await take(ana.page, number.id);
  await submit(ana.page, desk.wrongCode(number));
  await sees(verdict(ana.page), /^Refused.*4 tries left/);
  expect(await codeField(ana.page).inputValue()).toBe('');
  await sees(rowOf(ana.page, number.id), '4 tries left');
  await ana.checkAccessibility();
  await submit(ana.page, number.code());
  await sees(verdict(ana.page), /^Verified/);
  await ana.checkAccessibility();
  const { code } = await desk.stack.client.progress(number.id);
  expect(code?.submissions).toMatchObject([
    { by: 'Ana', verdict: 'refused' },
    { by: 'Ana', verdict: 'verified' },
  ]);
  expect(await desk.stack.client.result(number.id)).toMatchObject({ outcome: 'live' });
  await seesNo(rowOf(ana.page, number.id));
});

const FORMATS: [string, (code: string) => string][] = [
  ['with a hyphen', (code) => `${code.slice(0, 3)}-${code.slice(3)}`],
  ['in groups with blanks around', (code) => `  ${code.slice(0, 3)} ${code.slice(3)}\n`],
  ['as the whole message', (code) => `Your WhatsApp code is ${code.slice(0, 3)}-${code.slice(3)}`],
];

test.each(FORMATS)('a code pasted %s is understood', async (format, asPasted) => {
  const { desk } = opened;
  const number = await desk.waiting(`Pasted ${format}`);
  const ana = await desk.person('Ana', 'agent');
  await ana.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await take(ana.page, number.id);
  const text = JSON.stringify(asPasted(number.code()));
  await ana.page.evaluate(`navigator.clipboard.writeText(${text})`);
  await codeField(ana.page).focus();
  await ana.page.keyboard.press('Control+V');
  await ana.page.keyboard.press('Enter');
  await sees(verdict(ana.page), /^Verified/);
});

test('a code that is submitted twice in a hurry counts once', async () => {
  const { desk } = opened;
  const number = await desk.waiting('In a hurry');
  const ana = await desk.person('Ana', 'agent');
  await take(ana.page, number.id);
  await codeField(ana.page).fill(desk.wrongCode(number));
  await button(ana.page, 'Submit code').dblclick();
  await sees(verdict(ana.page), /^Refused.*4 tries left/);
  expect((await desk.stack.client.progress(number.id)).code?.submissions).toHaveLength(1);
});

test('while no worker answers the agent is told that the code is kept, and the run gets it later', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Worker away');
  const ana = await desk.person('Ana', 'agent');
  await take(ana.page, number.id);
  await desk.stack.stopWorker();
  try {
    await submit(ana.page, number.code());
    await sees(verdict(ana.page), /^Not known yet/);
    await ana.checkAccessibility();
  } finally {
    await desk.stack.startWorker();
  }
  expect(await desk.stack.client.result(number.id)).toMatchObject({ outcome: 'live' });
  await seesNo(rowOf(ana.page, number.id));
});

test('on a machine whose clock is an hour ahead the seconds that are left are right', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Wrong clock');
  const token = await desk.api.token('Ana', ROLES.agent);
  const ana = await desk.visitor(token, { clockAheadMs: 60 * MINUTE_MS });
  await signIn(ana.page, token);
  await sees(rowOf(ana.page, number.id), / 9:[0-5]\d left next code in 1:[0-5]\d/);
});

test('what is no code is not sent, and stays to be corrected', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Too short');
  const ana = await desk.person('Ana', 'agent');
  ana.expectConsoleError(/status of 400/);
  await take(ana.page, number.id);
  await submit(ana.page, '12345');
  await sees(verdict(ana.page), /^Not sent/);
  expect(await codeField(ana.page).inputValue()).toBe('12345');
  expect((await desk.stack.client.progress(number.id)).code?.refusedCount).toBe(0);
});

test('after five refused codes no more are tried, and the number is listed as needing a new code', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Five refused');
  const ana = await desk.person('Ana', 'agent');
  await take(ana.page, number.id);
  for (const left of ['4 tries', '3 tries', '2 tries', '1 try', 'No tries']) {
    await submit(ana.page, desk.wrongCode(number));
    await sees(verdict(ana.page), new RegExp(`^Refused.*${left} left`));
  }
  await listOf(ana.page, 'Needs a new code').locator(`[data-number="${number.id}"]`).waitFor();
});

test('until the next code may be sent, the wait is counted down and nothing can be asked for', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Counts down');
  const ana = await desk.person('Ana', 'agent');
  await take(ana.page, number.id);
  for (const name of ['New code by SMS', 'New code by call']) {
    expect(await button(panel(ana.page), name).isDisabled()).toBe(true);
  }
  const secondsLeft = async () => {
    const [, minutes, seconds] =
      /next code in\s+(\d+):(\d\d)/.exec(await rowOf(ana.page, number.id).innerText()) ?? [];
    return Number(minutes) * 60 + Number(seconds);
  };
  const first = await secondsLeft();
  expect(first).toBeGreaterThan(60);
  expect(first).toBeLessThanOrEqual(120);
  await expect.poll(secondsLeft, { timeout: 5_000 }).toBeLessThan(first);
});

test('once the gap is over a new code comes by call, and the newest is the one to use', async () => {
  const { desk } = opened;
  desk.setWorkerClock(-3 * MINUTE_MS);
  const number = await desk.waiting('Two codes');
  const first = number.code();
  const ana = await desk.person('Ana', 'agent');
  await sees(rowOf(ana.page, number.id), 'next code now');
  await take(ana.page, number.id);
  desk.setWorkerClock(2 * MINUTE_MS + 1_000);
  await button(panel(ana.page), 'New code by call').click();
  await until('a second code', () => number.code() !== first);
  await sees(panel(ana.page), /Use the newest, sent \d\d:\d\d by Ana/);
  await sees(rowOf(ana.page, number.id), /call.*use the newest, sent \d\d:\d\d by Ana/i);
  await submit(ana.page, first);
  await sees(verdict(ana.page), /^Refused/);
  await submit(ana.page, number.code());
  await sees(verdict(ana.page), /^Verified/);
});

test('the deadline is moved by a quick choice, and to any time', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Extended', { codeDeadline: '1 hour' });
  const ana = await desk.person('Ana', 'agent');
  await take(ana.page, number.id);
  const deadline = async () =>
    Date.parse((await desk.stack.client.progress(number.id)).waiting?.until ?? '');
  const before = await deadline();
  await button(panel(ana.page), 'Extend deadline').click();
  const dialog = ana.page.getByRole('dialog', { name: 'Extend the deadline' });
  await dialog.waitFor();
  await ana.checkAccessibility();
  await button(dialog, /^1 day later/).click();
  await seesNo(dialog);
  await until('the deadline to move', async () => (await deadline()) > before);
  expect((await deadline()) - before).toBe(24 * 60 * MINUTE_MS);
  await sees(panel(ana.page), /· deadline [A-Z][a-z]{2} \d\d:\d\d/);

  await button(panel(ana.page), 'Extend deadline').click();
  const inTenDays = new Date(Date.now() + 10 * 24 * 60 * MINUTE_MS).toISOString().slice(0, 10);
  await dialog.getByLabel('Wait until').fill(`${inTenDays}T09:00`);
  await button(dialog, 'Extend').click();
  await seesNo(dialog);
  const chosen = await ana.page.evaluate<number>(`new Date("${inTenDays}T09:00").getTime()`);
  await until('the deadline that was chosen', async () => {
    return Math.abs((await deadline()) - chosen) < MINUTE_MS;
  });
});

test('a number that waits for an agent gets its code once one is ready', async () => {
  const { desk } = opened;
  const number = await desk.startedTo('AwaitingAgent', 'For an agent', {
    startCode: 'whenAgentReady',
  });
  expect(desk.stack.simulator.codes(number.id)).toEqual([]);
  const ana = await desk.person('Ana', 'agent');
  const waiting = listOf(ana.page, 'Waiting for an agent').locator(`[data-number="${number.id}"]`);
  await sees(waiting, /For an agent.*waits until/);
  await ana.checkAccessibility();
  await button(waiting, /^I’m ready for For an agent/).click();
  await until('the code', () => number.code() !== '');
  await codeField(ana.page).waitFor();
  await submit(ana.page, number.code());
  await sees(verdict(ana.page), /^Verified/);
  const { code } = await desk.stack.client.progress(number.id);
  expect(code).toMatchObject({ requestedBy: 'Ana', submissions: [{ by: 'Ana' }] });
});

test('after one number, the next is the one with the oldest code', async () => {
  const { desk } = opened;
  const first = await desk.waiting('First');
  const second = await desk.waiting('Second');
  await desk.waiting('Third');
  const ana = await desk.person('Ana', 'agent', { labels: ['First', 'Second', 'Third'] });
  await take(ana.page, first.id);
  await submit(ana.page, first.code());
  await sees(verdict(ana.page), /^Verified/);
  await ana.page.keyboard.press('Enter');
  await sees(panel(ana.page), 'Second');
  await submit(ana.page, second.code());
  await sees(verdict(ana.page), /^Verified/);
});
