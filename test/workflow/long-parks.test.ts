import { describe, expect, test } from 'vitest';
import { PinStoreRefusedError } from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { SOMEBODYS_PIN } from '../../simulator/simulator.js';
import { FAILURE_TYPES, workflowIdOf } from '../../workflows/messages.js';
import {
  decide,
  endState,
  eventsOf,
  failureOf,
  liveAfter,
  parked,
  progressWhere,
} from './end-state.js';
import { codeAwaited, until, writesTo, wrongCode } from './stack.js';
import { DAY, HOUR, MINUTE, timeSkippingStackForFile } from './time-skipping.js';

const the = timeSkippingStackForFile();
const { pass, countOf, now, timersOf } = the;

describe('a parked run that nobody decides on', () => {
  test('undoes what it did after 7 days, and fails with Meta’s words', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified', refusals: { register: { code: 368 } } });
    await stack.start(id);
    await parked(stack, id);
    await pass(7 * DAY - MINUTE);
    expect((await stack.client.progress(id)).stage).toBe('Parked');
    await pass(2 * MINUTE);
    const failure = await failureOf(stack, id);
    expect(failure.type).toBe(FAILURE_TYPES.failed);
    expect(failure.message).toMatch(/\(368\).*appeal or cure/);
    expect((await endState(stack, id)).writes).toEqual(['register']);
  });

  test('for a PIN that is not known ends after 14 days with nothing sent', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'former' });
    await stack.start(id);
    await parked(stack, id);
    await pass(13 * DAY);
    expect((await stack.client.progress(id)).stage).toBe('Parked');
    await pass(DAY + MINUTE);
    expect((await failureOf(stack, id)).type).toBe(FAILURE_TYPES.refused);
    expect((await endState(stack, id)).writes).toEqual([]);
  });

  test('is finished as it is, where Meta refused only the PIN', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'pinRetired' });
    await stack.start(id);
    await parked(stack, id);
    await pass(7 * DAY + MINUTE);
    expect(await stack.client.result(id)).toMatchObject({
      outcome: 'live',
      pin: { confirmed: false },
    });
    expect(await endState(stack, id)).toMatchObject({
      registered: true,
      pinAtMeta: 'pending',
      writes: ['register', 'setPin'],
    });
  });

  test('after the PIN was set goes on waiting, says so again, and still stores the PIN in the end', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    const mend = stack.breakStore(id, 'promote', async () => {
      throw new PinStoreRefusedError('The PIN store will not be written to.');
    });
    await stack.start(id);
    const first = await parked(stack, id);
    await pass(7 * DAY + 30 * MINUTE);
    const second = await progressWhere(
      stack,
      id,
      'the next deadline',
      ({ stage, waiting }) => stage === 'Parked' && waiting?.until !== first.waiting?.until,
    );
    expect(second.waiting?.since).toBe(first.waiting?.since);
    expect(Date.parse(second.waiting?.until ?? '')).toBe(
      Date.parse(first.waiting?.until ?? '') + 7 * DAY,
    );
    mend();
    await decide(stack, id, 'retry');
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin', 'setPin'));
  });

  test('takes none of its time from the deadline for the code', async () => {
    const { stack } = the;
    const id = stack.number();
    await stack.start(id, { codeDeadline: '1 hour' });
    const code = await codeAwaited(stack, id);
    const before = Date.parse((await stack.client.progress(id)).waiting?.until ?? '');
    stack.simulator.faults.add({
      kind: 'error',
      code: 190,
      endpoint: 'verifyCode',
      phoneNumberId: id,
      times: 1,
    });
    await stack.client.submitCode(id, code);
    await parked(stack, id);
    await pass(5 * HOUR);
    await decide(stack, id, 'retry');
    const { waiting } = await progressWhere(
      stack,
      id,
      'the wait for a code',
      ({ stage }) => stage === 'AwaitingCode',
    );
    expect(Date.parse(waiting?.until ?? '') - before).toBeGreaterThanOrEqual(5 * HOUR);
    await stack.client.cancel(id);
  });
});

