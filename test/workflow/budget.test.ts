import { describe, expect, test } from 'vitest';
import { workflowIdOf } from '../../workflows/messages.js';
import {
  cancelled,
  cancelParked,
  endState,
  failureOf,
  hold,
  liveAfter,
  parked,
  progressWhere,
} from './end-state.js';
import { codeAwaited, type Stack, stackForFile, until, writesTo, wrongCode } from './stack.js';

const the = stackForFile();

const HOUR_MS = 3_600_000;

const registersTo = ({ simulator }: Stack, id: string) =>
  writesTo(simulator, id).filter((endpoint) => endpoint === 'register').length;

async function terminate({ temporal }: Stack, id: string): Promise<void> {
  const handle = temporal.workflow.getHandle(workflowIdOf(id));
  await handle.terminate('by the test');
  await until('the run to be closed', async () => {
    return (await handle.describe()).status.name === 'TERMINATED';
  });
}

describe.concurrent('the budget of ten registers in 72 hours', () => {
  test('is counted across failed, cancelled and terminated runs: no eleventh is ever sent', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    // One request each: refused by Meta.
    stack.simulator.update(id, { refusals: { register: { code: 100 } } });
    for (let run = 1; run <= 5; run += 1) {
      await stack.start(id);
      await failureOf(stack, id);
    }
    expect(registersTo(stack, id)).toBe(5);
    // Two requests, then terminated between two tries.
    const mend = stack.simulator.faults.add({
      kind: 'reset',
      endpoint: 'register',
      phoneNumberId: id,
    });
    await stack.start(id);
    await until('the second try', () => registersTo(stack, id) === 7);
    await progressWhere(stack, id, 'the pause after it', ({ waiting }) =>
      Boolean(waiting?.for.includes('register')),
    );
    await terminate(stack, id);
    mend();
    // One, cancelled while it was in flight.
    stack.simulator.update(id, { refusals: {} });
    const held = hold(stack.simulator, id, 'register');
    await stack.start(id);
    await held.reached();
    await stack.client.cancel(id);
    held.release();
    await cancelled(stack, id);
    expect(registersTo(stack, id)).toBe(8);
    // Two more, refused.
    stack.simulator.update(id, { refusals: { register: { code: 100 } } });
    for (let run = 1; run <= 2; run += 1) {
      await stack.start(id);
      await failureOf(stack, id);
    }
    expect(registersTo(stack, id)).toBe(10);
    stack.simulator.update(id, { refusals: {} });
    const requests = stack.simulator.requests.filter(
      ({ phoneNumberId, endpoint }) => phoneNumberId === id && endpoint === 'register',
    );
    for (let run = 1; run <= 2; run += 1) {
      await stack.start(id);
      const { waiting, budget, problem } = await progressWhere(
        stack,
        id,
        'the wait for the budget',
        (shown) => shown.waiting !== undefined,
      );
      expect(problem?.text).toMatch(/10 of 10 used/);
      expect(budget.register).toMatchObject({ used: 10, limit: 10 });
      expect(budget.deregister).toMatchObject({ used: 1, limit: 10 });
      const allowedAt = Date.parse(budget.register.nextAt ?? '');
      expect(allowedAt - (requests[0]?.at ?? 0)).toBeGreaterThanOrEqual(72 * HOUR_MS);
      expect(allowedAt - (requests[0]?.at ?? 0)).toBeLessThan(72 * HOUR_MS + 60_000);
      expect(Math.abs(Date.parse(waiting?.until ?? '') - allowedAt)).toBeLessThan(5_000);
      await stack.client.cancel(id);
      await cancelled(stack, id);
    }
    expect(registersTo(stack, id)).toBe(10);
    expect(await endState(stack, id)).toMatchObject({ registered: false, stored: ['pending'] });
  });

  test('is shown with the requests of former runs from the start', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'pinRetired' });
    await stack.start(id);
    await cancelParked(stack, id);
    stack.simulator.update(id, { refusals: {} });
    const held = hold(stack.simulator, id, 'register');
    await stack.start(id);
    await held.reached();
    const { budget } = await stack.client.progress(id);
    expect(budget).toEqual({
      register: { used: 1, limit: 10 },
      deregister: { used: 1, limit: 10 },
    });
    held.release();
    await stack.client.result(id);
  });
});

