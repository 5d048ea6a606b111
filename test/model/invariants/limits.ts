/** I3: never more requests than Meta, or this product's own rules, allow in a moving window; and no busy loop. */

import type { Endpoint } from '../../../simulator/request-log.js';
import { Violation } from '../driver/violation.js';
import type { InvariantRule } from './scene.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** So many requests in any window of this length. Sources: Meta's limits on registration; this product's cap on codes. */
const LIMITS: Partial<Record<Endpoint, { most: number; windowMs: number; gapMs: number }>> = {
  register: { most: 10, windowMs: 72 * HOUR, gapMs: 0 },
  deregister: { most: 10, windowMs: 72 * HOUR, gapMs: 0 },
  requestCode: { most: 5, windowMs: 24 * HOUR, gapMs: 2 * MINUTE },
};

/** By one run. Meta's quota for an app and an account without a registered number is 200 calls an hour. */
const MOST_CALLS_AN_HOUR = 150;

export const limitsAreKept: InvariantRule = ({ time }) => {
  const arrivals = new Map<Endpoint, number[]>();
  const sent = new Map<string, number[]>();
  return {
    onSend({ attempt }) {
      const now = time.now();
      const runId = attempt?.runId ?? '';
      const lately = [...(sent.get(runId) ?? []).filter((at) => at > now - HOUR), now];
      sent.set(runId, lately);
      if (lately.length > MOST_CALLS_AN_HOUR) {
        throw new Violation(
          'busy loop',
          `${lately.length} calls of Meta's API by one run in an hour`,
        );
      }
    },
    onArrival({ endpoint }) {
      const limit = LIMITS[endpoint];
      if (limit === undefined) return;
      const now = time.now();
      const before = arrivals.get(endpoint) ?? [];
      const within = [...before.filter((at) => at > now - limit.windowMs), now];
      arrivals.set(endpoint, within);
      const last = before.at(-1);
      if (within.length > limit.most) {
        throw new Violation(
          'I3',
          `Meta saw ${within.length} ${endpoint} requests within ${limit.windowMs / HOUR} hours`,
        );
      }
      if (last !== undefined && now - last < limit.gapMs) {
        throw new Violation(
          'I3',
          `two ${endpoint} requests only ${(now - last) / 1000} seconds apart`,
        );
      }
    },
  };
};
