/** The simulated Meta without a server in front of it: what is known, what a request does, and what goes on the wire. */
import { setMaxListeners } from 'node:events';
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
import { answerThrough, delayed, type Sending, type Wait, waitReally } from './faulty-answers.js';
import {
  isVerified,
  type NumberSnapshot,
  type NumberState,
  platformOf,
  statusOf,
} from './number-state.js';
import { createRegistry } from './registry.js';
import { countedRequests } from './request-budget.js';
import type { RequestLogEntry } from './request-log.js';
import { isNumberEndpoint, routeOf } from './routes.js';
import { loadState, saveState } from './state-file.js';
import { messageWith } from './verification.js';

/** A request as it came off the wire. */
export interface ReceivedRequest {
  method: string;
  url: URL;
  authorization: string | undefined;
  contentType: string;
  body: Buffer;
}

export interface SimulatedMeta extends Omit<Simulator, 'url' | 'port' | 'close'> {
  /**
   * Serves one request.
   *
   * @returns what puts the answer on the wire; undefined where {@link SimulatedMeta.end} came first
   */
  serve(request: ReceivedRequest): Promise<Sending | undefined>;
  /** From now on delayed requests are neither done nor answered. */
  end(): void;
}

/**
 * @param wait how a delay passes. @default in real time
 * @throws Error with one sentence when the state file cannot be used
 */
export function createSimulatedMeta(
  options: Omit<SimulatorOptions, 'port' | 'host'> = {},
  wait: Wait = waitReally,
): SimulatedMeta {
  const { mode = 'strict', token = SIMULATOR_TOKEN, stateFile } = options;
  const saved = stateFile === undefined ? undefined : loadState(stateFile);
  const clock = virtualClock(options.clock, saved?.clockOffsetMs);
  const { faults, strike } = createFaults();
  const requests: RequestLogEntry[] = [];
  const listeners = new Set<(sent: CodeSent) => void>();
  const ending = new AbortController();
  setMaxListeners(0, ending.signal); // one listener for each request that is being delayed
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

  async function serve(request: ReceivedRequest): Promise<Sending | undefined> {
    const route = routeOf(request.method, request.url.pathname, registry.isAccount);
    const call: Call = { ...request, route };
    const entry = logEntry(call, clock.now());
    requests.push(entry);
    const { delays, failure } = strike(route.endpoint, entry.phoneNumberId);
    const struck = [...delays, ...(failure === undefined ? [] : [failure])];
    if (struck.length > 0) entry.faults = struck.map((fault) => fault.kind);

    await delayed(delays, 'before', ending.signal, wait);
    if (ending.signal.aborted) return undefined;
    if (failure?.kind === 'tokenRevoked') accepted.revoke();
    if (failure?.kind === 'error' && !failure.executed) countRefused(meta, route, failure.code);
    const onNewPin = () => {
      entry.newPin = true;
    };
    const sending = await answerThrough(failure, entry, () => answerTo(meta, call, onNewPin));
    await delayed(delays, 'after', ending.signal, wait);
    return sending;
  }

  return {
    token,
    serve,
    end: () => ending.abort(),
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
    removeNumber: (id) => registry.remove(id),
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
