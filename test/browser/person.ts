/** Somebody in front of a browser of their own, and what must hold of it whatever they do. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { graveViolations } from './accessibility.js';
import { signIn } from './console-parts.js';

export interface Person {
  readonly name: string;
  readonly token: string;
  readonly page: Page;
  readonly context: BrowserContext;
  /** Chromium writes a console error for each answer above 399 and each request that fails: those that belong to the test. */
  expectConsoleError(pattern: RegExp): void;
  /** The newest token is the one that the browser may keep. */
  signInAgain(token: string): Promise<void>;
  /** Holds the page as it is now against axe-core, in the light and in the dark. */
  checkAccessibility(): Promise<void>;
  /** Checks what must hold of everything that this person did, and closes the browser window. */
  leave(secrets: Iterable<string>): Promise<void>;
}

export interface Device
  extends Pick<BrowserContextOptions, 'viewport' | 'colorScheme' | 'hasTouch'> {
  /** How far the clock of the person's machine is ahead. @default 0 */
  clockAheadMs?: number;
}

const ACTION_TIMEOUT_MS = 15_000;

/** Where a browser may keep something. Evaluated in the page. */
const KEPT = `(async () => ({
  local: Object.entries(localStorage),
  session: Object.entries(sessionStorage),
  cookie: document.cookie,
  databases: (await indexedDB.databases()).length,
  caches: (await caches.keys()).length,
  state: JSON.stringify(history.state),
}))()`;

interface Kept {
  local: [string, string][];
  session: [string, string][];
  cookie: string;
  databases: number;
  caches: number;
  state: string;
}

/** @param origin of the console; nothing may go anywhere else */
export async function openBrowser(
  browser: Browser,
  origin: string,
  { name, token, clockAheadMs = 0, ...device }: { name: string; token: string } & Device,
): Promise<Person> {
  const context = await browser.newContext({ baseURL: origin, reducedMotion: 'reduce', ...device });
  context.setDefaultTimeout(ACTION_TIMEOUT_MS);
  if (clockAheadMs !== 0) await context.clock.install({ time: Date.now() + clockAheadMs });
  const page = await context.newPage();
  const urls = new Set<string>();
  const complaints: string[] = [];
  const expected: RegExp[] = [];
  const tokens = [token];
  page.on('request', (request) => urls.add(request.url()));
  page.on('framenavigated', (frame) => urls.add(frame.url()));
  page.on('pageerror', (error) => complaints.push(`An error on the page: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });

  function checkUrls(secrets: RegExp[]): void {
    const all = [...urls].map(decodeURIComponent);
    const betraying = all.filter((url) => secrets.some((secret) => secret.test(url)));
    expect(betraying, 'codes and tokens in addresses').toEqual([]);
    const leaving = all.filter((url) => /^(https?|wss?):/.test(url) && !isWithin(origin, url));
    expect(leaving, 'requests to another origin').toEqual([]);
  }

  return {
    name,
    token,
    page,
    context,
    expectConsoleError: (pattern) => expected.push(pattern),
    async signInAgain(newToken) {
      tokens.push(newToken);
      await signIn(page, newToken);
    },
    async checkAccessibility() {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await graveViolations(page), `axe-core, ${colorScheme}`).toEqual([]);
      }
    },
    async leave(secrets) {
      for (const url of await visitedUrls(context, page)) urls.add(url);
      const kept = await page.evaluate<Kept>(KEPT);
      const markup = await page.content();
      await context.close();
      const patterns = [...secrets, ...tokens].map(patternOf);
      checkUrls(patterns);
      const { state, ...stored } = kept;
      expect(
        patterns.filter((secret) => secret.test(state)),
        'secrets in history',
      ).toEqual([]);
      expect(
        patterns.filter((secret) => secret.test(markup)),
        'secrets on the page',
      ).toEqual([]);
      expect(stored, 'what the browser keeps').toEqual({
        local: [],
        session: stored.session.length === 0 ? [] : [[expect.any(String), tokens.at(-1)]],
        cookie: '',
        databases: 0,
        caches: 0,
      });
      const unexpected = complaints.filter((text) => !expected.some((one) => one.test(text)));
      expect(unexpected, `console errors of ${name}`).toEqual([]);
    },
  };
}

/** Back and forward included. */
async function visitedUrls(context: BrowserContext, page: Page): Promise<string[]> {
  const debug = await context.newCDPSession(page);
  const { entries } = await debug.send('Page.getNavigationHistory');
  return entries.map(({ url }) => url);
}

const isWithin = (origin: string, url: string) => new URL(url).origin === origin;

/** Finds a code, as it is and with its halves apart, or a token. */
function patternOf(secret: string): RegExp {
  const [, half, otherHalf] = /^([0-9]{3})([0-9]{3})$/.exec(secret) ?? [];
  const text = half === undefined ? secret.replaceAll('.', '\\.') : `${half}[- ]?${otherHalf}`;
  return new RegExp(`(?<![0-9])${text}(?![0-9])`);
}
