/** When a failed attempt is made again, as Temporal's server and the SDK's core decide it. Pure. */
import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import type { Failure, RetryPolicy } from './sdk-types.js';

const SECOND = 1000;

/**
 * How long to wait before the next attempt, in milliseconds; or why there is none.
 *
 * @param attempt the one that failed; the first is 1
 */
export function waitBeforeRetry(
  policy: RetryPolicy | null | undefined,
  attempt: number,
  failure: Failure | undefined,
): number | 'NON_RETRYABLE_FAILURE' | 'MAXIMUM_ATTEMPTS_REACHED' {
  const { maximumAttempts = 0, backoffCoefficient = 2, nonRetryableErrorTypes = [] } = policy ?? {};
  const info = failure?.applicationFailureInfo;
  if (info?.nonRetryable || nonRetryableErrorTypes?.includes(info?.type ?? '')) {
    return 'NON_RETRYABLE_FAILURE';
  }
  if (maximumAttempts && attempt >= maximumAttempts) return 'MAXIMUM_ATTEMPTS_REACHED';
  const wanted = optionalTsToMs(info?.nextRetryDelay);
  if (wanted) return wanted;
  const initial = optionalTsToMs(policy?.initialInterval) ?? SECOND;
  const longest = optionalTsToMs(policy?.maximumInterval) ?? 100 * initial;
  return Math.min(longest, initial * (backoffCoefficient || 2) ** (attempt - 1));
}
