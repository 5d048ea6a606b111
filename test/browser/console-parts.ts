/** The parts of the console by the names that people and screen readers know them by. */
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

const SEEN_WITHIN_MS = 15_000;

/** Waits until what a place shows matches. */
export function sees(place: Locator, text: string | RegExp): Promise<void> {
  const shown = async () => (await place.innerText()).replace(/\s+/g, ' ').trim();
  return expect.poll(shown, { timeout: SEEN_WITHIN_MS, interval: 50 }).toMatch(text);
}

/** Waits until the place is gone, or hidden. */
export const seesNo = (place: Locator) => place.waitFor({ state: 'hidden' });

export const rowOf = (page: Page, phoneNumberId: string) =>
  page.locator(`li[data-number="${phoneNumberId}"]`);

/** A list of the desk, such as `Waiting for a code`. */
export const listOf = (page: Page, name: string) => page.getByRole('list', { name, exact: true });

export const codeField = (page: Page) => page.getByLabel('Code', { exact: true });
export const panel = (page: Page) => page.getByRole('region', { name: 'Number in work' });
export const verdict = (page: Page) => page.getByRole('status', { name: 'Verdict' });
export const connection = (page: Page) => page.getByRole('status', { name: 'Connection' });
export const announcements = (page: Page) => page.getByRole('status', { name: 'Announcements' });

export const button = (within: Page | Locator, name: string | RegExp) =>
  within.getByRole('button', { name, exact: true });

export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Access token').fill(token);
  await button(page, 'Sign in').click();
}

/** Takes a number from a list of the desk into work. */
export async function take(page: Page, phoneNumberId: string): Promise<void> {
  await button(rowOf(page, phoneNumberId), /^Take /).click();
  await sees(panel(page), 'You hold this number');
  await codeField(page).waitFor();
}

/** Types a code for the number in work and hands it in. */
export async function submit(page: Page, code: string): Promise<void> {
  await codeField(page).fill(code);
  await button(page, 'Submit code').click();
}

/** Opens the page of a number. */
export async function openNumber(page: Page, phoneNumberId: string): Promise<void> {
  await page.goto(`/numbers/${phoneNumberId}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
}
