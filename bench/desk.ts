/**
 * What the desk costs and how fast it is with many waiting numbers, on the embedded stack: `npm run bench:desk`. Each figure
 * stands beside its ratio to something measured in the same run, because milliseconds tell of the machine first.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { signLocalToken } from '../client/api/local-key.js';
import type { Onboarding } from '../client/api/schemas.js';
import type { OnboardingClient } from '../client/index.js';
import { type ApiUnderTest, startApiProcess } from './api-under-test.js';
import { inMb, inMs, quantile, type Row, table, timed, times, timesOf } from './figures.js';
import { startWaitingNumbers, type WaitingNumbers } from './waiting-numbers.js';

const POLL_MS = 3_000;
const PAGE = 500;
const LISTENERS = 10;
const LOADS = 20;
const CHANGES = 15;
const MINUTE_MS = 60_000;

const { values } = parseArgs({
  options: {
    numbers: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '60' },
  },
});
const numbers = Number(values.numbers);
const watchMs = Number(values.seconds) * 1_000;

const say = (sentence: string) => process.stderr.write(`${sentence}\n`);

/** One list of all that Temporal has, as plain as can be. @returns the calls it took */
async function rawList(client: OnboardingClient): Promise<number> {
  let calls = 0;
  let pageToken: string | undefined;
  do {
    const page = await client.listPage({
      run: 'open',
      pageSize: 1_000,
      ...(pageToken === undefined ? {} : { pageToken }),
    });
    calls += 1;
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return calls;
}

async function wholeList(api: ApiUnderTest): Promise<number> {
  let count = 0;
  let cursor: string | undefined;
  do {
    const page = await api.list({
      limit: String(PAGE),
      ...(cursor === undefined ? {} : { cursor }),
    });
    count += page.items.length;
    cursor = page.next;
  } while (cursor !== undefined);
  return count;
}

/** Times from a change until a listener hears of it, shortest first. */
async function heardAfter(
  api: ApiUnderTest,
  ids: readonly string[],
  change: (phoneNumberId: string) => Promise<unknown>,
): Promise<number[]> {
  const leaving = new AbortController();
  const heard = new Map<string, () => void>();
  await api.listen((event, data) => {
    if (event === 'onboarding') heard.get((data as Onboarding).phoneNumberId)?.();
  }, leaving.signal);
  const found: number[] = [];
  for (const id of ids) {
    // Anywhere between two polls.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * POLL_MS));
    const [ms] = await timed(async () => {
      const event = new Promise<void>((resolve) => {
        heard.set(id, resolve);
      });
      await change(id);
      await event;
    });
    found.push(ms);
  }
  leaving.abort();
  return found.sort((a, b) => a - b);
}

/** What a minute of watching asks of Temporal's list. */
async function costOfWatching(
  api: ApiUnderTest,
  listeners: number,
): Promise<{ calls: number; rows: number; rss: number; heapUsed: number }> {
  const leaving = new AbortController();
  await Promise.all(
    Array.from({ length: listeners }, () => api.listen(() => undefined, leaving.signal)),
  );
  const before = await api.usage();
  await new Promise((resolve) => setTimeout(resolve, watchMs));
  const after = await api.usage();
  leaving.abort();
  const minutes = watchMs / MINUTE_MS;
  return {
    ...after,
    calls: (after.calls - before.calls) / minutes,
    rows: (after.rows - before.rows) / minutes,
  };
}

async function measure({ address, folder, client, ids }: WaitingNumbers): Promise<Row[]> {
  const key = randomBytes(32);
  const token = await signLocalToken(key, {
    name: 'bench',
    scopes: ['onboarding:read', 'code:submit'],
    issuedAt: new Date(),
    expiresAt: new Date(Date.now() + 3_600_000),
  });
  const task = { address, key: key.toString('base64'), auditFile: join(folder, 'audit.jsonl') };

  const pagesOfList = await rawList(client);
  const raw = quantile(await timesOf(LOADS, () => rawList(client)), 0.5);
  const [processMs, api] = await timed(() => startApiProcess(task, token));
  try {
    const empty = await api.usage();
    const [coldMs, first] = await timed(() => api.list({ limit: String(PAGE) }));
    if (first.total !== numbers) throw new Error(`The list has ${first.total} of ${numbers}.`);
    const page = await timesOf(LOADS, () => api.list({ limit: '100' }));
    const whole = await timesOf(LOADS, () => wholeList(api));
    const found = await timesOf(LOADS, (round) =>
      api.list({ text: `+49 170 ${ids[(round * 7) % ids.length]?.slice(-4)}` }),
    );
    say('Changing numbers.');
    const byOthers = await heardAfter(api, ids.slice(0, CHANGES), (id) =>
      client.claim(id, { by: 'somebody else' }),
    );
    const through = await heardAfter(api, ids.slice(CHANGES, 2 * CHANGES), api.claim);
    say('Watching.');
    const one = await costOfWatching(api, 1);
    const ten = await costOfWatching(api, LISTENERS);
    const expected = (MINUTE_MS / POLL_MS) * pagesOfList;
    const ofRaw = (ms: number) => `${times(ms / raw)} the plain list`;
    const ofExpected = (calls: number) =>
      `${times(calls / expected)} ${MINUTE_MS / POLL_MS} polls of ${pagesOfList} calls`;
    return [
      [`Temporal’s plain list of ${numbers} (${pagesOfList} calls)`, inMs(raw), ofRaw(raw)],
      ['the API’s process until it listens', inMs(processMs), ofRaw(processMs)],
      [`its first list, ${PAGE} of ${numbers} shown`, inMs(coldMs), ofRaw(coldMs)],
      ['a list of 100, warm, median', inMs(quantile(page, 0.5)), ofRaw(quantile(page, 0.5))],
      ['a list of 100, warm, slowest', inMs(quantile(page, 1)), ofRaw(quantile(page, 1))],
      [
        `all ${numbers} in pages of ${PAGE}, warm, median`,
        inMs(quantile(whole, 0.5)),
        ofRaw(quantile(whole, 0.5)),
      ],
      [
        'a number found by its last digits, median',
        inMs(quantile(found, 0.5)),
        ofRaw(quantile(found, 0.5)),
      ],
      [
        'a change by somebody else until its event, median',
        inMs(quantile(byOthers, 0.5)),
        `${times(quantile(byOthers, 0.5) / POLL_MS)} the time between two polls`,
      ],
      [
        'a change by somebody else until its event, slowest',
        inMs(quantile(byOthers, 1)),
        `${times(quantile(byOthers, 1) / POLL_MS)} the time between two polls`,
      ],
      [
        'a change through the API until its event, median',
        inMs(quantile(through, 0.5)),
        ofRaw(quantile(through, 0.5)),
      ],
      [
        'a change through the API until its event, slowest',
        inMs(quantile(through, 1)),
        ofRaw(quantile(through, 1)),
      ],
      ['list calls a minute, one listener', one.calls.toFixed(0), ofExpected(one.calls)],
      [
        `list calls a minute, ${LISTENERS} listeners`,
        ten.calls.toFixed(0),
        `${times(ten.calls / one.calls)} one listener`,
      ],
      [
        `rows a minute, ${LISTENERS} listeners`,
        Math.round(ten.rows).toLocaleString('en'),
        `${times(ten.rows / numbers)} the numbers`,
      ],
      ['memory of the API before its first list', inMb(empty.rss), `heap ${inMb(empty.heapUsed)}`],
      [
        `memory of the API, ${LISTENERS} listeners`,
        inMb(ten.rss),
        `${times(ten.rss / empty.rss)} before; heap ${inMb(ten.heapUsed)}, ${((ten.heapUsed - empty.heapUsed) / numbers / 1024).toFixed(1)} KiB a number`,
      ],
    ];
  } finally {
    await api.stop();
  }
}

/** Temporal's server outlives a process that ends without stopping it. */
const interrupted = new Promise<never>((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => reject(new Error('The bench was interrupted.')));
  }
});

interrupted.catch(() => undefined); // also where nobody waits for it yet

async function bench(): Promise<void> {
  say(`Starting ${numbers} numbers, which takes some minutes.`);
  const [startMs, waiting] = await timed(() => startWaitingNumbers(numbers, say, interrupted));
  say(`They wait for their codes after ${Math.round(startMs / 1_000)} seconds.`);
  try {
    const rows = await Promise.race([measure(waiting), interrupted]);
    process.stdout.write(`${table(rows)}\n`);
  } finally {
    await waiting.stop();
  }
}

await bench().catch((error: unknown) => {
  say(error instanceof Error ? error.message : 'The bench failed.');
  process.exitCode = 1;
});
process.exit();
