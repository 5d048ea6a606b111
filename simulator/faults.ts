import type { GraphError } from './error-answers.js';
import type { Endpoint } from './request-log.js';

/** What can go wrong between a client and Meta. */
export type Fault =
  /** Meta answers this error and does nothing, unless `executed`. */
  | ({ kind: 'error'; headers?: Record<string, string>; executed?: boolean } & GraphError)
  /** Done, but no answer ever comes. */
  | { kind: 'executedTimeout' }
  /** Done, but the connection is reset before the answer. */
  | { kind: 'executedReset' }
  /** Not done, and no answer ever comes. */
  | { kind: 'timeout' }
  /** Not done, and the connection is reset. */
  | { kind: 'reset' }
  /** Status 200 and half of a JSON document. @default executed */
  | { kind: 'brokenJson'; executed?: boolean }
  /** A proxy's page. @default not executed */
  | { kind: 'html502'; executed?: boolean }
  /** Status 200 without a body. @default executed */
  | { kind: 'empty200'; executed?: boolean }
  /** Status 200 with `{"success":false}`. @default not executed */
  | { kind: 'successFalse'; executed?: boolean }
  /** Takes so many real milliseconds, before it is done or, with `when: 'after'`, between that and the answer. */
  | { kind: 'slow'; ms: number | (() => number); when?: 'before' | 'after' }
  /** Like slow, until the promise settles. */
  | { kind: 'hold'; until: Promise<unknown>; when?: 'before' | 'after' }
  /** The token stops working with this request. */
  | { kind: 'tokenRevoked' };

export type FaultKind = Fault['kind'];

/** A fault, and the requests that it strikes. Without `times` and `probability` it strikes every one. */
export type FaultRule = Fault & {
  /** @default every endpoint */
  endpoint?: Endpoint | readonly Endpoint[];
  /** @default every number */
  phoneNumberId?: string;
  /** How often the rule strikes before it is spent. */
  times?: number;
  /** Chance of striking a request, 0 to 1, from a generator of its own seeded with `seed`. @default 1 */
  probability?: number;
  /** @default 1 */
  seed?: number;
};

/** The faults of a simulator. */
export interface Faults {
  /** Adds a rule after those there are. Of several rules that match, `slow` and `hold` add up and the first other one wins. */
  add(rule: FaultRule): () => void;
  /** Removes every rule. Hits stay counted. */
  clear(): void;
  /** How often each kind struck. */
  readonly hits: Readonly<Record<FaultKind, number>>;
}

/** A `slow` or `hold` fault. */
export type Delay = Extract<Fault, { kind: 'slow' | 'hold' }>;
/** Every other fault. */
export type Failure = Exclude<Fault, Delay>;

export interface Strike {
  delays: Delay[];
  failure: Failure | undefined;
}

const isDelay = (fault: Fault): fault is Delay => fault.kind === 'slow' || fault.kind === 'hold';

/** @returns the faults for tests to add to, and the function that asks them what strikes a request */
export function createFaults(): {
  faults: Faults;
  strike(endpoint: Endpoint, phoneNumberId: string | undefined): Strike;
} {
  const rules = new Set<{ rule: FaultRule; left: number; random: () => number }>();
  const hits: Record<FaultKind, number> = {
    error: 0,
    executedTimeout: 0,
    executedReset: 0,
    timeout: 0,
    reset: 0,
    brokenJson: 0,
    html502: 0,
    empty200: 0,
    successFalse: 0,
    slow: 0,
    hold: 0,
    tokenRevoked: 0,
  };
  return {
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
    strike(endpoint, phoneNumberId) {
      const struck: Strike = { delays: [], failure: undefined };
      for (const entry of rules) {
        const { rule } = entry;
        if (!matches(rule, endpoint, phoneNumberId)) continue;
        if (!isDelay(rule) && struck.failure !== undefined) continue;
        if (rule.probability !== undefined && entry.random() >= rule.probability) continue;
        if (isDelay(rule)) struck.delays.push(rule);
        else struck.failure = rule;
        hits[rule.kind] += 1;
        entry.left -= 1;
        if (entry.left <= 0) rules.delete(entry);
      }
      return struck;
    },
  };
}

function matches(rule: FaultRule, endpoint: Endpoint, phoneNumberId: string | undefined): boolean {
  if (rule.phoneNumberId !== undefined && rule.phoneNumberId !== phoneNumberId) return false;
  return rule.endpoint === undefined || [rule.endpoint].flat().includes(endpoint);
}

/** A small generator of numbers in [0, 1) that repeats for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
