/**
 * A whole fleet gets new PINs while requests fail and workers die. `npm run test:fleet` does so with 1,000 numbers and is
 * where the memory of the worker is judged; the ordinary run has 200.
 */
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { digitsOf } from '../../activities/number-facts.js';
import { secretSearch, textsIn } from '../../demo/secret-search.js';
import { billableActions } from '../workflow/history-cost.js';
import { until } from '../workflow/stack.js';
import {
  type FleetScene,
  finished,
  type HistoryEvents,
  historiesOfNumber,
  inTens,
  openFleet,
} from './fleet-scene.js';

const IN_LONG_MODE = inject('crashRounds') > 1;
const NUMBERS = IN_LONG_MODE ? 1_000 : 200;

/** A rotation that failed is due again in the next sweep. */
const MOST_SWEEPS = 5;

/** The sweep goes on in a new run beyond 4,000, once the rotations under way are done. */
const MOST_EVENTS = 6_000;

const SWEEP = { perMinute: 600, atOnce: 100 };

let scene: FleetScene;
beforeAll(async () => {
  // Few enough workflows in memory that it is full of them soon.
  scene = await openFleet(NUMBERS, 40);
}, 300_000);
afterAll(() => scene.close());

/** One request in twenty fails; of those that set a PIN, three in five are done all the same. */
function addFaults({ simulator: { faults } }: FleetScene): void {
  const setPin = { endpoint: 'setPin' } as const;
  faults.add({ ...setPin, kind: 'executedTimeout', probability: 0.01, seed: 11 });
  faults.add({ ...setPin, kind: 'executedReset', probability: 0.015, seed: 12 });
  faults.add({
    ...setPin,
    kind: 'error',
    code: 131000,
    executed: true,
    probability: 0.005,
    seed: 13,
  });
  faults.add({ ...setPin, kind: 'error', code: 131000, probability: 0.01, seed: 14 });
  faults.add({ ...setPin, kind: 'reset', probability: 0.01, seed: 15 });
  const read = { endpoint: 'read' } as const;
  faults.add({ ...read, kind: 'error', code: 2, probability: 0.02, seed: 16 });
  faults.add({ ...read, kind: 'reset', probability: 0.02, seed: 17 });
  faults.add({ ...read, kind: 'brokenJson', probability: 0.01, seed: 18 });
}

test('a sweep with faults and two killed workers leaves every number with one new PIN, the same at Meta and in the PIN store', {
  timeout: 1_800_000,
}, async () => {
  const { simulator, pinStore, firstPins } = scene;
  const ids = [...firstPins.keys()];
  addFaults(scene);
  const begun = Date.now();
  let worker = await scene.startWorker();
  const workers = [worker];
  const sweeps = [await scene.startSweep(SWEEP)];
  for (const share of [0.2, 0.45]) {
    const enough = `${share * 100} % of the numbers to have another PIN`;
    await until(enough, () => scene.changedAtMeta() >= share * NUMBERS, 600_000);
    await worker.kill();
    worker = await scene.startWorker();
    workers.push(worker);
  }
  const outcomes = [];
  for (let sweep = sweeps[0]; sweep !== undefined; sweep = sweeps[outcomes.length]) {
    outcomes.push(await finished(sweep));
    await scene.allClosed();
    if (sweeps.length === MOST_SWEEPS || (await scene.stillDue()).length === 0) break;
    sweeps.push(await scene.startSweep(SWEEP));
  }
  const seconds = (Date.now() - begun) / 1_000;

  // Every PIN at Meta is the current one in the PIN store; no other is pending; the former one is kept.
  expect(await scene.stillDue()).toEqual([]);
  await inTens(ids, async (id) => {
    const { versions } = (await pinStore.describe(id)) ?? {};
    expect(Object.keys(versions ?? {}).sort(), `versions of ${id}`).toEqual([
      'current',
      'previous',
    ]);
    const [current, previous] = await Promise.all([
      pinStore.read(id, 'current'),
      pinStore.read(id, 'previous'),
    ]);
    expect(current.pin.reveal() === simulator.number(id).pin, `PIN of ${id} at Meta`).toBe(true);
    expect(previous.pin.reveal() === firstPins.get(id), `former PIN of ${id}`).toBe(true);
  });

  // None twice: whatever was repeated was repeated with the same PIN.
  const changes = new Map<string, number>();
  const sent = simulator.requests.filter(({ endpoint }) => endpoint === 'setPin');
  for (const { phoneNumberId = '', newPin } of sent) {
    if (newPin) changes.set(phoneNumberId, (changes.get(phoneNumberId) ?? 0) + 1);
  }
  expect([...changes].filter(([, count]) => count !== 1)).toEqual([]);
  expect(changes.size).toBe(NUMBERS);

  const result = outcomes.map(({ result: { counts } }) => counts);
  const rotated = outcomes.flatMap(({ result: { rotated } }) => rotated);
  expect(new Set(rotated).size, 'numbers that the sweeps name twice').toBe(rotated.length);

  const ofSweeps = await Promise.all(sweeps.map(({ workflowId }) => scene.historiesOf(workflowId)));
  const runs = ofSweeps.flat();
  const events = runs.map((each) => each.length);
  for (const length of events) expect(length).toBeLessThanOrEqual(MOST_EVENTS);
  if (IN_LONG_MODE) expect(ofSweeps[0]?.length, 'runs of the first sweep').toBeGreaterThan(1);

  await expectNoSecrets(scene, ids, runs);

  const { hits } = simulator.faults;
  const faults = Object.values(hits).reduce((sum, each) => sum + each, 0);
  expect(hits.executedReset + hits.executedTimeout).toBeGreaterThan(0);
  const memory = memoryOf(worker.memory);
  console.log(
    `${NUMBERS} numbers in ${seconds.toFixed(0)} s, ${outcomes.length} sweeps (halts: ${outcomes.map(({ halts }) => halts)}), outcomes ${JSON.stringify(result)}; ` +
      `${sent.length} requests to set a PIN, ${faults} of ${simulator.requests.length} requests struck by a fault; ` +
      `events of the sweeps' runs: ${events}; memory of the last worker: ${JSON.stringify(memory)}`,
  );
  if (IN_LONG_MODE) {
    expect(memory.samples).toBeGreaterThan(9);
    expect(memory.heapMb[2]).toBeLessThan(1.2 * memory.heapMb[1] + 5);
    expect(memory.rssMb[2]).toBeLessThan(1.2 * memory.rssMb[1]);
  }
  for (const each of workers) expect(each.log()).not.toContain(simulator.token);
});

