/** Runs in which a step other than the code's goes wrong. */
import { randomInt } from 'node:crypto';
import { generatePin } from '../../activities/pin.js';
import {
  PinStoreRefusedError,
  PinStoreUnreachableError,
} from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { type FaultRule, type NumberSeed, SOMEBODYS_PIN } from '../../simulator/simulator.js';
import { type Decision, ONBOARD_NUMBER, workflowIdOf } from '../../workflows/messages.js';
import { codeAwaited, progressNow, until } from '../workflow/stack.js';
import type { Scenario } from './scenario.js';
import { decideWhenParked, ended, holdNext, type Stage, untilParked } from './stage.js';

/** A verified number, and one fault. */
function withFault(
  name: string,
  ending: Scenario['ending'],
  fault: FaultRule,
  { decision, ...seed }: Omit<NumberSeed, 'id'> & { decision?: Decision | 'cancel' } = {
    preset: 'verified',
  },
): Scenario {
  return {
    name,
    ending,
    async play({ strict }) {
      const id = strict.number(seed);
      strict.simulator.faults.add({ times: 1, ...fault, phoneNumberId: id });
      await strict.start(id);
      if (decision !== undefined) await decideWhenParked(strict, id, decision);
      return ended(strict, id);
    },
  };
}

/** A run that waits for minutes, recorded while it does. */
async function waiting({ strict }: Stage, id: string, what: string): Promise<string> {
  await until(what, async () => (await progressNow(strict.client, id))?.waiting);
  return id;
}

