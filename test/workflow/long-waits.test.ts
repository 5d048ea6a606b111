import { activityInfo, getClient } from '@temporalio/activity';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PastRuns, pastRunOf } from '../../activities/past-runs.js';
import { PinStoreRefusedError } from '../../activities/pin-store/pin-store.js';
import { programPlaces } from '../../configuration/program-places.js';
import { findTestServerBinary } from '../../worker/temporal-binary.js';
import { FAILURE_TYPES, SEARCH_ATTRIBUTES, workflowIdOf } from '../../workflows/messages.js';
import { endState, eventsOf, failureOf, liveAfter, progressWhere } from './end-state.js';
import {
  codeAwaited,
  type Stack,
  startStack,
  stepStates,
  until,
  writesTo,
  wrongCode,
} from './stack.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const KEYWORD = 2;

/** The time-skipping server lists no workflows, so the ledger of these tests is the run's own history. */
const thisRunOnly: PastRuns = {
  async of(workflowId, runId) {
    const { events } = await getClient().workflow.getHandle(workflowId, runId).fetchHistory();
    return [pastRunOf(runId, events ?? [])];
  },
};

/** The server's time, which runs ahead of the machine's. */
const serverClock = () => new Date(activityInfo().currentAttemptScheduledTimestampMs);

let environment: TestWorkflowEnvironment;
let stack: Stack;

beforeAll(async () => {
  const { testServerPath, ...places } = programPlaces();
  const path = await findTestServerBinary({
    ...places,
    explicitPath: testServerPath,
    onDownload: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  const { connection, namespace = 'default', address } = environment;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(
      Object.values(SEARCH_ATTRIBUTES).map(({ name }) => [name, KEYWORD]),
    ),
  });
  stack = await startStack({
    server: { address, namespace },
    timeSkipping: true,
    pastRuns: thisRunOnly,
    clock: serverClock,
  });
}, 120_000);

afterAll(async () => {
  await stack?.close();
  await environment?.teardown();
});

/** Lets time pass, at the server and at Meta. */
async function pass(ms: number): Promise<void> {
  stack.simulator.clock.advance(ms);
  await environment.sleep(ms);
}

const countOf = (id: string, endpoint: string) =>
  writesTo(stack.simulator, id).filter((each) => each === endpoint).length;

/** How long the run's timers were armed for, in milliseconds. */
async function timersOf(id: string): Promise<number[]> {
  const events = await eventsOf(stack.temporal.workflow.getHandle(workflowIdOf(id)));
  return events.flatMap(({ timerStartedEventAttributes: timer }) =>
    timer
      ? [
          Number(timer.startToFireTimeout?.seconds ?? 0) * 1000 +
            (timer.startToFireTimeout?.nanos ?? 0) / 1e6,
        ]
      : [],
  );
}

describe('a deregister that Meta calls incomplete (133000)', () => {
  test('is sent again after five minutes, until the number is deregistered', async () => {
    const id = stack.number({ preset: 'pinRetired' });
    stack.simulator.faults.add({
      kind: 'error',
      code: 133000,
      endpoint: 'deregister',
      phoneNumberId: id,
      times: 1,
    });
    await stack.start(id);
    const { waiting } = await progressWhere(
      stack,
      id,
      'the wait',
      (shown) => shown.waiting !== undefined,
    );
    expect(waiting?.for).toMatch(/deregister the number again/);
    expect(await timersOf(id)).toEqual([5 * MINUTE]);
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
    const id = stack.number({
      preset: 'pinRetired',
      refusals: { setPin: { code: 100 }, deregister: { code: 133000 } },
    });
    await stack.start(id);
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
    expect(await timersOf(id)).toEqual([5 * MINUTE, 5 * MINUTE]);
  });

  test('is finished before a register that Meta refuses because of it, and the number is then registered', async () => {
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
        ({ problem }) => problem !== undefined,
      );
      expect(progress.problem).toMatchObject({ code: 136024, subcode, text: 'Too many codes.' });
      expect(progress.steps[1]).toMatchObject({
        name: 'requestCode',
        state: 'done',
        reason: expect.stringMatching(/earlier one may still be used/),
      });
      const now = await environment.currentTimeMs();
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
    const now = await environment.currentTimeMs();
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

test('a first code that Meta refuses for good, day after day, ends the run after the second time', async () => {
  const id = stack.number({ preset: 'codeRefused' });
  await stack.start(id, { codeDeadline: '2 days' });
  await until('the request', () => countOf(id, 'requestCode') === 1);
  await progressWhere(stack, id, 'the wait', (shown) => shown.waiting !== undefined);
  await pass(24 * HOUR + MINUTE);
  const failure = await failureOf(stack, id);
  expect(failure.message).toMatch(/136024\/2388091/);
  expect(await endState(stack, id)).toMatchObject({ registered: false, stored: ['pending'] });
  expect(countOf(id, 'requestCode')).toBe(2);
});

test('reminders are shown when a code is half through its life and when half of the time is over; the deadline then ends the run', async () => {
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

test('a PIN store that refuses to promote is asked again every five minutes until it does', async () => {
  const id = stack.number({ preset: 'verified' });
  const mend = stack.breakStore(id, 'promote', async () => {
    throw new PinStoreRefusedError('The PIN store will not be written to.');
  });
  await stack.start(id);
  await progressWhere(stack, id, 'the wait', (shown) => shown.waiting !== undefined);
  await pass(30 * MINUTE);
  const progress = await progressWhere(
    stack,
    id,
    'the wait',
    (shown) => shown.waiting !== undefined,
  );
  expect(stepStates(progress).storePin).toBe('running');
  expect(new Set(await timersOf(id))).toEqual(new Set([5 * MINUTE]));
  mend();
  await pass(5 * MINUTE + 1_000);
  expect((await stack.client.result(id)).outcome).toBe('live');
  expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
});

test('a number that was deleted a moment ago (133015) is registered when Meta has finished', async () => {
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
    Boolean(waiting?.for.includes('ask for a code')),
  );
  await stack.client.resendCode(id, { method: 'VOICE', language: 'de_DE' });
  await pass(HOUR + MINUTE);
  await codeAwaited(stack, id);
  expect(stack.simulator.codes(id)).toMatchObject([{ method: 'VOICE', language: 'de_DE' }]);
  await stack.client.cancel(id);
});
