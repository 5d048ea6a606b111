/** Runs that a support desk works on: taken by one agent or another, waiting for one, and told of. */
import { codeAwaited, progressNow, type Stack, until } from '../workflow/stack.js';
import type { Scenario } from './scenario.js';
import { decideWhenParked, ended } from './stage.js';

async function agentAwaited(stack: Stack): Promise<string> {
  const id = stack.number();
  await stack.start(id, { startCode: 'whenAgentReady', codeDeadline: '2 days' });
  await until('the run to wait for an agent', async () => {
    return (await progressNow(stack.client, id))?.stage === 'AwaitingAgent';
  });
  return id;
}

export const DESK: Scenario[] = [
  {
    name: 'desk-code-asked-for-when-the-agent-is-ready',
    ending: 'completed',
    async play({ strict }) {
      const id = await agentAwaited(strict);
      await strict.client.extend(id, '2 hours');
      await strict.client.agentReady(id, { requestedBy: 'Ana' });
      await strict.client.tryCode(id, await codeAwaited(strict, id), { submittedBy: 'Ana' });
      return ended(strict, id);
    },
  },
  {
    name: 'desk-taken-over-and-given-back',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number();
      await strict.start(id);
      const code = await codeAwaited(strict, id);
      await strict.client.claim(id, { by: 'Ana' });
      await strict.client.claim(id, { by: 'Ben' });
      await strict.client.tryCode(id, code, { submittedBy: 'Ben' });
      await strict.client.submitCode(id, code, { submittedBy: 'Ben' });
      await strict.client.claim(id, { by: 'Ben', takeOver: 'Ana has gone home' });
      await strict.client.agentReady(id);
      await strict.client.release(id, { by: 'Ben' });
      await strict.client.tryCode(id, code, { submittedBy: 'Ana' });
      return ended(strict, id);
    },
  },
  {
    name: 'desk-notified-of-agent-code-and-end',
    ending: 'completed',
    on: 'notifying',
    async play({ notifying }) {
      const id = await agentAwaited(notifying);
      await notifying.client.agentReady(id);
      await notifying.client.tryCode(id, await codeAwaited(notifying, id));
      return ended(notifying, id);
    },
  },
  {
    name: 'desk-notified-of-park-and-cancel',
    ending: 'canceled',
    on: 'notifying',
    async play({ notifying }) {
      const id = notifying.number({ preset: 'pinRetired' });
      await notifying.start(id);
      await decideWhenParked(notifying, id, 'cancel');
      return ended(notifying, id);
    },
  },
  {
    name: 'desk-notified-of-refusal',
    ending: 'failed',
    on: 'notifying',
    async play({ notifying }) {
      const id = notifying.number({ preset: 'banned' });
      await notifying.start(id);
      return ended(notifying, id);
    },
  },
  {
    name: 'desk-notified-although-nothing-could-be-read',
    ending: 'failed',
    on: 'notifying',
    async play({ notifying }) {
      const id = '999999999999999'; // Meta knows no such number
      await notifying.client.start({ phoneNumberId: id });
      return ended(notifying, id);
    },
  },
];
