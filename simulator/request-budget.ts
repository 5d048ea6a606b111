import type { BudgetLedger } from './number-state.js';

/** Meta takes 10 register and 10 deregister requests per number in a moving 72 hours. */
export const BUDGET_LIMIT = 10;
export const BUDGET_WINDOW_MS = 72 * 3_600_000;

/** Requests that count at the instant `now` (ms). */
export function countedRequests(ledger: BudgetLedger, now: number): readonly number[] {
  return ledger.requests.filter((at) => at > now - BUDGET_WINDOW_MS);
}

/**
 * Counts one request. The one over the limit is refused and blocks the number for 72 hours; requests during that block are
 * refused without making it longer.
 */
export function spend(
  ledger: BudgetLedger,
  now: number,
): { allowed: boolean; ledger: BudgetLedger } {
  if (now < ledger.blockedUntil) return { allowed: false, ledger };
  const requests = countedRequests(ledger, now);
  if (requests.length >= BUDGET_LIMIT) {
    return { allowed: false, ledger: { requests, blockedUntil: now + BUDGET_WINDOW_MS } };
  }
  return { allowed: true, ledger: { requests: [...requests, now], blockedUntil: 0 } };
}
