import { describe, expect, test } from 'vitest';
import { Secret } from '../../activities/secret.js';
import { type PresetName, SOMEBODYS_PIN } from '../../simulator/simulator.js';
import { instantText } from '../../workflows/instant-text.js';
import { FAILURE_TYPES } from '../../workflows/messages.js';
import { cancelParked, endState, failureOf, hold, liveAfter } from './end-state.js';
import { startRaw, UNDECODABLE } from './raw-messages.js';
import { codeAwaited, type Stack, stackForFile, stepStates } from './stack.js';

const the = stackForFile();

const KNOWN_PIN = '048213';
const known = () => new Secret(KNOWN_PIN);

/** Puts a PIN into the store as an earlier run would have left it. */
async function stored(state: 'pending' | 'current', phoneNumberId: string): Promise<string> {
  const { version } = await the.stack.pinStore.stage(phoneNumberId, {}, known);
  if (state === 'current') await the.stack.pinStore.promote(phoneNumberId, version);
  return version;
}

async function submitTheCode(stack: Stack, id: string): Promise<void> {
  await stack.client.submitCode(id, await codeAwaited(stack, id));
}

describe.concurrent('a number that must not be touched is refused, and nothing is written or staged', () => {
  const refusals: [PresetName, RegExp][] = [
    ['businessApp', /WhatsApp Business app.*remove it from the app/],
    ['test', /test numbers.*number of your own/],
    ['banned', /banned.*Appeal/],
    ['deleted', /deleted.*new phone number id/],
    ['migrated', /moved to another.*phone number id it has there/],
    ['onPremise', /On-Premises.*migration guide/],
    ['live', /somebody else may run it.*takeOver/],
    ['liveWithout2sv', /somebody else may run it.*takeOver/],
    ['shared', /somebody else may run it.*takeOver/],
    ['flagged', /somebody else may run it.*takeOver/],
    ['expiredButLive', /somebody else may run it.*takeOver/],
  ];
  test.each(refusals)('%s', async (preset, cure) => {
    const { stack } = the;
    const id = stack.number({ preset });
    const before = stack.simulator.number(id);
    await stack.start(id);
    const failure = await failureOf(stack, id);
    expect(failure.type).toBe(FAILURE_TYPES.refused);
    expect(failure.message).toMatch(cure);
    expect(failure.details).toMatchObject({ undone: [], notUndone: [] });
    expect(stack.simulator.number(id)).toEqual(before);
    expect(await endState(stack, id)).toMatchObject({ stored: [], writes: [] });
    expect((await stack.client.progress(id)).stage).toBe('Failed');
  });
});

