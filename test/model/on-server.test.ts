/**
 * A smaller share of cases on a real Temporal server, with a real worker, over real HTTP, in real time. Each must come to what
 * it came to on virtual time: that the driver is true is shown here.
 */
import { readFileSync } from 'node:fs';
import { defaultPayloadConverter } from '@temporalio/common';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { PIN_VERSION_STATES } from '../../activities/pin-store/pin-document.js';
import { PinNotFoundError } from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { OnboardingInProgressError } from '../../client/index.js';
import { workflowIdOf } from '../../workflows/messages.js';
import { type FaultyPinStore, faultyPinStore } from '../faults/faulty-pin-store.js';
import { progressNow, type Stack, startStack, until } from '../workflow/stack.js';
import { type CalmEnd, calmCase, isCalm, shownBy } from './cases/calm.js';
import type { ModelCase } from './cases/case.js';
import { type Actors, perform, pinThatIs } from './cases/perform.js';
import { playCalmly } from './cases/play-calmly.js';
import { tableOf } from './cases/tally.js';
import { CASES, CI_SEED } from './shares.js';

const cases = fc.sample(calmCase, { seed: CI_SEED, numRuns: CASES.onServer });
const expected: CalmEnd[] = [];
let stack: Stack;
let faulty: FaultyPinStore;

beforeAll(async () => {
  const workflowCode = readFileSync(inject('workflowBundlePath'), 'utf8');
  // All of them before the server's: virtual time is the whole process's.
  for (const each of cases) expected.push(await playCalmly(each, workflowCode));
  stack = await startStack({
    wrapStore: (store) => {
      faulty = faultyPinStore(store, { patienceMs: 100 });
      return faulty.store;
    },
  });
}, 300_000);

afterAll(() => stack.close());

describe('a case comes to the same on a real server as on virtual time:', () => {
  test.concurrent.each(cases.map((each, index) => ({ index, each, of: each.number.preset })))(
    'case $index, a number that is $of',
    async ({ each, index }) => {
      expect(await playOnServer(each), JSON.stringify(each)).toEqual(expected[index]);
    },
    300_000,
  );
});

afterAll(() => {
  const commands = cases.map((each) => each.commands.length).sort((a, b) => a - b);
  const table = tableOf([
    ['cases on a real server', `${cases.length} (on virtual time: ${CASES.driven})`],
    ['seed', `${CI_SEED}`],
    ['median of commands', `${commands[Math.floor(commands.length / 2)]}`],
    ['runs ended', expected.flatMap(({ endings }) => endings).join(', ')],
  ]);
  console.log(`The model test\n${table}`);
});

async function playOnServer(played: ModelCase): Promise<CalmEnd> {
  const phoneNumberId = stack.number(played.number);
  await fillStore(phoneNumberId, played.stored);
  const verdicts: Promise<string>[] = [];
  const runs: string[] = [];
  const actors = actorsOf(phoneNumberId, played, runs, verdicts);
  for (const { command } of played.commands) {
    await untilCalm(phoneNumberId);
    await perform(actors, command);
  }
  await untilCalm(phoneNumberId);
  const end = await endOf(phoneNumberId, runs, verdicts);
  await runOf(phoneNumberId).terminate('the case is over').catch(ignoreEnded);
  return end;
}

const runOf = (phoneNumberId: string) =>
  stack.temporal.workflow.getHandle(workflowIdOf(phoneNumberId));

/** A command may come after the end of the run it is for. */
function ignoreEnded(error: unknown): void {
  const gone = error instanceof Error && error.name === 'WorkflowNotFoundError';
  if (!gone) throw error;
}

