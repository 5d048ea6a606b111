import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { followEvents, type StreamState } from '../../client/console/event-stream.js';

/** A server whose streams the test holds in its hands. */
function server() {
  const streams: ReadableStreamDefaultController<Uint8Array>[] = [];
  const signals: AbortSignal[] = [];
  let refusal: Error | undefined;
  return {
    streams,
    signals,
    refuseWith(error: Error | undefined) {
      refusal = error;
    },
    async open(signal: AbortSignal): Promise<Response> {
      signals.push(signal);
      if (refusal !== undefined) throw refusal;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          streams.push(controller);
          signal.addEventListener('abort', () => controller.error(signal.reason), { once: true });
        },
      });
      return new Response(body);
    },
    send(text: string) {
      streams.at(-1)?.enqueue(new TextEncoder().encode(text));
    },
  };
}

function followed(
  from: ReturnType<typeof server>,
  again: (error: unknown) => boolean = () => true,
) {
  const events: string[] = [];
  const states: StreamState['state'][] = [];
  const stream = followEvents({
    open: from.open,
    onEvent: ({ event, data }) => events.push(`${event} ${data}`),
    onState: ({ state }) => states.push(state),
    again,
  });
  return { stream, events, states };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('events come as they are sent', async () => {
  const from = server();
  const { stream, events, states } = followed(from);
  await vi.waitFor(() => expect(states).toEqual(['open']));
  from.send('event: gone\nda');
  from.send('ta: {}\n\n');
  await vi.waitFor(() => expect(events).toEqual(['gone {}']));
  stream.close();
});

test('a stream that ends is opened again by itself', async () => {
  const from = server();
  const { stream, states } = followed(from);
  await vi.waitFor(() => expect(from.streams).toHaveLength(1));
  from.streams[0]?.close();
  await vi.waitFor(() => expect(states).toEqual(['open', 'lost']));
  await vi.advanceTimersByTimeAsync(1_500);
  await vi.waitFor(() => expect(states).toEqual(['open', 'lost', 'open']));
  stream.close();
});

test('it is tried ever more rarely while the server is down, and at once when somebody asks', async () => {
  const from = server();
  from.refuseWith(new Error('down'));
  const { stream } = followed(from);
  await vi.waitFor(() => expect(from.signals).toHaveLength(1));
  await vi.advanceTimersByTimeAsync(60_000);
  const tries = from.signals.length;
  expect(tries).toBeGreaterThan(4);
  expect(tries).toBeLessThan(11);
  stream.retry();
  await vi.waitFor(() => expect(from.signals).toHaveLength(tries + 1));
  stream.close();
});

test('a stream that is silent for longer than the server’s heartbeat is taken for lost', async () => {
  const from = server();
  const { stream, states } = followed(from);
  await vi.waitFor(() => expect(states).toEqual(['open']));
  await vi.advanceTimersByTimeAsync(30_000);
  from.send(': still here\n\n');
  await vi.advanceTimersByTimeAsync(30_000);
  expect(states).toEqual(['open']);
  await vi.advanceTimersByTimeAsync(11_000);
  expect(states).toContain('lost');
  stream.close();
});

test('it is left alone where trying again is of no use', async () => {
  const from = server();
  const refusal = new Error('The token has expired.');
  from.refuseWith(refusal);
  const asked: unknown[] = [];
  followed(from, (error) => {
    asked.push(error);
    return false;
  });
  await vi.waitFor(() => expect(asked).toEqual([refusal]));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(from.signals).toHaveLength(1);
});

test('closing ends the request, and nothing is tried after it', async () => {
  const from = server();
  const { stream } = followed(from);
  await vi.waitFor(() => expect(from.streams).toHaveLength(1));
  stream.close();
  expect(from.signals[0]?.aborted).toBe(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(from.signals).toHaveLength(1);
});
