import { expect, test } from 'vitest';
import { announcements, button, listOf, openNumber, rowOf, sees, seesNo } from './console-parts.js';
import { supportDeskForFile } from './support-desk.js';

const opened = supportDeskForFile();

test('a parked number shows Meta’s text and the cure, and goes on after a retry', async () => {
  const { desk } = opened;
  const id = desk.stack.number({ preset: 'verified' });
  desk.stack.simulator.faults.add({
    kind: 'error',
    code: 10,
    message: 'The system user lacks a permission',
    endpoint: 'register',
    phoneNumberId: id,
    times: 1,
  });
  await desk.stack.start(id, { label: 'Parked, then retried' });
  const olga = await desk.person('Olga', 'operator');
  const parked = listOf(olga.page, 'Parked').locator(`[data-number="${id}"]`);
  await sees(parked, /lacks a permission.*Look at it/);
  await parked.getByRole('link').click();
  await olga.page.getByRole('heading', { level: 1, name: 'Parked, then retried' }).waitFor();
  await sees(olga.page.getByRole('region', { name: 'Problem' }), /lacks a permission.*code 10\b/);
  await olga.checkAccessibility();
  await button(olga.page, 'Retry').click();
  const dialog = olga.page.getByRole('dialog', { name: 'Retry?' });
  await dialog.waitFor();
  await olga.checkAccessibility();
  await button(dialog, 'Retry now').click();
  await sees(announcements(olga.page), 'Sent: retry');
  await sees(olga.page.getByRole('region', { name: 'Result' }), /live/i);
  await olga.checkAccessibility();
  expect(await desk.stack.client.result(id)).toMatchObject({ outcome: 'live' });
});

test('a number whose PIN Meta refused is accepted as it is', async () => {
  const { desk } = opened;
  const number = await desk.startedTo(
    'Parked',
    'Parked, then accepted',
    {},
    { preset: 'pinRetired' },
  );
  const olga = await desk.person('Olga', 'operator');
  await openNumber(olga.page, number.id);
  await button(olga.page, 'Accept').click();
  const dialog = olga.page.getByRole('dialog', { name: 'Accept with the PIN unconfirmed?' });
  await dialog.waitFor();
  await olga.checkAccessibility();
  await button(dialog, 'Go back').click();
  await seesNo(dialog);
  await button(olga.page, 'Accept').click();
  await button(dialog, 'Accept').click();
  await sees(olga.page.getByRole('region', { name: 'Result' }), /unconfirmed|not confirmed/i);
  expect((await desk.stack.client.result(number.id)).pin.confirmed).toBe(false);
});

test('a parked rotation is listed, named for what it is, and goes on after a retry', async () => {
  const { desk } = opened;
  const { client, simulator } = desk.stack;
  const id = desk.stack.number({ preset: 'verified' });
  await desk.stack.start(id, { label: 'Parked rotation' });
  expect(await client.result(id)).toMatchObject({ outcome: 'live' });
  simulator.faults.add({
    ...{ kind: 'error', code: 10, message: 'The system user lacks a permission' },
    ...{ endpoint: 'setPin', phoneNumberId: id, times: 1 },
  });
  await client.rotatePin(id, { reason: 'Ana has left' });
  const olga = await desk.person('Olga', 'operator');
  const parked = listOf(olga.page, 'Parked').locator(`[data-number="${id}"]`);
  await sees(parked, /Rotation of the PIN: .*lacks a permission/);
  await parked.getByRole('link').click();
  await olga.page.getByRole('heading', { level: 1, name: 'Parked rotation' }).waitFor();
  await sees(olga.page.getByRole('main'), 'Rotation of the PIN');
  await olga.checkAccessibility();
  await button(olga.page, 'Retry').click();
  await button(olga.page.getByRole('dialog', { name: 'Retry?' }), 'Retry now').click();
  await sees(olga.page.getByRole('region', { name: 'Result' }), /has another PIN/);
  await seesNo(button(olga.page, 'Start again'));
  expect(await client.result(id)).toMatchObject({ outcome: 'rotated' });
});

test('cancelling asks first, and then stops the run', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Cancelled');
  const olga = await desk.person('Olga', 'operator');
  await openNumber(olga.page, number.id);
  await button(olga.page, 'Cancel onboarding').click();
  const dialog = olga.page.getByRole('dialog', { name: 'Cancel this onboarding?' });
  await dialog.waitFor();
  await olga.checkAccessibility();
  await olga.page.keyboard.press('Escape');
  await seesNo(dialog);
  expect((await desk.stack.client.status(number.id)).run).toBe('running');
  await button(olga.page, 'Cancel onboarding').click();
  await button(dialog, 'Cancel onboarding').click();
  await seesNo(dialog);
  await sees(olga.page.getByRole('region', { name: 'Result' }), /Cancelled/);
  await seesNo(button(olga.page, 'Cancel onboarding'));
  expect((await desk.stack.client.status(number.id)).run).toBe('cancelled');
});

