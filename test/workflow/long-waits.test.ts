import { describe, expect, test } from 'vitest';
import { PinStoreUnreachableError } from '../../activities/pin-store/pin-store.js';
import { FAILURE_TYPES } from '../../workflows/messages.js';
import { decide, endState, failureOf, liveAfter, parked, progressWhere } from './end-state.js';
import { codeAwaited, stepStates, until, wrongCode } from './stack.js';
import { DAY, HOUR, MINUTE, timeSkippingStackForFile } from './time-skipping.js';

const the = timeSkippingStackForFile();
const { pass, countOf, timersOf } = the;

describe('a deregister that Meta calls incomplete (133000)', () => {
  test('is sent again after five minutes, until the number is deregistered', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'pinRetired' });
    stack.simulator.faults.add({
      kind: 'error',
      code: 133000,
      endpoint: 'deregister',
      phoneNumberId: id,
      times: 1,
    });
    await stack.start(id, { onPinRefused: 'compensate' });
    expect((await parked(stack, id)).waiting?.onExpiry).toBe('compensate');
    await pass(7 * DAY);
    const { waiting } = await progressWhere(
      stack,
      id,
      'the wait',
      (shown) => shown.stage === 'Compensating' && shown.waiting !== undefined,
    );
    expect(waiting?.for).toMatch(/deregister the number again/);
    expect(await timersOf(id)).toEqual([7 * DAY, 5 * MINUTE]);
    await pass(4 * MINUTE);
    expect(countOf(id, 'deregister')).toBe(1);
    await pass(MINUTE + 1_000);
    const failure = await failureOf(stack, id);
    expect(failure.details.undone).toEqual(['The number was deregistered.']);
    expect(await endState(stack, id)).toEqual({
      registered: false,
      verified: true,
      pinAtMeta: 'pending',
      stored: ['pending'],
      writes: ['register', 'setPin', 'deregister', 'deregister'],
    });
  });

  test('is given up after three requests, and the run says that the number is still registered', async () => {
    const { stack } = the;
    const id = stack.number({
      preset: 'pinRetired',
      refusals: { setPin: { code: 100 }, deregister: { code: 133000 } },
    });
    await stack.start(id, { onPinRefused: 'compensate' });
    await parked(stack, id);
    await pass(7 * DAY);
    for (const sent of [1, 2]) {
      await until('the deregister', () => countOf(id, 'deregister') === sent);
      await progressWhere(stack, id, 'the wait', (shown) => shown.waiting !== undefined);
      await pass(5 * MINUTE + 1_000);
    }
    const failure = await failureOf(stack, id);
    expect(failure.details.undone).toEqual([]);
    expect(failure.details.notUndone[0]).toMatch(/still registered.*could not be deregistered/);
    expect(failure.message).toMatch(/still registered/);
    expect(await endState(stack, id)).toMatchObject({
      registered: true,
      stored: ['pending'],
      writes: ['register', 'setPin', 'deregister', 'deregister', 'deregister'],
    });
    expect(await timersOf(id)).toEqual([7 * DAY, 5 * MINUTE, 5 * MINUTE]);
  });

  test('is finished before a register that Meta refuses because of it, and the number is then registered', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'deregistrationIncomplete' });
    await stack.start(id);
    await progressWhere(stack, id, 'the wait', (shown) => shown.waiting !== undefined);
    await pass(5 * MINUTE + 1_000);
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(
      liveAfter('register', 'deregister', 'register', 'setPin'),
    );
  });
});

