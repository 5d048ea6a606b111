import { describe, expect, test } from 'vitest';
import { Secret } from '../../activities/secret.js';
import type { Endpoint } from '../../simulator/simulator.js';
import { FAILURE_TYPES, workflowIdOf } from '../../workflows/messages.js';
import {
  cancelled,
  cancelParked,
  type EndState,
  endState,
  failureOf,
  hold,
  liveAfter,
  parked,
  progressWhere,
  requestCancel,
} from './end-state.js';
import {
  codeAwaited,
  stackForFile,
  stackForTest,
  startStack,
  stepStates,
  until,
  wrongCode,
} from './stack.js';

const the = stackForFile();

/** A number as a run leaves it that asked for a code and got no further. */
const untouchedAfter = (...writes: Endpoint[]): EndState => ({
  registered: false,
  verified: false,
  pinAtMeta: 'none',
  stored: ['pending'],
  writes,
});

/** A number that was registered and deregistered again: 2SV stays on at Meta, with the PIN that is kept. */
const undoneAfter = (...writes: Endpoint[]): EndState => ({
  registered: false,
  verified: true,
  pinAtMeta: 'pending',
  stored: ['pending'],
  writes,
});

describe.concurrent('the deadline for the code', () => {
  test('ends a run that waited in vain; nothing was registered, the PIN is kept, and the next run uses it', async () => {
    const { stack } = the;
    const id = stack.number();
    await stack.start(id, { codeDeadline: '2 seconds' });
    const failure = await failureOf(stack, id);
    expect(failure.type).toBe(FAILURE_TYPES.deadline);
    expect(failure.message).toMatch(/No right code came by the deadline, 2.*start the onboarding/);
    expect(failure.details.notUndone).toEqual([
      'Codes asked for: 1; they cannot be recalled.',
      'The PIN stays in the PIN store; the next run uses it.',
    ]);
    expect(failure.details.undone).toEqual([]);
    expect(await endState(stack, id)).toEqual(untouchedAfter('requestCode'));
    const { version } = await stack.pinStore.read(id, 'pending');
    stack.simulator.update(id, { verification: 'VERIFIED' });
    await stack.start(id);
    expect((await stack.client.result(id)).pin.version).toBe(version);
    expect(await endState(stack, id)).toEqual(liveAfter('requestCode', 'register', 'setPin'));
  });

  test('adopts a number that somebody else verified meanwhile', async () => {
    const { stack } = the;
    const id = stack.number();
    await stack.start(id, { codeDeadline: '2 seconds' });
    await codeAwaited(stack, id);
    stack.simulator.update(id, { verification: 'VERIFIED' });
    const result = await stack.client.result(id);
    expect(result.steps.find(({ name }) => name === 'verifyCode')).toMatchObject({
      state: 'skipped',
      reason: 'the number turned out to be verified already',
    });
    expect(await endState(stack, id)).toEqual(liveAfter('requestCode', 'register', 'setPin'));
  });

  test('adopts a number that somebody else verified and registered meanwhile', async () => {
    const { stack } = the;
    const id = stack.number();
    await stack.start(id, { codeDeadline: '2 seconds' });
    await codeAwaited(stack, id);
    stack.simulator.update(id, { verification: 'VERIFIED', registered: true });
    const result = await stack.client.result(id);
    expect(stepStates(result)).toMatchObject({ register: 'skipped', verifyCode: 'skipped' });
    expect(await endState(stack, id)).toEqual(liveAfter('requestCode', 'setPin'));
  });

  test('loses against a code that comes while the number is read for the last time', async () => {
    const { stack } = the;
    const id = stack.number();
    await stack.start(id, { codeDeadline: '2 seconds' });
    const code = await codeAwaited(stack, id);
    const lastRead = hold(stack.simulator, id, 'read');
    await lastRead.reached();
    await stack.client.submitCode(id, code);
    lastRead.release();
    expect((await stack.client.result(id)).outcome).toBe('live');
  });

  test('of a run that a wrong code still occupies lets that code have its answer, then ends the run', async () => {
    const { stack } = the;
    const id = stack.number();
    await stack.start(id, { codeDeadline: '2 seconds' });
    const right = await codeAwaited(stack, id);
    const { waiting } = await stack.client.progress(id);
    const verify = hold(stack.simulator, id, 'verifyCode');
    const answer = stack.client.tryCode(id, wrongCode(right));
    await verify.reached();
    await until('the deadline to be over', () => Date.now() > Date.parse(waiting?.until ?? ''));
    verify.release();
    expect(await answer).toMatchObject({ verdict: 'refused' });
    expect((await failureOf(stack, id)).type).toBe(FAILURE_TYPES.deadline);
    expect(await endState(stack, id)).toEqual(untouchedAfter('requestCode', 'verifyCode'));
  });
});

