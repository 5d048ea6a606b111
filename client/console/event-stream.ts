/** Server-sent events over fetch, as an EventSource can send no headers: followed, watched for silence, opened again. */

import { createSseReader, type ServerSentEvent } from './sse.js';

export type StreamState =
  | { state: 'open' }
  /** @property retryAt milliseconds since the epoch, by the machine's clock */
  | { state: 'lost'; retryAt: number };

export interface StreamOptions {
  open: (signal: AbortSignal) => Promise<Response>;
  onEvent: (event: ServerSentEvent) => void;
  onState: (state: StreamState) => void;
  /** Asked after each end: an error where opening or reading failed, nothing where the server closed. */
  again: (error: unknown) => boolean;
}

export interface EventStream {
  /** Try now rather than when it is due. */
  retry(): void;
  close(): void;
}

/** The server sends a comment every 15 seconds; a connection that is silent for so long is dead. */
const SILENCE_MS = 40_000;
const FIRST_DELAY_MS = 1_000;
const LAST_DELAY_MS = 15_000;

export function followEvents({ open, onEvent, onState, again }: StreamOptions): EventStream {
  let closed = false;
  let failures = 0;
  let abort = new AbortController();
  let wake: (() => void) | undefined;

  async function readOnce(): Promise<void> {
    abort = new AbortController();
    const { signal } = abort;
    let silence = setTimeout(() => abort.abort(), SILENCE_MS);
    try {
      const response = await open(signal);
      if (response.body === null) return;
      failures = 0;
      onState({ state: 'open' });
      const take = createSseReader();
      const text = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await text.read();
        if (done || closed) return;
        clearTimeout(silence);
        silence = setTimeout(() => abort.abort(), SILENCE_MS);
        for (const event of take(value)) onEvent(event);
      }
    } finally {
      clearTimeout(silence);
      abort.abort();
    }
  }

  async function run(): Promise<void> {
    while (!closed) {
      const error = await readOnce().then(
        () => undefined,
        (failure: unknown) => failure ?? new Error('The stream of events broke.'),
      );
      if (closed || !again(error)) return;
      const delay = Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures) * jitter();
      failures += 1;
      onState({ state: 'lost', retryAt: Date.now() + delay });
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, delay);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wake = undefined;
    }
  }

  void run();
  return {
    retry: () => wake?.(),
    close() {
      closed = true;
      abort.abort();
      wake?.();
    },
  };
}

/** So that not all desks come back in the same moment. */
const jitter = () => 0.8 + Math.random() * 0.4;
