/** Meta as the activities meet it: the simulator behind a network in which requests take virtual time and get lost. */

import type { FaultKind } from '../../../simulator/faults.js';
import { seededRandom } from '../../../simulator/faults.js';
import type { NumberSeed } from '../../../simulator/number-state.js';
import type { Endpoint } from '../../../simulator/request-log.js';
import { createSimulatedMeta, type SimulatedMeta } from '../../../simulator/simulated-meta.js';
import type { RequestLogEntry } from '../../../simulator/simulator.js';
import { type Attempt, currentAttempt } from '../driver/attempt.js';
import type { VirtualTime } from '../driver/virtual-time.js';

/** A request of an activity, from when it was sent. Instants in milliseconds. */
export interface SentRequest {
  readonly attempt: Attempt | undefined;
  endpoint: Endpoint;
  sentAt: number;
  /** When it reached Meta. */
  arrivedAt: number | undefined;
  /** When Meta was through with it, or it was lost on its way. */
  handledAt: number | undefined;
  /** When its sender stopped waiting: had an answer, gave up, or died. */
  endedAt: number | undefined;
  /** What the simulator wrote of it: the executed flag is in there. */
  entry: RequestLogEntry | undefined;
  /** The PIN or the code in it. */
  pin: string | undefined;
  code: string | undefined;
  /** What came back, where an answer did while its sender waited. */
  answer: { status: number; headers: Record<string, string>; body: string } | undefined;
}

/** A time during which no connection can be made, struck like the other faults. */
export interface ConnectionFault {
  times: number;
  probability: number;
  seed: number;
}

export interface ModelMeta {
  meta: SimulatedMeta;
  /** In the order of sending. */
  readonly requests: readonly SentRequest[];
  readonly hits: Readonly<Record<FaultKind, number>> & { readonly connectionRefused: number };
  fetch: typeof globalThis.fetch;
  addConnectionFault(fault: ConnectionFault): void;
  /** The process that sent requests is dead: those on their way may still arrive. */
  workerKilled(): void;
  mend(): void;
}

export const META_URL = 'http://meta.invalid';

export interface MetaEvents {
  onSend(request: SentRequest): void;
  onArrival(request: SentRequest): void;
  onHandled(request: SentRequest): void;
}

export function createModelMeta(
  number: NumberSeed,
  time: VirtualTime,
  random: () => number,
  events: MetaEvents,
): ModelMeta {
  const meta = createSimulatedMeta({ clock: { now: time.now }, numbers: [number] }, (ms) =>
    time.sleep(ms),
  );
  const requests: SentRequest[] = [];
  const connectionFaults = new Map<ConnectionFault, { left: number; random: () => number }>();
  let connectionRefused = 0;
  /** A millisecond is there so that what follows is later. */
  const onTheWay = () => time.sleep(1 + random() * 150);

  function connectionFails(): boolean {
    for (const [fault, state] of connectionFaults) {
      if (state.random() >= fault.probability) continue;
      state.left -= 1;
      if (state.left <= 0) connectionFaults.delete(fault);
      connectionRefused += 1;
      return true;
    }
    return false;
  }

  async function exchange(request: Request, sent: SentRequest): Promise<Response> {
    await onTheWay();
    if (sent.attempt?.lost && random() < 0.5) return dropped(sent);
    if (connectionFails()) {
      sent.handledAt = time.now();
      throw networkError('ECONNREFUSED');
    }
    sent.arrivedAt = time.now();
    events.onArrival(sent);
    const before = meta.requests.length;
    const body = Buffer.from(await request.clone().arrayBuffer());
    const serving = meta.serve({
      method: request.method,
      url: new URL(request.url),
      authorization: request.headers.get('authorization') ?? undefined,
      contentType: request.headers.get('content-type') ?? '',
      body,
    });
    sent.entry = meta.requests[before];
    const sending = await serving;
    sent.handledAt = time.now();
    events.onHandled(sent);
    const written = writtenBy((wire) => sending?.(wire));
    await onTheWay();
    if (written === 'reset') throw networkError('ECONNRESET');
    if (written === undefined) return never();
    const { status, headers, body: text } = written;
    if (sent.endedAt === undefined) sent.answer = { status, headers, body: text };
    return new Response(text === '' ? null : text, { status, headers });
  }

  function dropped(sent: SentRequest): Promise<never> {
    sent.handledAt = time.now();
    return never();
  }

  /** Takes a request; never answers one whose process is dead. */
  async function send(request: Request): Promise<Response> {
    const attempt = currentAttempt();
    if (attempt?.lost) return never();
    const sent = await describe(request, attempt);
    requests.push(sent);
    events.onSend(sent);
    const givenUp = new Promise<never>((_, reject) => {
      request.signal.addEventListener('abort', () => reject(request.signal.reason), { once: true });
    });
    try {
      const response = await Promise.race([exchange(request, sent), givenUp]);
      return attempt?.lost ? never() : response;
    } catch (error) {
      if (attempt?.lost) return never();
      throw error;
    } finally {
      sent.endedAt ??= time.now();
    }
  }

  async function describe(request: Request, attempt: Attempt | undefined): Promise<SentRequest> {
    const body = request.body === null ? undefined : await request.clone().text();
    const { pin, code } = parsed(body);
    return {
      attempt,
      endpoint: endpointOf(request),
      sentAt: time.now(),
      arrivedAt: undefined,
      handledAt: undefined,
      endedAt: undefined,
      entry: undefined,
      pin,
      code,
      answer: undefined,
    };
  }

  return {
    meta,
    requests,
    get hits() {
      return { ...meta.faults.hits, connectionRefused };
    },
    fetch: (input, init) => send(new Request(input, init)),
    addConnectionFault: (fault) => {
      connectionFaults.set(fault, { left: fault.times, random: seededRandom(fault.seed) });
    },
    workerKilled() {
      for (const sent of requests) if (sent.attempt?.lost) sent.endedAt ??= time.now();
    },
    mend() {
      connectionFaults.clear();
      meta.faults.clear();
      meta.restoreToken();
    },
  };
}

interface Written {
  status: number;
  headers: Record<string, string>;
  body: string;
}

function writtenBy(
  sending: (wire: Parameters<NonNullable<Awaited<ReturnType<SimulatedMeta['serve']>>>>[0]) => void,
): Written | 'reset' | undefined {
  let written: Written | 'reset' | undefined;
  sending({
    destroyed: false,
    writeHead: (status, headers) => ({
      end: (body) => {
        written = { status, headers, body };
      },
    }),
    socket: {
      resetAndDestroy: () => {
        written = 'reset';
      },
    },
  });
  return written;
}

function networkError(code: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}

function endpointOf({ method, url }: Request): Endpoint {
  const [, , , last] = new URL(url).pathname.split('/');
  const BY_PATH: Record<string, Endpoint> = {
    register: 'register',
    deregister: 'deregister',
    request_code: 'requestCode',
    verify_code: 'verifyCode',
    subscribed_apps: 'subscribedApps',
  };
  return BY_PATH[last ?? ''] ?? (method === 'GET' ? 'read' : 'setPin');
}

function parsed(body: string | undefined): { pin: string | undefined; code: string | undefined } {
  const { pin, code }: { pin?: string; code?: string } = body ? JSON.parse(body) : {};
  return { pin, code };
}

const never = () => new Promise<never>(() => undefined);
