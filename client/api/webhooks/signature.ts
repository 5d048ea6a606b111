import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../../activities/secret.js';

const SIGNATURE = /^sha256=([0-9a-f]{64})$/i;

/** Can this be a signature of Meta's at all, whatever the body? */
export function isSignature(header: string | string[] | undefined): boolean {
  return typeof header === 'string' && SIGNATURE.test(header);
}

/**
 * Did Meta sign these bytes? It does so with the app secret: `X-Hub-Signature-256: sha256=` and the HMAC of the body as it was
 * sent, in hexadecimal. Takes the same time for every signature of the right form.
 *
 * @param header the header of that name, as it came
 */
export function isSignedByMeta(
  body: Uint8Array,
  header: string | string[] | undefined,
  appSecret: Secret,
): boolean {
  const [, given] = (typeof header === 'string' ? SIGNATURE.exec(header) : null) ?? [];
  if (given === undefined) return false;
  const right = createHmac('sha256', appSecret.reveal()).update(body).digest();
  return timingSafeEqual(Buffer.from(given, 'hex'), right);
}

/** Compares in a time that tells nothing of the token, nor of its length. */
export function isToken(given: unknown, token: Secret): boolean {
  return typeof given === 'string' && timingSafeEqual(digestOf(given), digestOf(token.reveal()));
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
