import { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { installRuntime } from '../../worker/runtime.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.js';
import { type FleetScene, finished, openFleet } from './fleet-scene.js';

installRuntime('error');

/** Three pages. */
const NUMBERS = 210;

/** A server that wants a new run after few events, as others want it after thousands. */
const FEW_EVENTS = 300;

let server: TestWorkflowEnvironment;
let scene: FleetScene;
beforeAll(async () => {
  server = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: inject('temporalBinary') },
      searchAttributes: Object.values(SEARCH_ATTRIBUTES),
      log: { format: 'pretty', level: 'error' },
      extraArgs: [
        '--dynamic-config-value',
        `limit.historyCount.suggestContinueAsNew=${FEW_EVENTS}`,
      ],
    },
  });
  scene = await openFleet(NUMBERS, 100, { address: server.address, namespace: 'default' });
}, 120_000);
afterAll(async () => {
  await scene.close();
  await server.teardown();
});

test('a sweep goes on in new runs before its history grows, with all it has done in its report', {
  timeout: 180_000,
}, async () => {
  await scene.startWorker();
  const sweep = await scene.startSweep({ perMinute: 600, atOnce: 100, requestedBy: 'Ana' });
  const { result, halts } = await finished(sweep);
  await scene.allClosed();
  expect(halts).toBe(0);
  expect(result).toMatchObject({ state: 'finished', counts: { rotated: NUMBERS, failed: 0 } });
  expect([...result.rotated].sort()).toEqual([...scene.firstPins.keys()].sort());
  expect(await scene.stillDue()).toEqual([]);
  const changes = scene.simulator.requests.filter(({ newPin }) => newPin);
  expect(changes).toHaveLength(NUMBERS);

  const runs = await scene.historiesOf(sweep.workflowId);
  expect(runs).toHaveLength(3);
  // One page with its rotations each, and no more.
  for (const events of runs) expect(events.length).toBeLessThan(FEW_EVENTS + 500);
});
