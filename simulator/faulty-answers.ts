import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './account-answers.js';
import { errorEnvelope, type GraphError, statusOfError } from './error-answers.js';
import type { Delay, Failure } from './faults.js';
import type { RequestLogEntry } from './request-log.js';

/** Where an answer is written: Node's `ServerResponse`, as far as it is used. */
export interface Wire {
  readonly destroyed: boolean;
  writeHead(status: number, headers: Record<string, string>): { end(body: string): unknown };
  readonly socket: { resetAndDestroy(): unknown } | null;
}

/** Puts an answer, or what came of it, on the wire. */
export type Sending = (wire: Wire) => void;

/** Waits so many milliseconds, or until the signal fires; never throws. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

export const waitReally: Wait = (ms, signal) =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

/** Waits for the delays of one moment. Returns early, without an error, when the signal fires. */
export async function delayed(
  delays: readonly Delay[],
  moment: 'before' | 'after',
  signal: AbortSignal,
  wait: Wait,
): Promise<void> {
  for (const delay of delays) {
    if ((delay.when ?? 'before') !== moment || signal.aborted) continue;
    if (delay.kind === 'slow') {
      const ms = typeof delay.ms === 'function' ? delay.ms() : delay.ms;
      await wait(ms, signal);
    } else {
      await settledOrAborted(delay.until, signal);
    }
  }
}

function settledOrAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      signal.removeEventListener('abort', over);
      resolve();
    };
    signal.addEventListener('abort', over);
    promise.then(over, over);
  });
}

/** Whether Meta does what was asked before the failure strikes. */
function executes(failure: Failure): boolean {
  switch (failure.kind) {
    case 'timeout':
    case 'reset':
      return false;
    case 'executedTimeout':
    case 'executedReset':
    case 'tokenRevoked':
      return true;
    case 'brokenJson':
    case 'empty200':
      return failure.executed ?? true;
    case 'error':
    case 'html502':
    case 'successFalse':
      return failure.executed ?? false;
  }
}

/**
 * Does what was asked, unless the failure forbids it, and notes in the log entry what came of it.
 *
 * @param act does what was asked
 * @returns what to put on the wire: the answer, or what the failure leaves of it
 */
export async function answerThrough(
  failure: Failure | undefined,
  entry: RequestLogEntry,
  act: () => Promise<Answer>,
): Promise<Sending> {
  const answer = failure === undefined || executes(failure) ? await act() : undefined;
  entry.executed = answer?.ok ?? false;
  const reply = (status: number, body: string, headers: Record<string, string>): Sending => {
    return (wire) => {
      if (wire.destroyed) return;
      entry.status = status;
      wire.writeHead(status, headers).end(body);
    };
  };
  const json = (status: number, body: object, headers: Record<string, string> = {}): Sending =>
    reply(status, JSON.stringify(body), { ...JSON_HEADERS, ...headers });
  const errorReply = (error: GraphError, headers?: Record<string, string>): Sending => {
    entry.errorCode = error.code;
    if (error.subcode !== undefined) entry.errorSubcode = error.subcode;
    return json(statusOfError(error), errorEnvelope(error), headers);
  };

  switch (failure?.kind) {
    case 'timeout':
    case 'executedTimeout':
      return () => undefined;
    case 'reset':
    case 'executedReset':
      return (wire) => wire.socket?.resetAndDestroy();
    case 'brokenJson':
      return reply(200, '{"success":tr', JSON_HEADERS);
    case 'empty200':
      return reply(200, '', JSON_HEADERS);
    case 'html502':
      return reply(502, '<html><body><h1>502 Bad Gateway</h1></body></html>', {
        'content-type': 'text/html',
      });
    case 'successFalse':
      return json(200, { success: false });
    case 'error':
      return errorReply(failure, failure.headers);
    default:
      if (answer === undefined) throw new Error('A request without a fault was not acted upon.');
      return answer.ok ? json(200, answer.body) : errorReply(answer.error);
  }
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=UTF-8' };
