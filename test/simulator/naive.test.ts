import { expect, test } from 'vitest';
import { call, callsOn, ID, simulatorWith } from './graph-calls.js';

test('a naive simulator lets everything succeed, in any order, on any number', async () => {
  const simulator = await simulatorWith({ mode: 'naive' });
  const { register, deregister, requestCode, verifyCode, setPin } = callsOn(simulator);
  const replies = [
    await setPin({ pin: '123456' }),
    await deregister(),
    await verifyCode('000000'),
    await requestCode(),
    ...(await Promise.all(Array.from({ length: 12 }, () => register('654321')))),
  ];
  expect(replies.map(({ body }) => body)).toEqual(replies.map(() => ({ success: true })));
  expect(simulator.number(ID)).toMatchObject({ registered: true, pin: '654321' });
  expect(simulator.codes(ID)).toHaveLength(1);
});

test('a naive simulator shows nothing that tells the state of a number', async () => {
  const simulator = await simulatorWith({ mode: 'naive' });
  const { body } = await callsOn(simulator).read(
    'id,status,platform_type,code_verification_status,nonsense',
  );
  expect(Object.keys(body).sort()).toEqual([
    'display_phone_number',
    'id',
    'quality_rating',
    'verified_name',
  ]);
});

test('a naive simulator still wants its token', async () => {
  const simulator = await simulatorWith({ mode: 'naive' });
  const reply = await call(simulator, `/${ID}`, { headers: { authorization: 'Bearer wrong' } });
  expect(reply.status).toBe(401);
});