test('the page of a number follows its steps without a reload', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Followed');
  const olga = await desk.person('Olga', 'operator');
  await openNumber(olga.page, number.id);
  const step = (name: string) => olga.page.locator(`li[data-step="${name}"]`);
  await expect.poll(() => step('awaitCode').getAttribute('data-state')).toBe('running');
  expect(await listOf(olga.page, 'Steps').getByRole('listitem').count()).toBe(6);
  const inTemporal = olga.page.getByRole('link', { name: 'Open in the Temporal UI' });
  expect(await inTemporal.getAttribute('href')).toContain(`/whatsapp-number-${number.id}/`);
  expect(await inTemporal.getAttribute('rel')).toContain('noreferrer');
  await olga.checkAccessibility();
  const wrong = desk.wrongCode(number);
  await desk.stack.client.submitCode(number.id, wrong, { submittedBy: 'Ben' });
  await sees(olga.page.getByRole('region', { name: 'Submitted codes' }), /Ben.*refused/i);
  await desk.stack.client.submitCode(number.id, number.code(), { submittedBy: 'Cleo' });
  for (const name of ['requestCode', 'verifyCode', 'register', 'setTwoStepPin', 'storePin']) {
    await expect
      .poll(() => step(name).getAttribute('data-state'), { timeout: 15_000 })
      .toBe('done');
  }
  await sees(olga.page.getByRole('region', { name: 'Submitted codes' }), /Cleo.*verified/i);
  const shown = await olga.page.locator('html').innerText();
  expect(shown).not.toContain(wrong);
  expect(shown).not.toContain(number.code());
});

test('a number that was refused says why, and that nothing was done', async () => {
  const { desk } = opened;
  const number = await desk.startedTo('Failed', 'Refused at once', {}, { preset: 'banned' });
  const olga = await desk.person('Olga', 'operator');
  await openNumber(olga.page, number.id);
  await sees(olga.page.getByRole('main'), /banned/i);
  await olga.checkAccessibility();
});

test('a number without an onboarding is not found', async () => {
  const { desk } = opened;
  const olga = await desk.person('Olga', 'operator');
  olga.expectConsoleError(/status of 404/);
  await olga.page.goto('/numbers/106540352242999');
  await sees(olga.page.getByRole('alert'), 'No onboarding');
  await olga.checkAccessibility();
});

test('an onboarding is started from the desk', async () => {
  const { desk } = opened;
  const id = desk.stack.number();
  const olga = await desk.person('Olga', 'operator');
  await button(olga.page, 'Start a number').click();
  const dialog = olga.page.getByRole('dialog', { name: 'Start a number' });
  await dialog.getByLabel('Meta’s phone number id').fill(id);
  await dialog.getByLabel('Label').fill('Started by hand');
  await dialog.getByLabel('When an agent is ready').check();
  await olga.checkAccessibility();
  await button(dialog, 'Start').click();
  await olga.page.getByRole('heading', { level: 1, name: 'Started by hand' }).waitFor();
  expect(new URL(olga.page.url()).pathname).toBe(`/numbers/${id}`);
  await sees(olga.page.getByRole('main'), /waits for an agent|waiting for an agent/i);
  expect(desk.stack.simulator.codes(id)).toEqual([]);
});

test('a viewer sees everything and has nothing to press', async () => {
  const { desk } = opened;
  const waiting = await desk.waiting('For a viewer');
  const agent = await desk.startedTo('AwaitingAgent', 'Agent, for a viewer', {
    startCode: 'whenAgentReady',
  });
  const parked = await desk.startedTo(
    'Parked',
    'Parked, for a viewer',
    {},
    { preset: 'pinRetired' },
  );
  const vera = await desk.person('Vera', 'viewer');
  const harmless = /^(Keyboard shortcuts|Sign out|Copy .*)$/;
  const pressable = async () => {
    const names: string[] = [];
    for (const one of await vera.page.getByRole('button').all()) {
      names.push((await one.getAttribute('aria-label')) ?? (await one.innerText()));
    }
    return names.map((name) => name.trim()).filter((name) => !harmless.test(name));
  };
  for (const { id } of [waiting, agent, parked]) await rowOf(vera.page, id).waitFor();
  expect(await pressable()).toEqual([]);
  await vera.checkAccessibility();
  for (const { id } of [waiting, agent, parked]) {
    await vera.page.goto('/');
    await rowOf(vera.page, id).getByRole('link').first().click();
    await vera.page.getByRole('region', { name: 'Steps' }).waitFor();
    expect(await pressable()).toEqual([]);
  }
});

test('an agent sees no decisions of operators', async () => {
  const { desk } = opened;
  const parked = await desk.startedTo(
    'Parked',
    'Parked, for an agent',
    {},
    { preset: 'pinRetired' },
  );
  const ana = await desk.person('Ana', 'agent');
  await sees(rowOf(ana.page, parked.id), 'Needs an operator');
  await openNumber(ana.page, parked.id);
  await ana.page.getByRole('region', { name: 'Steps' }).waitFor();
  for (const name of ['Retry', 'Accept', 'Cancel onboarding', 'Start a number']) {
    expect(await button(ana.page, name).count()).toBe(0);
  }
});
