import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, onTestFinished, test } from 'vitest';
import { problemIn } from '../../activities/failures.js';
import {
  createFleetActivities,
  type DuePins,
  type OpenRun,
  type ReconcileReport,
} from '../../activities/fleet.js';
import { createGraphClient } from '../../activities/graph-api/graph-client.js';
import { createPace } from '../../activities/graph-api/pace.js';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import {
  type PinStore,
  PinStoreRefusedError,
  PinStoreUnreachableError,
} from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import {
  type SimulatorOptions,
  startSimulator,
  DEFAULT_WABA_ID as WABA,
} from '../../simulator/simulator.js';
import { rejection } from './wire-server.js';

const DAY_MS = 86_400_000;
const AGE_MS = 90 * DAY_MS;

interface World extends SimulatorOptions {
  runs?: OpenRun[];
  /** Without a WhatsApp Business account that the worker is configured with. */
  noAccount?: true;
  callsPerHour?: number;
  /** What stands in place of some of the PIN store. */
  broken?: Partial<PinStore>;
}

/** The activities on a simulator and a local PIN store; `now` moves their clock. */
async function fleet({ runs = [], noAccount, callsPerHour, broken, ...options }: World = {}) {
  const simulator = await startSimulator(options);
  const dir = await mkdtemp(join(tmpdir(), 'fleet-pins-'));
  onTestFinished(async () => {
    await simulator.close();
    await rm(dir, { recursive: true, force: true });
  });
  const store = await openPinStore({ kind: 'local', dir });
  const time = { aheadMs: 0 };
  const clock = () => new Date(Date.now() + time.aheadMs);
  const activities = createFleetActivities({
    graph: createGraphClient({
      baseUrl: simulator.url,
      version: 'v25.0',
      accessToken: new Secret(simulator.token),
      ...(callsPerHour === undefined ? {} : { pace: createPace(callsPerHour) }),
    }),
    pinStore: { ...store, ...broken },
    openRuns: async () => runs,
    ...(noAccount ? {} : { wabaId: WABA }),
    clock,
  });
  const environment = new MockActivityEnvironment();
  const heartbeats: unknown[] = [];
  environment.on('heartbeat', (details) => heartbeats.push(details));
  return {
    simulator,
    store,
    dir,
    time,
    environment,
    heartbeats,
    /** Keeps a PIN as the current one. */
    async keep(id: string, about: Parameters<PinStore['stage']>[1] = { wabaId: WABA }) {
      const { version } = await store.stage(id, about, () => new Secret('482913'));
      await store.promote(id, version);
    },
    reconcile: (input: { wabaId?: string; subscribe?: boolean } = {}) =>
      environment.run(activities.reconcileAccount, {
        ageMs: AGE_MS,
        subscribe: false,
        ...input,
      }) as Promise<ReconcileReport>,
    due: (input: { cursor?: string; limit?: number } = {}) =>
      environment.run(activities.listDuePins, {
        dueBefore: new Date(clock().getTime() - AGE_MS).toISOString(),
        limit: 100,
        ...input,
      }) as Promise<DuePins>,
  };
}

const live = (id: string) => ({ id, preset: 'live' as const });
const ids = (count: number) => Array.from({ length: count }, (_, index) => `${1_000 + index}`);

test('numbers are due once their PIN is as old as asked for, each with its label', async () => {
  const { keep, time, due } = await fleet();
  await keep('1001', { label: 'Support Berlin' });
  await keep('1002');
  expect(await due()).toEqual({ due: [], unreadable: [], seen: 2 });
  time.aheadMs = AGE_MS + 60_000;
  const { due: found, ...rest } = await due();
  expect(rest).toEqual({ unreadable: [], seen: 2 });
  expect(found).toHaveLength(2);
  expect(found).toEqual(
    expect.arrayContaining([
      { phoneNumberId: '1001', label: 'Support Berlin' },
      { phoneNumberId: '1002' },
    ]),
  );
});

test('page by page every due number is named once, whatever the limit', async () => {
  const { keep, time, due, heartbeats } = await fleet();
  for (const id of ids(23)) await keep(id);
  time.aheadMs = AGE_MS + 60_000;
  for (const limit of [1, 4, 7, 100]) {
    const found: string[] = [];
    let cursor: string | undefined;
    let seen = 0;
    do {
      const page = await due({ limit, ...(cursor === undefined ? {} : { cursor }) });
      expect(page.due.length).toBeLessThanOrEqual(limit);
      found.push(...page.due.map(({ phoneNumberId }) => phoneNumberId));
      seen += page.seen;
      cursor = page.next;
    } while (cursor !== undefined);
    expect(seen).toBe(23);
    expect(found.sort()).toEqual(ids(23));
  }
  expect(heartbeats.length).toBeGreaterThan(0);
});