export const TROUBLES: Scenario[] = [
  {
    name: 'invalid-input',
    ending: 'failed',
    async play({ strict }) {
      const id = strict.number();
      await strict.temporal.workflow.start(ONBOARD_NUMBER, {
        workflowId: workflowIdOf(id),
        taskQueue: strict.taskQueue,
        args: [{ phoneNumberId: Number(id) }],
      });
      return ended(strict, id);
    },
  },
  {
    name: 'refused-no-such-number',
    ending: 'failed',
    async play({ strict }) {
      const id = `${randomInt(1e9, 9e9)}${randomInt(1e5, 9e5)}`;
      await strict.client.start({ phoneNumberId: id });
      return ended(strict, id);
    },
  },
  withFault('prepare-read-with-patience', 'completed', {
    kind: 'html502',
    endpoint: 'read',
    times: 2,
  }),
  withFault('register-answer-lost-found-registered', 'completed', {
    kind: 'executedReset',
    endpoint: 'register',
  }),
  withFault('register-lost-on-its-way-sent-again', 'completed', {
    kind: 'reset',
    endpoint: 'register',
  }),
  {
    name: 'register-budget-exceeded-waits',
    ending: 'open',
    async play(stage) {
      const id = stage.strict.number({
        preset: 'verified',
        refusals: { register: { code: 133016 } },
      });
      await stage.strict.start(id);
      return waiting(stage, id, 'the wait for 72 hours');
    },
  },
  {
    name: 'register-name-under-review-watched',
    ending: 'open',
    async play(stage) {
      const id = stage.strict.number({ preset: 'nameUnderReview' });
      await stage.strict.start(id);
      return waiting(stage, id, 'the wait for the review');
    },
  },
  withFault(
    'register-permission-missing-parked-then-retried',
    'completed',
    { kind: 'error', code: 200, endpoint: 'register' },
    { preset: 'verified', decision: 'retry' },
  ),
  withFault('register-wants-verification-after-all', 'completed', {
    kind: 'error',
    code: 133006,
    endpoint: 'register',
  }),
  {
    name: 'register-pin-mismatch-parked-then-provided',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number({ preset: 'former' });
      await strict.pinStore.stage(id, {}, generatePin);
      await strict.start(id);
      await untilParked(strict, id);
      await strict.pinStore.provide(id, new Secret(SOMEBODYS_PIN));
      await decideWhenParked(strict, id, 'retry');
      return ended(strict, id);
    },
  },
  {
    name: 'register-pin-found-among-the-stored',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number({ preset: 'former' });
      await strict.pinStore.stage(id, {}, generatePin);
      await strict.pinStore.provide(id, new Secret(SOMEBODYS_PIN));
      await strict.start(id);
      return ended(strict, id);
    },
  },
  {
    name: 'register-after-an-incomplete-deregistration',
    ending: 'open',
    async play(stage) {
      const id = stage.strict.number({ preset: 'deregistrationIncomplete' });
      await stage.strict.start(id);
      return waiting(stage, id, 'the wait for Meta');
    },
  },
  {
    name: 'register-found-registered-by-somebody',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number();
      const { held, release } = holdNext(strict, id, 'verifyCode');
      await strict.start(id);
      await strict.client.submitCode(id, await codeAwaited(strict, id));
      await held();
      strict.simulator.update(id, { registered: true });
      release();
      return ended(strict, id);
    },
  },
  withFault('set-pin-retried', 'completed', { kind: 'html502', endpoint: 'setPin' }),
  withFault('set-pin-not-registered-registered-again', 'completed', {
    kind: 'error',
    code: 133010,
    endpoint: 'setPin',
  }),
  withFault(
    'set-pin-not-registered-twice-parked-cancelled',
    'canceled',
    { kind: 'error', code: 133010, endpoint: 'setPin', times: 2 },
    { preset: 'verified', decision: 'cancel' },
  ),
  withFault(
    'set-pin-refused-parked-then-retried',
    'completed',
    { kind: 'error', code: 100, endpoint: 'setPin' },
    { preset: 'verified', decision: 'retry' },
  ),
  withFault(
    'set-pin-refused-accepted',
    'completed',
    { kind: 'slow', ms: 0, endpoint: 'setPin' },
    { preset: 'pinRetired', decision: 'accept' },
  ),
  withFault(
    'set-pin-refused-deregistered',
    'canceled',
    { kind: 'slow', ms: 0, endpoint: 'setPin' },
    { preset: 'pinRetired', decision: 'cancel' },
  ),
  withFault(
    'set-pin-refused-found-deregistered',
    'canceled',
    { kind: 'error', code: 100, subcode: 2207051, endpoint: 'deregister' },
    { preset: 'pinRetired', decision: 'cancel' },
  ),
  withFault(
    'set-pin-refused-deregister-refused-too',
    'canceled',
    { kind: 'error', code: 100, endpoint: 'deregister' },
    { preset: 'pinRetired', decision: 'cancel' },
  ),
  {
    name: 'store-pin-retried',
    ending: 'completed',
    async play({ strict, beforePromote }) {
      const id = strict.number({ preset: 'verified' });
      beforePromote.set(id, async () => {
        beforePromote.delete(id);
        throw new PinStoreUnreachableError('The PIN store does not answer.');
      });
      await strict.start(id);
      return ended(strict, id);
    },
  },
  {
    name: 'store-pin-refused-parked',
    ending: 'open',
    async play(stage) {
      const id = stage.strict.number({ preset: 'verified' });
      stage.beforePromote.set(id, async () => {
        throw new PinStoreRefusedError('The PIN store refuses.');
      });
      await stage.strict.start(id);
      return waiting(stage, id, 'the wait for the PIN store');
    },
  },
  {
    name: 'registered-not-connected-watched',
    ending: 'open',
    async play(stage) {
      const id = stage.strict.number({ preset: 'verified', connectsAfterMs: 3_600_000 });
      await stage.strict.start(id);
      return waiting(stage, id, 'the watch');
    },
  },
  {
    name: 'registered-and-flagged',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number({ preset: 'flagged' });
      await strict.pinStore.stage(id, {}, generatePin);
      await strict.start(id);
      return ended(strict, id);
    },
  },
  {
    name: 'run-before-terminated-in-a-request',
    ending: 'open',
    async play(stage) {
      const { strict } = stage;
      const id = strict.number({ preset: 'verified' });
      const { held, release } = holdNext(strict, id, 'register');
      await strict.start(id);
      await held();
      await strict.temporal.workflow.getHandle(workflowIdOf(id)).terminate();
      await strict.start(id);
      await waiting(stage, id, 'the wait for the earlier request');
      release();
      return id;
    },
  },
];
