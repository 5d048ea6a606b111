/** Server-sent events: written to a caller until it goes away, its token expires, or the API stops. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import type { Caller } from './caller.js';
import type { ApiLimits } from './limits.js';
import { ApiProblem } from './problems.js';
import { settledWithin } from './settled-within.js';

export interface ServerSentEvent {
  event: string;
  data: unknown;
}

export interface EventStreams {
  /**
   * A stream that writes what `events` gives, to be sent with {@link closeWith}. Whoever destroys it ends it; it counts as
   * one of the caller's until it has closed, some seconds after its end at the latest.
   *
   * @param events is told by its signal when nobody listens any more
   * @throws ApiProblem when the caller has too many streams open
   */
  open(caller: Caller, events: (signal: AbortSignal) => AsyncIterable<ServerSentEvent>): Readable;
  /** End all. Resolves when what they read from has ended too, or is given up on. */
  end(): Promise<void>;
}

/** How long a browser waits before it asks again, in milliseconds. */
const RETRY = 'retry: 3000\n\n';
const HEARTBEAT = ': still here\n\n';
/** How long what a stream reads from may take to end, in milliseconds. */
const END_MS = 3_000;
/** How long what was written before the end may take to be sent, in milliseconds. */
const SENT_MS = 3_000;
/** The longest that a timer can wait, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Closes each when the other has closed: an answer that nobody reads is cut off with its stream. */
export function closeWith(stream: Readable, response: ServerResponse): void {
  response.once('close', () => stream.destroy());
  stream.once('close', () => response.destroy());
}

export function createEventStreams(
  { streamsPerCaller, heartbeatMs }: Pick<ApiLimits, 'streamsPerCaller' | 'heartbeatMs'>,
  clock: () => Date,
  onError: (error: unknown) => void,
): EventStreams {
  const open = new Map<string, number>();
  const endings = new Set<AbortController>();
  const writing = new Set<Promise<void>>();
  let ended = false;

  async function write(
    out: PassThrough,
    events: AsyncIterable<ServerSentEvent>,
    signal: AbortSignal,
  ): Promise<void> {
    for await (const { event, data } of events) {
      if (signal.aborted) return;
      if (!out.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) {
        await once(out, 'drain', { signal });
      }
    }
  }

  return {
    open({ name, expiresAt }, events) {
      const count = open.get(name) ?? 0;
      if (count >= streamsPerCaller) {
        throw new ApiProblem(
          'too-many-requests',
          `You have ${count} streams of events open: close some.`,
          {},
          { 'retry-after': '10' },
        );
      }
      open.set(name, count + 1);
      const ending = new AbortController();
      const { signal } = ending;
      const end = () => ending.abort();
      endings.add(ending);
      // It closes with the response that it is sent by, not once that has taken all into its own memory.
      const out = new PassThrough({ autoDestroy: false });
      const timeLeft = Math.max(expiresAt.getTime() - clock().getTime(), 0);
      const expiry = setTimeout(end, Math.min(timeLeft, LONGEST_TIMER_MS));
      // A caller that has taken nothing between two of them is not there any more.
      const heartbeat = setInterval(() => {
        if (out.writableNeedDrain) out.destroy();
        else out.write(HEARTBEAT);
      }, heartbeatMs);
      signal.addEventListener('abort', () => {
        clearTimeout(expiry);
        clearInterval(heartbeat);
        endings.delete(ending);
        if (out.destroyed) return;
        out.end();
        // Whoever reads nothing any more would keep it, and its connection, for ever.
        const overdue = setTimeout(() => out.destroy(), SENT_MS).unref();
        out.on('close', () => clearTimeout(overdue));
      });
      out.on('close', () => {
        const left = (open.get(name) ?? 1) - 1;
        if (left > 0) open.set(name, left);
        else open.delete(name);
        end();
      });
      out.write(RETRY);
      const written = write(out, events(signal), signal)
        .catch((error: unknown) => {
          if (!signal.aborted) onError(error);
        })
        .finally(() => {
          writing.delete(written);
          end();
        });
      writing.add(written);
      if (ended) end();
      return out;
    },
    async end() {
      ended = true;
      for (const ending of endings) ending.abort();
      await settledWithin(END_MS, writing);
    },
  };
}
