import { describe, expect, test } from 'vitest';
import { PinStoreRefusedError } from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { SOMEBODYS_PIN } from '../../simulator/simulator.js';
import { SEARCH_ATTRIBUTES, workflowIdOf } from '../../workflows/messages.js';
import {
  cancelled,
  cancelParked,
  decide,
  endState,
  hold,
  liveAfter,
  parked,
  progressWhere,
} from './end-state.js';
import {
  codeAwaited,
  type Stack,
  stackForFile,
  stackForTest,
  stepStates,
  until,
  writesTo,
} from './stack.js';

const the = stackForFile();

const DAY_MS = 24 * 3_600_000;

/** For how long the run is parked, in days. */
const daysParked = ({ waiting }: Awaited<ReturnType<typeof parked>>) =>
  (Date.parse(waiting?.until ?? '') - Date.parse(waiting?.since ?? '')) / DAY_MS;

async function listedStage({ temporal }: Stack, id: string): Promise<string | undefined> {
  const { typedSearchAttributes } = await temporal.workflow.getHandle(workflowIdOf(id)).describe();
  return typedSearchAttributes.get(SEARCH_ATTRIBUTES.stage);
}

describe.concurrent('a run that only a person can help', () => {
  test.each([
    ['an expired token', { code: 190, subcode: 463 }, /new access token/],
    ['a missing permission', { code: 200 }, /whatsapp_business_management/],
    ['a locked account', { code: 131031 }, /why the account is locked/],
    ['a policy block', { code: 368 }, /appeal or cure/],
    ['an unfinished move', { code: 100, subcode: 2388012 }, /Finish or cancel the move/],
    ['an error nobody knows', { code: 987654 }, /show Meta’s support/],
  ])(
    'for %s is parked for 7 days with Meta’s words and the cure; retry goes on',
    async (_, refusal, cure) => {
      const { stack } = the;
      const id = stack.number({ preset: 'verified' });
      stack.simulator.faults.add({
        kind: 'error',
        ...refusal,
        endpoint: 'register',
        phoneNumberId: id,
        times: 1,
      });
      await stack.start(id);
      const shown = await parked(stack, id);
      expect(shown).toMatchObject({
        waiting: { for: 'an operator', decisions: ['retry'], onExpiry: 'compensate' },
        problem: { code: refusal.code, fbtraceId: expect.any(String), text: expect.any(String) },
      });
      expect(shown.waiting?.cure).toMatch(cure);
      expect(daysParked(shown)).toBe(7);
      await until('the list to show it', async () => (await listedStage(stack, id)) === 'Parked');
      await stack.client.retry(id, { requestedBy: 'Olu' });
      expect((await stack.client.result(id)).outcome).toBe('live');
      const { decided, problem } = await stack.client.progress(id);
      expect(decided).toMatchObject({ decision: 'retry', by: 'Olu' });
      expect(problem).toBeUndefined();
      expect(await endState(stack, id)).toEqual(liveAfter('register', 'register', 'setPin'));
    },
  );

  test('and is cancelled undoes what it did', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified', refusals: { setPin: { code: 368 } } });
    await stack.start(id);
    expect((await cancelParked(stack, id)).undone).toEqual(['The number was deregistered.']);
    expect((await endState(stack, id)).writes).toEqual(['register', 'setPin', 'deregister']);
  });

  test('answers whoever tries a code meanwhile, and takes the code once it goes on', async () => {
    const { stack } = the;
    const id = stack.number();
    await stack.start(id);
    const code = await codeAwaited(stack, id);
    stack.simulator.faults.add({
      kind: 'error',
      code: 190,
      endpoint: 'verifyCode',
      phoneNumberId: id,
      times: 1,
    });
    expect(await stack.client.tryCode(id, code)).toMatchObject({
      verdict: 'notWaiting',
      reason: expect.stringMatching(/parked.*access token/),
    });
    await parked(stack, id);
    expect(await stack.client.tryCode(id, code)).toMatchObject({ verdict: 'notWaiting' });
    await decide(stack, id, 'retry');
    await progressWhere(stack, id, 'the wait for a code', ({ stage }) => stage === 'AwaitingCode');
    expect(await stack.client.tryCode(id, code)).toEqual({ verdict: 'verified' });
    expect((await stack.client.result(id)).outcome).toBe('live');
  });

  test('for the code request asks again after a retry, as soon as two minutes have passed', async () => {
    const { stack } = the;
    const id = stack.number({ refusals: { requestCode: { code: 10 } } });
    await stack.start(id);
    await parked(stack, id);
    await decide(stack, id, 'retry');
    const { code, steps } = await progressWhere(
      stack,
      id,
      'the wait to ask again',
      ({ stage }) => stage === 'AwaitingCode',
    );
    expect(code).toBeUndefined();
    expect(steps[1]).toMatchObject({
      state: 'deferred',
      reason: expect.stringMatching(/2 minutes/),
    });
    await stack.client.cancel(id);
    await cancelled(stack, id);
    expect((await endState(stack, id)).writes).toEqual(['requestCode']);
  });

  test('for its PIN store is parked while nothing is sent to Meta', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    const mend = stack.breakStore(id, 'read', async () => {
      throw new PinStoreRefusedError('The PIN store does not let this worker read.');
    });
    await stack.start(id);
    expect((await parked(stack, id)).problem?.text).toMatch(/does not let this worker read/);
    expect(writesTo(stack.simulator, id)).toEqual([]);
    mend();
    await decide(stack, id, 'retry');
    expect((await stack.client.result(id)).outcome).toBe('live');
  });
});

