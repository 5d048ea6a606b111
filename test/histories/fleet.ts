/** What is done with numbers after their onboarding: rotations one by one and in a sweep, registering again, offboarding, events. */
import { randomUUID } from 'node:crypto';
import { Secret } from '../../activities/secret.js';
import {
  MESSAGES,
  RECONCILE,
  ROTATE_DUE_PINS,
  ROTATE_PIN,
  workflowIdOf,
} from '../../workflows/messages.js';
import { type Stack, until } from '../workflow/stack.js';
import type { Scenario } from './scenario.js';
import { decideWhenParked, ended, untilParked } from './stage.js';

const KNOWN_PIN = '048213';
const ACCOUNT = '102290129340398';

async function liveNumber({ pinStore, ...stack }: Stack, stale = false): Promise<string> {
  const id = stack.number({ preset: 'live', pin: KNOWN_PIN });
  const { version } = await pinStore.stage(id, {}, () => new Secret(KNOWN_PIN));
  await pinStore.promote(id, version);
  const note = { since: new Date().toISOString(), why: 'somebody changed it' };
  if (stale) await pinStore.annotate(id, { stale: note });
  return id;
}

async function refusals({ simulator }: Stack, ids: string[]): Promise<() => void> {
  const mends = ids.map((phoneNumberId) =>
    simulator.faults.add({ kind: 'error', endpoint: 'setPin', phoneNumberId, code: 190 }),
  );
  return () => {
    for (const mend of mends) mend();
  };
}

/** A run that works on no number by itself, recorded when it has ended. */
async function run(
  { temporal, taskQueue }: Stack,
  type: string,
  input: object,
): Promise<{ workflowId: string }> {
  const workflowId = `${type}-${randomUUID()}`;
  await temporal.workflow.start(type, { workflowId, taskQueue, args: [input] });
  return { workflowId };
}

async function over({ temporal }: Stack, started: { workflowId: string }) {
  await Promise.allSettled([temporal.workflow.getHandle(started.workflowId).result()]);
  return started;
}

const told = async (stack: Stack, phoneNumberId: string, said: object) => {
  const key = randomUUID();
  await stack.client.handleNumberEvent({ phoneNumberId, said: said as never }, key);
  return over(stack, { workflowId: `whatsapp-number-event-${phoneNumberId}-${key}` });
};

const soon = () => new Date(Date.now() + 1_000).toISOString();

