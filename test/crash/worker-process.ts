/** A worker in a process of its own, to be killed. It is told what to do by its first message, and says when it runs. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { getClient } from '@temporalio/activity';
import { NativeConnection } from '@temporalio/worker';
import { createGraphClient } from '../../activities/graph-api/graph-client.js';
import { createNumberActivities } from '../../activities/number.js';
import { temporalPastRuns } from '../../activities/past-runs.js';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import type { PinStore } from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { createOnboardingWorker } from '../../worker/create-worker.js';
import { installRuntime } from '../../worker/runtime.js';
import type { SlowWrite, WorkerReport, WorkerTask } from './worker-messages.js';

function say(report: WorkerReport): void {
  process.send?.(report);
}

function slowedDown(store: PinStore, slowWrites: WorkerTask['slowWrites']): PinStore {
  const go = once(process, 'message');
  async function slowly<T>(
    method: SlowWrite['method'],
    phoneNumberId: string,
    write: () => Promise<T>,
  ): Promise<T> {
    const slow = slowWrites[phoneNumberId];
    if (slow?.method !== method) return write();
    say({ what: 'reached', phoneNumberId });
    await go;
    await delay(slow.beforeMs);
    const written = await write();
    await delay(slow.afterMs);
    say({ what: 'left', phoneNumberId });
    return written;
  }
  return {
    ...store,
    stage: (id, ...rest) => slowly('stage', id, () => store.stage(id, ...rest)),
    promote: (id, ...rest) => slowly('promote', id, () => store.promote(id, ...rest)),
  };
}

const [task] = (await once(process, 'message')) as [WorkerTask];
installRuntime('error');
const connection = await NativeConnection.connect({ address: task.address });
const pinStore = await openPinStore({ kind: 'local', dir: task.pinStoreDir });
const worker = await createOnboardingWorker({
  connection,
  namespace: task.namespace,
  taskQueue: task.taskQueue,
  workflowBundle: { codePath: task.workflowBundlePath },
  activities: createNumberActivities({
    graph: createGraphClient({
      baseUrl: task.graphUrl,
      version: 'v25.0',
      accessToken: new Secret(task.accessToken),
    }),
    pinStore: slowedDown(pinStore, task.slowWrites),
    pastRuns: temporalPastRuns(getClient),
  }),
});
const running = worker.run();
say({ what: 'running' });
await running;
