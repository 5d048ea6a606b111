/** A PIN store between which and its user the same kinds of things go wrong as between this product and Meta. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type PinStore,
  PinStoreRefusedError,
  PinStoreUnreachableError,
} from '../../activities/pin-store/pin-store.js';
import { seededRandom } from '../../simulator/faults.js';

/** What can go wrong with a call of a PIN store. What a caller sees of it is what the stores make of such answers. */
export type StoreFault =
  /** Done, but the store does not answer. */
  | { kind: 'executedTimeout' }
  /** Done, but the connection breaks before the answer. */
  | { kind: 'executedReset' }
  /** Not done, and the store does not answer. */
  | { kind: 'timeout' }
  /** Not done, and the connection breaks. */
  | { kind: 'reset' }
  /** An answer that cannot be read. @default executed */
  | { kind: 'brokenJson'; executed?: boolean }
  /** A proxy's page. @default not executed */
  | { kind: 'html502'; executed?: boolean }
  /** The store answers that it will not. */
  | { kind: 'successFalse' }
  /** Takes so many milliseconds, before it is done or, with `when: 'after'`, between that and the answer. */
  | { kind: 'slow'; ms: number; when?: 'before' | 'after' };

export type StoreFaultKind = StoreFault['kind'];

/** The methods that a rule strikes which names none. */
export const FAULTY_METHODS = ['stage', 'promote', 'read', 'describe'] as const;
export type FaultyMethod = (typeof FAULTY_METHODS)[number] | 'annotate';

/** A fault, and the calls that it strikes. Without `times` and `probability` it strikes every one. */
export type StoreFaultRule = StoreFault & {
  /** @default every one of {@link FAULTY_METHODS} */
  method?: FaultyMethod | readonly FaultyMethod[];
  /** @default every number */
  phoneNumberId?: string;
  /** How often the rule strikes before it is spent. */
  times?: number;
  /** Chance of striking a call, 0 to 1, from a generator of its own seeded with `seed`. @default 1 */
  probability?: number;
  /** @default 1 */
  seed?: number;
};

/** The faults of a PIN store. */
export interface StoreFaults {
  /**
   * Adds a rule after those there are. Of several rules that match, `slow` ones add up and the first other one wins.
   *
   * @returns a function that removes it
   */
  add(rule: StoreFaultRule): () => void;
  /** Removes every rule. Hits stay counted. */
  clear(): void;
  /** How often each kind struck. */
  readonly hits: Readonly<Record<StoreFaultKind, number>>;
}

/** A call that a fault other than `slow` struck. */
export interface StruckCall {
  /** Milliseconds since the epoch. */
  at: number;
  method: FaultyMethod;
  phoneNumberId: string;
}

export interface FaultyPinStore {
  store: PinStore;
  faults: StoreFaults;
  /** In the order in which they were struck. */
  struck: readonly StruckCall[];
}

export interface FaultyPinStoreOptions {
  /**
   * How long the store's client waits for an answer before it gives up, in milliseconds.
   *
   * @default 3000, as the AWS store's, which tries twice
   */
  patienceMs?: number;
  /** How time passes. @default really */
  wait?: (ms: number) => Promise<unknown>;
}

type Slow = Extract<StoreFault, { kind: 'slow' }>;
type Failure = Exclude<StoreFault, Slow>;