test('twelve onboardings one right after the other, some terminated, of a number that always fails after its register: at most ten registers and ten deregisters, and the eleventh waits', async () => {
  const { stack } = the;
  const id = stack.number({ preset: 'pinRetired' });
  const count = (wanted: string) =>
    writesTo(stack.simulator, id).filter((endpoint) => endpoint === wanted).length;
  for (let run = 1; run <= 10; run += 1) {
    await stack.start(id);
    await parked(stack, id);
    if (run % 3 === 0) {
      await terminate(stack, id);
      stack.simulator.update(id, { registered: false }); // by somebody else, or the next run would find it registered
    } else {
      await stack.client.cancel(id);
      await cancelled(stack, id);
    }
    expect(count('register')).toBe(run);
  }
  for (let run = 11; run <= 12; run += 1) {
    await stack.start(id);
    const { waiting } = await progressWhere(stack, id, 'the wait for the budget', (shown) =>
      Boolean(shown.waiting?.for.includes('limit of register requests')),
    );
    expect(Date.parse(waiting?.until ?? '') - Date.now()).toBeGreaterThan(71 * HOUR_MS);
    await terminate(stack, id);
  }
  expect(count('register')).toBe(10);
  expect(count('deregister')).toBe(7);
});

describe.concurrent('a run right after one that was terminated with a register in flight', () => {
  test('waits until that request cannot be on its way any more, reads, and only then goes on', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    const held = hold(stack.simulator, id, 'register');
    await stack.start(id);
    await held.reached();
    await terminate(stack, id);
    const terminatedAt = Date.now();
    await stack.start(id);
    const progress = await progressWhere(
      stack,
      id,
      'the wait',
      ({ waiting }) => waiting !== undefined,
    );
    expect(progress.waiting?.for).toMatch(/cut off.*on its way/);
    const safeAt = Date.parse(progress.waiting?.until ?? '');
    expect(safeAt).toBeGreaterThan(terminatedAt + 30_000);
    held.release(); // it registers the number now, long after its run has ended
    const result = await stack.client.result(id);
    expect(Date.now()).toBeGreaterThanOrEqual(safeAt);
    expect(result.steps[0]).toMatchObject({ name: 'register', state: 'skipped' });
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
  });
});

describe.concurrent('the cap on code requests', () => {
  test('holds across runs: the next run within two minutes asks for none, shows when it will, and takes the code sent before', async () => {
    const { stack } = the;
    const id = stack.number();
    await stack.start(id);
    const code = await codeAwaited(stack, id);
    const sentAt = stack.simulator.requests.find(
      (request) => request.phoneNumberId === id && request.endpoint === 'requestCode',
    )?.at;
    await stack.client.cancel(id);
    await cancelled(stack, id);
    await stack.start(id);
    const { waiting, steps } = await progressWhere(
      stack,
      id,
      'the wait for a code',
      ({ stage, waiting: shown }) => stage === 'AwaitingCode' && shown !== undefined,
    );
    const [shown = ''] = /2[0-9-]+ [0-9:]+ UTC/.exec(waiting?.for ?? '') ?? [];
    expect(Date.parse(shown)).toBeGreaterThanOrEqual((sentAt ?? 0) + 119_000);
    expect(Date.parse(shown)).toBeLessThan((sentAt ?? 0) + 130_000);
    expect(steps[1]).toMatchObject({ name: 'requestCode', state: 'deferred' });
    expect(steps[1]?.reason).toContain(shown);
    const wrong = wrongCode(code);
    expect(await stack.client.tryCode(id, wrong)).toMatchObject({
      verdict: 'refused',
      triesLeft: 4,
    });
    expect(await stack.client.tryCode(id, wrong)).toMatchObject({
      verdict: 'refused',
      text: 'This code was refused before.',
    });
    expect(await stack.client.tryCode(id, code)).toEqual({ verdict: 'verified' });
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(
      liveAfter('requestCode', 'verifyCode', 'verifyCode', 'register', 'setPin'),
    );
  });
});
