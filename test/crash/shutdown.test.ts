/**
 * `npm start` gets a SIGTERM while something is under way, and another one goes on. The first is the whole embedded stack with
 * the server's database; all that it leaves in its folder is searched for secrets.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { createAwsPinStore } from '../../activities/pin-store/aws-pin-store.js';
import { programPlaces } from '../../configuration/program-places.js';
import type { Endpoint } from '../../simulator/simulator.js';
import { freePorts, LOOPBACK } from '../../worker/ports.js';
import { stopProcess } from '../../worker/stop-process.js';
import { TASK_QUEUE, workflowIdOf } from '../../workflows/messages.js';
import { startMotoServer } from '../pin-store/moto-server.js';
import { hold } from '../workflow/end-state.js';
import { until } from '../workflow/stack.js';
import { sequenceOf } from './allowed-sequences.js';
import { hangingProxy } from './hanging-proxy.js';
import { compileWorker, type WorkerProgram } from './killable-worker.js';
import { type NpmStart, npmStart } from './npm-start.js';
import { openScene, type Scene, type SceneOptions } from './scene.js';

let worker: WorkerProgram;
beforeAll(async () => {
  worker = await compileWorker();
}, 120_000);

const GRACE_MS = 4_000;
/** For what comes after the worker has drained: the server is stopped, the process ends. */
const TO_END_MS = 4_000;

interface Play {
  scene: Scene;
  id: string;
  /** Starts `npm start` in the scene's folder, on the database that is there. */
  start(env?: Record<string, string>): Promise<NpmStart>;
}

async function withStack(
  play: (stage: Play) => Promise<void>,
  options: Partial<SceneOptions> = {},
): Promise<void> {
  const [temporalPort, uiPort, apiPort] = await freePorts(3);
  const temporal = { address: `${LOOPBACK}:${temporalPort}`, namespace: 'default' };
  const scene = await openScene({ worker, temporal, taskQueue: TASK_QUEUE, ...options });
  const started: NpmStart[] = [];
  try {
    await play({
      scene,
      id: scene.number({ preset: 'verified' }),
      async start(env = {}) {
        const process = await npmStart(worker.npmStart, scene.folder, {
          TEMPORAL_CLI_PATH: inject('temporalBinary'),
          TEMPORAL_PORT: `${temporalPort}`,
          TEMPORAL_UI_PORT: `${uiPort}`,
          API_PORT: `${apiPort}`,
          GRAPH_API_BASE_URL: scene.simulator.url,
          CLOUD_API_ACCESS_TOKEN: scene.simulator.token,
          PIN_STORE_DIR: scene.pinStoreDir,
          LOG_LEVEL: 'debug',
          WORKER_SHUTDOWN_GRACE: `${GRACE_MS}`,
          ...env,
        });
        started.push(process);
        return process;
      },
    });
    started.forEach((process, index) => {
      scene.keep(`what npm start ${index + 1} wrote`, process.written());
    });
    await scene.expectNoLeaks();
  } finally {
    await Promise.all(started.map((process) => process.end()));
    await endServer(scene.folder);
    await scene.close();
  }
}

/** One that had to be killed leaves its server behind, and a file that says which that is. */
async function endServer(folder: string): Promise<void> {
  const pid = await readFile(join(folder, '.onboarding/temporal.db.pid'), 'utf8').catch(() => '');
  if (Number(pid) > 0) await stopProcess(Number(pid), 0);
}

async function attemptsOf({ client: { temporal } }: Scene, id: string, activity: string) {
  const { events } = await temporal.workflow.getHandle(workflowIdOf(id)).fetchHistory();
  const scheduled = (events ?? []).filter(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activity,
  );
  return scheduled.map(({ eventId }) => {
    const about = (each: { scheduledEventId?: unknown } | null | undefined) =>
      String(each?.scheduledEventId) === String(eventId);
    return (events ?? []).flatMap((event) => [
      ...(about(event.activityTaskStartedEventAttributes)
        ? [`attempt ${event.activityTaskStartedEventAttributes?.attempt}`]
        : []),
      ...(about(event.activityTaskCompletedEventAttributes) ? ['completed'] : []),
    ]);
  });
}

