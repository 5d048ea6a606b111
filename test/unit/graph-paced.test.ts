import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, onTestFinished, test } from 'vitest';
import { limitUse, REGISTER_LIMIT } from '../../activities/budget.js';
import { failureOf, problemIn } from '../../activities/failures.js';
import { GraphPacedError, GraphTimeoutError } from '../../activities/graph-api/errors.js';
import { createGraphClient } from '../../activities/graph-api/graph-client.js';
import { createPace } from '../../activities/graph-api/pace.js';
import { createNumberActivities } from '../../activities/number.js';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import { Secret } from '../../activities/secret.js';
import { type SimulatorOptions, startSimulator } from '../../simulator/simulator.js';
import { rejection, TOKEN, wireServer } from './wire-server.js';

const ID = '106540352242922';
const PIN = new Secret('482913');

/** A client with a cap on a simulator. The cap's clock stands still: what it lets out is its burst. */
async function cappedClient(callsPerHour: number, options: SimulatorOptions = {}) {
  const simulator = await startSimulator({ numbers: [{ id: ID }], ...options });
  onTestFinished(() => simulator.close());
  const pace = createPace(callsPerHour, { now: () => 0, random: () => 0 });
  const graph = createGraphClient({
    baseUrl: simulator.url,
    version: 'v25.0',
    accessToken: new Secret(simulator.token),
    pace,
  });
  return { simulator, graph, pace };
}

test('under a cap of 180 calls 15 reads arrive at once, then 5 writes, and then nothing more', async () => {
  const { simulator, graph } = await cappedClient(180);
  const reads = await Promise.allSettled(Array.from({ length: 40 }, () => graph.readNumber(ID)));
  expect(reads.filter(({ status }) => status === 'fulfilled')).toHaveLength(15);
  const writes = await Promise.all(
    Array.from({ length: 8 }, () => rejection(graph.deregister(ID))),
  );
  expect(writes.filter((error) => error instanceof GraphPacedError)).toHaveLength(3);
  expect(simulator.requests).toHaveLength(20);
});

test('what is refused says so, names the number, and tells when to come back', async () => {
  const { graph, pace } = await cappedClient(180);
  for (let taken = 0; taken < 20; taken += 1) pace.ask('setPin', `another ${taken}`);
  const error = await rejection(graph.register(ID, PIN));
  expect(error).toBeInstanceOf(GraphPacedError);
  expect(error).toMatchObject({
    call: 'register',
    subjectId: ID,
    callsPerHour: 180,
    waitMs: 20_000,
    message: `This worker has used up its own cap of 180 calls to Meta per hour, so Meta was not asked to register number ${ID}.`,
  });
});

test('the subscribed apps, asked for along with a run’s last read, come through where no further read does', async () => {
  const { graph } = await cappedClient(180);
  for (let read = 0; read < 15; read += 1) await graph.readNumber(ID);
  expect(await rejection(graph.readNumber(ID))).toBeInstanceOf(GraphPacedError);
  expect(await rejection(graph.listNumbers('102290129340398'))).toBeInstanceOf(GraphPacedError);
  expect(await graph.subscribedApps('102290129340398')).toEqual({ count: 1 });
});

test('a read that is repeated with fewer fields counts each time, and is not stopped half way', async () => {
  const { simulator, graph } = await cappedClient(27, { unknownFields: ['is_pin_enabled'] });
  expect(await graph.readNumber(ID)).toMatchObject({ id: ID });
  expect(simulator.requests).toHaveLength(2);
  expect(await rejection(graph.readNumber(ID))).toBeInstanceOf(GraphPacedError);
});

test('a call whose turn comes within a second waits for it and is sent', async () => {
  const { simulator, graph, pace } = await cappedClient(36_000);
  for (let taken = 0; taken < 20; taken += 1) pace.ask('setPin', `another ${taken}`);
  const before = performance.now();
  await graph.requestCode(ID, { method: 'SMS', language: 'en_US' });
  expect(performance.now() - before).toBeGreaterThanOrEqual(99);
  expect(simulator.requests).toHaveLength(1);
});

test('a call that is cancelled while it waits for its turn ends with the reason, unsent, and its turn goes to another', async () => {
  const { simulator, graph, pace } = await cappedClient(3600);
  for (let taken = 0; taken < 20; taken += 1) pace.ask('setPin', `another ${taken}`);
  const ending = new AbortController();
  const waiting = rejection(graph.setPin(ID, PIN, { signal: ending.signal }));
  const reason = new Error('cancelled by the test');
  ending.abort(reason);
  expect(await waiting).toBe(reason);
  expect(simulator.requests).toEqual([]);
  expect(pace.ask('setPin', 'next')).toEqual({ granted: true, waitMs: 1000 });
});