describe('a new code', () => {
  test('is asked for two minutes after the one before, by the method wanted, and makes the former useless', async () => {
    const { stack } = the;
    const id = stack.number();
    await stack.start(id);
    const first = await codeAwaited(stack, id);
    await stack.client.resendCode(id, { method: 'VOICE', language: 'de_DE' });
    await pass(MINUTE);
    expect(countOf(id, 'requestCode')).toBe(1);
    await pass(MINUTE + 1_000);
    await until('the second code', () => countOf(id, 'requestCode') === 2);
    const progress = await progressWhere(
      stack,
      id,
      'it to be shown',
      ({ code }) => code?.sentCount === 2,
    );
    expect(progress.code).toMatchObject({ method: 'VOICE', refusedCount: 0 });
    expect(stack.simulator.codes(id).at(-1)).toMatchObject({ method: 'VOICE', language: 'de_DE' });
    const second = await codeAwaited(stack, id);
    if (first !== second) {
      expect(await stack.client.tryCode(id, first)).toMatchObject({ verdict: 'refused' });
    }
    expect(await stack.client.tryCode(id, second)).toEqual({ verdict: 'verified' });
    expect((await stack.client.result(id)).outcome).toBe('live');
  });

  test('gives five more tries after five refused codes', async () => {
    const { stack } = the;
    const id = stack.number();
    await stack.start(id);
    const first = await codeAwaited(stack, id);
    const wrong = ['111111', '222222', '333333', '444444', '555555', '666666']
      .filter((code) => code !== first)
      .slice(0, 5);
    for (const code of wrong) await stack.client.tryCode(id, code);
    expect(await stack.client.tryCode(id, first)).toMatchObject({
      verdict: 'refused',
      triesLeft: 0,
    });
    expect(countOf(id, 'verifyCode')).toBe(5);
    await stack.client.resendCode(id);
    await pass(2 * MINUTE + 1_000);
    await progressWhere(stack, id, 'the second code', ({ code }) => code?.sentCount === 2);
    const second = await codeAwaited(stack, id);
    expect(await stack.client.tryCode(id, wrongCode(second))).toMatchObject({
      verdict: 'refused',
      triesLeft: 4,
    });
    expect(await stack.client.tryCode(id, second)).toEqual({ verdict: 'verified' });
    expect((await stack.client.result(id)).outcome).toBe('live');
  });

  test.each([2388367, 2388091])(
    'that Meta refuses (136024/%i) leaves the earlier one usable, and shows when the next may be asked for',
    async (subcode) => {
      const { stack } = the;
      const id = stack.number();
      await stack.start(id);
      const code = await codeAwaited(stack, id);
      stack.simulator.update(id, {
        refusals: { requestCode: { code: 136024, subcode, userMessage: 'Too many codes.' } },
      });
      await stack.client.resendCode(id);
      await pass(2 * MINUTE + 1_000);
      const progress = await progressWhere(
        stack,
        id,
        'the refusal',
        ({ problem }) => problem?.code !== undefined,
      );
      expect(progress.problem).toMatchObject({ code: 136024, subcode, text: 'Too many codes.' });
      expect(progress.steps[1]).toMatchObject({
        name: 'requestCode',
        state: 'done',
        reason: expect.stringMatching(/earlier one may still be used/),
      });
      const now = await the.now();
      const nextSendAt = Date.parse(progress.code?.nextSendAt ?? '');
      expect(nextSendAt).toBeGreaterThan(now + 23 * HOUR);
      await stack.client.submitCode(id, code);
      expect((await stack.client.result(id)).outcome).toBe('live');
      expect(await endState(stack, id)).toEqual(
        liveAfter('requestCode', 'requestCode', 'verifyCode', 'register', 'setPin'),
      );
    },
  );

  test('is asked for at most five times in 24 hours; the sixth waits', async () => {
    const { stack } = the;
    const id = stack.number();
    await stack.start(id, { codeDeadline: '5 days' });
    await codeAwaited(stack, id);
    for (const sent of [2, 3, 4, 5]) {
      await stack.client.resendCode(id);
      await pass(2 * MINUTE + 1_000);
      await progressWhere(stack, id, 'the next code', ({ code }) => code?.sentCount === sent);
    }
    const { code: shown } = await progressWhere(
      stack,
      id,
      'the wait',
      ({ waiting }) => waiting !== undefined,
    );
    const now = await the.now();
    expect(Date.parse(shown?.nextSendAt ?? '')).toBeGreaterThan(now + 23 * HOUR);
    await stack.client.resendCode(id);
    await pass(20 * HOUR);
    expect(countOf(id, 'requestCode')).toBe(5);
    await pass(4 * HOUR);
    await progressWhere(stack, id, 'the sixth code', ({ code }) => code?.sentCount === 6);
    await stack.client.submitCode(id, await codeAwaited(stack, id));
    expect((await stack.client.result(id)).outcome).toBe('live');
  });
});

test('a first code that Meta will not send for a day is asked for again when the day is over, and that day counts not as waiting', async () => {
  const { stack } = the;
  const id = stack.number({
    preset: 'askedTooOften',
    refusals: {
      requestCode: {
        code: 136024,
        subcode: 2388367,
        until: stack.simulator.clock.now() + 20 * HOUR,
      },
    },
  });
  await stack.start(id, { codeDeadline: '1 hour' });
  const { waiting } = await progressWhere(
    stack,
    id,
    'the wait',
    (shown) => shown.waiting !== undefined,
  );
  expect(waiting?.for).toMatch(/to ask Meta for a code/);
  await pass(23 * HOUR);
  expect(countOf(id, 'requestCode')).toBe(1);
  await pass(HOUR + MINUTE);
  await stack.client.submitCode(id, await codeAwaited(stack, id));
  expect((await stack.client.result(id)).outcome).toBe('live');
  expect(await endState(stack, id)).toEqual(
    liveAfter('requestCode', 'requestCode', 'verifyCode', 'register', 'setPin'),
  );
});