test('a young PIN that somebody else changed is due among many that are not', async () => {
  const { keep, store, due } = await fleet();
  for (const id of ids(5)) await keep(id);
  await store.annotate('1003', { stale: { since: new Date().toISOString(), why: 'Meta said so' } });
  expect(await due()).toEqual({ due: [{ phoneNumberId: '1003' }], unreadable: [], seen: 5 });
});

test('a record that cannot be read is named with the reason', async () => {
  const { due } = await fleet({
    broken: {
      page: async () => ({
        records: [
          { phoneNumberId: '7', store: 'local', record: '7', unreadable: 'It was changed.' },
        ],
      }),
    },
  });
  expect(await due()).toEqual({
    due: [],
    unreadable: [{ phoneNumberId: '7', why: 'It was changed.' }],
    seen: 1,
  });
});

test.each([
  [new PinStoreUnreachableError('It does not answer.'), 'PinStoreUnreachable', false],
  [new PinStoreRefusedError('It will not.'), 'PinStoreRefused', true],
])('a PIN store that throws %s fails the listing as type %s', async (error, type, nonRetryable) => {
  const { due } = await fleet({ broken: { page: () => Promise.reject(error) } });
  expect(await rejection(due())).toMatchObject({ type, nonRetryable, message: error.message });
});

test('a cancelled listing ends at once, and asks the PIN store for nothing more', async () => {
  let asked = 0;
  let go: () => void = () => undefined;
  const { due, environment } = await fleet({
    broken: {
      page: async () => {
        asked += 1;
        await new Promise<void>((resolve) => {
          go = resolve;
        });
        return { records: [], next: 'more' };
      },
    },
  });
  const ending = rejection(due());
  await expect.poll(() => asked).toBe(1);
  environment.cancel();
  expect(await ending).toBeInstanceOf(CancelledFailure);
  go();
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toBe(1);
});

test('an account of 250 numbers is compared as a whole, in pages of a hundred, and a telephone number is nowhere in the report', async () => {
  const { simulator, keep, reconcile } = await fleet({ numbers: ids(250).map(live) });
  for (const id of ids(5)) {
    await keep(id, { wabaId: WABA, displayPhoneNumber: simulator.number(id).displayPhoneNumber });
  }
  await keep('77', { wabaId: WABA, displayPhoneNumber: '+1 631-555-0142' });
  await keep('78', { wabaId: 'another' });
  const report = await reconcile();
  expect(report).toMatchObject({
    wabaId: WABA,
    compared: { numbers: 250, records: 7, openRuns: 0 },
    counts: { numberWithoutPin: 245, pinWithoutNumber: 1 },
  });
  const lists = simulator.requests.filter(({ endpoint }) => endpoint === 'list');
  expect(lists).toHaveLength(3);
  const text = JSON.stringify(report);
  expect(text).not.toMatch(/\+1|555-01/);
});

test('a number with an open run is left alone', async () => {
  const run = { phoneNumberId: '1000', operation: 'onboardNumber', stage: 'AwaitingCode' };
  const { reconcile } = await fleet({ numbers: [{ id: '1000' }], runs: [run] });
  expect(await reconcile()).toMatchObject({ counts: {}, compared: { openRuns: 1 } });
});

test('the list’s own words and unknown fields do no harm: a linked number without a record is found, an unlinked one is not', async () => {
  const { reconcile } = await fleet({
    numbers: [
      { id: '1', preset: 'linked' },
      { id: '2', preset: 'unlinked' },
      { id: '3', preset: 'linked', hiddenFields: ['host_platform'] },
      { id: '4', preset: 'linked', verification: 'EXPIRED' },
    ],
    unknownFields: ['is_pin_enabled', 'host_platform', 'platform_type', 'last_onboarded_time'],
  });
  const { findings } = await reconcile();
  expect(findings.map(({ kind, phoneNumberId }) => [kind, phoneNumberId])).toEqual([
    ['numberWithoutPin', '1'],
    ['numberWithoutPin', '3'],
    ['numberWithoutPin', '4'],
  ]);
});

test('an app that is not subscribed is found; told to, it is subscribed and that counts as cured', async () => {
  const { simulator, reconcile } = await fleet();
  simulator.setSubscribed(WABA, false);
  expect(await reconcile()).toMatchObject({
    counts: { appNotSubscribed: 1 },
    findings: [
      { kind: 'appNotSubscribed', cure: expect.stringContaining('reconcile --subscribe') },
    ],
  });
  expect(await reconcile({ subscribe: true })).toMatchObject({
    counts: {},
    findings: [{ kind: 'appNotSubscribed', cured: true }],
  });
  expect(await reconcile({ subscribe: true })).toMatchObject({ findings: [] });
});

