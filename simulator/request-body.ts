import type { IncomingMessage } from 'node:http';

const LARGEST_BODY_BYTES = 100_000;

/** What a request carries beside its path: the query's parameters, overridden by the body's. */
export type Parsed = { ok: true; body: Record<string, unknown> } | { ok: false; message: string };

/** @throws Error when the client goes away while sending */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= LARGEST_BODY_BYTES) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Meta takes parameters as JSON, form, multipart or in the query. */
export async function parseBody(
  body: Buffer,
  contentType: string,
  query: URLSearchParams,
): Promise<Parsed> {
  const inQuery = Object.fromEntries(query);
  if (body.length === 0) return { ok: true, body: inQuery };
  if (/^(multipart\/form-data|application\/x-www-form-urlencoded)/.test(contentType)) {
    try {
      const form = await new Response(Uint8Array.from(body), {
        headers: { 'content-type': contentType },
      }).formData();
      return { ok: true, body: { ...inQuery, ...Object.fromEntries(form) } };
    } catch {
      return { ok: false, message: 'The form in the request body cannot be read.' };
    }
  }
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return { ok: true, body: { ...inQuery, ...parsed } };
    }
  } catch {
    return { ok: false, message: 'The request body is not JSON.' };
  }
  return { ok: false, message: 'The request body must be a JSON object.' };
}