describe('a PIN store that stays away after the PIN was set', () => {
  test('is tried every hour on the first day and every six hours after it, with an alert a week, so that the run can wait for months', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    const mend = stack.breakStore(id, 'promote', async () => {
      throw new PinStoreRefusedError('The PIN store will not be written to.');
    });
    await stack.start(id);
    await parked(stack, id);
    const handle = stack.temporal.workflow.getHandle(workflowIdOf(id));
    await pass(DAY + HOUR);
    const afterADay = (await eventsOf(handle)).length;
    for (let day = 2; day <= 16; day += 1) await pass(DAY);
    const { waiting } = await parked(stack, id);
    expect(Date.parse(waiting?.until ?? '')).toBeGreaterThan(await now());
    const aDay = ((await eventsOf(handle)).length - afterADay) / 15;
    expect(aDay).toBeLessThan(60); // 50,000 events last for more than two years
    // One may be left over where a try and the weekly alert fall together.
    expect((await timersOf(id)).filter((ms) => ms < 1_000).length).toBeLessThanOrEqual(2);
    mend();
    await decide(stack, id, 'retry');
    expect((await stack.client.result(id)).outcome).toBe('live');
  });
});

test('a right code that comes while the number cannot be read at the deadline is tried, and wins', async () => {
  const { stack } = the;
  const id = stack.number();
  await stack.start(id, { codeDeadline: '5 minutes' });
  const code = await codeAwaited(stack, id);
  const mend = stack.simulator.faults.add({
    kind: 'error',
    code: 80008,
    headers: { 'retry-after': '1800' },
    endpoint: 'read',
    phoneNumberId: id,
  });
  await pass(5 * MINUTE + 30_000);
  await progressWhere(stack, id, 'the rate limit', ({ problem }) => problem?.code === 80008);
  mend();
  expect(await stack.client.tryCode(id, code)).toEqual({ verdict: 'verified' });
  expect((await stack.client.result(id)).outcome).toBe('live');
});

test('register requests that meet rate limits are sent so rarely in the end that the budget lasts', async () => {
  const { stack } = the;
  const id = stack.number({ preset: 'verified' });
  stack.simulator.faults.add({
    kind: 'error',
    code: 80008,
    headers: { 'retry-after': '60' },
    endpoint: 'register',
    phoneNumberId: id,
  });
  await stack.start(id);
  for (let hour = 0; hour < 72; hour += 1) await pass(HOUR);
  expect(countOf(id, 'register')).toBeGreaterThan(8);
  expect(countOf(id, 'register')).toBeLessThanOrEqual(13);
  const { budget } = await stack.client.progress(id);
  expect(budget.register.used).toBeLessThanOrEqual(10);
  await stack.client.cancel(id);
});

describe('the display name under review (2388001)', () => {
  test('is looked at with every retry, and a declined one spends no further register', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'nameUnderReview', nameStatus: 'DECLINED' });
    await stack.start(id);
    for (let retry = 1; retry <= 3; retry += 1) {
      const { decided } = await parked(stack, id);
      await decide(stack, id, 'retry');
      await progressWhere(
        stack,
        id,
        'the next look',
        (shown) => shown.stage === 'Parked' && shown.decided?.at !== decided?.at,
      );
    }
    expect(countOf(id, 'register')).toBe(1);
    await stack.client.cancel(id);
  });

  test('is looked at every hour; the number is registered once more when it is approved', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'nameUnderReview' });
    await stack.start(id);
    const { stage, waiting } = await progressWhere(
      stack,
      id,
      'the wait for the review',
      (shown) => shown.waiting !== undefined,
    );
    expect(stage).toBe('Registering');
    expect(waiting?.for).toMatch(/review of the display name/);
    await pass(5 * HOUR + MINUTE);
    expect(writesTo(stack.simulator, id)).toEqual(['register']);
    stack.simulator.update(id, { nameStatus: 'APPROVED' });
    await pass(HOUR);
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'register', 'setPin'));
  });

  test('that Meta declines parks the run; retry looks again', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'nameUnderReview' });
    await stack.start(id);
    await progressWhere(stack, id, 'the wait', (shown) => shown.waiting !== undefined);
    stack.simulator.update(id, { nameStatus: 'DECLINED' });
    await decide(stack, id, 'retry');
    expect((await parked(stack, id)).waiting?.cure).toMatch(/another display name/);
    stack.simulator.update(id, { nameStatus: 'APPROVED' });
    await decide(stack, id, 'retry');
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(countOf(id, 'register')).toBe(2);
  });
});

