import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, type TestContext, test } from 'vitest';
import { programPlaces } from '../../configuration/program-places.js';
import { LOOPBACK } from '../../worker/ports.js';
import { findChromium, launchChromium } from './chromium.js';
import { openBrowser } from './person.js';

const CODE = '123830';
const TOKEN = 'aaa.bbb.ccc';

const PAGE = `<!doctype html>
<html lang="en">
  <head><title>Page</title><link rel="icon" href="data:,"></head>
  <body><main><h1>Page</h1></main><script src="/page.js"></script></body>
</html>`;

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium(programPlaces());
});

afterAll(() => browser.close());

/** A person in front of a page with this script. */
async function visit(script: string, { onTestFinished }: TestContext) {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/missing' ? 404 : 200;
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : PAGE);
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  const person = await openBrowser(browser, origin, { name: 'Ana', token: TOKEN });
  onTestFinished(() => person.context.close());
  await person.page.goto('/');
  await person.page.waitForLoadState('networkidle');
  return person;
}

test('a page that does nothing wrong passes, with the token where it may be kept', async (context) => {
  const person = await visit(`sessionStorage.setItem('token', '${TOKEN}')`, context);
  await person.checkAccessibility();
  await person.leave([CODE]);
});

const MISDEEDS: [string, string, RegExp][] = [
  ['writes a console error', 'console.error("oh")', /console errors/],
  ['writes a console warning', 'console.warn("oh")', /console errors/],
  ['throws', 'throw new Error("oh")', /console errors/],
  ['leaves a promise rejected', 'Promise.reject(new Error("oh"))', /console errors/],
  ['asks for what is missing', 'fetch("/missing")', /console errors/],
  [
    'asks another origin',
    'fetch("http://127.0.0.2:9/").catch(() => undefined)',
    /requests to another origin/,
  ],
  ['puts a code into a request', `fetch("/?code=${CODE}")`, /addresses/],
  ['puts a code into a request, parted', 'fetch("/?code=123-830")', /addresses/],
  ['puts a token into its address', `history.pushState(null, "", "/${TOKEN}")`, /addresses/],
  [
    'puts a code into the history',
    `history.replaceState({ code: "${CODE}" }, "")`,
    /secrets in history/,
  ],
  ['leaves a code on the page', `document.body.append("code ${CODE}.")`, /secrets on the page/],
  ['keeps something for longer', 'localStorage.setItem("last", "x")', /the browser keeps/],
  ['keeps something beside the token', 'sessionStorage.setItem("last", "x")', /the browser keeps/],
  ['keeps a cookie', 'document.cookie = "a=b"', /the browser keeps/],
];

describe.concurrent('a page fails the test', () => {
  test.for(MISDEEDS)('that %s', async ([_misdeed, script, complaint], context) => {
    const person = await visit(script, context);
    await context.expect(person.leave([CODE])).rejects.toThrow(complaint);
  });

  test('that not everybody can use', async (context) => {
    const person = await visit('document.body.append(document.createElement("input"))', context);
    await context.expect(person.checkAccessibility()).rejects.toThrow(/axe-core, light/);
  });
});

test('without a browser, the tests say what to install', async ({ expect }) => {
  await expect(findChromium({ searchPath: '/nowhere' })).rejects.toThrow('install chromium');
  await expect(findChromium({ chromiumPath: '/nowhere/chromium', searchPath: '' })).rejects.toThrow(
    'CHROMIUM_PATH is /nowhere/chromium',
  );
});
