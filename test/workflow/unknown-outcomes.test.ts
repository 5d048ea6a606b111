import { describe, expect, test } from 'vitest';
import {
  PinStoreRefusedError,
  PinStoreUnreachableError,
} from '../../activities/pin-store/pin-store.js';
import type { Endpoint, Fault, Simulator } from '../../simulator/simulator.js';
import { FAILURE_TYPES } from '../../workflows/messages.js';
import {
  cancelled,
  cancelParked,
  decide,
  endState,
  failureOf,
  hold,
  liveAfter,
  parked,
  progressWhere,
} from './end-state.js';
import { codeAwaited, stackForFile, stepStates, until, writesTo } from './stack.js';

const the = stackForFile();

/** Answers after which nobody knows that Meta did what it was asked. */
const DONE: [string, Fault][] = [
  ['the connection is reset', { kind: 'executedReset' }],
  ['a proxy answers 502', { kind: 'html502', executed: true }],
  ['the answer is half a JSON document', { kind: 'brokenJson', executed: true }],
  ['the answer is empty', { kind: 'empty200', executed: true }],
  ['the answer says success:false', { kind: 'successFalse', executed: true }],
  ['Meta answers 131000', { kind: 'error', code: 131000, executed: true }],
];

/** The same, where Meta did nothing. */
const NOT_DONE: [string, Fault][] = [
  ['the connection is reset', { kind: 'reset' }],
  ['a proxy answers 502', { kind: 'html502' }],
  ['the answer says success:false', { kind: 'successFalse' }],
];

function strike(simulator: Simulator, phoneNumberId: string, endpoint: Endpoint, fault: Fault) {
  simulator.faults.add({ ...fault, endpoint, phoneNumberId, times: 1 });
}

/** @throws where two requests to the endpoint have no answered read of the number between them */
function expectReadBetween(simulator: Simulator, phoneNumberId: string, endpoint: Endpoint): void {
  const requests = simulator.requests.filter((each) => each.phoneNumberId === phoneNumberId);
  const sent = requests.flatMap((each, index) => (each.endpoint === endpoint ? [index] : []));
  sent.slice(1).forEach((index, nth) => {
    const between = requests.slice(sent[nth], index);
    expect(between.some((each) => each.endpoint === 'read' && each.status === 200)).toBe(true);
  });
}

describe.concurrent('a register that was done, but whose answer is lost', () => {
  test.each(DONE)('as %s, is not sent again: a read shows that it worked', async (_, fault) => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    strike(stack.simulator, id, 'register', fault);
    await stack.start(id);
    const result = await stack.client.result(id);
    expect(result.steps[0]).toMatchObject({
      state: 'done',
      reason: 'an earlier request of this run had worked',
    });
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
  });

  test('as no answer comes in time, is not sent again either', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    strike(stack.simulator, id, 'register', { kind: 'executedTimeout' });
    await stack.start(id);
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
  });

  test('is undone when the run is cancelled before it knows', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    strike(stack.simulator, id, 'register', { kind: 'executedReset' });
    await stack.start(id);
    await progressWhere(stack, id, 'the pause before the next try', ({ waiting }) =>
      Boolean(waiting?.for.includes('register')),
    );
    await stack.client.cancel(id);
    await cancelled(stack, id);
    expect(await endState(stack, id)).toEqual({
      registered: false,
      verified: true,
      pinAtMeta: 'pending',
      stored: ['pending'],
      writes: ['register', 'deregister'],
    });
  });
});