describe('a registered number that is not connected', () => {
  test('is watched for 15 minutes, and live when Meta connects it meanwhile', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified', connectsAfterMs: 5 * MINUTE });
    await stack.start(id);
    await progressWhere(stack, id, 'the watch', ({ waiting }) =>
      Boolean(waiting?.for.includes('connect')),
    );
    await pass(8 * MINUTE);
    expect(await stack.client.result(id)).toMatchObject({ outcome: 'live', missing: [] });
  });

  test('and stays so ends as registered after 15 minutes, with what is missing', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified', connectsAfterMs: 2 * HOUR });
    await stack.start(id);
    await progressWhere(stack, id, 'the watch', (shown) => shown.waiting !== undefined);
    const since = await now();
    await pass(15 * MINUTE + MINUTE);
    expect(await stack.client.result(id)).toMatchObject({
      outcome: 'registered',
      missing: [expect.stringMatching(/not connected the number yet/)],
    });
    expect((await now()) - since).toBeLessThan(HOUR);
  });
});

describe('PIN guesses that Meta slows down (133008, 133009)', () => {
  test.each([133008, 133009])(
    'are made again when the time Meta names is over (%i)',
    async (code) => {
      const { stack } = the;
      const id = stack.number({ preset: 'former' });
      await stack.pinStore.provide(id, new Secret(SOMEBODYS_PIN));
      stack.simulator.faults.add({
        kind: 'error',
        code,
        details: 'Please try again in 3 hours.',
        endpoint: 'register',
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
      expect(waiting?.for).toMatch(/try the PIN again/);
      await pass(2 * HOUR + 50 * MINUTE);
      expect(countOf(id, 'register')).toBe(1);
      await pass(20 * MINUTE);
      expect((await stack.client.result(id)).outcome).toBe('live');
      expect(countOf(id, 'register')).toBe(2);
    },
  );
});

describe('the budget', () => {
  test('that Meta calls exceeded (133016) is waited for 72 hours, shown with the time, and then used', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    stack.simulator.faults.add({
      kind: 'error',
      code: 133016,
      endpoint: 'register',
      phoneNumberId: id,
      times: 1,
    });
    await stack.start(id);
    const { waiting, budget } = await progressWhere(
      stack,
      id,
      'the wait',
      (shown) => shown.waiting !== undefined,
    );
    const allowedAt = Date.parse(budget.register.nextAt ?? '');
    expect(Math.abs(allowedAt - ((await now()) + 72 * HOUR))).toBeLessThan(MINUTE);
    expect(Math.abs(Date.parse(waiting?.until ?? '') - allowedAt)).toBeLessThan(MINUTE);
    await pass(71 * HOUR);
    expect(countOf(id, 'register')).toBe(1);
    await pass(HOUR + MINUTE);
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'register', 'setPin'));
  });

  test('that somebody else keeps spending parks the run after the fourth refusal', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified', refusals: { register: { code: 133016 } } });
    await stack.start(id);
    for (const sent of [1, 2, 3]) {
      await until('the register', () => countOf(id, 'register') === sent);
      await progressWhere(stack, id, 'the wait', (shown) => shown.waiting !== undefined);
      await pass(72 * HOUR + MINUTE);
    }
    expect((await parked(stack, id)).problem).toMatchObject({ code: 133016 });
    await stack.client.cancel(id);
  });
});

test('a number that somebody else registers during the wait is adopted at the next read', async () => {
  const { stack } = the;
  const id = stack.number();
  await stack.start(id);
  const code = await codeAwaited(stack, id);
  stack.simulator.update(id, { verification: 'VERIFIED', registered: true });
  await stack.client.submitCode(id, wrongCode(code));
  expect((await stack.client.result(id)).outcome).toBe('live');
  expect(await endState(stack, id)).toMatchObject({
    pinAtMeta: 'current',
    writes: ['requestCode', 'verifyCode', 'setPin'],
  });
});

test('a number that somebody gives a PIN during the wait for the code is parked, not failed', async () => {
  const { stack } = the;
  const id = stack.number();
  await stack.start(id);
  const code = await codeAwaited(stack, id);
  stack.simulator.update(id, { pin: SOMEBODYS_PIN });
  await stack.client.submitCode(id, code);
  expect((await parked(stack, id)).problem).toMatchObject({ code: 133005 });
  await stack.pinStore.provide(id, new Secret(SOMEBODYS_PIN));
  await decide(stack, id, 'retry');
  expect((await stack.client.result(id)).outcome).toBe('live');
  expect(await endState(stack, id)).toMatchObject({ pinAtMeta: 'current' });
});
