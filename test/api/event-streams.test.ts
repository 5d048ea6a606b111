/** Streams whose listeners read nothing, on responses without a connection. */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Caller } from '../../client/api/caller.js';
import { closeWith, createEventStreams } from '../../client/api/event-streams.js';
import { DEFAULT_LIMITS } from '../../client/api/limits.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const MINUTE_MS = 60_000;

function streamsOfOne() {
  const streams = createEventStreams(
    { ...DEFAULT_LIMITS, streamsPerCaller: 1 },
    () => new Date(),
    (error) => {
      throw error;
    },
  );
  const open = (size: number) => {
    const caller: Caller = {
      ...{ name: 'ana', scopes: new Set() },
      expiresAt: new Date(Date.now() + MINUTE_MS),
    };
    const stream = streams.open(caller, async function* (signal) {
      yield { event: 'gone', data: 'x'.repeat(size) };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    // It keeps what is written to it, for a connection that never comes.
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    closeWith(stream, response);
    stream.pipe(response);
    return { response };
  };
  return { open };
}

test.each([
  ['more than fits', 1_000_000],
  ['little, all of which the response has taken', 10],
])(
  'a stream that has ended counts until it is cut off seconds later, where its listener has not read %s',
  async (_, size) => {
    const { open } = streamsOfOne();
    const { response } = open(size);
    await vi.advanceTimersByTimeAsync(MINUTE_MS + 1);
    expect(response.destroyed).toBe(false);
    expect(() => open(size)).toThrow('close some');
    await vi.advanceTimersByTimeAsync(3_000);
    expect(response.destroyed).toBe(true);
    expect(() => open(size)).not.toThrow();
  },
);

test('a stream whose response has closed counts no longer', async () => {
  const { open } = streamsOfOne();
  const { response } = open(10);
  await vi.advanceTimersByTimeAsync(1);
  response.emit('close');
  await vi.advanceTimersByTimeAsync(1);
  expect(() => open(10)).not.toThrow();
});
