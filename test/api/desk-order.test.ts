import { expect, test } from 'vitest';
import { comparePlaces, placeOf } from '../../client/api/desk-order.js';
import type { Onboarding } from '../../client/api/schemas.js';
import { at, codeSentAt, onboarding, waitingSince } from './desk-scene.js';

const sorted = (onboardings: Onboarding[]) =>
  [...onboardings]
    .sort((a, b) => comparePlaces(placeOf(a), placeOf(b)))
    .map(({ phoneNumberId }) => phoneNumberId);

test('the oldest code comes first, then agents awaited, then parked ones by their wait, then the rest by their start', () => {
  const list: Onboarding[] = [
    onboarding({ phoneNumberId: 'preparing', stage: 'Preparing', startedAt: at(-500) }),
    onboarding({ phoneNumberId: 'parked short', stage: 'Parked', waiting: waitingSince(-10) }),
    onboarding({ phoneNumberId: 'parked long', stage: 'Parked', waiting: waitingSince(-900) }),
    onboarding({
      phoneNumberId: 'agent wanted',
      stage: 'AwaitingAgent',
      waiting: waitingSince(-5),
    }),
    onboarding({ phoneNumberId: 'new code', stage: 'AwaitingCode', code: codeSentAt(-20) }),
    onboarding({ phoneNumberId: 'old code', stage: 'AwaitingCode', code: codeSentAt(-400) }),
    onboarding({ phoneNumberId: 'no stage', startedAt: at(-600) }),
  ];
  const wanted = [
    'old code',
    'new code',
    'agent wanted',
    'parked long',
    'parked short',
    'no stage',
    'preparing',
  ];
  expect(sorted(list)).toEqual(wanted);
  expect(sorted(list.reverse())).toEqual(wanted);
});

test('a code that was sent anew makes room for older ones, however long its number has waited', () => {
  const list = [
    onboarding({
      phoneNumberId: 'resent',
      stage: 'AwaitingCode',
      waiting: waitingSince(-9_000),
      code: codeSentAt(-1),
    }),
    onboarding({ phoneNumberId: 'older', stage: 'AwaitingCode', code: codeSentAt(-2) }),
  ];
  expect(sorted(list)).toEqual(['older', 'resent']);
});

test('instants compare as instants, whatever their fractions look like', () => {
  const list = [
    onboarding({ phoneNumberId: 'b', startedAt: '2026-11-23T12:00:00.500Z' }),
    onboarding({ phoneNumberId: 'a', startedAt: '2026-11-23T12:00:00Z' }),
  ];
  expect(sorted(list)).toEqual(['a', 'b']);
});

test('equal instants are ordered by the number, so that the order is one', () => {
  const list = ['3', '1', '2'].map((phoneNumberId) => onboarding({ phoneNumberId }));
  expect(sorted(list)).toEqual(['1', '2', '3']);
});
