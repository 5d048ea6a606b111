/** Runs that are cancelled, at each point where it makes a difference. */

import type { Endpoint, NumberSeed } from '../../simulator/simulator.js';
import { codeAwaited, type Stack, until } from '../workflow/stack.js';
import type { Scenario } from './scenario.js';
import { cancelNow, ended, holdNext } from './stage.js';

/** Cancelled while Meta has a request of the run. */
function cancelledDuring(
  endpoint: Endpoint,
  name: string,
  ending: Scenario['ending'],
  seed: Omit<NumberSeed, 'id'> = { preset: 'verified' },
): Scenario {
  return {
    name,
    ending,
    async play({ strict }) {
      const id = strict.number(seed);
      const { held, release } = holdNext(strict, id, endpoint);
      await strict.start(id);
      if (endpoint === 'verifyCode') {
        await strict.client.submitCode(id, await codeAwaited(strict, id));
      }
      await held();
      await cancelNow(strict, id);
      release();
      return ended(strict, id);
    },
  };
}

async function cancelledWhileWaiting(stack: Stack): Promise<string> {
  const id = stack.number();
  await stack.start(id);
  await codeAwaited(stack, id);
  await stack.client.cancel(id);
  return ended(stack, id);
}

export const CANCELLATIONS: Scenario[] = [
  {
    name: 'cancelled-at-once',
    ending: 'canceled',
    async play({ strict }) {
      const id = strict.number();
      await strict.start(id);
      await strict.client.cancel(id);
      return ended(strict, id);
    },
  },
  cancelledDuring('requestCode', 'cancelled-during-request-code', 'canceled', {}),
  {
    name: 'cancelled-while-waiting-for-the-code',
    ending: 'canceled',
    play: ({ strict }) => cancelledWhileWaiting(strict),
  },
  {
    name: 'naive-cancelled-while-waiting-deregistered',
    ending: 'canceled',
    on: 'naive',
    play: ({ naive }) => cancelledWhileWaiting(naive),
  },
  cancelledDuring('verifyCode', 'cancelled-during-verify', 'canceled', {}),
  cancelledDuring('register', 'cancelled-during-register-deregistered', 'canceled'),
  cancelledDuring('setPin', 'cancelled-during-set-pin-completed', 'completed'),
  cancelledDuring('setPin', 'cancelled-during-set-pin-refused-deregistered', 'canceled', {
    preset: 'pinRetired',
  }),
  {
    name: 'cancelled-during-store-pin-completed',
    ending: 'completed',
    async play({ strict, beforePromote }) {
      const id = strict.number({ preset: 'verified' });
      let isThere = false;
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      beforePromote.set(id, () => {
        isThere = true;
        return released;
      });
      await strict.start(id);
      await until('the PIN store to be written', () => isThere);
      await cancelNow(strict, id);
      release();
      return ended(strict, id);
    },
  },
];
