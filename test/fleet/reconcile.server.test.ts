import { afterAll, beforeAll, expect, test } from 'vitest';
import { digitsOf } from '../../activities/number-facts.js';
import { generatePin } from '../../activities/pin.js';
import type { PinStore } from '../../activities/pin-store/pin-store.js';
import { placesOf } from '../../demo/secret-search.js';
import { DEFAULT_WABA_ID as WABA } from '../../simulator/simulator.js';
import { type FindingKind, RECONCILE, type ReconcileReport } from '../../workflows/messages.js';
import type { Notification } from '../../workflows/notification.js';
import { codeAwaited, type Stack, startStack, until } from '../workflow/stack.js';
import { daysAgo, keepOldPin } from './old-pins.js';

/** Numbers whose records read as if somebody had changed them by hand. */
const changedByHand = new Set<string>();

function withRecordsChangedByHand(store: PinStore): PinStore {
  return {
    ...store,
    async *list() {
      for await (const record of store.list()) {
        const { phoneNumberId, store: name, record: place } = record;
        yield changedByHand.has(phoneNumberId)
          ? { phoneNumberId, store: name, record: place, unreadable: 'Restore it from a backup.' }
          : record;
      }
    },
  };
}

let stack: Stack;
const posted: Notification[] = [];
beforeAll(async () => {
  stack = await startStack({
    wabaId: WABA,
    wrapStore: withRecordsChangedByHand,
    notifier: { post: async (notification) => void posted.push(notification as Notification) },
  });
});
afterAll(() => stack.close());

const kindsOf = ({ findings }: ReconcileReport) =>
  Object.fromEntries(findings.map(({ kind, phoneNumberId = WABA }) => [kind, phoneNumberId]));

test('reconcile finds one of each, tells people, cures what it is told to cure, and lets no telephone number into Temporal', async () => {
  const { simulator, pinStore, client, temporal } = stack;
  const number = (seed: Parameters<Stack['number']>[0]) => stack.number(seed);
  const inUse = async (pin: Parameters<typeof keepOldPin>[2], seed = {}) => {
    const id = number({ preset: 'live', ...seed });
    await keepOldPin(stack, id, pin);
    return id;
  };

  const inOrder = await inUse({ days: 10, about: { registeredName: 'Lucky Shrub' } });
  const worked = number({});
  await stack.start(worked);
  await codeAwaited(stack, worked);

  const staged = number({ preset: 'live' });
  await pinStore.stage(staged, { wabaId: WABA }, generatePin);
  const gone = await inUse({ days: 10 });
  simulator.removeNumber(gone);
  const expected: Partial<Record<FindingKind, string>> = {
    appNotSubscribed: WABA,
    restricted: await inUse({ days: 10 }, { preset: 'flagged' }),
    disconnected: number({ verification: 'VERIFIED', status: 'DISCONNECTED' }),
    numberWithoutPin: number({ preset: 'live' }),
    neverConfirmed: staged,
    pinStale: await inUse({
      days: 10,
      notes: { stale: { since: daysAgo(1), why: 'Meta said so' } },
    }),
    recordUnreadable: await inUse({ days: 10 }),
    nameChanged: await inUse({
      days: 10,
      about: { registeredName: 'Unlucky Shrub', label: 'Front desk' },
    }),
    pendingOld: await inUse({ days: 10, pendingDays: 2 }),
    notVerified: number({}),
    pinOld: await inUse({ days: 100 }),
    pinWithoutNumber: gone,
  };
  changedByHand.add(expected.recordUnreadable ?? '');
  simulator.setSubscribed(WABA, false);
  // Lists of open runs lag behind.
  await until('the open run to be listed', async () => {
    const query = `TaskQueue = '${stack.taskQueue}' AND ExecutionStatus = 'Running'`;
    return (await temporal.workflow.count(query)).count > 0;
  });

  const report = await client.reconcile();
  expect(kindsOf(report)).toEqual(expected);
  expect(report.findings).toHaveLength(12);
  expect(Object.values(report.counts)).toEqual(Array.from({ length: 12 }, () => 1));
  expect(report.compared).toMatchObject({ numbers: 12, records: 10 });
  expect(report.compared.openRuns).toBeGreaterThan(0);
  expect(report.findings.find(({ kind }) => kind === 'nameChanged')?.label).toBe('Front desk');
  expect(Object.keys(kindsOf(report))).toEqual(Object.keys(expected));
  expect(JSON.stringify(report)).not.toContain(inOrder);

  await until('people to be told', () =>
    posted.some(({ event }) => event === 'reconcile.findings'),
  );

  const cured = await client.reconcile({ subscribe: true, reregister: true, notify: false });
  expect(cured.findings.filter((each) => each.cured).map(({ kind }) => kind)).toEqual([
    'appNotSubscribed',
    'nameChanged',
  ]);
  expect((await client.result(expected.nameChanged ?? '')).outcome).toBe('live');
  const { appNotSubscribed: _, nameChanged: __, ...lasting } = expected;
  expect(kindsOf(await client.reconcile({ notify: false }))).toEqual(lasting);

  const elsewhere = await client.reconcile({ wabaId: '102290129340399', notify: false });
  expect(elsewhere.findings.map(({ kind }) => kind)).toEqual(['notCompared', 'recordUnreadable']);

  const telephones = [...Object.values(expected), inOrder]
    .filter((id) => id !== WABA && id !== gone)
    .map((id) => simulator.number(id).displayPhoneNumber);
  const query = `TaskQueue = '${stack.taskQueue}' AND WorkflowType = '${RECONCILE}'`;
  await until('all of them to be listed', async () => {
    return (await temporal.workflow.count(query)).count === 4;
  });
  for await (const { workflowId, runId } of temporal.workflow.list({ query })) {
    const { events } = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const telephone of telephones) {
      expect(placesOf(telephone, events)).toEqual([]);
      expect(placesOf(digitsOf(telephone), events)).toEqual([]);
    }
    expect(placesOf(simulator.token, events)).toEqual([]);
  }
  expect(JSON.stringify(posted)).not.toMatch(/\+1 [0-9]{3}-555/);
});

test('a reconcile without an account ends with the sentence that says what to set', async () => {
  const without = await startStack();
  try {
    await expect(without.client.reconcile()).rejects.toThrow('WA_BUSINESS_ACCOUNT_ID');
  } finally {
    await without.close();
  }
});