describe('a code and the deadline in one workflow task', () => {
  test.each(['the code first', 'the deadline first'])('%s: the code wins', async (order) => {
    const stack = await stackForTest();
    const id = stack.number();
    await stack.start(id, { codeDeadline: '3 seconds' });
    const code = await codeAwaited(stack, id);
    const { until: deadline = '' } = (await stack.client.progress(id)).waiting ?? {};
    await stack.stopWorker();
    const handle = stack.temporal.workflow.getHandle(workflowIdOf(id));
    const pastDeadline = () =>
      until('the last timer to fire', async () => {
        const { events = [] } = await handle.fetchHistory();
        const armed = events?.findLast((event) => event.timerStartedEventAttributes);
        const fired = events?.findLast((event) => event.timerFiredEventAttributes);
        return (
          Date.now() > Date.parse(deadline) &&
          fired?.timerFiredEventAttributes?.startedEventId?.toString() ===
            armed?.eventId?.toString()
        );
      });
    if (order === 'the deadline first') await pastDeadline();
    await stack.client.submitCode(id, code);
    if (order === 'the code first') await pastDeadline();
    await stack.startWorker();
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(
      liveAfter('requestCode', 'verifyCode', 'register', 'setPin'),
    );
  });
});

describe.concurrent('a cancel', () => {
  test('while the run prepares ends it Canceled and unregistered, whatever was under way by then', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    const read = hold(stack.simulator, id, 'read');
    await stack.start(id);
    await read.reached();
    await stack.client.cancel(id);
    read.release();
    await cancelled(stack, id);
    const { registered, writes } = await endState(stack, id);
    expect(registered).toBe(false);
    // A cancel reaches the run after its workflow task, which may schedule the register first.
    expect([[], ['register', 'deregister']]).toContainEqual(writes);
  });

  test.each(['before', 'after'] as const)(
    'while a code is asked for (%s Meta acts) ends the run Canceled; nothing is registered, the PIN is kept',
    async (when) => {
      const { stack } = the;
      const id = stack.number();
      const request = hold(stack.simulator, id, 'requestCode', when);
      await stack.start(id);
      await request.reached();
      await requestCancel(stack, id);
      request.release();
      await cancelled(stack, id);
      expect(await endState(stack, id)).toEqual(untouchedAfter('requestCode'));
    },
  );

  test('while the run waits for the code ends it Canceled; nothing is registered, the PIN is kept', async () => {
    const { stack } = the;
    const id = stack.number();
    await stack.start(id);
    await codeAwaited(stack, id);
    await stack.client.cancel(id);
    await cancelled(stack, id);
    expect(await endState(stack, id)).toEqual(untouchedAfter('requestCode'));
    expect(stepStates(await stack.client.progress(id))).toMatchObject({ awaitCode: 'failed' });
  });

  test.each(['before', 'after'] as const)(
    'while a code is verified (%s Meta acts) answers whoever waits, and ends the run Canceled and unregistered',
    async (when) => {
      const { stack } = the;
      const id = stack.number();
      await stack.start(id);
      const code = await codeAwaited(stack, id);
      const verify = hold(stack.simulator, id, 'verifyCode', when);
      const answer = stack.client.tryCode(id, code);
      await verify.reached();
      await requestCancel(stack, id);
      verify.release();
      expect(await answer).toEqual({ verdict: 'verified' });
      await cancelled(stack, id);
      expect(await endState(stack, id)).toEqual({
        ...untouchedAfter('requestCode', 'verifyCode'),
        verified: true,
      });
    },
  );

  test.each(['before', 'after'] as const)(
    'while the number is registered (%s Meta acts) waits for the answer, then deregisters, keeps the PIN, and ends Canceled',
    async (when) => {
      const { stack } = the;
      const id = stack.number({ preset: 'verified' });
      const register = hold(stack.simulator, id, 'register', when);
      await stack.start(id);
      await register.reached();
      await requestCancel(stack, id);
      expect((await endState(stack, id)).writes).toEqual(['register']);
      register.release();
      await cancelled(stack, id);
      expect(await endState(stack, id)).toEqual(undoneAfter('register', 'deregister'));
      const progress = await stack.client.progress(id);
      expect(stepStates(progress)).toMatchObject({ register: 'compensated' });
    },
  );

  test.each(['before', 'after'] as const)(
    'while the PIN is set (%s Meta acts) comes too late: the run completes, says so, and the PIN is current',
    async (when) => {
      const { stack } = the;
      const id = stack.number({ preset: 'verified' });
      const setPin = hold(stack.simulator, id, 'setPin', when);
      await stack.start(id);
      await setPin.reached();
      await requestCancel(stack, id);
      setPin.release();
      expect(await stack.client.result(id)).toMatchObject({
        outcome: 'live',
        cancelRequested: true,
        pin: { confirmed: true },
      });
      expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
    },
  );

  test('while the PIN is set, which Meta then refuses, deregisters what the run registered, keeps the PIN, and ends Canceled', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'pinRetired' });
    const setPin = hold(stack.simulator, id, 'setPin');
    await stack.start(id);
    await setPin.reached();
    await requestCancel(stack, id);
    setPin.release();
    await cancelled(stack, id);
    expect(await endState(stack, id)).toEqual(undoneAfter('register', 'setPin', 'deregister'));
  });

  test('while a live number is taken over, whose PIN Meta then does not change, leaves it registered', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'live', refusals: { setPin: { code: 100 } } });
    const setPin = hold(stack.simulator, id, 'setPin');
    await stack.start(id, { takeOver: true });
    await setPin.reached();
    await requestCancel(stack, id);
    setPin.release();
    await cancelled(stack, id);
    expect(await endState(stack, id)).toEqual({
      registered: true,
      verified: true,
      pinAtMeta: 'stranger',
      stored: ['pending'],
      writes: ['setPin'],
    });
  });

  test('while the PIN is stored lets the store have it: the run completes and says so', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    let mend: () => void = () => undefined;
    const mended = new Promise<void>((resolve) => {
      mend = resolve;
    });
    let storing = false;
    stack.breakStore(id, 'promote', () => {
      storing = true;
      return mended;
    });
    await stack.start(id);
    await until('the PIN to be stored', () => storing);
    await requestCancel(stack, id);
    mend();
    expect(await stack.client.result(id)).toMatchObject({ outcome: 'live', cancelRequested: true });
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
  });

  test('while the number is read in the end changes nothing but the result’s mention of it', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    const setPin = hold(stack.simulator, id, 'setPin', 'after');
    await stack.start(id);
    await setPin.reached();
    const lastRead = hold(stack.simulator, id, 'read');
    setPin.release();
    await lastRead.reached();
    await stack.client.cancel(id);
    lastRead.release();
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
  });

  test('that comes twice does no more than once', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    const register = hold(stack.simulator, id, 'register');
    await stack.start(id);
    await register.reached();
    await requestCancel(stack, id);
    const undo = hold(stack.simulator, id, 'deregister');
    register.release();
    await undo.reached();
    await stack.client.cancel(id);
    undo.release();
    await cancelled(stack, id);
    expect(await endState(stack, id)).toEqual(undoneAfter('register', 'deregister'));
  });
});