describe.concurrent('SIGTERM', { timeout: 180_000 }, () => {
  test('lets the activity in flight finish, which is not repeated, and another process finishes the run', async () => {
    await withStack(async ({ scene, id, start }) => {
      const { client, simulator } = scene;
      const first = await start();
      const register = hold(simulator, id, 'register');
      await client.start({ phoneNumberId: id });
      await register.reached();
      const { code, ms } = await first.stop(register.release);
      expect({ code }).toEqual({ code: 0 });
      expect(ms).toBeLessThan(GRACE_MS + TO_END_MS);
      await start();
      const result = await client.result(id);
      expect(result.outcome).toBe('live');
      expect(sequenceOf(simulator.requests, id)).toBe('read register setPin');
      expect(await attemptsOf(scene, id, 'register')).toEqual([['attempt 1', 'completed']]);
    });
  });

  test('while Meta answers neither a read nor a register drains within the grace time, and another process finishes the runs', async () => {
    await withStack(async ({ scene, id: registering, start }) => {
      const { client, simulator } = scene;
      const reading = scene.number({ preset: 'verified' });
      const first = await start();
      const hanging: [string, Endpoint][] = [
        [reading, 'read'],
        [registering, 'register'],
      ];
      for (const [phoneNumberId, endpoint] of hanging) {
        simulator.faults.add({ kind: 'timeout', endpoint, phoneNumberId });
        await client.start({ phoneNumberId });
      }
      await until('the requests', () =>
        hanging.every(([id, endpoint]) =>
          simulator.requests.some(
            (each) => each.phoneNumberId === id && each.endpoint === endpoint,
          ),
        ),
      );
      const { code, ms } = await first.stop();
      console.log(`Meta does not answer: ended ${ms} ms after SIGTERM.`);
      expect({ code }).toEqual({ code: 0 });
      expect(ms).toBeLessThan(GRACE_MS + TO_END_MS);
      simulator.faults.clear();
      await start();
      for (const [id] of hanging) expect((await client.result(id)).outcome).toBe('live');
      expect(sequenceOf(simulator.requests, reading)).toBe('read register setPin');
      expect(sequenceOf(simulator.requests, registering)).toBe(
        'read lost-register read register setPin',
      );
    });
  });

  test('while AWS Secrets Manager does not answer drains within the grace time, and another process finishes the run', async () => {
    const moto = await startMotoServer(programPlaces().cacheDir);
    const proxy = await hangingProxy(moto.endpoint);
    const region = 'eu-west-1';
    const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
    const client = new SecretsManagerClient({ region, credentials, endpoint: moto.endpoint });
    const pinStore = createAwsPinStore({ client });
    const reachedBy = (endpoint: string) => ({
      PIN_STORE: 'aws-secrets-manager',
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    });
    const play = async ({ scene, id, start }: Play) => {
      const { simulator } = scene;
      const first = await start(reachedBy(proxy.url));
      const setPin = hold(simulator, id, 'setPin', 'after');
      await scene.client.start({ phoneNumberId: id });
      await setPin.reached();
      const { version } = await pinStore.read(id, 'pending');
      proxy.hang();
      setPin.release();
      await until('the promotion', () => proxy.waiting() > 0);
      const { code, ms } = await first.stop();
      console.log(`The PIN store does not answer: ended ${ms} ms after SIGTERM.`);
      expect({ code }).toEqual({ code: 0 });
      expect(ms).toBeLessThan(GRACE_MS + TO_END_MS);
      await start(reachedBy(moto.endpoint));
      const result = await scene.client.result(id);
      expect(result).toMatchObject({ outcome: 'live', pin: { version, confirmed: true } });
      expect(sequenceOf(simulator.requests, id)).toBe('read register setPin');
    };
    try {
      await withStack(play, { pinStore });
    } finally {
      await proxy.close();
      await moto.stop();
    }
  });
});
