import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPoll } from '../../client/api/desk-poll.js';
import { NOON } from './desk-scene.js';

beforeEach(() => {
  vi.useFakeTimers({ now: NOON, toFake: ['Date', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function counting(takesMs = 0, succeeds = true) {
  let calls = 0;
  let wanted = true;
  const poll = createPoll(
    async () => {
      calls += 1;
      if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
      return succeeds;
    },
    { everyMs: 3_000, wanted: () => wanted, now: Date.now },
  );
  return {
    poll,
    calls: () => calls,
    want: (yes: boolean) => {
      wanted = yes;
    },
  };
}

test('calls come in their interval, whoever else asks for one in between', async () => {
  const { poll, calls } = counting(500);
  await Promise.all([poll.now(), poll.now(), vi.advanceTimersByTimeAsync(500)]);
  expect(calls()).toBe(1);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(calls()).toBe(11);
  expect(poll.intervalMs()).toBe(3_000);
});

test('a long call is followed by a rest of three times its length', async () => {
  const { poll, calls } = counting(4_000);
  poll.wake();
  await vi.advanceTimersByTimeAsync(159_999);
  expect(calls()).toBe(10);
  expect(poll.intervalMs()).toBe(16_000);
});

test('a long call that failed is followed by no longer a rest than others', async () => {
  const { poll, calls } = counting(10_000, false);
  poll.wake();
  await vi.advanceTimersByTimeAsync(10_000 + 3 * 13_000 - 1);
  expect(calls()).toBe(4);
  expect(poll.intervalMs()).toBe(3_000);
});

test('a clock that is set back holds nothing up', async () => {
  const { poll, calls, want } = counting();
  await poll.now();
  want(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(calls()).toBe(1);
  vi.setSystemTime(NOON - 3_600_000);
  want(true);
  poll.wake();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(calls()).toBe(2);
});

test('no call is made once it is stopped, and stopping waits for the one under way', async () => {
  const { poll, calls } = counting(1_000);
  void poll.now();
  const stopped = poll.stop().then(() => Date.now());
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await stopped).toBe(NOON + 1_000);
  await poll.now();
  expect(calls()).toBe(1);
});