describe.concurrent('a register that was not done, and nobody knows', () => {
  test.each(NOT_DONE)('as %s, is sent again after a read', async (_, fault) => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    strike(stack.simulator, id, 'register', fault);
    await stack.start(id);
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'register', 'setPin'));
    expectReadBetween(stack.simulator, id, 'register');
  });

  test('parks the run after four tries, each after a read; a cancel then finds nothing to undo', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    stack.simulator.faults.add({ kind: 'reset', endpoint: 'register', phoneNumberId: id });
    await stack.start(id);
    const shown = await cancelParked(stack, id);
    expect(shown.undone).toEqual(['The number is not registered.']);
    expect((await endState(stack, id)).writes).toEqual(Array(4).fill('register'));
    expectReadBetween(stack.simulator, id, 'register');
  });

  test('is not sent again while the number cannot be read', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    strike(stack.simulator, id, 'register', { kind: 'executedReset' });
    await stack.start(id);
    await until('the register', () => writesTo(stack.simulator, id).length === 1);
    stack.simulator.faults.add({ kind: 'html502', endpoint: 'read', phoneNumberId: id, times: 2 });
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
  });
});

describe.concurrent('a code request whose answer is lost', () => {
  test.each(DONE)(
    'as %s, is taken as sent, shown as maybe, and not repeated; the code works',
    async (_, fault) => {
      const { stack } = the;
      const id = stack.number();
      strike(stack.simulator, id, 'requestCode', fault);
      await stack.start(id);
      const code = await codeAwaited(stack, id);
      const progress = await stack.client.progress(id);
      expect(progress.code).toMatchObject({ maybe: true, sentCount: 1 });
      expect(progress.steps[1]?.reason).toMatch(/may have been sent/);
      await stack.client.submitCode(id, code);
      expect((await stack.client.result(id)).outcome).toBe('live');
      expect(await endState(stack, id)).toEqual(
        liveAfter('requestCode', 'verifyCode', 'register', 'setPin'),
      );
    },
  );

  test('and that was never done is not repeated by itself: somebody has to ask for a new one', async () => {
    const { stack } = the;
    const id = stack.number();
    strike(stack.simulator, id, 'requestCode', { kind: 'reset' });
    await stack.start(id, { codeDeadline: '4 seconds' });
    expect((await failureOf(stack, id)).type).toBe(FAILURE_TYPES.deadline);
    expect((await endState(stack, id)).writes).toEqual(['requestCode']);
  });
});

describe.concurrent('a code whose verdict is lost', () => {
  test.each(DONE)(
    'as %s, though it was right, is not sent again: a read shows that the number is verified',
    async (_, fault) => {
      const { stack } = the;
      const id = stack.number();
      await stack.start(id);
      const code = await codeAwaited(stack, id);
      strike(stack.simulator, id, 'verifyCode', fault);
      expect(await stack.client.tryCode(id, code)).toEqual({ verdict: 'verified' });
      expect((await stack.client.result(id)).outcome).toBe('live');
      expect(await endState(stack, id)).toEqual(
        liveAfter('requestCode', 'verifyCode', 'register', 'setPin'),
      );
    },
  );

  test.each(NOT_DONE)(
    'as %s, before Meta saw it, is sent once more after a read',
    async (_, fault) => {
      const { stack } = the;
      const id = stack.number();
      await stack.start(id);
      const code = await codeAwaited(stack, id);
      strike(stack.simulator, id, 'verifyCode', fault);
      expect(await stack.client.tryCode(id, code)).toEqual({ verdict: 'verified' });
      expect((await stack.client.result(id)).outcome).toBe('live');
      expect(await endState(stack, id)).toEqual(
        liveAfter('requestCode', 'verifyCode', 'verifyCode', 'register', 'setPin'),
      );
      expectReadBetween(stack.simulator, id, 'verifyCode');
    },
  );

  test('twice is handed back to whoever typed it, shown as unknown, and may be submitted again', async () => {
    const { stack } = the;
    const id = stack.number();
    await stack.start(id);
    const code = await codeAwaited(stack, id);
    const mend = stack.simulator.faults.add({
      kind: 'reset',
      endpoint: 'verifyCode',
      phoneNumberId: id,
    });
    expect(await stack.client.tryCode(id, code)).toMatchObject({
      verdict: 'refused',
      text: expect.stringMatching(/connection/),
      triesLeft: 5,
    });
    mend();
    expect((await stack.client.progress(id)).code?.submissions).toMatchObject([
      { verdict: 'unknown' },
    ]);
    expect(writesTo(stack.simulator, id)).toEqual(['requestCode', 'verifyCode', 'verifyCode']);
    expect(await stack.client.tryCode(id, code)).toEqual({ verdict: 'verified' });
    expect((await stack.client.result(id)).outcome).toBe('live');
  });
});

