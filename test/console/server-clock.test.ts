import { expect, test } from 'vitest';
import { createServerClock } from '../../client/console/server-clock.js';

const MACHINE = Date.parse('2026-11-24T12:00:00.200Z');

test('a machine whose clock is right keeps its own time', () => {
  const clock = createServerClock(() => MACHINE);
  clock.observe('Tue, 24 Nov 2026 12:00:00 GMT');
  expect(clock.now()).toBe(MACHINE);
});

test('a machine that is minutes off counts as the server does, to the second', () => {
  const clock = createServerClock(() => MACHINE);
  clock.observe('Tue, 24 Nov 2026 12:07:30 GMT');
  expect(Math.abs(clock.now() - Date.parse('2026-11-24T12:07:30.500Z'))).toBeLessThan(1_000);
});

test('the cut of the header to seconds does not make the time jump about', () => {
  const clock = createServerClock(() => MACHINE);
  clock.observe('Tue, 24 Nov 2026 12:07:30 GMT');
  const before = clock.now();
  clock.observe('Tue, 24 Nov 2026 12:07:31 GMT');
  expect(clock.now()).toBe(before);
});

test('a machine whose clock is put right is believed again', () => {
  let machine = MACHINE;
  const clock = createServerClock(() => machine);
  clock.observe('Tue, 24 Nov 2026 12:07:30 GMT');
  machine = Date.parse('2026-11-24T12:08:00.000Z');
  clock.observe('Tue, 24 Nov 2026 12:08:00 GMT');
  expect(clock.now()).toBe(machine);
});

test.each([null, 'nonsense'])('an answer with the date %j changes nothing', (header) => {
  const clock = createServerClock(() => MACHINE);
  clock.observe(header);
  expect(clock.now()).toBe(MACHINE);
});