test('a first code that Meta refuses for good (136024/2388091), day after day, parks the run after the second time; retry asks again', async () => {
  const { stack } = the;
  const id = stack.number({ preset: 'codeRefused' });
  await stack.start(id, { codeDeadline: '2 days' });
  await until('the request', () => countOf(id, 'requestCode') === 1);
  await progressWhere(stack, id, 'the wait', (shown) => shown.waiting !== undefined);
  await pass(24 * HOUR + MINUTE);
  expect((await parked(stack, id)).problem).toMatchObject({ code: 136024, subcode: 2388091 });
  expect(countOf(id, 'requestCode')).toBe(2);
  stack.simulator.update(id, { refusals: {} });
  await pass(3 * DAY);
  await decide(stack, id, 'retry');
  await stack.client.submitCode(id, await codeAwaited(stack, id));
  expect((await stack.client.result(id)).outcome).toBe('live');
});

test('reminders are shown when a code is half through its life and when half of the time is over; the deadline then ends the run', async () => {
  const { stack } = the;
  const id = stack.number();
  await stack.start(id);
  await codeAwaited(stack, id);
  expect((await stack.client.progress(id)).waiting?.reminder).toBeUndefined();
  await pass(5 * MINUTE + 1_000);
  await progressWhere(stack, id, 'the first reminder', ({ waiting }) =>
    Boolean(waiting?.reminder?.includes('half through its ten minutes')),
  );
  await pass(12 * HOUR);
  await progressWhere(stack, id, 'the second reminder', ({ waiting }) =>
    Boolean(waiting?.reminder?.includes('half of the time')),
  );
  await pass(12 * HOUR);
  expect((await failureOf(stack, id)).type).toBe(FAILURE_TYPES.deadline);
  expect((await timersOf(id)).length).toBe(3);
  expect((await endState(stack, id)).writes).toEqual(['requestCode']);
});

test('a PIN store that cannot be reached is asked every five minutes to promote; after an hour the run is parked and goes on trying', async () => {
  const { stack } = the;
  const id = stack.number({ preset: 'verified' });
  const mend = stack.breakStore(id, 'promote', async () => {
    throw new PinStoreUnreachableError('The PIN store does not answer.');
  });
  await stack.start(id);
  await progressWhere(stack, id, 'the wait', (shown) => shown.waiting !== undefined);
  await pass(30 * MINUTE);
  const { steps, stage } = await progressWhere(
    stack,
    id,
    'the wait',
    (shown) => shown.waiting !== undefined,
  );
  expect(stage).toBe('Securing');
  expect(stepStates({ steps }).storePin).toBe('running');
  expect(new Set(await timersOf(id))).toEqual(new Set([5 * MINUTE]));
  await pass(40 * MINUTE);
  expect((await parked(stack, id)).waiting).toMatchObject({ onExpiry: 'alertAgain' });
  mend();
  await pass(HOUR + MINUTE);
  expect((await stack.client.result(id)).outcome).toBe('live');
  // Promoted so late, the PIN is set once more: somebody may have changed it meanwhile.
  expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin', 'setPin'));
});

test('a number that was deleted a moment ago (133015) is registered when Meta has finished', async () => {
  const { stack } = the;
  const id = stack.number({
    preset: 'verified',
    deletionEndsAt: stack.simulator.clock.now() + 4 * MINUTE,
  });
  await stack.start(id);
  await progressWhere(stack, id, 'the wait', (shown) => shown.waiting !== undefined);
  await pass(5 * MINUTE + 1_000);
  expect((await stack.client.result(id)).outcome).toBe('live');
  expect(await endState(stack, id)).toEqual(liveAfter('register', 'register', 'setPin'));
});

test('a rate limit is waited out for as long as Meta says, without another request meanwhile', async () => {
  const { stack } = the;
  const id = stack.number({ preset: 'verified' });
  stack.simulator.faults.add({
    kind: 'error',
    code: 80008,
    endpoint: 'register',
    phoneNumberId: id,
    headers: { 'retry-after': '1500' },
    times: 1,
  });
  await stack.start(id);
  await progressWhere(stack, id, 'the wait', (shown) => shown.waiting !== undefined);
  expect(await timersOf(id)).toEqual([25 * MINUTE]);
  await pass(24 * MINUTE);
  expect(countOf(id, 'register')).toBe(1);
  await pass(MINUTE + 1_000);
  expect((await stack.client.result(id)).outcome).toBe('live');
  expect(await endState(stack, id)).toEqual(liveAfter('register', 'register', 'setPin'));
});

