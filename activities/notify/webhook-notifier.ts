import ky from 'ky';
import { exchange } from '../graph-api/exchange.js';
import type { Secret } from '../secret.js';
import { webhookSignature } from './signature.js';

/** Anything that is to be posted: as JSON, as it is. */
export interface Postable {
  /** Tells the same thing, posted again, from another: letters, digits, `-` and `_`. */
  id: string;
}

/** Hands notifications to whoever is to get them. */
export interface Notifier {
  /**
   * Hands one over, once; nothing is repeated here.
   *
   * @param signal ends the request at once; the error is then the signal's reason
   * @throws NotTakenError
   */
  post(notification: Postable, signal?: AbortSignal): Promise<void>;
}

/** The webhook did not take a notification. Neither its address, nor the secret, nor what it answered is in here. */
export class NotTakenError extends Error {
  override readonly name = 'NotTakenError';

  /**
   * @param forGood the receiver wants no more notifications (HTTP 410)
   * @param retryAfterMs how long the receiver asks to wait, in milliseconds
   */
  constructor(
    message: string,
    readonly forGood = false,
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

export interface WebhookNotifierOptions {
  /** A secret, too: the address of a Slack webhook is all that one needs to write to its channel. */
  url: Secret;
  secret: Secret;
  /** Milliseconds until a request is given up. @default 10000 */
  timeoutMs?: number;
  clock?: () => Date;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** Posts notifications as JSON to a webhook, signed as Standard Webhooks has it. Redirects are not followed. */
export function createWebhookNotifier(options: WebhookNotifierOptions): Notifier {
  const { url, secret, timeoutMs = DEFAULT_TIMEOUT_MS, clock = () => new Date() } = options;
  return {
    async post(notification, signal) {
      const body = JSON.stringify(notification);
      const { id } = notification;
      const timestamp = Math.floor(clock().getTime() / 1_000);
      const headers = {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': `${timestamp}`,
        'webhook-signature': webhookSignature(secret, id, timestamp, body),
      };
      const send = async (ends: AbortSignal) => {
        const response = await ky.post(url.reveal(), {
          body,
          headers,
          retry: 0,
          timeout: false,
          throwHttpErrors: false,
          redirect: 'manual', // the place it names got no signature of ours to check, and may be anybody's
          signal: ends,
        });
        await response.body?.cancel(); // what it says interests nobody here
        return new Response(null, { status: response.status, headers: response.headers });
      };
      let answer: { status: number; headers: Headers };
      try {
        answer = await exchange(send, timeoutMs, signal);
      } catch (error) {
        if (signal?.aborted) throw error;
        throw new NotTakenError(sentenceOf(error, timeoutMs));
      }
      if (answer.status < 200 || answer.status > 299) throw refusal(answer, clock());
    },
  };
}

function refusal({ status, headers }: { status: number; headers: Headers }, now: Date): Error {
  if (status === 410) {
    return new NotTakenError(
      'The webhook of NOTIFY_WEBHOOK_URL is gone for good (HTTP 410): set another, or unset it.',
      true,
    );
  }
  if (status >= 300 && status <= 399) {
    return new NotTakenError(
      `The webhook of NOTIFY_WEBHOOK_URL redirects to another place (HTTP ${status}), which is not followed: set the address itself.`,
    );
  }
  const own = status < 500 && status !== 429 && status !== 408;
  return new NotTakenError(
    `The webhook of NOTIFY_WEBHOOK_URL did not take the notification (HTTP ${status})${own ? ': check the address and the receiver' : ''}.`,
    false,
    retryAfterMs(headers.get('retry-after'), now),
  );
}

/** Seconds, or a date as HTTP writes it. */
function retryAfterMs(header: string | null, now: Date): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1_000 : undefined;
  const ms = seconds ?? Date.parse(header) - now.getTime();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

function sentenceOf(error: unknown, timeoutMs: number): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `The webhook of NOTIFY_WEBHOOK_URL did not answer within ${timeoutMs / 1_000} s.`;
  }
  const code = systemCodeOf(error);
  return `The connection to the webhook of NOTIFY_WEBHOOK_URL failed${code === undefined ? '' : ` (${code})`}.`;
}

/** Such as `ECONNREFUSED`; never the message, which names the address. */
function systemCodeOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code)) return code;
  }
  return undefined;
}
