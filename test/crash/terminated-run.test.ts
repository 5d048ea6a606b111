/**
 * Termination stops a run, but not its activity: what that has sent may still be on its way when the next run of the number
 * begins. So the next run waits as long as an activity may take, reads, and goes on from what it finds.
 */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Endpoint } from '../../simulator/simulator.js';
import { workflowIdOf } from '../../workflows/messages.js';
import { hold } from '../workflow/end-state.js';
import { progressNow, until } from '../workflow/stack.js';
import { sequenceOf } from './allowed-sequences.js';
import { compileWorker, type KillableWorker, type WorkerProgram } from './killable-worker.js';
import { openScene, type Scene } from './scene.js';
import type { SlowWrite } from './worker-messages.js';

let worker: WorkerProgram;
let scene: Scene;
beforeAll(async () => {
  worker = await compileWorker();
  scene = await openScene({ worker, temporal: inject('temporal') });
}, 120_000);
afterAll(() => scene?.close());

/** What is on its way while the run is terminated, and what Meta sees of both runs. */
const IN_FLIGHT: {
  title: string;
  at: { endpoint: Endpoint; when: 'before' | 'after' } | { write: SlowWrite['method'] };
  requests: string;
}[] = [
  {
    title: 'a register that Meta does later',
    at: { endpoint: 'register', when: 'before' },
    requests: 'read register setPin',
  },
  {
    title: 'a register that Meta has done',
    at: { endpoint: 'register', when: 'after' },
    requests: 'read register setPin',
  },
  {
    title: 'a PIN that Meta accepts later',
    at: { endpoint: 'setPin', when: 'before' },
    requests: 'read register setPin setPin',
  },
  {
    title: 'a PIN that Meta has accepted',
    at: { endpoint: 'setPin', when: 'after' },
    requests: 'read register setPin setPin',
  },
  {
    title: 'a promotion that the PIN store makes later',
    at: { write: 'promote' },
    requests: 'read register setPin',
  },
];

interface Case {
  id: string;
  expected: string;
  title: string;
  /** Resolves when it is on its way. */
  reached(process: KillableWorker): Promise<void>;
  /** Lets it be done and answered. */
  release(process: KillableWorker): void;
}

function prepare({ title, at, requests }: (typeof IN_FLIGHT)[number]): Case {
  const id = scene.number({ preset: 'verified' });
  if ('write' in at) {
    return {
      ...{ id, title, expected: requests },
      reached: async (process) => {
        await until('the promotion', () => process.reached.has(id));
      },
      release: (process) => process.go(),
    };
  }
  const held = hold(scene.simulator, id, at.endpoint, at.when);
  return { id, title, expected: requests, reached: held.reached, release: held.release };
}

/** Notes every moment at which more than one request that writes is open for the number. */
function watchOpenWrites(id: string): () => string[] {
  const { simulator } = scene;
  const doubles: string[] = [];
  simulator.faults.add({
    kind: 'slow',
    phoneNumberId: id,
    ms: () => {
      const open = simulator.requests.filter(
        (each) => each.phoneNumberId === id && each.endpoint !== 'read' && each.status === 0,
      );
      if (open.length > 1) doubles.push(open.map(({ endpoint }) => endpoint).join(' and '));
      return 0;
    },
  });
  return () => doubles;
}

describe('a run that starts while an activity of a terminated one is in flight', () => {
  test('waits until that can no longer act, reads, and ends live: never two writes at once, never a second PIN', {
    timeout: 120_000,
  }, async () => {
    const { client, simulator, pinStore } = scene;
    const cases = IN_FLIGHT.map(prepare);
    const slow = { method: 'promote', beforeMs: 0, afterMs: 0 } as const;
    const process = await scene.startWorker({
      slowWrites: Object.fromEntries(
        cases.flatMap(({ id }, index) =>
          'write' in (IN_FLIGHT[index]?.at ?? {}) ? [[id, slow]] : [],
        ),
      ),
    });
    await Promise.all(
      cases.map(async ({ id, title, expected, ...flight }) => {
        const doubles = watchOpenWrites(id);
        await client.start({ phoneNumberId: id });
        await flight.reached(process);
        const { version } = await pinStore.read(id, 'pending');
        await client.temporal.workflow.getHandle(workflowIdOf(id)).terminate('by the test');
        const terminatedAt = Date.now();
        await client.start({ phoneNumberId: id });

        const waiting = await until(
          'the wait',
          async () => (await progressNow(client, id))?.waiting,
        );
        expect(waiting.for).toMatch(/cut off.*on its way/);
        const safeAt = Date.parse(waiting.until);
        expect(safeAt - terminatedAt, 'one start-to-close').toBeGreaterThan(10_000);
        const before = simulator.requests.length;
        flight.release(process);

        const result = await client.result(id);
        expect(result, title).toMatchObject({ outcome: 'live', pin: { version } });
        const later = simulator.requests
          .slice(before)
          .filter(({ phoneNumberId }) => phoneNumberId === id);
        expect(later[0]?.endpoint).toBe('read');
        expect(later[0]?.at).toBeGreaterThanOrEqual(safeAt);
        expect(doubles()).toEqual([]);
        expect(sequenceOf(simulator.requests, id), title).toBe(expected);
        expect(Object.keys((await pinStore.describe(id))?.versions ?? {})).toEqual(['current']);
        const { pin } = await pinStore.read(id, 'current');
        expect(simulator.number(id).pin).toBe(pin.reveal());
      }),
    );
    await scene.expectNoLeaks();
  });
});