/** The median of each third of what a worker held, in megabytes: as it warms up, and after that twice. */
function memoryOf(samples: { rss: number; heap: number }[]) {
  const third = Math.floor(samples.length / 3);
  const medianMb = (part: number, what: 'rss' | 'heap') => {
    const values = samples.slice(part * third, (part + 1) * third).map((each) => each[what]);
    return Math.round((values.sort((a, b) => a - b)[third >> 1] ?? 0) / 1e5) / 10;
  };
  const thirds = (what: 'rss' | 'heap') =>
    [medianMb(0, what), medianMb(1, what), medianMb(2, what)] as const;
  return { samples: samples.length, heapMb: thirds('heap'), rssMb: thirds('rss') };
}

/** No PIN, old or new, no token and no telephone number in any history. */
async function expectNoSecrets(
  { simulator, pinStore, firstPins, ...rest }: FleetScene,
  ids: readonly string[],
  ofSweeps: readonly HistoryEvents[],
): Promise<void> {
  const whole = { simulator, pinStore, firstPins, ...rest };
  const secretsOf = (id: string) => {
    const { pin = '', displayPhoneNumber } = simulator.number(id);
    return [firstPins.get(id) ?? '', pin, displayPhoneNumber, digitsOf(displayPhoneNumber)];
  };
  const expectNone = (secrets: string[], what: string, events: HistoryEvents) => {
    const search = secretSearch([...secrets, simulator.token]);
    const found = [...textsIn(events)].filter(({ text }) => search(text).length > 0);
    expect(
      found.map(({ path }) => path),
      what,
    ).toEqual([]);
  };
  await inTens(ids, async (id) => {
    const histories = await historiesOfNumber(whole, id);
    expect(histories.length, `runs of ${id}`).toBeGreaterThan(0);
    for (const events of histories) expectNone(secretsOf(id), `history of ${id}`, events);
  });
  const some = ids.filter((_, index) => index % Math.ceil(ids.length / 40) === 0);
  for (const events of ofSweeps)
    expectNone(some.flatMap(secretsOf), 'history of the sweep', events);
}

test('a faultless sweep costs at most five Actions a number, its own included', {
  timeout: 180_000,
}, async () => {
  const fleet = await openFleet(60, 100);
  try {
    await fleet.startWorker();
    const sweep = await fleet.startSweep(SWEEP);
    const { result } = await finished(sweep);
    expect(result.counts).toMatchObject({ rotated: 60, failed: 0 });
    await fleet.allClosed();
    const children = await Promise.all(
      [...fleet.firstPins.keys()].map((id) => historiesOfNumber(fleet, id)),
    );
    const ofNumbers = children.flat().map(billableActions);
    const [own = []] = await fleet.historiesOf(sweep.workflowId);
    const begun = own.filter((event) => event.startChildWorkflowExecutionInitiatedEventAttributes);
    expect(begun).toHaveLength(60);
    const sum = (counts: Record<string, number>) =>
      Object.values(counts).reduce((total, each) => total + each, 0);
    // A child costs two: the command of its parent, and its own start, which is in its history.
    const total =
      sum(billableActions(own)) + begun.length + ofNumbers.map(sum).reduce((a, b) => a + b);
    console.log(
      `${(total / 60).toFixed(2)} Actions a number; of a rotation ${JSON.stringify(ofNumbers[0])}, of the sweep ${JSON.stringify(billableActions(own))}`,
    );
    expect(total / 60).toBeLessThanOrEqual(5);
  } finally {
    await fleet.close();
  }
});
