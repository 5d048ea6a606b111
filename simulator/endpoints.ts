import { randomInt } from 'node:crypto';
import {
  type Answer,
  addNumber,
  listNumbers,
  readAccount,
  subscribe,
  subscribedApps,
} from './account-answers.js';
import type { GraphError } from './error-answers.js';
import { type Mode, operate, readNumber } from './number-answers.js';
import type { SentCode } from './number-state.js';
import type { Registry } from './registry.js';
import { parseBody } from './request-body.js';
import { spend } from './request-budget.js';
import type { Route } from './routes.js';

/** A request as it arrived. */
export interface Call {
  method: string;
  url: URL;
  route: Route;
  authorization: string | undefined;
  contentType: string;
  body: Buffer;
}

/** What the endpoints work on. */
export interface Meta {
  registry: Registry;
  mode: Mode;
  unknownFields: readonly string[];
  /** Why Meta refuses this Authorization header, or undefined where its token is good. */
  tokenProblem(authorization: string | undefined): GraphError | undefined;
  now(): number;
  onSent(phoneNumberId: string, sent: SentCode): void;
}

const refused = (error: GraphError): Answer => ({ ok: false, error });

/**
 * Does what a request asks for, and says what Meta would answer.
 *
 * @param onNewPin called where the number has another PIN since
 */
export async function answerTo(meta: Meta, call: Call, onNewPin: () => void): Promise<Answer> {
  const { registry, mode, unknownFields } = meta;
  const { endpoint, id } = call.route;

  if (call.url.searchParams.has('access_token')) {
    return refused({
      code: 190,
      message:
        'The simulator refuses tokens in the query string, where logs would show them; send the header Authorization: Bearer <token>.',
    });
  }
  const tokenProblem = meta.tokenProblem(call.authorization);
  if (tokenProblem !== undefined) return refused(tokenProblem);

  if (endpoint === 'unknown' || id === undefined) {
    return refused({
      code: 2500,
      message: `Unknown path components: ${call.method} ${call.url.pathname}`,
    });
  }
  if (!/^[0-9]+$/.test(id)) {
    return refused({ code: 803, message: `Some of the aliases you requested do not exist: ${id}` });
  }
  const parsed = await parseBody(call.body, call.contentType, call.url.searchParams);
  const now = meta.now();

  switch (endpoint) {
    case 'list':
    case 'addNumber':
    case 'readAccount':
    case 'subscribedApps':
    case 'subscribeApp': {
      if (registry.findAccount(id) === undefined) return refused(noSuchObject(id, call.method));
      if (endpoint === 'list') return listNumbers(registry, id, call.url, unknownFields, now);
      if (endpoint === 'readAccount') return readAccount(id);
      if (endpoint === 'subscribedApps') return subscribedApps(registry, id);
      if (endpoint === 'subscribeApp') return subscribe(registry, id);
      if (!parsed.ok) return refused({ code: 100, message: parsed.message });
      return addNumber(registry, id, parsed.body, newNumberId());
    }
    default: {
      const number = registry.find(id);
      if (number === undefined) return refused(noSuchObject(id, call.method));
      if (endpoint === 'read') {
        return readNumber(number, call.url.searchParams, mode, unknownFields, now);
      }
      // A body that cannot be read still is a request, which Meta counts; the operation then misses its parameters.
      const body = parsed.ok ? parsed.body : {};
      const onSent = (sent: SentCode) => meta.onSent(id, sent);
      const answer = operate(registry, endpoint, number, body, mode, now, onSent);
      if (registry.get(id).pin !== number.pin) onNewPin();
      return answer;
    }
  }
}

/**
 * Counts a register or deregister that Meta answered with an error of WhatsApp's own (131000 and up): such a request counts.
 * An error of the Graph API before it, such as a rate limit or a bad token, does not.
 */
export function countRefused(meta: Meta, { endpoint, id }: Route, code: number): void {
  const number = id === undefined || code < 131_000 ? undefined : meta.registry.find(id);
  if (number === undefined) return;
  const now = meta.now();
  if (endpoint === 'register') {
    meta.registry.put({ ...number, registerLedger: spend(number.registerLedger, now).ledger });
  }
  if (endpoint === 'deregister') {
    meta.registry.put({ ...number, deregisterLedger: spend(number.deregisterLedger, now).ledger });
  }
}

function noSuchObject(id: string, method: string): GraphError {
  return {
    code: 100,
    subcode: 33,
    message: `Unsupported ${method.toLowerCase()} request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation`,
  };
}

/** 16 digits, as Meta's own. */
function newNumberId(): string {
  return `1${randomInt(10 ** 14)
    .toString()
    .padStart(15, '0')}`;
}
