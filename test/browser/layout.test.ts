import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { ROLES } from '../../client/api/scopes.js';
import { button, codeField, panel, rowOf, sees, submit, take, verdict } from './console-parts.js';
import { supportDeskForFile } from './support-desk.js';

const opened = supportDeskForFile();

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };

test('everything from signing in to a verified code works with the keyboard alone', async () => {
  const { desk } = opened;
  const number = await desk.waiting('By keyboard');
  const ana = await desk.visitor(await desk.api.token('Ana', ROLES.agent));
  const { page } = ana;
  const { keyboard } = page;
  await page.getByLabel('Access token').waitFor();
  while (!(await isFocused(page, 'input[type=password]'))) await keyboard.press('Tab');
  await keyboard.insertText(ana.token);
  await keyboard.press('Enter');
  await rowOf(page, number.id).waitFor();
  await keyboard.press('/');
  await expect.poll(() => isFocused(page, 'input[type=search]')).toBe(true);
  await keyboard.type('by keyboard');
  await keyboard.press('Enter');
  await expect.poll(() => isFocused(page, `li[data-number="${number.id}"] *`)).toBe(true);
  await keyboard.press('Enter');
  await sees(panel(page), 'You hold this number');
  await keyboard.type(desk.wrongCode(number));
  await keyboard.press('Enter');
  await sees(verdict(page), /^Refused/);
  await keyboard.type(number.code());
  await keyboard.press('Enter');
  await sees(verdict(page), /^Verified/);
  await expect
    .poll(() => page.evaluate<string>('document.activeElement.textContent'))
    .toContain('Next number');
});

test('the shortcuts are told by a key, and every control can be reached by Tab, with a visible focus', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Tabbed to');
  const olga = await desk.person('Olga', 'operator');
  const { page } = olga;
  await rowOf(page, number.id).waitFor();
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await dialog.waitFor();
  await olga.checkAccessibility();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  const reached = new Set<string>();
  for (let press = 0; press < 60; press += 1) {
    await page.keyboard.press('Tab');
    const { name, outlined } = await page.evaluate<{ name: string; outlined: boolean }>(FOCUSED);
    expect({ name, outlined }).toEqual({ name, outlined: true });
    if (reached.has(name)) break;
    reached.add(name);
  }
  for (const name of ['Skip to main content', 'Start a number', 'Many codes', 'Sign out']) {
    expect([...reached]).toContainEqual(expect.stringContaining(name));
  }
});

test('at the width of a phone nothing scrolls sideways, and everything can be reached', async () => {
  const { desk } = opened;
  const number = await desk.waiting(
    'A label that is longer than the width of a telephone’s screen can ever hold in one line',
  );
  const agent = await desk.startedTo('AwaitingAgent', 'Phone: agent', {
    startCode: 'whenAgentReady',
  });
  const parked = await desk.startedTo('Parked', 'Phone: parked', {}, { preset: 'pinRetired' });
  const olga = await desk.visitor(await desk.api.token('Olga', ROLES.operator), PHONE);
  const { page } = olga;
  await page.getByLabel('Access token').waitFor();
  await fitsThePhone(page);
  await page.getByLabel('Access token').fill(olga.token);
  await button(page, 'Sign in').tap();
  for (const { id } of [number, agent, parked]) await rowOf(page, id).waitFor();
  await fitsThePhone(page);
  await olga.checkAccessibility();
  await button(rowOf(page, number.id), /^Take /).tap();
  await submit(page, desk.wrongCode(number));
  await sees(verdict(page), /^Refused/);
  await fitsThePhone(page);
  await olga.checkAccessibility();
  await button(panel(page), 'Extend deadline').tap();
  await page.getByRole('dialog').waitFor();
  await fitsThePhone(page);
  await button(page.getByRole('dialog'), 'Close').tap();
  await button(panel(page), 'Back to the list').tap();
  await rowOf(page, parked.id).getByRole('link').first().tap();
  await page.getByRole('region', { name: 'Steps' }).waitFor();
  await fitsThePhone(page);
  await page.getByRole('link', { name: 'Back to the desk' }).tap();
  await button(page, 'Many codes').tap();
  await page.getByLabel('Numbers and codes').fill(`${number.id},${number.code()}\nbad`);
  await button(page, 'Submit all').tap();
  await sees(page.getByRole('table', { name: 'Verdicts' }), /Verified/);
  await fitsThePhone(page);
});

test('dark and light follow the system, and differ', async () => {
  const { desk } = opened;
  const dark = await desk.person('Ana', 'agent', { colorScheme: 'dark' });
  const brightness = () =>
    dark.page.evaluate<number>(
      `getComputedStyle(document.documentElement).backgroundColor.match(/[0-9.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0)`,
    );
  const inTheDark = await brightness();
  await dark.page.emulateMedia({ colorScheme: 'light' });
  const inTheLight = await brightness();
  expect(inTheDark).toBeLessThan(200);
  expect(inTheLight).toBeGreaterThan(600);
});

test('text at twice its size still fits', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Large text');
  const ana = await desk.person('Ana', 'agent', { viewport: { width: 640, height: 480 } });
  await take(ana.page, number.id);
  await codeField(ana.page).waitFor();
  await fitsThePhone(ana.page);
});

const isFocused = (page: Page, selector: string) =>
  page.evaluate<boolean>(`document.activeElement.matches(${JSON.stringify(selector)})`);

/** What has the focus, and whether one can see that. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  const isOutlined = (pseudo) => {
    const { outlineStyle, boxShadow } = getComputedStyle(element, pseudo);
    return outlineStyle !== 'none' || boxShadow !== 'none';
  };
  return {
    name: element.getAttribute('aria-label') ?? element.innerText ?? '',
    outlined: element === document.body || isOutlined(null) || isOutlined('::after'),
  };
})()`;

/** Nothing is wider than the window, and every control can be brought into view and is not covered. */
async function fitsThePhone(page: Page): Promise<void> {
  const [content, window] = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  );
  expect(content).toBeLessThanOrEqual(window);
  const within = (await page.getByRole('dialog').count()) > 0 ? page.getByRole('dialog') : page;
  for (const control of await within.locator('button:visible, a:visible, input:visible').all()) {
    await control.scrollIntoViewIfNeeded();
    const box = await control.boundingBox();
    if (box === null || box.height <= 1) continue; // the skip link is seen only when it has the focus
    const name = (await control.getAttribute('aria-label')) ?? (await control.innerText());
    expect({ name, left: box.x >= 0, right: box.x + box.width <= window }).toEqual({
      name,
      left: true,
      right: true,
    });
  }
}