test('a call that was cancelled before takes no turn', async () => {
  const { graph, pace } = await cappedClient(27);
  const reason = new Error('cancelled before');
  const options = { signal: AbortSignal.abort(reason) };
  for (let call = 0; call < 5; call += 1) {
    expect(await rejection(graph.setPin(ID, PIN, options))).toBe(reason);
  }
  expect(pace.ask('read', 'another').granted).toBe(true);
});

test('the wait for a turn is part of the time that a request is given', async () => {
  const server = await wireServer({ instead: () => undefined });
  const pace = createPace(4_000, { now: () => 0 });
  for (let taken = 0; taken < pace.burst; taken += 1) pace.ask('setPin', `another ${taken}`);
  const graph = createGraphClient({
    ...{ baseUrl: server.url, version: 'v25.0', accessToken: new Secret(TOKEN) },
    pace,
  });
  const before = performance.now();
  const error = await rejection(graph.setPin(ID, PIN, { timeoutMs: 1_200 }));
  expect(error).toBeInstanceOf(GraphTimeoutError);
  expect(server.requests).toHaveLength(1);
  expect(performance.now() - before).toBeLessThan(900 + 1_200);
});

const PACED = new GraphPacedError('register', ID, 180, 40_000);

test.each([true, false])(
  'a refusal by the cap is a passing problem, and nothing was sent (while sending: %s)',
  (sending) => {
    const failure = failureOf(PACED, sending);
    if (!(failure instanceof ApplicationFailure)) throw new Error('It is no failure.');
    expect(failure).toMatchObject({ type: 'RateLimited', nonRetryable: false });
    expect(failure.nextRetryDelay).toBe(40_000);
    expect(failure.message).toContain(PACED.message);
    expect(problemIn(failure)).toMatchObject({
      verdict: 'rateLimited',
      outcome: 'notSent',
      waitMs: 40_000,
      text: 'This worker has used up its own cap of 180 calls to Meta per hour.',
      advice: expect.stringMatching(/^Nothing to do.*GRAPH_API_CALLS_PER_HOUR/),
    });
  },
);

test.each([
  ['the read before it', (all: number) => all],
  ['the request itself', (all: number) => all - 6],
] as const)(
  'a register that the cap held back at %s was not sent, and does not count in the ledger',
  async (_, taken) => {
    const verified = { id: ID, preset: 'verified' } as const;
    const { simulator, graph, pace } = await cappedClient(180, { numbers: [verified] });
    const take = (howMany: number) => {
      for (let call = 0; call < howMany; call += 1) pace.ask('setPin', `another ${call}`);
    };
    const dir = await mkdtemp(join(tmpdir(), 'paced-pins-'));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const pinStore = await openPinStore({ kind: 'local', dir });
    const { version } = await pinStore.stage(ID, {}, () => PIN);
    take(taken(pace.burst));
    const { register } = createNumberActivities({
      graph,
      pinStore: {
        ...pinStore,
        async read(...which) {
          take(5); // what was kept for writes goes to others
          return pinStore.read(...which);
        },
      },
      pastRuns: { of: async () => [], newest: async () => undefined },
    });
    const failure = await rejection(
      new MockActivityEnvironment().run(register, { phoneNumberId: ID, pinVersion: version }),
    );
    if (!(failure instanceof ApplicationFailure)) throw failure;
    expect(failure.type).toBe('NothingSent.RateLimited');
    expect(problemIn(failure)).toMatchObject({ verdict: 'rateLimited', outcome: 'notSent' });
    expect(simulator.requests.filter(({ endpoint }) => endpoint !== 'read')).toEqual([]);

    const now = new Date('2026-11-23T12:00:00.000Z');
    const usedWith = (failureType: string) => {
      const activity = { type: 'register', id: '1', closedAt: now, startToCloseMs: 40_000 };
      const run = { runId: 'run', startedAt: now, cutOff: false };
      return limitUse(
        REGISTER_LIMIT,
        [{ ...run, activities: [{ ...activity, failureType }] }],
        now,
      );
    };
    expect(usedWith(failure.type ?? '').used).toBe(0);
    expect(usedWith('RateLimited').used).toBe(1);
  },
);
