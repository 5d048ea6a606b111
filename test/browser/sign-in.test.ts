import { expect, test } from 'vitest';
import { ROLES } from '../../client/api/scopes.js';
import { button, codeField, sees, seesNo, signIn, take, verdict } from './console-parts.js';
import { supportDeskForFile } from './support-desk.js';

const opened = supportDeskForFile();

const REFUSED = /status of 401/;

test('a good token opens the desk, which shows who is signed in and as what', async () => {
  const { desk } = opened;
  const ana = await desk.visitor(await desk.api.token('Ana', ROLES.agent));
  await ana.page.getByRole('heading', { level: 1, name: 'Support desk' }).waitFor();
  await ana.checkAccessibility();
  await signIn(ana.page, ana.token);
  await ana.page.getByRole('region', { name: 'Waiting for a code' }).waitFor();
  await sees(ana.page.getByTestId('who'), /Ana.*agent/);
});

test('a token of somebody else’s making is refused, with the reason', async () => {
  const { desk } = opened;
  const mallory = await desk.visitor(await desk.api.forgedToken('Mallory', ROLES.operator));
  mallory.expectConsoleError(REFUSED);
  await signIn(mallory.page, mallory.token);
  await sees(mallory.page.getByRole('alert'), 'not accepted');
  await mallory.checkAccessibility();
  await mallory.page.reload();
  await mallory.page.getByLabel('Access token').waitFor();
});

test('what is no token at all is refused, with the reason', async () => {
  const { desk } = opened;
  const visitor = await desk.visitor('not a token');
  visitor.expectConsoleError(REFUSED);
  await signIn(visitor.page, visitor.token);
  await sees(visitor.page.getByRole('alert'), 'not accepted');
});

test('an expired token is refused, and is said to have expired', async () => {
  const { desk } = opened;
  const ana = await desk.visitor(await desk.api.token('Ana', ROLES.agent, { expiresInS: -3_600 }));
  ana.expectConsoleError(REFUSED);
  await signIn(ana.page, ana.token);
  await sees(ana.page.getByRole('alert'), 'has expired');
});

test('a reload keeps somebody signed in, and signing out does not', async () => {
  const { desk } = opened;
  const ana = await desk.person('Ana', 'agent');
  await ana.page.reload();
  await button(ana.page, 'Sign out').click();
  await ana.page.getByLabel('Access token').waitFor();
  expect(await ana.page.evaluate<number>('sessionStorage.length')).toBe(0);
  await ana.page.goto('/');
  await ana.page.getByLabel('Access token').waitFor();
});

test('when a token expires during work, signing in again goes on with the code as it was typed', async () => {
  const { desk } = opened;
  const number = await desk.waiting('Expires at work');
  const ana = await desk.visitor(await desk.api.token('Ana', ROLES.agent, { expiresInS: 3 }));
  ana.expectConsoleError(REFUSED);
  await signIn(ana.page, ana.token);
  await take(ana.page, number.id);
  await codeField(ana.page).fill(number.code());
  const dialog = ana.page.getByRole('dialog', { name: 'Sign in again' });
  await dialog.waitFor();
  await sees(dialog.getByRole('alert'), 'has expired');
  await ana.checkAccessibility();
  await ana.signInAgain(await desk.api.token('Ana', ROLES.agent));
  await seesNo(dialog);
  expect(await codeField(ana.page).inputValue()).toBe(number.code());
  await button(ana.page, 'Submit code').click();
  await sees(verdict(ana.page), 'Verified');
});

test('while the API does not answer, signing in says so, and works once it does', async () => {
  const { desk } = opened;
  const ana = await desk.visitor(await desk.api.token('Ana', ROLES.agent));
  ana.expectConsoleError(/ERR_CONNECTION_REFUSED/);
  await ana.page.getByLabel('Access token').waitFor();
  await desk.api.stop();
  try {
    await signIn(ana.page, ana.token);
    await sees(ana.page.getByRole('alert'), 'does not answer');
  } finally {
    await desk.api.start();
  }
  await signIn(ana.page, ana.token);
  await button(ana.page, 'Sign out').waitFor();
});
