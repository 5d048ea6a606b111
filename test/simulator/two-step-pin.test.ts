import { expect, test } from 'vitest';
import { SOMEBODYS_PIN } from '../../simulator/simulator.js';
import { HOUR, ID, MINUTE, numberOf } from './graph-calls.js';

test('a registered number takes a new PIN without being told the old one', async () => {
  const { simulator, setPin, register } = await numberOf({ preset: 'live' });
  expect((await setPin({ pin: '000777' })).body).toEqual({ success: true });
  expect(simulator.number(ID).pin).toBe('000777');
  expect((await register('000777')).status).toBe(200);
});

test.each([
  ['a number that is not registered', 'verified', { pin: '123456' }, '133010'],
  ['a number whose PIN Meta retired', 'pinRetired', { pin: '123456' }, '133010'],
  ['a PIN that is too short', 'live', { pin: '12345' }, '100'],
  ['a PIN that is a number', 'live', { pin: 123456 }, '100'],
  ['anything beside the PIN', 'live', { pin: '123456', search_visibility: 'VISIBLE' }, '100'],
  ['nothing', 'live', {}, '100'],
] as const)('set PIN with %s is refused', async (_, preset, body, error) => {
  const { simulator, setPin } = await numberOf({ preset });
  const before = simulator.number(ID).pin;
  expect((await setPin(body)).error).toBe(error);
  expect(simulator.number(ID).pin).toBe(before);
});

test('a number whose PIN Meta retired registers and then refuses set PIN', async () => {
  const { register, setPin } = await numberOf({ preset: 'pinRetired' });
  expect((await register()).status).toBe(200);
  const refusal = await setPin({ pin: '123456' });
  expect(refusal.body).toMatchObject({
    error: { code: 100, error_data: { details: expect.any(String) } },
  });
});

test('wrong PINs in quick succession earn 133009 with the wait in the details, the right PIN included', async () => {
  const { simulator, register } = await numberOf({ preset: 'former' });
  for (let guess = 1; guess <= 4; guess++) expect((await register('111111')).error).toBe('133005');
  const tooFast = await register(SOMEBODYS_PIN);
  expect(tooFast.body).toMatchObject({
    error: { code: 133009, error_data: { details: expect.stringMatching(/ [0-9]+ seconds/) } },
  });
  simulator.clock.advance(MINUTE);
  expect((await register(SOMEBODYS_PIN)).status).toBe(200);
});

test('too many wrong PINs earn 133008 for an hour', async () => {
  const { simulator, register } = await numberOf({ preset: 'former' });
  for (let guess = 1; guess <= 6; guess++) {
    expect((await register('111111')).error).toBe('133005');
    simulator.clock.advance(guess < 6 ? 2 * MINUTE : 0);
  }
  expect((await register(SOMEBODYS_PIN)).error).toBe('133008');
  simulator.clock.advance(HOUR);
  expect((await register(SOMEBODYS_PIN)).status).toBe(200);
});

test('the log tells which requests gave the number another PIN, and never which', async () => {
  const { simulator, register, setPin } = await numberOf({ preset: 'verified' });
  await register('123456');
  await setPin({ pin: '123456' });
  await setPin({ pin: '654321' });
  await setPin({ pin: '12345' });
  simulator.faults.add({ kind: 'executedReset', times: 1 });
  await setPin({ pin: '111222' }).catch(() => undefined);
  expect(simulator.requests.map(({ newPin }) => newPin)).toEqual([
    true,
    undefined,
    true,
    undefined,
    true,
  ]);
  expect(JSON.stringify(simulator.requests)).not.toMatch(/123456|654321|111222/);
});

test('2SV turned off in WhatsApp Manager lets any PIN in', async () => {
  const { simulator, register } = await numberOf({ preset: 'former' });
  expect((await register('123456')).error).toBe('133005');
  simulator.update(ID, { pin: undefined });
  expect((await register('123456')).status).toBe(200);
});
