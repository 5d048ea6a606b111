import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { expect, test } from 'vitest';
import {
  FAILURE_TYPE_OF,
  failure,
  type Problem,
  type ProblemVerdict,
} from '../../activities/failures.js';
import {
  lookAt,
  noTries,
  PATIENCE_MS,
  passes,
  reportOf,
  settled,
  tried,
  waitBeforeNext,
} from '../../workflows/attempts.js';

const MINUTE = 60_000;
const problem = (verdict: ProblemVerdict, more: Partial<Problem> = {}): Problem => ({
  verdict,
  outcome: 'refused',
  text: 'text',
  advice: 'advice',
  ...more,
});

const VERDICTS = Object.keys(FAILURE_TYPE_OF) as ProblemVerdict[];
const SHORT: ProblemVerdict[] = ['retryLater', 'rateLimited', 'pinStoreUnreachable'];
const PASSING: ProblemVerdict[] = [...SHORT, 'pinGuessLimit', 'budgetSpent', 'budgetExceeded'];

test.each(VERDICTS)(
  '%s passes by itself or not; Temporal tries again by itself only what may pass soon',
  (verdict) => {
    expect(passes(problem(verdict))).toBe(PASSING.includes(verdict));
    expect(failure('sentence', problem(verdict)).nonRetryable).toBe(!SHORT.includes(verdict));
  },
);

test('a read that Meta’s passing trouble fails is repeated ever more rarely, though its wait is short', () => {
  const failed = problem('retryLater', { outcome: 'notSent', waitMs: 10_000 });
  expect(after(1, failed, 4)).toBe(10_000);
  expect(after(12, failed, 4)).toBe(5 * MINUTE);
  const paced = problem('rateLimited', { outcome: 'notSent', waitMs: 40_000 });
  expect(after(12, paced, 4)).toBe(40_000);
});

test('a limit with the instant of the next request is waited for until then', () => {
  const spentLimit = problem('budgetSpent', {
    outcome: 'notSent',
    allowedAt: new Date(90_000).toISOString(),
  });
  expect(after(1, spentLimit, 4)).toBe(90_000);
  expect(after(1, spentLimit, 4, 60_000)).toBe(30_000);
});

/** `n` tries that all ended with this problem, the last one now. */
function after(n: number, ended: Problem, most: number, waitedMs = 0): number | undefined {
  let tries = noTries(0);
  for (let i = 0; i < n; i += 1) tries = tried(tries, ended);
  return waitBeforeNext(ended, tries, most, waitedMs);
}

test.each(VERDICTS.filter((verdict) => !PASSING.includes(verdict)))(
  'after %s the same request is not repeated',
  (verdict) => {
    expect(after(1, problem(verdict, { waitMs: 1000 }), 10)).toBeUndefined();
  },
);

test('passing trouble is tried again after waits that double up to five minutes', () => {
  const waits = [1, 2, 3, 4, 8, 9, 20].map((n) => after(n, problem('retryLater'), 99));
  expect(waits).toEqual([2000, 4000, 8000, 16_000, 256_000, 5 * MINUTE, 5 * MINUTE]);
});

test('what Meta asks for is waited, where it is longer than the backoff', () => {
  expect(after(1, problem('retryLater', { waitMs: 30_000 }), 9)).toBe(30_000);
  expect(after(3, problem('retryLater', { waitMs: 1 }), 9)).toBe(8000);
  expect(after(9, problem('retryLater', { waitMs: 9 * MINUTE }), 10)).toBe(9 * MINUTE);
  expect(after(1, problem('rateLimited'), 4)).toBe(5 * MINUTE);
});

test('passing trouble ends with the attempts that Meta may have seen', () => {
  expect(after(3, problem('retryLater'), 4)).toBe(8000);
  expect(after(4, problem('retryLater'), 4)).toBeUndefined();
  expect(after(4, problem('retryLater', { outcome: 'unknown' }), 4)).toBeUndefined();
});

test.each([
  ['a rate limit', problem('rateLimited', { waitMs: 60 * MINUTE }), 60 * MINUTE],
  ['a request that never left', problem('retryLater', { outcome: 'notSent' }), 5 * MINUTE],
  [
    'a PIN store that does not answer',
    problem('pinStoreUnreachable', { outcome: 'notSent' }),
    5 * MINUTE,
  ],
])('%s spends no attempt and is waited out, for seven days', (_, ended, waitMs) => {
  expect(after(40, ended, 4)).toBe(waitMs);
  expect(after(40, ended, 4, PATIENCE_MS - 1)).toBe(Math.max(waitMs, 30 * MINUTE));
  expect(after(40, ended, 4, PATIENCE_MS)).toBeUndefined();
});

const inActivity = (cause: Error) =>
  new ActivityFailure(
    'Activity task failed',
    'register',
    '1',
    RetryState.NON_RETRYABLE_FAILURE,
    'w',
    cause,
  );

test('a failed activity is settled with the problem that it reported', async () => {
  const reported = problem('pinMismatch', { code: 133005 });
  const failed = Promise.reject(inActivity(failure('sentence', reported)));
  expect(await settled(failed)).toEqual({ ok: false, problem: reported });
  expect(await settled(Promise.resolve(7))).toEqual({ ok: true, value: 7 });
});

test.each<[string, Error]>([
  ['a timeout', inActivity(new TimeoutFailure('t', undefined, TimeoutType.START_TO_CLOSE))],
  ['a failure without a report', inActivity(ApplicationFailure.create({ message: 'defect' }))],
  ['a failure with other details', inActivity(ApplicationFailure.create({ details: ['x', null] }))],
  ['anything else', new Error('lost')],
])('of %s the outcome is unknown', async (_, error) => {
  const { problem: found, ok } = (await settled(Promise.reject(error))) as {
    ok: false;
    problem: Problem;
  };
  expect(ok).toBe(false);
  expect(found).toMatchObject({ verdict: 'retryLater', outcome: 'unknown' });
  expect(`${found.text} ${found.advice}`).not.toMatch(/lost|defect/);
});

test('a cancellation is thrown on, bare or within an activity', async () => {
  for (const error of [new CancelledFailure('stop'), inActivity(new CancelledFailure('stop'))])
    await expect(settled(Promise.reject(error))).rejects.toBe(error);
});

test('a look that fails in passing is repeated with patience, one refused is not', async () => {
  const calls: string[] = [];
  const looking = (first: Problem) =>
    lookAt<number, string>(
      [
        async (n) => {
          calls.push(`short ${n}`);
          throw inActivity(failure('sentence', first));
        },
        async (n) => {
          calls.push(`patient ${n}`);
          return 'seen';
        },
      ],
      7,
    );
  expect(await looking(problem('retryLater'))).toEqual({ ok: true, value: 'seen' });
  expect(await looking(problem('operatorNeeded'))).toMatchObject({ ok: false });
  expect(calls).toEqual(['short 7', 'patient 7', 'short 7']);
});

test('a problem is shown with its codes and texts, without what only the run needs', () => {
  const shown = { code: 136024, subcode: 2388367, text: 'text', advice: 'advice', fbtraceId: 'A1' };
  expect(reportOf(problem('codeNotSent', { ...shown, waitMs: 5, allowedAt: 'x' }))).toEqual(shown);
  expect(reportOf(problem('retryLater'))).toEqual({ text: 'text', advice: 'advice' });
});