export const FLEET: Scenario[] = [
  {
    name: 'rotation',
    ending: 'completed',
    async play({ strict }) {
      const id = await liveNumber(strict);
      await strict.client.rotatePin(id, { reason: 'somebody left' });
      return ended(strict, id);
    },
  },
  {
    name: 'rotation-of-a-pin-that-was-seen-while-pending',
    ending: 'completed',
    async play({ strict }) {
      const id = await liveNumber(strict);
      const { version } = await strict.pinStore.stage(id, {}, () => new Secret('739514'));
      await strict.client.rotatePin(id, { replace: version });
      return ended(strict, id);
    },
  },
  {
    name: 'rotation-parked-then-retried',
    ending: 'completed',
    async play({ strict }) {
      const id = await liveNumber(strict);
      const mend = await refusals(strict, [id]);
      await strict.client.rotatePin(id);
      await untilParked(strict, id);
      mend();
      await strict.client.retry(id);
      return ended(strict, id);
    },
  },
  {
    name: 'rotation-whose-record-somebody-changed',
    ending: 'completed',
    async play({ strict, beforePromote }) {
      const id = await liveNumber(strict);
      beforePromote.set(id, async () => {
        beforePromote.delete(id);
        const { version } = await strict.pinStore.provide(id, new Secret('739514'));
        await strict.pinStore.promote(id, version);
      });
      await strict.client.rotatePin(id);
      await decideWhenParked(strict, id, 'retry');
      return ended(strict, id);
    },
  },
  {
    name: 'rotation-as-one-of-many-refused',
    ending: 'failed',
    async play({ strict }) {
      const id = await liveNumber(strict);
      await refusals(strict, [id]);
      const { temporal, taskQueue } = strict;
      const args = [{ phoneNumberId: id, onRefused: 'fail' }];
      await temporal.workflow.start(ROTATE_PIN, { workflowId: workflowIdOf(id), taskQueue, args });
      return ended(strict, id);
    },
  },
  {
    name: 'rotation-notified',
    ending: 'completed',
    on: 'notifying',
    async play({ notifying }) {
      const id = await liveNumber(notifying);
      await notifying.client.rotatePin(id);
      return ended(notifying, id);
    },
  },
  {
    name: 'registered-again',
    ending: 'completed',
    async play({ strict }) {
      const id = await liveNumber(strict);
      await strict.client.reregister(id);
      return ended(strict, id);
    },
  },
  {
    name: 'registered-again-with-another-pin-at-meta',
    ending: 'completed',
    async play({ strict }) {
      const id = await liveNumber(strict);
      strict.simulator.update(id, { pin: '739514' });
      await strict.client.reregister(id);
      return ended(strict, id);
    },
  },
  {
    name: 'offboarded',
    ending: 'completed',
    async play({ strict }) {
      const id = await liveNumber(strict);
      await strict.client.offboard(id, { confirm: id, pinRecord: 'delete' });
      return ended(strict, id);
    },
  },
  {
    name: 'former-id-has-the-pin',
    ending: 'completed',
    async play({ strict }) {
      const displayPhoneNumber = '+1 631-555-0186';
      const former = strict.number({ preset: 'deleted', displayPhoneNumber });
      const pin = () => new Secret('739158');
      const { version } = await strict.pinStore.stage(former, { displayPhoneNumber }, pin);
      await strict.pinStore.promote(former, version);
      const id = strict.number({ preset: 'former', displayPhoneNumber });
      await strict.start(id);
      return ended(strict, id);
    },
  },
  {
    name: 'sweep',
    ending: 'completed',
    on: 'sweeping',
    async play({ sweeping }) {
      const ids = await Promise.all(Array.from({ length: 12 }, () => liveNumber(sweeping, true)));
      const offboarded = await liveNumber(sweeping, true);
      sweeping.simulator.update(offboarded, { registered: false });
      const sweep = await run(sweeping, ROTATE_DUE_PINS, { perMinute: 600 });
      await over(sweeping, sweep);
      await until('all to be rotated', async () => {
        const descriptions = await Promise.all(ids.map((id) => sweeping.pinStore.describe(id)));
        return descriptions.every((each) => each?.stale === undefined);
      });
      await sweeping.pinStore.remove(offboarded);
      return sweep;
    },
  },
  {
    name: 'sweep-halted-then-resumed',
    ending: 'completed',
    on: 'halting',
    async play({ halting }) {
      const ids = await Promise.all(Array.from({ length: 12 }, () => liveNumber(halting, true)));
      const mend = await refusals(halting, ids);
      const sweep = await run(halting, ROTATE_DUE_PINS, { perMinute: 600 });
      const handle = halting.temporal.workflow.getHandle(sweep.workflowId);
      await until('the sweep to halt', async () => {
        const progress = await handle.query<{ state: string }>(MESSAGES.progress);
        return progress.state === 'halted';
      });
      mend();
      await handle.signal(MESSAGES.retry, { requestedBy: 'Ana' });
      return over(halting, sweep);
    },
  },
  {
    name: 'reconcile',
    ending: 'completed',
    on: 'notifying',
    async play({ notifying }) {
      return over(notifying, await run(notifying, RECONCILE, { wabaId: ACCOUNT, subscribe: true }));
    },
  },
  {
    name: 'event-pin-changed-rotated',
    ending: 'completed',
    on: 'notifying',
    async play({ notifying }) {
      const id = await liveNumber(notifying);
      return told(notifying, id, { event: 'pinChanged', at: soon(), rotate: 'automatic' });
    },
  },
  {
    name: 'event-pin-reset',
    ending: 'completed',
    async play({ strict }) {
      const id = await liveNumber(strict);
      return told(strict, id, { event: 'pinReset', at: soon(), rotate: 'offer' });
    },
  },
  {
    name: 'event-name-approved',
    ending: 'completed',
    async play({ strict }) {
      const id = await liveNumber(strict);
      const at = new Date().toISOString();
      return told(strict, id, { event: 'nameDecided', at, decision: 'approved', name: 'New' });
    },
  },
  {
    name: 'rotation-later',
    ending: 'completed',
    async play({ strict }) {
      const id = await liveNumber(strict);
      const { workflowId } = await strict.client.rotateLater(id, { after: '1 second' });
      return over(strict, { workflowId });
    },
  },
];
