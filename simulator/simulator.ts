/**
 * Meta's Graph API as far as onboarding a number goes: the endpoints, the rules behind them, and faults to inject.
 * It runs in-process for tests ({@link startSimulator}) and as a command (`main.ts`).
 */
import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { accessToken } from './access-token.js';
import { virtualClock } from './clock.js';
import {
  type CodeSent,
  SIMULATOR_TOKEN,
  type Simulator,
  type SimulatorOptions,
} from './contract.js';
import { answerTo, type Call, countRefused, type Meta } from './endpoints.js';
import { createFaults } from './faults.js';
import { answerThrough, delayed } from './faulty-answers.js';
import {
  isVerified,
  type NumberSnapshot,
  type NumberState,
  platformOf,
  statusOf,
} from './number-state.js';
import { createRegistry } from './registry.js';
import { readBody } from './request-body.js';
import { countedRequests } from './request-budget.js';
import type { RequestLogEntry } from './request-log.js';
import { isNumberEndpoint, routeOf } from './routes.js';
import { loadState, saveState } from './state-file.js';
import { messageWith } from './verification.js';

export type { SimulatorClock } from './clock.js';
export type { CodeSent, Simulator, SimulatorOptions } from './contract.js';
export { SIMULATOR_TOKEN } from './contract.js';
export type { Fault, FaultKind, FaultRule, Faults } from './faults.js';
export type { PresetName } from './number-presets.js';
export { SOMEBODYS_PIN } from './number-presets.js';
export type {
  NumberSeed,
  NumberSnapshot,
  NumberTraits,
  Refusal,
  SentCode,
} from './number-state.js';
export { DEFAULT_WABA_ID, US } from './number-state.js';
export { BUDGET_LIMIT, BUDGET_WINDOW_MS } from './request-budget.js';
export type { Endpoint, RequestLogEntry } from './request-log.js';
export { CODE_LIFETIME_MS } from './verification.js';

/**
 * Starts a simulator.
 *
 * @throws Error with one sentence when the port is taken or the state file cannot be used
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', mode = 'strict', token = SIMULATOR_TOKEN, stateFile } = options;
  const saved = stateFile === undefined ? undefined : loadState(stateFile);
  const clock = virtualClock(options.clock, saved?.clockOffsetMs);
  const { faults, strike } = createFaults();
  const requests: RequestLogEntry[] = [];
  const listeners = new Set<(sent: CodeSent) => void>();
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // one listener for each request that is being delayed
  const accepted = accessToken(token);
  let loaded = false;

  const save = (): void => {
    if (stateFile === undefined || !loaded) return;
    const { offsetMs } = clock;
    saveState(stateFile, {
      clockOffsetMs: offsetMs,
      numbers: registry.all(),
      accounts: registry.accounts(),
    });
  };
  const registry = createRegistry(options.autoCreate ?? mode === 'naive', save);
  for (const account of saved?.accounts ?? []) registry.putAccount(account);
  for (const number of saved?.numbers ?? []) registry.put(number);
  const known = new Set(registry.all().map((number) => number.id));
  for (const seed of options.numbers ?? []) {
    if (!known.has(seed.id)) registry.add(seed);
  }
  loaded = true;
  save();

  const meta: Meta = {
    registry,
    mode,
    unknownFields: options.unknownFields ?? [],
    tokenProblem: accepted.problem,
    now: () => clock.now(),
    onSent(phoneNumberId, sent) {
      const text = messageWith(sent);
      for (const listener of listeners) listener({ ...sent, phoneNumberId, text });
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const call = callOf(request, body, baseUrl(host, portOf(server.address())), registry.isAccount);
    const entry = logEntry(call, clock.now());
    requests.push(entry);
    const { delays, failure } = strike(call.route.endpoint, entry.phoneNumberId);
    const struck = [...delays, ...(failure === undefined ? [] : [failure])];
    if (struck.length > 0) entry.faults = struck.map((fault) => fault.kind);

    await delayed(delays, 'before', closing.signal);
    if (closing.signal.aborted) return;
    if (failure?.kind === 'tokenRevoked') accepted.revoke();
    if (failure?.kind === 'error' && !failure.executed) {
      countRefused(meta, call.route, failure.code);
    }
    const sending = await answerThrough(failure, entry, () => answerTo(meta, call));
    await delayed(delays, 'after', closing.signal);
    sending(response);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      // Either the client went away while sending, or the simulator has a defect: it must not look like an answer of Meta.
      if (request.socket.destroyed) return;
      response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(
        `The simulator failed: ${error instanceof Error ? error.message : 'unknown error'}`,
      );
    });
  });
  await listen(server, options.port ?? 0, host);
  const port = portOf(server.address());

  return {
    url: baseUrl(host, port),
    port,
    token,
    clock: {
      now: () => clock.now(),
      advance(ms) {
        clock.advance(ms);
        save();
      },
    },
    addNumber: (seed) => {
      registry.add(seed);
    },
    number: (id) => snapshotOf(registry.get(id), clock.now()),
    update: (id, patch) => registry.patch(id, patch),
    codes: (id) => [...registry.get(id).codes],
    onCode(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    setSubscribed: (wabaId, subscribed) => {
      registry.putAccount({ id: wabaId, subscribed });
    },
    requests,
    faults,
    revokeToken: accepted.revoke,
    restoreToken: accepted.restore,
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function callOf(
  request: IncomingMessage,
  body: Buffer,
  base: string,
  isAccount: (id: string) => boolean,
): Call {
  const method = request.method ?? 'GET';
  const url = new URL(request.url ?? '/', base);
  return {
    method,
    url,
    route: routeOf(method, url.pathname, isAccount),
    authorization: request.headers.authorization,
    contentType: request.headers['content-type'] ?? '',
    body,
  };
}

function logEntry({ route: { endpoint, id }, url }: Call, at: number): RequestLogEntry {
  const fields = url.searchParams.get('fields')?.split(',');
  return {
    at,
    endpoint,
    ...(id === undefined || endpoint === 'unknown'
      ? {}
      : isNumberEndpoint(endpoint)
        ? { phoneNumberId: id }
        : { wabaId: id }),
    status: 0,
    executed: false,
    ...(fields === undefined ? {} : { fields }),
  };
}

function snapshotOf(number: NumberState, now: number): NumberSnapshot {
  const {
    codes,
    lastOnboardedAt,
    registerLedger,
    deregisterLedger,
    wrongPinsAt,
    wrongCodesAt,
    ...traits
  } = number;
  return {
    ...traits,
    verified: isVerified(number),
    twoStepOn: number.pin !== undefined,
    status: statusOf(number, now),
    platform: platformOf(number),
    registersCounted: countedRequests(registerLedger, now).length,
    deregistersCounted: countedRequests(deregisterLedger, now).length,
  };
}

function listen(
  server: ReturnType<typeof createServer>,
  port: number,
  host: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(
              `Port ${port} on ${host} is taken; choose another one for the simulator, or 0 for any free one.`,
            )
          : new Error(`The simulator cannot listen on ${host}:${port}: ${error.message}.`),
      );
    });
    server.listen(port, host, () => resolve());
  });
}

/** An IPv6 address stands in brackets. */
function baseUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function portOf(address: string | AddressInfo | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
