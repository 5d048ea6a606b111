import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  MESSAGES,
  ROTATE_DUE_PINS,
  SEARCH_ATTRIBUTES,
  type SweepInput,
  workflowIdOf,
} from '../../workflows/messages.js';
import type { Notification } from '../../workflows/notification.js';
import { eventsOf } from '../workflow/end-state.js';
import { type Stack, startStack, until } from '../workflow/stack.js';
import { progressOf } from './fleet-scene.js';
import { keepOldPin } from './old-pins.js';

const NUMBERS = 60;

/** A machine with much else to do takes its time for so many runs. */
const WITHIN_MS = 120_000;
const SWEEP: SweepInput = { perMinute: 600, atOnce: 10, requestedBy: 'the schedule' };

let stack: Stack;
const posted: Notification[] = [];
beforeEach(async () => {
  posted.length = 0;
  stack = await startStack({
    notifier: { post: async (notification) => void posted.push(notification as Notification) },
  });
});
afterEach(() => stack.close());

async function fleetInUse(count: number): Promise<Map<string, string>> {
  const firstPins = new Map<string, string>();
  for (let made = 0; made < count; made += 1) {
    const id = stack.number({ preset: 'live' });
    firstPins.set(id, await keepOldPin(stack, id, { days: 100 }));
  }
  return firstPins;
}

const startSweep = (input: SweepInput = SWEEP) =>
  stack.temporal.workflow.start(ROTATE_DUE_PINS, {
    workflowId: `sweep-${randomUUID()}`,
    taskQueue: stack.taskQueue,
    args: [input],
  });

/** The numbers that have another PIN at Meta since, once for each time. */
const changedAtMeta = () =>
  stack.simulator.requests.filter(({ newPin }) => newPin).map(({ phoneNumberId }) => phoneNumberId);

const eventsPosted = () =>
  posted.map(({ event }) => event).filter((event) => event.startsWith('sweep.'));

test('a sweep whose token is revoked midway halts after few failures and tells so; resumed with a good token, it rotates every number, and none twice', {
  timeout: 300_000,
}, async () => {
  const { simulator, pinStore, temporal } = stack;
  const firstPins = await fleetInUse(NUMBERS);
  const sweep = await startSweep();
  await until('20 numbers to have another PIN', () => changedAtMeta().length >= 20, WITHIN_MS);
  simulator.revokeToken();

  const halted = await until(
    'the sweep to halt',
    async () => {
      const progress = await progressOf(sweep);
      return progress?.state === 'halted' && progress;
    },
    WITHIN_MS,
  );
  const { counts } = halted;
  expect(counts.failed).toBeGreaterThanOrEqual(5);
  expect(counts.failed, 'failures until it halts').toBeLessThanOrEqual(20);
  expect(counts.rotated + counts.failed).toBeLessThan(NUMBERS);
  expect(halted.halted).toMatchObject({
    text: expect.stringMatching(/190/),
    advice: expect.stringContaining('wa-onboard sweep resume'),
  });
  const { typedSearchAttributes } = await sweep.describe();
  expect(typedSearchAttributes.get(SEARCH_ATTRIBUTES.stage)).toBe('Parked');
  await until('people to be told', () => eventsPosted().includes('sweep.halted'));

  // Nothing is under way: whatever it has begun has ended.
  for (const id of firstPins.keys()) {
    const described = await temporal.workflow
      .getHandle(workflowIdOf(id))
      .describe()
      .catch(() => undefined);
    expect(described?.status.name).not.toBe('RUNNING');
  }

  simulator.restoreToken();
  await sweep.signal(MESSAGES.retry, { requestedBy: 'Ana' });
  expect(await sweep.result()).toMatchObject({
    state: 'finished',
    counts: { rotated: NUMBERS, failed: 0, notDue: 0, busy: 0 },
  });
  await until('people to be told of the end', () => eventsPosted().includes('sweep.finished'));
  expect(eventsPosted()).toEqual(['sweep.halted', 'sweep.finished']);

  expect(changedAtMeta().sort()).toEqual([...firstPins.keys()].sort());
  for (const [id, first] of firstPins) {
    const { pin } = await pinStore.read(id, 'current');
    expect(
      pin.reveal() === simulator.number(id).pin && pin.reveal() !== first,
      `PIN of ${id}`,
    ).toBe(true);
    expect(Object.keys((await pinStore.describe(id))?.versions ?? {}).sort()).toEqual([
      'current',
      'previous',
    ]);
  }
});

test('a sweep that somebody tells to go on while the token is still revoked halts again at the next numbers, with nothing lost', {
  timeout: 300_000,
}, async () => {
  const { simulator } = stack;
  const firstPins = await fleetInUse(NUMBERS);
  simulator.revokeToken();
  const sweep = await startSweep();
  const haltedSince = () =>
    until('the sweep to halt', async () => (await progressOf(sweep))?.halted?.since, WITHIN_MS);
  const first = await haltedSince();
  await sweep.signal(MESSAGES.retry);
  await until(
    'it to halt once more',
    async () => {
      const since = (await progressOf(sweep))?.halted?.since;
      return since !== undefined && since !== first;
    },
    WITHIN_MS,
  );
  expect(changedAtMeta()).toEqual([]);
  simulator.restoreToken();
  await sweep.signal(MESSAGES.retry);
  expect(await sweep.result()).toMatchObject({ counts: { rotated: NUMBERS, failed: 0 } });
  expect(changedAtMeta().sort()).toEqual([...firstPins.keys()].sort());
});

test('numbers that Meta gives no PIN as they are do not halt a sweep', async () => {
  const { simulator } = stack;
  const firstPins = await fleetInUse(16);
  const ids = [...firstPins.keys()].sort();
  for (const id of ids.slice(0, 7)) simulator.update(id, { registered: false });
  simulator.update(ids[7] ?? '', { status: 'BANNED' });
  const sweep = await startSweep();
  expect(await sweep.result()).toMatchObject({
    state: 'finished',
    counts: { rotated: 8, refused: 8, failed: 0 },
  });
  expect(changedAtMeta().sort()).toEqual(ids.slice(8));
});

test('a number that somebody works on is left to them, and the others are rotated', async () => {
  const { simulator } = stack;
  const ids = [...(await fleetInUse(3)).keys()].sort();
  const [busy = '', ...others] = ids;
  simulator.update(busy, { registered: false, pin: '000111', verification: 'NOT_VERIFIED' });
  await stack.start(busy);
  await until('the run to ask for a code', () => simulator.codes(busy).length > 0);
  const sweep = await startSweep();
  expect(await sweep.result()).toMatchObject({ counts: { rotated: 2, busy: 1, failed: 0 } });
  expect(changedAtMeta().sort()).toEqual(others);
  await stack.temporal.workflow.getHandle(workflowIdOf(busy)).terminate('test over');
});

test('rotations that are under way outlive the end of their sweep', async () => {
  const { simulator, temporal } = stack;
  const [id = ''] = (await fleetInUse(1)).keys();
  let go: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    go = resolve;
  });
  simulator.faults.add({ kind: 'hold', endpoint: 'setPin', until: released, times: 1 });
  const sweep = await startSweep();
  await until('the PIN to be sent', () =>
    simulator.requests.some(({ endpoint }) => endpoint === 'setPin'),
  );
  await sweep.terminate('somebody ends the sweep');
  go();
  await temporal.workflow.getHandle(workflowIdOf(id)).result();
  expect(changedAtMeta()).toEqual([id]);
  const events = await eventsOf(sweep);
  expect(events.at(-1)?.workflowExecutionTerminatedEventAttributes).toBeDefined();
});