describe.concurrent('undoing a register', () => {
  test('whose PIN Meta then refuses, after a cancel: deregistered, said so, the PIN kept and used by the next run', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'pinRetired' });
    await stack.start(id);
    expect((await parked(stack, id)).problem?.text).toMatch(/no longer used for this number/);
    const shown = await cancelParked(stack, id);
    expect(shown.undone).toEqual(['The number was deregistered.']);
    expect(stepStates(shown)).toMatchObject({
      register: 'compensated',
      setTwoStepPin: 'failed',
    });
    expect(await endState(stack, id)).toEqual(undoneAfter('register', 'setPin', 'deregister'));
    const { version } = await stack.pinStore.read(id, 'pending');
    stack.simulator.update(id, { refusals: {} });
    await stack.start(id);
    expect((await stack.client.result(id)).pin.version).toBe(version);
    expect(await endState(stack, id)).toEqual(
      liveAfter('register', 'setPin', 'deregister', 'register', 'setPin'),
    );
  });

  test('that Meta calls not registered (100/2207051) counts as undone', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'pinRetired' });
    stack.simulator.faults.add({
      kind: 'error',
      code: 100,
      subcode: 2207051,
      endpoint: 'deregister',
      phoneNumberId: id,
      times: 1,
    });
    await stack.start(id);
    const shown = await cancelParked(stack, id);
    expect(shown.undone).toEqual(['The number is not registered.']);
    expect((await endState(stack, id)).writes).toEqual(['register', 'setPin', 'deregister']);
  });

  test('that somebody else undid already sends nothing', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'pinRetired' });
    const setPin = hold(stack.simulator, id, 'setPin', 'after');
    await stack.start(id);
    await until('the PIN to be refused', () =>
      stack.simulator.requests.some((r) => r.phoneNumberId === id && r.endpoint === 'setPin'),
    );
    stack.simulator.update(id, { registered: false });
    setPin.release();
    const shown = await cancelParked(stack, id);
    expect(shown.undone).toEqual(['The number is not registered.']);
    expect(await endState(stack, id)).toEqual(undoneAfter('register', 'setPin'));
  });

  test('of a number that reads PENDING, as Meta is still connecting it, deregisters it all the same', async () => {
    const { stack } = the;
    const id = stack.number({
      preset: 'pinRetired',
      hiddenFields: ['platform_type'],
      connectsAfterMs: 600_000,
    });
    await stack.start(id);
    const shown = await cancelParked(stack, id);
    expect(shown.undone).toEqual(['The number was deregistered.']);
    expect(await endState(stack, id)).toEqual(undoneAfter('register', 'setPin', 'deregister'));
  });

  test('of a number whose state Meta does not tell leaves it registered, and says so', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'pinRetired', hiddenFields: ['status', 'platform_type'] });
    await stack.start(id);
    const shown = await cancelParked(stack, id);
    expect(shown.undone).toEqual([]);
    expect(shown.notUndone.join()).toMatch(/left registered.*could not be told/);
    expect(await endState(stack, id)).toMatchObject({
      registered: true,
      pinAtMeta: 'pending',
      stored: ['pending'],
      writes: ['register', 'setPin'],
    });
  });

  test('of a number that Meta told something of before, though nothing now, leaves it registered', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'pinRetired', hiddenFields: ['status', 'platform_type'] });
    const setPin = hold(stack.simulator, id, 'setPin');
    await stack.start(id);
    await setPin.reached();
    stack.simulator.update(id, {
      hiddenFields: ['status', 'platform_type', 'code_verification_status'],
    });
    setPin.release();
    const shown = await cancelParked(stack, id);
    expect(shown.notUndone.join()).toMatch(/left registered/);
    expect(await endState(stack, id)).toMatchObject({
      registered: true,
      writes: ['register', 'setPin'],
    });
  });

  test('of a number that was in use all along and whose state Meta does not tell leaves it in use', async () => {
    const { stack } = the;
    const id = stack.number({
      preset: 'liveWithout2sv',
      hiddenFields: ['status', 'platform_type'],
      refusals: { setPin: { code: 100 } },
    });
    await stack.start(id);
    await cancelParked(stack, id);
    expect(await endState(stack, id)).toMatchObject({
      registered: true,
      stored: ['pending'],
      writes: ['register', 'setPin'],
    });
  });

  test('after a code was verified reports what cannot be undone', async () => {
    const { stack } = the;
    const id = stack.number({ refusals: { setPin: { code: 100 } } });
    await stack.start(id);
    await stack.client.submitCode(id, await codeAwaited(stack, id));
    const shown = await cancelParked(stack, id);
    expect(shown.undone).toEqual(['The number was deregistered.']);
    expect(shown.notUndone).toEqual([
      'The number stays verified.',
      'Codes asked for: 1; they cannot be recalled.',
      'The PIN stays in the PIN store; the next run uses it.',
    ]);
    expect(await endState(stack, id)).toEqual(
      undoneAfter('requestCode', 'verifyCode', 'register', 'setPin', 'deregister'),
    );
  });
});

