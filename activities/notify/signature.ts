import { createHmac } from 'node:crypto';
import type { Secret } from '../secret.js';

/** What Standard Webhooks libraries hand out begins so, and goes on with the key in base64. */
const ENCODED = 'whsec_';

/**
 * The key of a secret: what follows `whsec_`, decoded, as receivers that use a Standard Webhooks library take it; of any
 * other text its own bytes.
 */
function keyOf(secret: Secret): Buffer {
  const text = secret.reveal();
  return text.startsWith(ENCODED)
    ? Buffer.from(text.slice(ENCODED.length), 'base64')
    : Buffer.from(text, 'utf8');
}

/**
 * The value of the header `webhook-signature`: `v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`.
 * Source: the Standard Webhooks specification.
 *
 * @param timestamp seconds since the epoch, as in the header `webhook-timestamp`
 */
export function webhookSignature(
  secret: Secret,
  id: string,
  timestamp: number,
  body: string,
): string {
  const mac = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`, 'utf8');
  return `v1,${mac.digest('base64')}`;
}
