/** A worker in a process of its own, to be killed. It is told what to do by its first message, and says when it runs. */
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { getClient } from '@temporalio/activity';
import { NativeConnection } from '@temporalio/worker';
import { createFleetActivities, temporalOpenRuns } from '../../activities/fleet.js';
import { createGraphClient } from '../../activities/graph-api/graph-client.js';
import { createNumberActivities } from '../../activities/number.js';
import { temporalPastRuns } from '../../activities/past-runs.js';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import { Secret } from '../../activities/secret.js';
import { createOnboardingWorker } from '../../worker/create-worker.js';
import { installRuntime } from '../../worker/runtime.js';
import type { FleetWorkerReport, FleetWorkerTask } from './worker-task.js';

const SAMPLE_EVERY_MS = 2_000;

function say(report: FleetWorkerReport): void {
  process.send?.(report);
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

// Nobody would kill it any more.
process.once('disconnect', () => process.exit());
const [task] = (await once(process, 'message')) as [FleetWorkerTask];
installRuntime('error');
const { address, namespace, taskQueue } = task;
const connection = await NativeConnection.connect({ address });
const world = {
  graph: createGraphClient({
    baseUrl: task.graphUrl,
    version: 'v25.0',
    accessToken: new Secret(task.accessToken),
  }),
  pinStore: await openPinStore({ kind: 'local', dir: task.pinStoreDir }),
};
const worker = await createOnboardingWorker({
  connection,
  namespace,
  taskQueue,
  workflowBundle: { codePath: task.workflowBundlePath },
  maxWorkflows: task.maxWorkflows,
  activities: {
    ...createNumberActivities({ ...world, pastRuns: temporalPastRuns(getClient) }),
    ...createFleetActivities({ ...world, openRuns: temporalOpenRuns(getClient) }),
  },
});
const running = worker.run();
say({ what: 'running' });
setInterval(() => {
  collectGarbage();
  const { rss, heapUsed } = process.memoryUsage();
  say({ what: 'memory', rss, heap: heapUsed });
}, SAMPLE_EVERY_MS).unref();
await running;
