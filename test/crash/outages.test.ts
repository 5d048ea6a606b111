/** What a run depends on is gone for a while, and the worker is killed meanwhile: the run waits, and nothing is lost. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { OnboardingFailedError } from '../../client/index.js';
import { freePorts } from '../../worker/ports.js';
import { startTemporalServer } from '../../worker/temporal-server.js';
import { FAILURE_TYPES, SEARCH_ATTRIBUTES, workflowIdOf } from '../../workflows/messages.js';
import { progressNow, until } from '../workflow/stack.js';
import { sequenceOf } from './allowed-sequences.js';
import { compileWorker, type WorkerProgram } from './killable-worker.js';
import { openScene, type Scene, type SceneOptions } from './scene.js';

let worker: WorkerProgram;
beforeAll(async () => {
  worker = await compileWorker();
}, 120_000);

async function withScene(
  play: (scene: Scene) => Promise<void>,
  options: Partial<SceneOptions> = {},
): Promise<void> {
  const scene = await openScene({ worker, temporal: inject('temporal'), ...options });
  try {
    await play(scene);
  } finally {
    await scene.close();
  }
}

const UNDISTURBED = 'read register setPin';

describe.concurrent('a PIN store that is down', { timeout: 180_000 }, () => {
  test('when a PIN is to be staged holds the run before anything is sent, through the death of a worker, until it is back', async () => {
    await withScene(async (scene) => {
      const { client, simulator, pinStore } = scene;
      const id = scene.number({ preset: 'verified' });
      await writeFile(scene.storeDownFile, 'stage');
      await client.start({ phoneNumberId: id });
      const dying = await scene.startWorker();
      await until('the PIN store to be asked', () => dying.reached.has(id));
      await dying.metrics();
      await dying.kill();
      await scene.keepDescriptions();
      expect(sequenceOf(simulator.requests, id)).toBe('');
      expect((await pinStore.describe(id))?.versions ?? {}).toEqual({});
      await rm(scene.storeDownFile);
      await scene.startWorker();
      const result = await client.result(id);
      expect(result.outcome).toBe('live');
      expect(sequenceOf(simulator.requests, id)).toBe(UNDISTURBED);
      await scene.expectNoLeaks(result);
    });
  });

  test('when the PIN that Meta has is to be promoted keeps it as pending, through the death of a worker, until it is back', async () => {
    // The store is asked five times in a row, then after a wait; a slow machine may get there.
    const promote = async (scene: Scene) => {
      const { client, simulator, pinStore } = scene;
      const id = scene.number({ preset: 'verified' });
      await writeFile(scene.storeDownFile, 'promote');
      await client.start({ phoneNumberId: id });
      const dying = await scene.startWorker();
      await until('the PIN store to be asked', () => dying.reached.has(id));
      await dying.metrics();
      await dying.kill();
      const { pin } = await pinStore.read(id, 'pending');
      expect(simulator.number(id).pin).toBe(pin.reveal());
      await scene.keepDescriptions();
      const { version } = await pinStore.read(id, 'pending');
      await rm(scene.storeDownFile);
      await scene.startWorker();
      const result = await client.result(id);
      expect(result).toMatchObject({ outcome: 'live', pin: { version, confirmed: true } });
      expect(sequenceOf(simulator.requests, id)).toBe(UNDISTURBED);
      expect(Object.keys((await pinStore.describe(id))?.versions ?? {})).toEqual(['current']);
      await scene.expectNoLeaks(result);
    };
    await withScene(promote, { hurried: true });
  });

  test('for good, as its record is no folder, ends the run at once with nothing done; mended, the next run ends live', async () => {
    await withScene(async (scene) => {
      const { client, simulator, pinStore, pinStoreDir } = scene;
      const id = scene.number({ preset: 'verified' });
      await pinStore.check();
      const record = join(pinStoreDir, id);
      await writeFile(record, 'in the way');
      await client.start({ phoneNumberId: id });
      await scene.startWorker();
      const error = await client.result(id).catch((failure: unknown) => failure);
      expect(error).toBeInstanceOf(OnboardingFailedError);
      expect(error).toMatchObject({ failureType: FAILURE_TYPES.refused });
      expect(sequenceOf(simulator.requests, id)).toBe('');
      await rm(record);
      await client.start({ phoneNumberId: id });
      const result = await client.result(id);
      expect(result.outcome).toBe('live');
      await scene.expectNoLeaks([error, result]);
    });
  });
});

describe.concurrent('a Temporal server that is killed', () => {
  test('and started again on its database has every run, timer, signal and search attribute, and the runs end as they should', {
    timeout: 240_000,
  }, async () => {
    const disk = await mkdtemp(join(tmpdir(), 'onboarding-crash-server-'));
    const [port = 0] = await freePorts(1);
    const start = () =>
      startTemporalServer({
        binary: inject('temporalBinary'),
        port,
        dbFile: join(disk, 'temporal.db'),
        logFile: join(disk, 'temporal.log'),
      });
    let server = await start();
    try {
      const { address, namespace } = server;
      await withScene((scene) => survive(scene), { temporal: { address, namespace } });
    } finally {
      await server.stop();
      await rm(disk, { recursive: true, force: true });
    }

    async function killServer(): Promise<void> {
      server.kill();
      await server.ended;
      await server.stop();
    }

    async function survive(scene: Scene): Promise<void> {
      const { client, simulator } = scene;
      const label = `Mid-wait ${scene.taskQueue}`;
      const startMany = async (count: number, codeDeadline: '24 hours' | '6 seconds') => {
        const ids = Array.from({ length: count }, () => scene.number());
        await Promise.all(
          ids.map((phoneNumberId) => client.start({ phoneNumberId, label, codeDeadline })),
        );
        return ids;
      };
      const first = await scene.startWorker();
      const [patient, submitted] = [await startMany(4, '24 hours'), await startMany(4, '24 hours')];
      await Promise.all([...patient, ...submitted].map((id) => codeAwaited(scene, id)));
      const hasty = await startMany(2, '6 seconds');
      await Promise.all(hasty.map((id) => codeAwaited(scene, id)));

      // Without a worker: signals that no run has seen yet, and timers that fire while there is no server.
      await first.metrics();
      await first.kill();
      await Promise.all(submitted.map((id) => client.submitCode(id, codeOf(scene, id))));
      const overdueAt = Date.now() + 6_000;
      await killServer();
      await until('the deadline to pass', () => Date.now() > overdueAt);
      server = await start();
      await serverAnswers(scene, patient[0] ?? '');
      for (const id of patient) expect(await shownOf(scene, id)).toEqual(['AwaitingCode', label]);

      const second = await scene.startWorker();
      const lives = await Promise.all(submitted.map((id) => client.result(id)));
      expect(lives.every(({ outcome }) => outcome === 'live')).toBe(true);
      const late = await Promise.all(hasty.map((id) => client.result(id).catch((error) => error)));
      for (const error of late) {
        expect(error).toBeInstanceOf(OnboardingFailedError);
        expect(error).toMatchObject({ failureType: FAILURE_TYPES.deadline });
      }

      // With a worker that goes on running: it finds the server again.
      await killServer();
      server = await start();
      await serverAnswers(scene, patient[0] ?? '');
      await Promise.all(patient.map((id) => client.submitCode(id, codeOf(scene, id))));
      const results = await Promise.all(patient.map((id) => client.result(id)));
      expect(results.every(({ outcome }) => outcome === 'live')).toBe(true);
      for (const id of [...patient, ...submitted]) {
        expect(sequenceOf(simulator.requests, id)).toBe(
          'requestCode verifyCode read register setPin',
        );
      }
      for (const id of hasty) expect(sequenceOf(simulator.requests, id)).toBe('requestCode');
      expect(second.log()).not.toBe('');
      await scene.keepFiles(disk);
      await scene.expectNoLeaks([...lives, ...late, ...results]);
    }
  });
});

async function codeAwaited({ client, simulator }: Scene, id: string): Promise<void> {
  await until('a code to be awaited', async () => {
    const { stage, waiting } = (await progressNow(client, id)) ?? {};
    return stage === 'AwaitingCode' && waiting !== undefined && simulator.codes(id).length > 0;
  });
}

const codeOf = ({ simulator }: Scene, id: string) => simulator.codes(id).at(-1)?.code ?? '';

/** Waits until the server answers again, through the client that knew it before. */
async function serverAnswers({ client: { temporal } }: Scene, id: string): Promise<void> {
  const run = temporal.workflow.getHandle(workflowIdOf(id));
  await until('the server to answer', () => run.describe().then(Boolean, () => false), 60_000);
}

async function shownOf({ client: { temporal } }: Scene, id: string): Promise<unknown[]> {
  const { typedSearchAttributes } = await temporal.workflow.getHandle(workflowIdOf(id)).describe();
  return Object.values(SEARCH_ATTRIBUTES).map((key) => typedSearchAttributes.get(key));
}
