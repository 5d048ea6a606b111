import { NativeConnection } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { loadConfiguration } from '../../configuration/configuration.js';
import { type OnboardingWorkerOptions, workerOptions } from '../../worker/create-worker.js';

/** What the options are made from does not matter here; nothing connects. */
const PARTS = {
  connection: Object.create(NativeConnection.prototype) as NativeConnection,
  namespace: 'default',
  activities: {},
};

const optionsFor = (options: Partial<OnboardingWorkerOptions>) =>
  workerOptions({ ...PARTS, ...options });

test('what the configuration says of the worker reaches the SDK', () => {
  const { worker } = loadConfiguration(
    {
      WORKER_MAX_ACTIVITIES: '7',
      WORKER_MAX_WORKFLOWS: '30',
      MAX_ACTIVITIES_PER_SECOND: '3',
      MAX_TASK_QUEUE_ACTIVITIES_PER_SECOND: '11',
      WORKER_SHUTDOWN_GRACE: '1 minute',
    },
    '/nowhere',
  );
  expect(optionsFor(worker)).toMatchObject({
    maxConcurrentActivityTaskExecutions: 7,
    maxConcurrentLocalActivityExecutions: 7,
    maxCachedWorkflows: 30,
    maxActivitiesPerSecond: 3,
    maxTaskQueueActivitiesPerSecond: 11,
    shutdownGraceTime: 60_000,
    shutdownForceTime: 70_000,
  });
});

test('by default the configuration smooths bursts, to 20 activities per second and worker and 50 per task queue', () => {
  expect(optionsFor(loadConfiguration({}, '/nowhere').worker)).toMatchObject({
    maxConcurrentActivityTaskExecutions: 40,
    maxConcurrentLocalActivityExecutions: 40,
    maxActivitiesPerSecond: 20,
    maxTaskQueueActivitiesPerSecond: 50,
  });
});

test('a worker made without limits per second has none', () => {
  const options = optionsFor({});
  expect(options).toMatchObject({ maxConcurrentActivityTaskExecutions: 40 });
  expect(options).not.toHaveProperty('maxActivitiesPerSecond');
  expect(options).not.toHaveProperty('maxTaskQueueActivitiesPerSecond');
});