describe.concurrent('a decision that is not asked for', () => {
  test('has no effect, and the run says why', async () => {
    const { stack } = the;
    const id = stack.number();
    await stack.start(id);
    const code = await codeAwaited(stack, id);
    await decide(stack, id, 'retry');
    const { ignored } = await progressWhere(
      stack,
      id,
      'the remark',
      (p) => p.ignored !== undefined,
    );
    expect(ignored?.reason).toMatch(/not parked/);
    await stack.client.submitCode(id, code);
    expect((await stack.client.result(id)).outcome).toBe('live');
  });

  test('accept is taken by no run that lacks more than its PIN', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified', refusals: { register: { code: 368 } } });
    await stack.start(id);
    await parked(stack, id);
    await decide(stack, id, 'accept');
    const { ignored, stage } = await progressWhere(
      stack,
      id,
      'the remark',
      (p) => p.ignored !== undefined,
    );
    expect(ignored?.reason).toMatch(/parked because Meta refused its PIN/);
    expect(stage).toBe('Parked');
    await cancelParked(stack, id);
  });
});

describe.concurrent('a PIN that Meta refuses to set after it took the register', () => {
  test('parks the run; accept finishes it, live, with the PIN unconfirmed and still pending; the next run sets it', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'pinRetired' });
    await stack.start(id);
    expect((await parked(stack, id)).waiting).toMatchObject({
      decisions: ['retry', 'accept'],
      onExpiry: 'accept',
    });
    await decide(stack, id, 'accept');
    const result = await stack.client.result(id);
    expect(result).toMatchObject({ outcome: 'live', pin: { confirmed: false } });
    expect(result.summary).toMatch(/not confirmed the PIN/);
    expect(stepStates(result)).toMatchObject({ setTwoStepPin: 'skipped', storePin: 'skipped' });
    expect(await endState(stack, id)).toEqual({
      registered: true,
      verified: true,
      pinAtMeta: 'pending',
      stored: ['pending'],
      writes: ['register', 'setPin'],
    });
    stack.simulator.update(id, { refusals: {} });
    await stack.start(id);
    expect((await stack.client.result(id)).pin.confirmed).toBe(true);
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin', 'setPin'));
  });

  test('parks the run; retry sets the same PIN again', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'pinRetired' });
    await stack.start(id);
    await parked(stack, id);
    stack.simulator.update(id, { refusals: {} });
    await decide(stack, id, 'retry');
    expect((await stack.client.result(id)).pin.confirmed).toBe(true);
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin', 'setPin'));
  });

  test('of a number that was registered before cannot be accepted', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'live', refusals: { setPin: { code: 100 } } });
    await stack.start(id, { takeOver: true });
    expect((await parked(stack, id)).waiting?.decisions).toEqual(['retry']);
    await cancelParked(stack, id);
    expect((await endState(stack, id)).writes).toEqual(['setPin']);
  });
});