describe.concurrent('on a server without rules, a run that registered and whose code never comes', () => {
  const naive = stackForFile({ mode: 'naive' });

  test('is deregistered when the deadline has passed and fails with that reason; the next run uses the same PIN', async () => {
    const { stack } = naive;
    const id = stack.number();
    await stack.start(id, { codeDeadline: '1 second' });
    const failure = await failureOf(stack, id);
    expect(failure.type).toBe(FAILURE_TYPES.deadline);
    expect(failure.details.undone).toEqual(['The number was deregistered.']);
    const after = await endState(stack, id);
    expect(after).toEqual({
      ...undoneAfter('register', 'requestCode', 'deregister'),
      verified: false,
    });
    const { version } = await stack.pinStore.read(id, 'pending');
    await stack.start(id);
    await progressWhere(stack, id, 'the wait for a code', ({ stage }) => stage === 'AwaitingCode');
    await stack.client.submitCode(id, '123-830');
    expect((await stack.client.result(id)).pin.version).toBe(version);
    expect(await endState(stack, id)).toMatchObject({ registered: true, pinAtMeta: 'current' });
  });

  test('is deregistered when it is cancelled, keeps the PIN, and ends Canceled; the next run uses the same PIN', async () => {
    const { stack } = naive;
    const id = stack.number();
    await stack.start(id);
    await codeAwaited(stack, id);
    await stack.client.cancel(id);
    await cancelled(stack, id);
    expect(await endState(stack, id)).toEqual({
      ...undoneAfter('register', 'requestCode', 'deregister'),
      verified: false,
    });
    const { version } = await stack.pinStore.read(id, 'pending');
    await stack.start(id);
    await progressWhere(stack, id, 'the wait for a code', ({ stage }) => stage === 'AwaitingCode');
    await stack.client.submitCode(id, '123-830');
    expect((await stack.client.result(id)).pin.version).toBe(version);
  });

  test('is parked where it was refused before it registered, and a cancel then undoes nothing', async () => {
    const { stack } = naive;
    const id = stack.number();
    stack.simulator.faults.add({
      kind: 'error',
      code: 131005,
      endpoint: 'register',
      phoneNumberId: id,
      times: 1,
    });
    await stack.start(id);
    expect((await cancelParked(stack, id)).undone).toEqual([]);
    expect((await endState(stack, id)).writes).toEqual(['register']);
  });
});

test('the check that no number in use is deregistered can fail', async () => {
  const stack = await startStack();
  const id = stack.number({ preset: 'live', pin: '048213' });
  const { version } = await stack.pinStore.stage(id, {}, () => new Secret('048213'));
  await stack.pinStore.promote(id, version);
  await stack.start(id);
  await stack.client.result(id);
  await fetch(`${stack.simulator.url}/v25.0/${id}/deregister`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.simulator.token}` },
  });
  await expect(stack.close()).rejects.toThrow(/was in use before its run/);
});

test('a cancel before the first workflow task ends the run Canceled with nothing read or written', async () => {
  const stack = await stackForTest({ withWorker: false });
  const id = stack.number();
  await stack.start(id);
  await stack.client.cancel(id);
  await stack.startWorker();
  await cancelled(stack, id);
  expect(await endState(stack, id)).toMatchObject({ registered: false, stored: [], writes: [] });
});
