/** What came back of a request, whole. */
export interface HttpAnswer {
  status: number;
  headers: Headers;
  body: string;
}

/**
 * One HTTP exchange, headers and body, that ends when it should: at the latest after `timeoutMs`, and at once when `signal`
 * aborts. The connection is closed then.
 *
 * The signal given to `fetch` is not enough: it is held weakly, so that after a garbage collection neither a timeout nor a
 * cancellation ends a body that stalls (seen on Node 20).
 *
 * @param send makes the request
 * @throws the signal's reason, a `DOMException` named `TimeoutError`, or what `send` throws
 */
export async function exchange(
  send: (signal: AbortSignal) => Promise<Response>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<HttpAnswer> {
  signal?.throwIfAborted();
  const end = new AbortController();
  const ended = new Promise<never>((_, reject) => {
    end.signal.addEventListener('abort', () => reject(end.signal.reason), { once: true });
  });
  const cancel = () => end.abort(signal?.reason);
  signal?.addEventListener('abort', cancel, { once: true });
  const timer = setTimeout(() => end.abort(new DOMException('', 'TimeoutError')), timeoutMs);
  try {
    const response = await Promise.race([send(end.signal), ended]);
    const { status, headers } = response;
    return { status, headers, body: await textOf(response, ended) };
  } catch (error) {
    throw end.signal.aborted ? end.signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
  }
}

async function textOf(response: Response, ended: Promise<never>): Promise<string> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), ended]);
      if (done) return text + decoder.decode();
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    reader.cancel(error).catch(() => undefined); // a stream that broke cannot be cancelled any more
    throw error;
  }
}