describe.concurrent('a registered number', () => {
  test('whose PIN is pending is rolled forward: that PIN is set and becomes the current one', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'live' });
    const version = await stored('pending', id);
    await stack.start(id);
    const result = await stack.client.result(id);
    expect(result).toMatchObject({ outcome: 'live', changed: true });
    expect(result.pin).toMatchObject({ version, confirmed: true });
    expect(await endState(stack, id)).toEqual(liveAfter('setPin'));
    expect(stack.simulator.number(id).pin).toBe(KNOWN_PIN);
    expect(stepStates(result)).toEqual({
      register: 'skipped',
      requestCode: 'skipped',
      awaitCode: 'skipped',
      verifyCode: 'skipped',
      setTwoStepPin: 'done',
      storePin: 'done',
    });
  });

  test('whose PIN is current needs nothing: nothing changes, and the result says since when the PIN is known', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'live', pin: KNOWN_PIN });
    const version = await stored('current', id);
    const since = (await stack.pinStore.read(id, 'current')).lastRotated ?? '';
    const before = stack.simulator.number(id);
    await stack.start(id);
    const result = await stack.client.result(id);
    expect(result).toMatchObject({
      outcome: 'live',
      changed: false,
      pin: { version, confirmed: false, since },
    });
    expect(result.summary).toContain(`since ${instantText(Date.parse(since))}`);
    expect(new Set(Object.values(stepStates(result)))).toEqual(new Set(['skipped']));
    expect(stack.simulator.number(id)).toEqual(before);
    expect(await endState(stack, id)).toEqual(liveAfter());
  });

  test('that reads EXPIRED and whose PIN is current needs nothing either', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'expiredButLive', pin: KNOWN_PIN });
    await stored('current', id);
    await stack.start(id);
    expect(await stack.client.result(id)).toMatchObject({ outcome: 'live', changed: false });
    expect(await endState(stack, id)).toEqual({ ...liveAfter(), verified: false });
  });

  test.each([
    ['flagged', /flagged the number for low quality/],
    ['restricted', /restricts what the number may send/],
  ] as const)('that is %s ends as registered, with what is missing', async (preset, missing) => {
    const { stack } = the;
    const id = stack.number({ preset, pin: KNOWN_PIN });
    await stored('current', id);
    await stack.start(id);
    const result = await stack.client.result(id);
    expect(result).toMatchObject({ outcome: 'registered', changed: false });
    expect(result.missing.join()).toMatch(missing);
    expect(await endState(stack, id)).toEqual(liveAfter());
  });

  test('that is flagged and rolled forward ends as registered, with what is missing', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'flagged' });
    await stored('pending', id);
    await stack.start(id);
    const result = await stack.client.result(id);
    expect(result).toMatchObject({ outcome: 'registered', changed: true });
    expect(result.summary).toMatch(/not live yet: .*low quality/);
    expect(await endState(stack, id)).toEqual(liveAfter('setPin'));
  });

  test.each(['live', 'liveWithout2sv', 'shared'] as const)(
    'of somebody else (%s) is taken over only when the start says so: its PIN is changed, nothing else',
    async (preset) => {
      const { stack } = the;
      const id = stack.number({ preset });
      await stack.start(id, { takeOver: true });
      const result = await stack.client.result(id);
      expect(result).toMatchObject({ outcome: 'live', pin: { confirmed: true } });
      expect(await endState(stack, id)).toEqual(liveAfter('setPin'));
      expect(stack.simulator.number(id).pin).not.toBe(SOMEBODYS_PIN);
    },
  );
});

describe.concurrent('a verified number that is not registered', () => {
  test('is registered without a code', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    await stack.start(id);
    const result = await stack.client.result(id);
    expect(result.outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
    expect(result.steps.find(({ name }) => name === 'requestCode')).toMatchObject({
      state: 'skipped',
      reason: expect.stringContaining('verified already'),
    });
  });

  test('is registered with the current PIN where the store has one, which stays the current one', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'former', pin: KNOWN_PIN });
    const version = await stored('current', id);
    await stack.start(id);
    expect((await stack.client.result(id)).pin.version).toBe(version);
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
  });

  test('is registered with the PIN of its former holder where an operator gave it', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'former' });
    await stack.pinStore.provide(id, new Secret(SOMEBODYS_PIN));
    await stack.start(id);
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toMatchObject({
      registered: true,
      pinAtMeta: 'current',
      writes: ['register', 'setPin'],
    });
    expect(stack.simulator.number(id).pin).toBe(SOMEBODYS_PIN);
  });

  test('that several partners share, and whose state Meta does not show, is registered without a new PIN until set 2SV sets it', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'shared', hiddenFields: ['status', 'platform_type'] });
    await stack.start(id);
    const result = await stack.client.result(id);
    expect(result.steps[0]).toMatchObject({
      name: 'register',
      state: 'done',
      reason: expect.stringContaining('PIN not reset'),
    });
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
    expect(stack.simulator.number(id).registeredBy).toContain('another partner');
  });
});

describe.concurrent('a number that is not verified', () => {
  test.each(['NOT_VERIFIED', 'UNVERIFIED'])(
    'and reads %s gets a code first; register waits for it and is shown as deferred',
    async (verification) => {
      const { stack } = the;
      const id = stack.number({ verification });
      await stack.start(id);
      const code = await codeAwaited(stack, id);
      expect(stepStates(await stack.client.progress(id))).toMatchObject({
        register: 'deferred',
        requestCode: 'done',
        awaitCode: 'running',
      });
      await stack.client.submitCode(id, code);
      const result = await stack.client.result(id);
      expect(result).toMatchObject({ outcome: 'live', changed: true, missing: [] });
      expect(await endState(stack, id)).toEqual(
        liveAfter('requestCode', 'verifyCode', 'register', 'setPin'),
      );
    },
  );

  test('and that belongs to the WhatsApp app fails with Meta’s words after one request', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'appNumber' });
    await stack.start(id);
    const failure = await failureOf(stack, id);
    expect(failure.message).toMatch(/registered with the WhatsApp app. Delete that account first/);
    expect(await endState(stack, id)).toMatchObject({
      registered: false,
      stored: ['pending'],
      writes: ['requestCode'],
    });
  });
});