describe.concurrent('a PIN that is set', () => {
  test.each(DONE)(
    'and whose answer is lost, as %s, is set once more, the same one, and becomes the current one',
    async (_, fault) => {
      const { stack } = the;
      const id = stack.number({ preset: 'verified' });
      strike(stack.simulator, id, 'setPin', fault);
      await stack.start(id);
      expect((await stack.client.result(id)).outcome).toBe('live');
      expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin', 'setPin'));
    },
  );

  test('and whose answer does not come in time is set once more, the same one', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    strike(stack.simulator, id, 'setPin', { kind: 'executedTimeout' });
    await stack.start(id);
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin', 'setPin'));
  });

  test('for a number that Meta calls not registered, though it reads registered, is set once more without a register', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    strike(stack.simulator, id, 'setPin', { kind: 'error', code: 133010 });
    await stack.start(id);
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin', 'setPin'));
  });

  test('for a number that somebody deregistered meanwhile is set after one more register', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    const setPin = hold(stack.simulator, id, 'setPin');
    await stack.start(id);
    await setPin.reached();
    stack.simulator.update(id, { registered: false });
    setPin.release();
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(
      liveAfter('register', 'setPin', 'register', 'setPin'),
    );
  });

  test('for a number that keeps being not registered parks the run after the second time, with one register between', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified', refusals: { setPin: { code: 133010 } } });
    await stack.start(id);
    const shown = await parked(stack, id);
    expect(shown.problem).toMatchObject({ code: 133010 });
    await stack.client.cancel(id);
    await cancelled(stack, id);
    expect(await endState(stack, id)).toEqual({
      registered: false,
      verified: true,
      pinAtMeta: 'pending',
      stored: ['pending'],
      writes: ['register', 'setPin', 'setPin', 'deregister'],
    });
  });
});

describe.concurrent('a read that fails', () => {
  const FAILING: [string, Fault][] = [
    ['a proxy answers 502', { kind: 'html502' }],
    ['the connection is reset', { kind: 'reset' }],
    ['the answer is empty', { kind: 'empty200' }],
    ['the answer is half a JSON document', { kind: 'brokenJson' }],
    ['Meta is down', { kind: 'error', code: 131016 }],
  ];
  test.each(FAILING)(
    'before the plan, as %s, is no answer: nothing is written until the number was read',
    async (_, fault) => {
      const { stack } = the;
      const id = stack.number({ preset: 'verified' });
      stack.simulator.faults.add({ ...fault, endpoint: 'read', phoneNumberId: id, times: 3 });
      await stack.start(id);
      expect((await stack.client.result(id)).outcome).toBe('live');
      const endpoints = stack.simulator.requests
        .filter((each) => each.phoneNumberId === id)
        .map(({ endpoint }) => endpoint);
      expect(endpoints.slice(0, 4)).toEqual(['read', 'read', 'read', 'read']);
      expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
    },
  );

  test.each([
    [190, /valid access token/],
    [200, /whatsapp_business_management/],
    [100, /Meta will not do this as things are/],
  ])(
    'before the plan with code %i ends the run with the cure; nothing is written or staged',
    async (code, cure) => {
      const { stack } = the;
      const id = stack.number({ preset: 'verified' });
      stack.simulator.faults.add({ kind: 'error', code, endpoint: 'read', phoneNumberId: id });
      await stack.start(id);
      const failure = await failureOf(stack, id);
      expect(failure.type).toBe(FAILURE_TYPES.refused);
      expect(failure.message).toMatch(cure);
      expect(await endState(stack, id)).toMatchObject({ stored: [], writes: [] });
    },
  );

  test('in the end for a moment delays the result, no more', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    await stack.start(id);
    await until('the PIN to be set', () => writesTo(stack.simulator, id).includes('setPin'));
    stack.simulator.faults.add({ kind: 'html502', endpoint: 'read', phoneNumberId: id, times: 3 });
    expect((await stack.client.result(id)).outcome).toBe('live');
  });

  test('in the end for good leaves the number registered, and the result says that it could not be read', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    let storing = false;
    stack.breakStore(id, 'promote', async () => {
      if (!storing) {
        stack.simulator.faults.add({
          kind: 'error',
          code: 190,
          endpoint: 'read',
          phoneNumberId: id,
        });
      }
      storing = true;
    });
    await stack.start(id);
    const result = await stack.client.result(id);
    expect(result.outcome).toBe('registered');
    expect(result.missing.join()).toMatch(/could not be read in the end/);
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
  });
});

