/** Runs that differ in what becomes of the code. */
import { workflowIdOf } from '../../workflows/messages.js';
import { codeAwaited, progressNow, until, wrongCode } from '../workflow/stack.js';
import type { Scenario } from './scenario.js';
import { cancelNow, decideWhenParked, ended } from './stage.js';

export const CODES: Scenario[] = [
  {
    name: 'code-tried-refused-then-verified',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number();
      await strict.start(id);
      const code = await codeAwaited(strict, id);
      await strict.client.tryCode(id, wrongCode(code), { submittedBy: 'Ana' });
      await strict.client.tryCode(id, code, { submittedBy: 'Ben' });
      return ended(strict, id);
    },
  },
  {
    name: 'code-refused-then-new-code-by-voice',
    ending: 'completed',
    on: 'hasty',
    async play({ hasty }) {
      const id = hasty.number();
      await hasty.start(id);
      await hasty.client.tryCode(id, wrongCode(await codeAwaited(hasty, id)));
      await hasty.client.resendCode(id, { method: 'VOICE', language: 'de_DE' });
      await until('the new code', () => hasty.simulator.codes(id).length === 2);
      await until(
        'the run to have taken note of it',
        async () => (await progressNow(hasty.client, id))?.code?.sentCount === 2,
      );
      await hasty.client.submitCode(id, await codeAwaited(hasty, id));
      return ended(hasty, id);
    },
  },
  {
    name: 'code-new-one-wanted-too-early',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number();
      await strict.start(id);
      const code = await codeAwaited(strict, id);
      await strict.client.resendCode(id);
      await until('the wish to be noted', async () =>
        (await progressNow(strict.client, id))?.waiting?.for.includes('new one'),
      );
      await strict.client.submitCode(id, code);
      return ended(strict, id);
    },
  },
  {
    name: 'code-five-refused-then-cancelled',
    ending: 'canceled',
    async play({ strict }) {
      const id = strict.number();
      await strict.start(id);
      const right = await codeAwaited(strict, id);
      const wrong = ['111111', '222222', '333333', '444444', '555555', '666666', '777777'];
      for (const code of wrong.filter((each) => each !== right).slice(0, 6)) {
        await strict.client.tryCode(id, code);
      }
      await strict.client.cancel(id);
      return ended(strict, id);
    },
  },
  {
    name: 'messages-that-make-no-sense',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number();
      await strict.start(id);
      const code = await codeAwaited(strict, id);
      const run = strict.temporal.workflow.getHandle(workflowIdOf(id));
      await run.signal('submitCode', { code: 'abc' });
      await run.signal('submitCode');
      await run.signal('resendCode', 7);
      await run.signal('extend', 'nonsense');
      await run.signal('nobodyKnowsThis', { at: 'all' });
      await strict.client.extend(id, '2 hours');
      await strict.client.submitCode(id, code);
      return ended(strict, id);
    },
  },
  {
    name: 'code-request-answer-lost',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number();
      strict.simulator.faults.add({
        kind: 'executedReset',
        endpoint: 'requestCode',
        phoneNumberId: id,
        times: 1,
      });
      await strict.start(id);
      await strict.client.submitCode(id, await codeAwaited(strict, id));
      return ended(strict, id);
    },
  },
  {
    name: 'code-request-refused-for-a-day-then-cancelled',
    ending: 'canceled',
    async play({ strict }) {
      const id = strict.number({ preset: 'askedTooOften' });
      await strict.start(id);
      await until('the wait', async () => (await progressNow(strict.client, id))?.waiting);
      await cancelNow(strict, id);
      return ended(strict, id);
    },
  },
  {
    name: 'code-request-refused-for-good',
    ending: 'failed',
    async play({ strict }) {
      const id = strict.number({ preset: 'appNumber' });
      await strict.start(id);
      return ended(strict, id);
    },
  },
  {
    name: 'verify-token-expired-parked-then-retried',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number();
      strict.simulator.faults.add({
        kind: 'error',
        code: 190,
        subcode: 463,
        endpoint: 'verifyCode',
        phoneNumberId: id,
        times: 1,
      });
      await strict.start(id);
      const code = await codeAwaited(strict, id);
      await strict.client.submitCode(id, code);
      await decideWhenParked(strict, id, 'retry');
      await until('the wait for a code', async () => {
        return (await progressNow(strict.client, id))?.stage === 'AwaitingCode';
      });
      await strict.client.submitCode(id, code);
      return ended(strict, id);
    },
  },
  ...(['executedReset', 'reset'] as const).map(
    (kind): Scenario => ({
      name:
        kind === 'reset'
          ? 'verify-lost-on-its-way-sent-once-more'
          : 'verify-answer-lost-found-verified',
      ending: 'completed',
      async play({ strict }) {
        const id = strict.number();
        strict.simulator.faults.add({ kind, endpoint: 'verifyCode', phoneNumberId: id, times: 1 });
        await strict.start(id);
        await strict.client.submitCode(id, await codeAwaited(strict, id));
        return ended(strict, id);
      },
    }),
  ),
  {
    name: 'deadline-passed',
    ending: 'failed',
    async play({ strict }) {
      const id = strict.number();
      await strict.start(id, { codeDeadline: '3 seconds' });
      return ended(strict, id);
    },
  },
  {
    name: 'deadline-passed-found-verified',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number();
      await strict.start(id, { codeDeadline: '5 seconds' });
      await codeAwaited(strict, id);
      strict.simulator.update(id, { verification: 'VERIFIED' });
      return ended(strict, id);
    },
  },
  {
    name: 'deadline-passed-found-registered',
    ending: 'completed',
    async play({ strict }) {
      const id = strict.number();
      await strict.start(id, { codeDeadline: '5 seconds' });
      await codeAwaited(strict, id);
      strict.simulator.update(id, { verification: 'VERIFIED', registered: true });
      return ended(strict, id);
    },
  },
];
