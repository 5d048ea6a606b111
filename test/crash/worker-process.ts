/** A worker in a process of its own, to be killed. It is told what to do by its first message, and says when it runs. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { activityInfo, getClient } from '@temporalio/activity';
import { NativeConnection } from '@temporalio/worker';
import { createGraphClient } from '../../activities/graph-api/graph-client.js';
import { createNumberActivities } from '../../activities/number.js';
import { temporalPastRuns } from '../../activities/past-runs.js';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import { type PinStore, PinStoreUnreachableError } from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { createOnboardingWorker } from '../../worker/create-worker.js';
import { installRuntime } from '../../worker/runtime.js';
import { workflowIdOf } from '../../workflows/messages.js';
import type { SlowWrite, WorkerReport, WorkerTask } from './worker-messages.js';

function say(report: WorkerReport): void {
  process.send?.(report);
}

type Activities = ReturnType<typeof createNumberActivities>;

/** The activities, those of the stops standing still. */
function withStops(activities: Activities, stops: WorkerTask['stops']): object {
  const left = new Map(Object.entries(stops).map(([id, stop]) => [workflowIdOf(id), { id, stop }]));
  async function standStill(name: string, when: 'before' | 'after'): Promise<void> {
    const workflowId = activityInfo().workflowExecution?.workflowId ?? '';
    const { id, stop } = left.get(workflowId) ?? {};
    if (id === undefined || stop?.activity !== name || stop.when !== when) return;
    left.delete(workflowId);
    say({ what: 'reached', phoneNumberId: id });
    await new Promise(() => undefined);
  }
  return Object.fromEntries(
    Object.entries(activities).map(([name, activity]) => [
      name,
      async (input: never) => {
        await standStill(name, 'before');
        const done = await activity(input);
        await standStill(name, 'after');
        return done;
      },
    ]),
  );
}

function withTroubles(store: PinStore, { slowWrites, storeDownFile }: WorkerTask): PinStore {
  const go = once(process, 'message');
  async function written<T>(
    method: SlowWrite['method'],
    phoneNumberId: string,
    write: () => Promise<T>,
  ): Promise<T> {
    const down = await readFile(storeDownFile, 'utf8').catch(() => '');
    if (down.includes(method)) {
      say({ what: 'reached', phoneNumberId });
      throw new PinStoreUnreachableError('The PIN store does not answer.');
    }
    const slow = slowWrites[phoneNumberId];
    if (slow?.method !== method) return write();
    say({ what: 'reached', phoneNumberId });
    await go;
    await delay(slow.beforeMs);
    const done = await write();
    await delay(slow.afterMs);
    say({ what: 'left', phoneNumberId });
    return done;
  }
  return {
    ...store,
    stage: (id, ...rest) => written('stage', id, () => store.stage(id, ...rest)),
    promote: (id, ...rest) => written('promote', id, () => store.promote(id, ...rest)),
  };
}

// Nobody would kill it any more.
process.once('disconnect', () => process.exit());
const [task] = (await once(process, 'message')) as [WorkerTask];
installRuntime(task.logLevel, undefined, { prometheus: { bindAddress: task.metricsAddress } });
const connection = await NativeConnection.connect({ address: task.address });
const pinStore = await openPinStore({ kind: 'local', dir: task.pinStoreDir });
const worker = await createOnboardingWorker({
  connection,
  namespace: task.namespace,
  taskQueue: task.taskQueue,
  workflowBundle: { codePath: task.workflowBundlePath },
  maxActivities: task.maxActivities,
  maxWorkflows: task.maxWorkflows,
  activities: withStops(
    createNumberActivities({
      graph: createGraphClient({
        baseUrl: task.graphUrl,
        version: 'v25.0',
        accessToken: new Secret(task.accessToken),
      }),
      pinStore: withTroubles(pinStore, task),
      pastRuns: temporalPastRuns(getClient),
    }),
    task.stops,
  ),
});
const running = worker.run();
say({ what: 'running' });
await running;