describe.concurrent('a number whose PIN is not known', () => {
  test('and that reads two-step verification on is parked for 14 days before a request is spent; a PIN given meanwhile is used', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'former' });
    await stack.start(id);
    const shown = await parked(stack, id);
    expect(shown.waiting?.cure).toMatch(/turn two-step verification off in WhatsApp Manager/);
    expect(daysParked(shown)).toBe(14);
    expect(await endState(stack, id)).toMatchObject({ stored: [], writes: [] });
    await stack.pinStore.provide(id, new Secret(SOMEBODYS_PIN));
    await decide(stack, id, 'retry');
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(stack.simulator.number(id).pin).toBe(SOMEBODYS_PIN);
    expect(await endState(stack, id)).toMatchObject({
      pinAtMeta: 'current',
      writes: ['register', 'setPin'],
    });
  });

  test('is registered with a new one after a retry, where two-step verification was turned off', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'former' });
    await stack.start(id);
    await parked(stack, id);
    stack.simulator.update(id, { pin: undefined });
    await decide(stack, id, 'retry');
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
  });

  test('is tried all the same after a retry, at the cost of one request each, and parked with Meta’s answer', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'former' });
    await stack.start(id);
    await parked(stack, id);
    await decide(stack, id, 'retry');
    const shown = await progressWhere(
      stack,
      id,
      'Meta’s refusal',
      ({ stage, problem }) => stage === 'Parked' && problem?.code === 133005,
    );
    expect(daysParked(shown)).toBe(14);
    await decide(stack, id, 'retry');
    await until('the next try', () => writesTo(stack.simulator, id).length === 2);
    await parked(stack, id);
    expect(writesTo(stack.simulator, id)).toEqual(['register', 'register']);
    stack.simulator.update(id, { pin: (await stack.pinStore.read(id, 'pending')).pin.reveal() });
    await decide(stack, id, 'retry');
    expect((await stack.client.result(id)).outcome).toBe('live');
  });

  test('is guessed from the versions in the PIN store, once each; the one that fits becomes current', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'former' });
    const { version: old } = await stack.pinStore.stage(id, {}, () => new Secret('730164'));
    await stack.pinStore.promote(id, old);
    await stack.pinStore.stage(id, {}, () => new Secret('591837'));
    await stack.pinStore.provide(id, new Secret(SOMEBODYS_PIN));
    await stack.start(id);
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(stack.simulator.number(id).pin).toBe(SOMEBODYS_PIN);
    expect(await endState(stack, id)).toMatchObject({
      pinAtMeta: 'current',
      writes: ['register', 'register', 'register', 'setPin'],
    });
  });

  test('and none of whose stored versions fits is parked; each was tried once', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'former' });
    const { version } = await stack.pinStore.stage(id, {}, () => new Secret('730164'));
    await stack.pinStore.promote(id, version);
    await stack.pinStore.stage(id, {}, () => new Secret('591837'));
    await stack.start(id);
    const shown = await parked(stack, id);
    expect(shown.problem).toMatchObject({ code: 133005 });
    expect(daysParked(shown)).toBe(14);
    expect(shown.budget.register.used).toBe(2);
    expect(writesTo(stack.simulator, id)).toEqual(['register', 'register']);
    await stack.pinStore.provide(id, new Secret(SOMEBODYS_PIN));
    await decide(stack, id, 'retry');
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toMatchObject({
      pinAtMeta: 'current',
      writes: ['register', 'register', 'register', 'setPin'],
    });
  });

  test('but that somebody registered meanwhile gets its PIN set and is not guessed at', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'former' });
    await stack.pinStore.stage(id, {}, () => new Secret('591837'));
    await stack.start(id);
    await parked(stack, id);
    stack.simulator.update(id, { registered: true });
    await decide(stack, id, 'retry');
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
  });
});