function actorsOf(
  phoneNumberId: string,
  played: ModelCase,
  runs: string[],
  verdicts: Promise<string>[],
): Actors {
  const { simulator, temporal } = stack;
  return {
    phoneNumberId,
    seed: played.seed,
    meta: simulator,
    now: Date.now,
    after: () => undefined, // faults of a calm case end by striking
    async signal(signalName, payload) {
      await temporal.workflowService
        .signalWorkflowExecution({
          namespace: temporal.options.namespace,
          workflowExecution: { workflowId: workflowIdOf(phoneNumberId) },
          signalName,
          input: { payloads: [payload] },
        })
        .catch((error: unknown) => {
          if (!(error instanceof Error && /not found|already completed/i.test(error.message))) {
            throw error;
          }
        });
    },
    update(name, payload) {
      const asked = runOf(phoneNumberId).executeUpdate<{ verdict: string }, [unknown]>(name, {
        args: [defaultPayloadConverter.fromPayload(payload)],
      });
      const verdict = asked.then(
        (answer) => answer.verdict,
        () => 'none', // the run had ended
      );
      verdicts.push(verdict);
    },
    cancel: () =>
      runOf(phoneNumberId)
        .cancel()
        .then(() => undefined, ignoreEnded),
    terminate: () =>
      runOf(phoneNumberId)
        .terminate()
        .then(() => undefined, ignoreEnded),
    async start() {
      try {
        // Not by the stack, which takes what somebody else does to the number for the run's doing.
        runs.push((await stack.client.start({ ...played.start, phoneNumberId })).runId);
      } catch (error) {
        if (!(error instanceof OnboardingInProgressError)) throw error;
      }
    },
    killWorker: () => {
      throw new Error('All cases share the worker.');
    },
    providePin: async (pin) => {
      await stack.pinStore.provide(phoneNumberId, new Secret(pin));
    },
    addStoreFault: (rule) => void faulty.faults.add(rule),
    addConnectionFault: () => {
      throw new Error('All cases share the way to Meta.');
    },
    decided: () => undefined,
    worldChanged: () => undefined,
  };
}

async function untilCalm(phoneNumberId: string): Promise<void> {
  await until(
    'the run to get calm',
    async () => {
      const status = await statusOf(phoneNumberId);
      if (status !== 'RUNNING') return true;
      const progress = await progressNow(stack.client, phoneNumberId);
      return progress !== undefined && isCalm(progress);
    },
    200_000,
  );
}

/** @returns undefined where no run was started yet */
async function statusOf(phoneNumberId: string, runId?: string): Promise<string | undefined> {
  try {
    const handle = stack.temporal.workflow.getHandle(workflowIdOf(phoneNumberId), runId);
    return (await handle.describe()).status.name;
  } catch (error) {
    ignoreEnded(error);
    return undefined;
  }
}

async function fillStore(phoneNumberId: string, stored: ModelCase['stored']): Promise<void> {
  const { pinStore, simulator } = stack;
  const { pin } = simulator.number(phoneNumberId);
  for (const state of ['current', 'pending'] as const) {
    const which = stored[state];
    if (which === undefined) continue;
    const same = state === 'pending' && stored.current === which;
    const value = new Secret(same ? '593716' : pinThatIs(which, pin));
    const { version } = await pinStore.stage(phoneNumberId, {}, () => value);
    if (state === 'current') await pinStore.promote(phoneNumberId, version);
  }
  if (stored.provided !== undefined) {
    await pinStore.provide(phoneNumberId, new Secret(pinThatIs(stored.provided, pin)));
  }
}

const ENDINGS: Record<string, string> = {
  RUNNING: 'open',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'canceled',
  TERMINATED: 'terminated',
};

async function endOf(
  phoneNumberId: string,
  runs: string[],
  verdicts: Promise<string>[],
): Promise<CalmEnd> {
  const { simulator, client } = stack;
  const { registered, verified, twoStepOn, pin } = simulator.number(phoneNumberId);
  const endings = await Promise.all(runs.map((runId) => statusOf(phoneNumberId, runId)));
  return {
    endings: endings.map((status) => ENDINGS[status ?? ''] ?? 'unknown'),
    requests: simulator.requests
      .filter((entry) => entry.phoneNumberId === phoneNumberId)
      .map(({ endpoint, errorCode, executed }) => `${endpoint} ${errorCode ?? executed}`),
    verdicts: (await Promise.all(verdicts)).filter((each) => each !== 'none').sort(),
    shown: shownBy(await progressNow(client, phoneNumberId)),
    number: { registered, verified, twoStepOn },
    pins: await pinsOf(phoneNumberId, pin),
  };
}

async function pinsOf(phoneNumberId: string, atMeta: string | undefined): Promise<CalmEnd['pins']> {
  const pins: CalmEnd['pins'] = {};
  for (const state of PIN_VERSION_STATES) {
    try {
      const { pin } = await stack.pinStore.read(phoneNumberId, state);
      pins[state] = pin.reveal() === atMeta ? 'the PIN at Meta' : 'another PIN';
    } catch (error) {
      if (!(error instanceof PinNotFoundError)) throw error;
    }
  }
  return pins;
}