/** Wraps a store. What no fault strikes goes through to it. */
export function faultyPinStore(
  store: PinStore,
  { patienceMs = 3_000, wait = (ms) => sleep(ms) }: FaultyPinStoreOptions = {},
): FaultyPinStore {
  const rules = new Set<{ rule: StoreFaultRule; left: number; random: () => number }>();
  const hits: Record<StoreFaultKind, number> = {
    executedTimeout: 0,
    executedReset: 0,
    timeout: 0,
    reset: 0,
    brokenJson: 0,
    html502: 0,
    successFalse: 0,
    slow: 0,
  };

  const struckCalls: StruckCall[] = [];

  function strike(method: FaultyMethod, phoneNumberId: string) {
    const struck: { slow: Slow[]; failure: Failure | undefined } = { slow: [], failure: undefined };
    for (const entry of rules) {
      const { rule } = entry;
      if (!matches(rule, method, phoneNumberId)) continue;
      if (rule.kind !== 'slow' && struck.failure !== undefined) continue;
      if (rule.probability !== undefined && entry.random() >= rule.probability) continue;
      if (rule.kind === 'slow') struck.slow.push(rule);
      else struck.failure = rule;
      hits[rule.kind] += 1;
      entry.left -= 1;
      if (entry.left <= 0) rules.delete(entry);
    }
    if (struck.failure !== undefined) {
      struckCalls.push({ at: Date.now(), method, phoneNumberId });
    }
    return struck;
  }

  async function through<T>(
    method: FaultyMethod,
    phoneNumberId: string,
    work: () => Promise<T>,
  ): Promise<T> {
    const { slow, failure } = strike(method, phoneNumberId);
    const passTime = async (moment: 'before' | 'after') => {
      for (const { ms, when = 'before' } of slow) if (when === moment) await wait(ms);
    };
    await passTime('before');
    if (failure === undefined) {
      const answer = await work();
      await passTime('after');
      return answer;
    }
    if (executes(failure)) await work();
    await passTime('after');
    if (failure.kind === 'timeout' || failure.kind === 'executedTimeout') await wait(patienceMs);
    const what = `The PIN store, ${method} of ${phoneNumberId}`;
    throw failure.kind === 'successFalse'
      ? new PinStoreRefusedError(`${what}: it answers that it will not; look why in its own log.`)
      : new PinStoreUnreachableError(`${what}: ${SEEN[failure.kind]}; check the network.`);
  }

  return {
    struck: struckCalls,
    store: {
      name: store.name,
      stage: (phoneNumberId, about, newPin) =>
        through('stage', phoneNumberId, () => store.stage(phoneNumberId, about, newPin)),
      read: (phoneNumberId, version) =>
        through('read', phoneNumberId, () => store.read(phoneNumberId, version)),
      promote: (phoneNumberId, version, expected) =>
        through('promote', phoneNumberId, () => store.promote(phoneNumberId, version, expected)),
      describe: (phoneNumberId) =>
        through('describe', phoneNumberId, () => store.describe(phoneNumberId)),
      provide: (phoneNumberId, pin, about) => store.provide(phoneNumberId, pin, about),
      annotate: (phoneNumberId, notes) =>
        through('annotate', phoneNumberId, () => store.annotate(phoneNumberId, notes)),
      list: () => store.list(),
      page: (cursor, limit) => store.page(cursor, limit),
      backUp: (phoneNumberId) => store.backUp(phoneNumberId),
      restore: (backup) => store.restore(backup),
      remove: (phoneNumberId) => store.remove(phoneNumberId),
      check: () => store.check(),
    },
    faults: {
      add(rule) {
        const entry = {
          rule,
          left: rule.times ?? Number.POSITIVE_INFINITY,
          random: seededRandom(rule.seed ?? 1),
        };
        rules.add(entry);
        return () => {
          rules.delete(entry);
        };
      },
      clear: () => rules.clear(),
      hits,
    },
  };
}

const SEEN: Record<Exclude<Failure['kind'], 'successFalse'>, string> = {
  executedTimeout: 'no answer in time',
  executedReset: 'the connection broke',
  timeout: 'no answer in time',
  reset: 'the connection broke',
  brokenJson: 'an answer that cannot be read',
  html502: 'HTTP 502',
};

/** Whether the store does what it was asked before the failure strikes. */
function executes(failure: Failure): boolean {
  switch (failure.kind) {
    case 'executedTimeout':
    case 'executedReset':
      return true;
    case 'brokenJson':
      return failure.executed ?? true;
    case 'html502':
      return failure.executed ?? false;
    case 'timeout':
    case 'reset':
    case 'successFalse':
      return false;
  }
}

function matches(rule: StoreFaultRule, method: FaultyMethod, phoneNumberId: string): boolean {
  if (rule.phoneNumberId !== undefined && rule.phoneNumberId !== phoneNumberId) return false;
  return [rule.method ?? FAULTY_METHODS].flat().includes(method);
}