describe.concurrent('a number whose verification Meta tells in no known word', () => {
  test('EXPIRED, and good enough to register: it is registered, and the code steps are skipped', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'expiredVerification', expiredStillRegisters: true });
    await stack.start(id);
    const result = await stack.client.result(id);
    expect(stepStates(result)).toMatchObject({ register: 'done', requestCode: 'skipped' });
    expect(await endState(stack, id)).toEqual({
      ...liveAfter('register', 'setPin'),
      verified: false,
    });
  });

  test.each(['EXPIRED', 'A_VALUE_OF_TOMORROW'])(
    '%s, and refused: register is deferred until the code is verified',
    async (verification) => {
      const { stack } = the;
      const id = stack.number({ verification });
      await stack.start(id);
      await codeAwaited(stack, id);
      expect(stepStates(await stack.client.progress(id)).register).toBe('deferred');
      await submitTheCode(stack, id);
      expect((await stack.client.result(id)).outcome).toBe('live');
      expect(await endState(stack, id)).toEqual(
        liveAfter('register', 'requestCode', 'verifyCode', 'register', 'setPin'),
      );
    },
  );

  test('absent, while the number is verified: register is accepted, and no code is asked for', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified', hiddenFields: ['code_verification_status'] });
    await stack.start(id);
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
  });

  test('and that is verified by somebody else while a code is asked for is registered without one', async () => {
    const { stack } = the;
    const id = stack.number({ verification: 'EXPIRED' });
    const request = hold(stack.simulator, id, 'requestCode');
    await stack.start(id);
    await request.reached();
    stack.simulator.update(id, { verification: 'VERIFIED' });
    request.release();
    const result = await stack.client.result(id);
    expect(stepStates(result)).toMatchObject({ requestCode: 'skipped', verifyCode: 'skipped' });
    expect(await endState(stack, id)).toEqual(
      liveAfter('register', 'requestCode', 'register', 'setPin'),
    );
  });

  test('and that Meta calls unverified a second time, after the code was accepted, is parked instead of going round in circles', async () => {
    const { stack } = the;
    const id = stack.number({ refusals: { register: { code: 133006 } } });
    await stack.start(id);
    await submitTheCode(stack, id);
    const { problem, undone, notUndone } = await cancelParked(stack, id);
    expect(problem).toBeUndefined();
    expect(undone).toEqual([]);
    expect(notUndone).toContain('The number stays verified.');
    expect(await endState(stack, id)).toMatchObject({ registered: false, stored: ['pending'] });
  });
});

test('a run that is handed unusable input ends with one sentence and touches nothing', async () => {
  const { stack } = the;
  const handle = await stack.temporal.workflow.start('onboardNumber', {
    workflowId: `whatsapp-number-${stack.taskQueue}`,
    taskQueue: stack.taskQueue,
    args: [{ phoneNumberId: 106540352242922 }],
  });
  await expect(handle.result()).rejects.toMatchObject({
    cause: { type: FAILURE_TYPES.invalidInput, message: expect.stringMatching(/string of digits/) },
  });
});

test.each(Object.entries(UNDECODABLE))(
  'a run whose input is %s ends with one sentence, and the number can be started again',
  async (_, payload) => {
    const { stack } = the;
    const id = stack.number({ preset: 'live' });
    await startRaw(stack, id, payload);
    await expect(stack.client.result(id)).rejects.toMatchObject({
      failureType: FAILURE_TYPES.invalidInput,
    });
    await stack.start(id);
    expect((await failureOf(stack, id)).type).toBe(FAILURE_TYPES.refused);
  },
);