test('a subscription that Meta refuses stays a finding, with Meta’s words beside it', async () => {
  const { simulator, reconcile } = await fleet();
  simulator.setSubscribed(WABA, false);
  simulator.faults.add({ kind: 'error', endpoint: 'subscribeApp', code: 200, message: 'No.' });
  const { findings, counts } = await reconcile({ subscribe: true });
  expect(counts).toEqual({ notCompared: 1, appNotSubscribed: 1 });
  expect(findings[0]?.text).toContain('Meta refused to subscribe the app to account');
});

test('a changed display name is noted when it is first seen, and that date stays', async () => {
  const { simulator, keep, store, time, reconcile } = await fleet({ numbers: [live('1')] });
  await keep('1');
  expect((await reconcile()).findings).toEqual([]);
  expect(await store.describe('1')).toMatchObject({ registeredName: 'Lucky Shrub' });
  simulator.update('1', { verifiedName: 'Happy Shrub' });
  const first = await reconcile();
  expect(first.counts).toEqual({ nameChanged: 1 });
  const { renamedAt } = (await store.describe('1')) ?? {};
  expect(renamedAt).toBe(first.at);
  time.aheadMs = 15 * DAY_MS;
  expect((await reconcile()).findings[0]?.text).toContain('14 days that Meta gives');
  expect(await store.describe('1')).toMatchObject({ renamedAt });
});

test('a record store that lets nobody write notes still gives its findings', async () => {
  const { keep, reconcile } = await fleet({
    numbers: [live('1'), live('2')],
    broken: { annotate: () => Promise.reject(new PinStoreRefusedError('It will not.')) },
  });
  await keep('1');
  expect((await reconcile()).counts).toEqual({ notCompared: 1, numberWithoutPin: 1 });
});

test('an account that Meta does not show leaves what the PIN store alone can tell', async () => {
  const { keep, time, reconcile } = await fleet();
  await keep('1');
  time.aheadMs = AGE_MS + 60_000;
  const { findings, compared } = await reconcile({ wabaId: '555' });
  expect(compared).toEqual({ numbers: 0, records: 1, openRuns: 0 });
  expect(findings).toMatchObject([
    {
      kind: 'notCompared',
      cure: expect.stringContaining('WA_BUSINESS_ACCOUNT_ID; if 555 is right'),
    },
  ]);
});

test('a revoked token leaves the findings of the PIN store, and says so', async () => {
  const { simulator, keep, time, reconcile } = await fleet({ numbers: [live('1')] });
  await keep('1');
  time.aheadMs = AGE_MS + 60_000;
  simulator.revokeToken();
  const { findings } = await reconcile();
  expect(findings.map(({ kind }) => kind)).toEqual(['notCompared', 'pinOld']);
  expect(findings[0]?.cure).toContain('CLOUD_API_ACCESS_TOKEN');
});

test('a PIN store that refuses leaves the findings of Meta, and no number is said to lack its PIN', async () => {
  const { reconcile } = await fleet({
    numbers: [live('1'), { id: '2', preset: 'flagged' }],
    broken: {
      // biome-ignore lint/correctness/useYield: it fails before there is anything to yield
      async *list() {
        throw new PinStoreRefusedError('It will not.');
      },
    },
  });
  const { counts } = await reconcile();
  expect(counts).toEqual({ notCompared: 1, restricted: 1 });
});

test.each(['executedReset', 'reset', 'html502', 'brokenJson'] as const)(
  'passing trouble (%s) fails the comparison, to be repeated',
  async (kind) => {
    const { simulator, reconcile } = await fleet({ numbers: [live('1')] });
    simulator.faults.add({ kind, endpoint: 'list', times: 1 });
    const error = await rejection(reconcile());
    expect(error).toMatchObject({ type: 'RetryLater', nonRetryable: false });
    expect((await reconcile()).counts).toEqual({ numberWithoutPin: 1 });
  },
);

test('without any account the comparison is refused, saying what to set', async () => {
  const { reconcile } = await fleet({ noAccount: true });
  const error = await rejection(reconcile());
  if (!(error instanceof ApplicationFailure)) throw error;
  expect(error.message).toContain('WA_BUSINESS_ACCOUNT_ID');
  expect(problemIn(error)).toMatchObject({ verdict: 'refused', outcome: 'notSent' });
});

test('once begun, a long list waits for its turn under the worker’s own cap', async () => {
  const { reconcile, heartbeats } = await fleet({
    numbers: ids(520).map(live),
    // A burst of 3, one of which is kept for writes, and a call every 0.3 seconds.
    callsPerHour: 12_000,
  });
  expect((await reconcile()).compared.numbers).toBe(520);
  expect(heartbeats.length).toBeGreaterThan(5);
});