describe.concurrent('a PIN store', () => {
  const unreachable = () => {
    throw new PinStoreUnreachableError('The PIN store did not answer.');
  };

  /** Throws the first times, then works. */
  function failing(times: number, fail: () => never): () => Promise<void> {
    let left = times;
    return async () => {
      left -= 1;
      if (left >= 0) fail();
    };
  }

  test.each(['describe', 'stage'] as const)(
    'that does not answer to %s delays the run; nothing is sent before the PIN is staged',
    async (method) => {
      const { stack } = the;
      const id = stack.number({ preset: 'verified' });
      let mended = false;
      const trouble = failing(3, unreachable);
      stack.breakStore(id, method, async () => {
        expect(writesTo(stack.simulator, id)).toEqual([]);
        await trouble();
        mended = true;
      });
      await stack.start(id);
      expect((await stack.client.result(id)).outcome).toBe('live');
      expect(mended).toBe(true);
      expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
    },
  );

  test('that does not answer to a read of the PIN delays register, which is sent once', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    stack.breakStore(id, 'read', failing(1, unreachable));
    await stack.start(id);
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
  });

  test('that does not answer to a promotion is asked until it does', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    stack.breakStore(id, 'promote', failing(3, unreachable));
    await stack.start(id);
    const result = await stack.client.result(id);
    expect(stepStates(result).storePin).toBe('done');
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
  });

  test('that refuses to stage ends the run with the cure; nothing was sent', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    stack.breakStore(id, 'stage', async () => {
      throw new PinStoreRefusedError('The PIN store will not be written to.');
    });
    await stack.start(id);
    const failure = await failureOf(stack, id);
    expect(failure.type).toBe(FAILURE_TYPES.refused);
    expect(failure.message).toMatch(/will not be written to.*wa-onboard doctor/);
    expect(await endState(stack, id)).toMatchObject({ registered: false, stored: [], writes: [] });
  });

  test('that refuses to promote parks the run, with the PIN still pending; retry goes on once it is mended', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    const mend = stack.breakStore(id, 'promote', async () => {
      throw new PinStoreRefusedError('The PIN store will not be written to.');
    });
    await stack.start(id);
    const progress = await parked(stack, id);
    expect(progress.waiting).toMatchObject({
      cure: expect.stringMatching(/wa-onboard doctor/),
      decisions: ['retry'],
      onExpiry: 'alertAgain',
    });
    expect(Date.parse(progress.waiting?.until ?? '')).toBeGreaterThan(Date.now());
    expect(await endState(stack, id)).toEqual({
      ...liveAfter('register', 'setPin'),
      pinAtMeta: 'pending',
      stored: ['pending'],
    });
    mend();
    await decide(stack, id, 'retry');
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin', 'setPin'));
  });
});
