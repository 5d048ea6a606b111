import { describe, expect, test } from 'vitest';
import { type PresetName, SOMEBODYS_PIN } from '../../simulator/simulator.js';
import { HOUR, ID, MINUTE, numberOf } from './graph-calls.js';

test('a number goes from fresh to live in the order that Meta wants, and in no other', async () => {
  const { simulator, register, requestCode, verifyCode, setPin, code } = await numberOf();
  expect((await register()).error).toBe('133006');
  expect((await setPin({ pin: '012345' })).error).toBe('133010');
  expect((await requestCode()).body).toEqual({ success: true });
  expect((await verifyCode(code())).body).toEqual({ success: true });
  expect((await requestCode()).error).toBe('136024');
  expect((await register('012345')).body).toEqual({ success: true });
  expect((await setPin({ pin: '000123' })).body).toEqual({ success: true });
  expect(simulator.number(ID)).toMatchObject({
    verified: true,
    registered: true,
    twoStepOn: true,
    pin: '000123',
    status: 'CONNECTED',
    platform: 'CLOUD_API',
    registeredBy: ['this app'],
  });
});

describe('register', () => {
  const refusedFor: [PresetName, string][] = [
    ['fresh', '133006'],
    ['expiredVerification', '133006'],
    ['former', '133005'],
    ['live', '133005'],
    ['businessApp', '100'],
    ['appNumber', '100'],
    ['banned', '131031'],
    ['deleted', '100/33'],
    ['migrated', '100/2388012'],
    ['onPremise', '100/2388103'],
    ['nameUnderReview', '100/2388001'],
    ['deregistrationIncomplete', '133000'],
  ];
  test.each(refusedFor)(
    'of a number that is %s is answered with %s and changes nothing',
    async (preset, error) => {
      const { simulator, register } = await numberOf({ preset });
      const before = simulator.number(ID);
      expect((await register('123456')).error).toBe(error);
      expect(simulator.number(ID)).toMatchObject({
        registered: before.registered,
        pin: before.pin,
        registersCounted: 1,
      });
    },
  );

  const accepted: PresetName[] = ['verified', 'liveWithout2sv', 'test', 'pinRetired', 'unlinked'];
  test.each(accepted)('of a number that is %s sets the PIN, as 2SV is off', async (preset) => {
    const { simulator, register } = await numberOf({ preset });
    expect((await register('000042')).status).toBe(200);
    expect(simulator.number(ID)).toMatchObject({ registered: true, pin: '000042' });
  });

  test.each<PresetName>(['former', 'live', 'flagged', 'expiredButLive'])(
    'of a number that is %s works with the PIN it has',
    async (preset) => {
      const { register } = await numberOf({ preset });
      expect((await register(SOMEBODYS_PIN)).status).toBe(200);
    },
  );

  test('of a number that several partners registered succeeds without resetting the PIN, and says so', async () => {
    const { simulator, register, deregister } = await numberOf({ preset: 'shared' });
    expect((await register('123456')).body).toEqual({
      success: true,
      message: expect.stringContaining('PIN not reset'),
    });
    expect(simulator.number(ID)).toMatchObject({
      pin: SOMEBODYS_PIN,
      registeredBy: ['another partner', 'this app'],
    });
    await deregister();
    expect(simulator.number(ID)).toMatchObject({ registered: false, registeredBy: [] });
  });

  test('of an expired number can be made to work', async () => {
    const { register } = await numberOf({
      preset: 'expiredVerification',
      expiredStillRegisters: true,
    });
    expect((await register()).status).toBe(200);
  });

  test('works once the display name is approved', async () => {
    const { simulator, register } = await numberOf({ preset: 'nameUnderReview' });
    expect((await register()).body).toMatchObject({
      error: { error_user_msg: expect.any(String) },
    });
    simulator.update(ID, { nameStatus: 'APPROVED' });
    expect((await register()).status).toBe(200);
  });

  test('answers 133015 until a deletion is finished', async () => {
    const now = Date.now();
    const { simulator, register } = await numberOf({
      preset: 'verified',
      deletionEndsAt: now + 5 * MINUTE,
    });
    expect((await register()).error).toBe('133015');
    simulator.clock.advance(5 * MINUTE);
    expect((await register()).status).toBe(200);
  });

  test('answers 133000 until an incomplete deregistration was repeated', async () => {
    const { register, deregister } = await numberOf({ preset: 'deregistrationIncomplete' });
    expect((await register()).error).toBe('133000');
    expect((await deregister()).status).toBe(200);
    expect((await register()).status).toBe(200);
  });

  test('leaves the status PENDING for as long as the seed says', async () => {
    const { simulator, register } = await numberOf({
      preset: 'verified',
      connectsAfterMs: 2 * MINUTE,
    });
    await register();
    expect(simulator.number(ID)).toMatchObject({ status: 'PENDING', platform: 'CLOUD_API' });
    simulator.clock.advance(2 * MINUTE);
    expect(simulator.number(ID).status).toBe('CONNECTED');
  });

  test.each([['12345'], ['1234567'], [123456], ['12345a'], [undefined], ['１２３４５６']])(
    'refuses %j as a PIN with code 100',
    async (pin) => {
      const { simulator, register } = await numberOf({ preset: 'verified' });
      expect((await register(pin ?? null)).error).toBe('100');
      expect(simulator.number(ID).registered).toBe(false);
    },
  );
});

describe('deregister', () => {
  test('leaves 2SV and the verification as they are', async () => {
    const { simulator, deregister } = await numberOf({ preset: 'live' });
    expect((await deregister()).body).toEqual({ success: true });
    expect(simulator.number(ID)).toMatchObject({
      registered: false,
      verified: true,
      pin: SOMEBODYS_PIN,
      platform: 'NOT_APPLICABLE',
    });
  });

  test.each<[PresetName, string]>([
    ['verified', '100/2207051'],
    ['former', '100/2207051'],
    ['businessApp', '100'],
    ['banned', '131031'],
  ])('of a number that is %s is answered with %s', async (preset, error) => {
    const { deregister } = await numberOf({ preset });
    expect((await deregister()).error).toBe(error);
  });
});

describe('the budget', () => {
  test('counts failed registers, refuses the 11th with 133016 and then everything for 72 hours', async () => {
    const { simulator, register } = await numberOf();
    for (let request = 1; request <= 10; request++) expect((await register()).error).toBe('133006');
    simulator.clock.advance(71 * HOUR);
    expect((await register()).error).toBe('133016');
    simulator.update(ID, { verification: 'VERIFIED' });
    simulator.clock.advance(72 * HOUR - MINUTE);
    expect((await register()).error).toBe('133016');
    simulator.clock.advance(MINUTE + 1);
    expect((await register()).status).toBe(200);
  });

  test('moves with time: a request made 72 hours ago counts no more', async () => {
    const { simulator, register } = await numberOf({ preset: 'verified' });
    await register();
    simulator.clock.advance(36 * HOUR);
    for (let request = 2; request <= 10; request++) await register();
    expect(simulator.number(ID).registersCounted).toBe(10);
    simulator.clock.advance(36 * HOUR);
    expect(simulator.number(ID).registersCounted).toBe(9);
    expect((await register()).status).toBe(200);
    expect((await register()).error).toBe('133016');
  });

  test('counts deregisters apart from registers', async () => {
    const { register, deregister } = await numberOf({ preset: 'verified' });
    for (let request = 1; request <= 10; request++) {
      expect((await deregister()).error).toBe('100/2207051');
    }
    expect((await deregister()).error).toBe('133016');
    expect((await register()).status).toBe(200);
  });
});
