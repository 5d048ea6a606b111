/**
 * Many runs on a worker that can keep few, and many messages to one run. A code in the same task as the deadline stands in
 * `test/workflow/endings.test.ts`, payloads that cannot be decoded in `test/workflow/messages.test.ts`, messages after the end in
 * `test/client/onboarding-client.server.test.ts`.
 */
import { randomUUID } from 'node:crypto';
import { Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { MESSAGES, ONBOARD_NUMBER, workflowIdOf } from '../../workflows/messages.js';
import { signalRaw, UNDECODABLE } from '../workflow/raw-messages.js';
import { progressNow, until, wrongCode } from '../workflow/stack.js';
import { allowedSequences, sequenceOf } from './allowed-sequences.js';
import { compileWorker, type WorkerProgram } from './killable-worker.js';
import { openScene, type Scene } from './scene.js';

let worker: WorkerProgram;
beforeAll(async () => {
  worker = await compileWorker();
}, 120_000);

const UNDISTURBED = { verified: false };

async function withScene(play: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await openScene({ worker, temporal: inject('temporal') });
  try {
    await play(scene);
  } finally {
    await scene.close();
  }
}

/** The code that Meta sent for the number, once the run waits for it. */
async function codeAwaited({ client, simulator }: Scene, id: string): Promise<string> {
  return until('a code to be awaited', async () => {
    const { stage } = (await progressNow(client, id)) ?? {};
    return stage === 'AwaitingCode' && simulator.codes(id).at(-1)?.code;
  });
}

describe.concurrent('a worker', { timeout: 300_000 }, () => {
  test('that keeps two workflows in memory brings fifty runs to their end, each as if it were alone', async () => {
    await withScene(async (scene) => {
      const { client, simulator } = scene;
      const needsCode = (index: number) => index % 5 === 0;
      const ids = Array.from({ length: 50 }, (_, index) =>
        scene.number(needsCode(index) ? {} : { preset: 'verified' }),
      );
      const submitted: Promise<void>[] = [];
      simulator.onCode(({ phoneNumberId, code }) => {
        submitted.push(client.submitCode(phoneNumberId, code));
      });
      const small = await scene.startWorker({ maxWorkflows: 2 });
      await Promise.all(ids.map((phoneNumberId) => client.start({ phoneNumberId })));
      const results = await Promise.all(ids.map((id) => client.result(id)));
      await Promise.all(submitted);
      expect(results.filter(({ outcome }) => outcome === 'live')).toHaveLength(50);
      for (const [index, id] of ids.entries()) {
        const course = { ...UNDISTURBED, verified: !needsCode(index) };
        expect(allowedSequences('awaitCode', 'during', course)).toContain(
          sequenceOf(simulator.requests, id),
        );
      }
      const [, evicted = '0'] =
        /sticky_cache_total_forced_eviction[^\n]* ([0-9]+)$/m.exec(await small.metrics()) ?? [];
      expect(Number(evicted), 'workflows put out of memory').toBeGreaterThan(50);
      // The search asks every run what it says of itself, which is for a worker that can keep them all.
      await small.kill();
      await scene.startWorker();
      await scene.expectNoLeaks(results);
    });
  });
});

describe.concurrent('a run', { timeout: 300_000 }, () => {
  const SIGNALS = 200;

  /** Two hundred signals at once, one of them with the right code, somewhere in the middle. */
  async function burst({ client: { temporal } }: Scene, id: string, right: string): Promise<void> {
    const run = temporal.workflow.getHandle(workflowIdOf(id));
    const wrong = wrongCode(right);
    const undecodable = Object.values(UNDECODABLE);
    const kinds: ((index: number) => Promise<void>)[] = [
      () => run.signal(MESSAGES.submitCode, wrong),
      () => run.signal(MESSAGES.submitCode, { code: wrong, submittedBy: 'Bo' }),
      () => run.signal(MESSAGES.submitCode, 'no code at all'),
      () => run.signal(MESSAGES.extend, '1 hour'),
      () => run.signal(MESSAGES.extend, 'for ever'),
      () => run.signal('submitKode', right),
      (index) =>
        signalRaw(
          { temporal },
          id,
          MESSAGES.submitCode,
          undecodable[index % undecodable.length] ?? {},
        ),
      () => run.signal('retry'),
    ];
    await Promise.all(
      Array.from({ length: SIGNALS }, (_, index) =>
        index === SIGNALS / 2
          ? run.signal(MESSAGES.submitCode, { code: right, submittedBy: 'Ana' })
          : kinds[index % kinds.length]?.(index),
      ),
    );
  }

  async function expectLive({ client, simulator }: Scene, id: string): Promise<void> {
    const result = await client.result(id);
    expect(result.outcome).toBe('live');
    // The wrong code is handed to Meta once, where it comes before the right one; a refusal is followed by a read.
    expect([
      'requestCode verifyCode read register setPin',
      'requestCode lost-verifyCode read verifyCode read register setPin',
    ]).toContain(sequenceOf(simulator.requests, id));
    const history = await client.temporal.workflow.getHandle(workflowIdOf(id)).fetchHistory();
    const signals = history.events?.filter(
      (event) => event.workflowExecutionSignaledEventAttributes,
    );
    expect(signals).toHaveLength(SIGNALS);
    const workflowBundle = { codePath: inject('workflowBundlePath') };
    await Worker.runReplayHistory({ workflowBundle }, history, workflowIdOf(id));
  }

  test('takes two hundred signals in a burst, and goes on as if the right code had come alone', async () => {
    await withScene(async (scene) => {
      const { client } = scene;
      const [working, without] = [scene.number(), scene.number()];
      const first = await scene.startWorker({ logLevel: 'debug' });
      for (const id of [working, without]) await client.start({ phoneNumberId: id });
      const right = await codeAwaited(scene, without);
      await burst(scene, working, await codeAwaited(scene, working));
      await expectLive(scene, working);
      // The other run gets all of them in one task, from a worker that starts when they are there.
      await first.metrics();
      await first.kill();
      await burst(scene, without, right);
      await scene.startWorker({ logLevel: 'debug' });
      await expectLive(scene, without);
      await scene.expectNoLeaks();
    });
  });

  test('whose start comes with a signal in the same request, a code or one that nobody can decode, does not try it and goes on', async () => {
    await withScene(async (scene) => {
      const { client, simulator } = scene;
      const early = { metadata: JSON_PLAIN, data: Buffer.from('"123-830"') };
      const ids = await Promise.all(
        [early, ...Object.values(UNDECODABLE)].map((payload) => signalWithStart(scene, payload)),
      );
      await scene.startWorker();
      const results = await Promise.all(
        ids.map(async (id) => {
          await client.submitCode(id, await codeAwaited(scene, id));
          return client.result(id);
        }),
      );
      expect(results.filter(({ outcome }) => outcome === 'live')).toHaveLength(ids.length);
      for (const id of ids) {
        expect(allowedSequences('awaitCode', 'during', UNDISTURBED)).toContain(
          sequenceOf(simulator.requests, id),
        );
      }
      await scene.expectNoLeaks(results);
    });
  });
});

const JSON_PLAIN = { encoding: Buffer.from('json/plain') };

/** @returns the number whose run was started */
async function signalWithStart(scene: Scene, payload: object): Promise<string> {
  const { workflowService, options } = scene.client.temporal;
  const id = scene.number();
  const input = Buffer.from(JSON.stringify({ phoneNumberId: id }));
  await workflowService.signalWithStartWorkflowExecution({
    namespace: options.namespace,
    workflowId: workflowIdOf(id),
    workflowType: { name: ONBOARD_NUMBER },
    taskQueue: { name: scene.taskQueue },
    input: { payloads: [{ metadata: JSON_PLAIN, data: input }] },
    requestId: randomUUID(),
    signalName: MESSAGES.submitCode,
    signalInput: { payloads: [payload] },
  });
  return id;
}