describe('trouble that passes undoes nothing, however long it takes', () => {
  test('a rate limit while the PIN is set is waited out', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    const over = stack.simulator.faults.add({
      kind: 'error',
      code: 80007,
      endpoint: 'setPin',
      phoneNumberId: id,
    });
    await stack.start(id);
    await until('the refused request', () => countOf(id, 'setPin') > 0);
    for (let waited = 0; waited < 4; waited += 1) await pass(30 * MINUTE);
    const { waiting, problem } = await progressWhere(stack, id, 'the wait', (shown) =>
      Boolean(shown.waiting?.for.includes('set the PIN')),
    );
    expect(waiting?.cure).toBeDefined();
    expect(problem?.code).toBe(80007);
    over();
    await pass(2 * HOUR);
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(countOf(id, 'deregister')).toBe(0);
  });

  test('an unreachable Graph API before register spends nothing of the budget', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    const trouble = stack.simulator.faults.add({ kind: 'reset', phoneNumberId: id });
    await stack.start(id);
    for (let waited = 0; waited < 6; waited += 1) await pass(10 * MINUTE);
    expect((await stack.client.progress(id)).stage).toBe('Preparing');
    trouble();
    await pass(10 * MINUTE);
    expect((await stack.client.result(id)).outcome).toBe('live');
    const down = stack.number();
    await stack.start(down);
    const code = await codeAwaited(stack, down);
    const back = stack.simulator.faults.add({
      kind: 'reset',
      endpoint: 'read',
      phoneNumberId: down,
    });
    await stack.client.submitCode(down, code);
    await progressWhere(stack, down, 'the wait', ({ waiting }) =>
      Boolean(waiting?.for.includes('register')),
    );
    for (let waited = 0; waited < 12; waited += 1) await pass(6 * MINUTE);
    back();
    await pass(10 * MINUTE);
    expect((await stack.client.result(down)).outcome).toBe('live');
    expect((await stack.client.progress(down)).budget.register.used).toBe(1);
  });
});

test('a rate limit on a code is told at once to who waits, and the run waits for the next code', async () => {
  const { stack } = the;
  const id = stack.number();
  await stack.start(id);
  const code = await codeAwaited(stack, id);
  stack.simulator.faults.add({
    kind: 'error',
    code: 613,
    endpoint: 'verifyCode',
    phoneNumberId: id,
    times: 1,
  });
  expect(await stack.client.tryCode(id, code)).toMatchObject({ verdict: 'refused', triesLeft: 5 });
  expect(await stack.client.tryCode(id, code)).toEqual({ verdict: 'verified' });
  expect((await stack.client.result(id)).outcome).toBe('live');
});

test('a number that this run registered and that connects before its deadline needs no code', async () => {
  const { stack } = the;
  const id = stack.number({
    preset: 'expiredVerification',
    expiredStillRegisters: true,
    connectsAfterMs: 10 * MINUTE,
    platform: 'unsaid',
  });
  await stack.start(id, { codeDeadline: '1 hour' });
  await until('the code', () => countOf(id, 'requestCode') === 1);
  await progressWhere(stack, id, 'the wait', ({ waiting }) => waiting !== undefined);
  await pass(HOUR + MINUTE);
  const result = await stack.client.result(id);
  expect(stepStates(result)).toMatchObject({ register: 'done', verifyCode: 'skipped' });
  expect(countOf(id, 'deregister')).toBe(0);
});

test('a new code that is wanted while the first one cannot be asked for yet is asked for as wanted', async () => {
  const { stack } = the;
  const id = stack.number();
  stack.simulator.faults.add({
    kind: 'error',
    code: 613,
    endpoint: 'requestCode',
    phoneNumberId: id,
    times: 1,
  });
  await stack.start(id);
  await progressWhere(stack, id, 'the wait', ({ waiting }) =>
    Boolean(waiting?.for.includes('ask Meta for a code')),
  );
  await stack.client.resendCode(id, { method: 'VOICE', language: 'de_DE' });
  await pass(HOUR + MINUTE);
  await codeAwaited(stack, id);
  expect(stack.simulator.codes(id)).toMatchObject([{ method: 'VOICE', language: 'de_DE' }]);
  await stack.client.cancel(id);
});