describe.concurrent('what only Meta’s refusal of the PIN may be accepted for', () => {
  test('a PIN that is gone from the PIN store is no such thing: the run can be retried or cancelled', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    const held = hold(stack.simulator, id, 'register', 'after');
    await stack.start(id);
    await held.reached();
    await stack.pinStore.remove(id);
    held.release();
    const { waiting, problem } = await parked(stack, id);
    expect(problem?.text).toMatch(/has no version|no record/);
    expect(waiting).toMatchObject({ decisions: ['retry'], onExpiry: 'compensate' });
    await cancelParked(stack, id);
    expect(writesTo(stack.simulator, id)).toEqual(['register', 'deregister']);
  });
});

describe.concurrent('a code that somebody tries while the run waits for something else', () => {
  test('is answered at once where the number needs none', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'nameUnderReview' });
    await stack.start(id);
    await progressWhere(stack, id, 'the review', ({ waiting }) => waiting !== undefined);
    expect(await stack.client.tryCode(id, '123-830')).toMatchObject({ verdict: 'notWaiting' });
    await stack.client.cancel(id);
    await cancelled(stack, id);
    expect(await stack.client.progress(id)).toMatchObject({ stage: 'Failed' });
  });

  test('is tried although a new one that was wanted meets a rate limit', async () => {
    const { stack } = the;
    const id = stack.number();
    await stack.start(id);
    const code = await codeAwaited(stack, id);
    await stack.client.resendCode(id);
    stack.simulator.faults.add({
      kind: 'error',
      code: 80008,
      endpoint: 'requestCode',
      phoneNumberId: id,
      headers: { 'retry-after': '1500' },
    });
    expect(await stack.client.tryCode(id, code)).toEqual({ verdict: 'verified' });
    expect((await stack.client.result(id)).outcome).toBe('live');
  });
});

test('a cancel that comes when Meta may have set the PIN is held until that is known, whatever the later answers', async () => {
  const { stack } = the;
  const id = stack.number({ preset: 'live' });
  stack.simulator.faults.add({
    kind: 'executedReset',
    endpoint: 'setPin',
    phoneNumberId: id,
    times: 1,
  });
  await stack.start(id, { takeOver: true });
  await until('the first answer to be lost', () => writesTo(stack.simulator, id).length === 1);
  stack.simulator.faults.add({
    kind: 'error',
    code: 80007,
    headers: { 'retry-after': '3' },
    endpoint: 'setPin',
    phoneNumberId: id,
    times: 1,
  });
  await until('the rate limit', () => writesTo(stack.simulator, id).length === 2);
  await stack.client.cancel(id);
  expect(await stack.client.result(id)).toMatchObject({ outcome: 'live', cancelRequested: true });
  expect(await endState(stack, id)).toEqual(liveAfter('setPin', 'setPin', 'setPin'));
});

test('of two decisions in one moment the first is taken and the second ignored', async () => {
  const stack = await stackForTest();
  const id = stack.number({ preset: 'pinRetired' });
  await stack.start(id);
  await parked(stack, id);
  await stack.stopWorker();
  await decide(stack, id, 'accept');
  await decide(stack, id, 'retry');
  await stack.startWorker();
  expect(await stack.client.result(id)).toMatchObject({ pin: { confirmed: false } });
  expect(await stack.client.progress(id)).toMatchObject({
    decided: { decision: 'accept' },
    ignored: { message: 'the signal retry' },
  });
});

test('a register that Meta calls impossible for an earlier deregistration (133000) is sent again only once that is deregistered', async () => {
  const { stack } = the;
  const id = stack.number({
    preset: 'verified',
    refusals: { register: { code: 133000 }, deregister: { code: 368 } },
  });
  await stack.start(id);
  expect((await parked(stack, id)).problem).toMatchObject({ code: 368 });
  expect(writesTo(stack.simulator, id)).toEqual(['register', 'deregister']);
  await cancelParked(stack, id);
});
