import { expect, test } from 'vitest';
import { type FailedOutcome, failureOf, type Problem } from '../../activities/failures.js';
import {
  GraphApiError,
  GraphBadAnswerError,
  type GraphCall,
  GraphConnectionError,
  type GraphErrorEnvelope,
  GraphTimeoutError,
} from '../../activities/graph-api/errors.js';
import type { Verdict } from '../../activities/graph-api/verdicts.js';
import {
  PinNotFoundError,
  PinStoreRefusedError,
  PinStoreUnreachableError,
} from '../../activities/pin-store/pin-store.js';

const ID = '106540352242922';
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function failureFor(answer: Partial<GraphErrorEnvelope>, call: GraphCall = 'register') {
  const envelope = {
    code: 1,
    text: 'Meta’s words',
    isTransient: false,
    httpStatus: 400,
    ...answer,
  };
  return asFailure(failureOf(new GraphApiError(call, ID, envelope)));
}

/** What of a failure reaches Temporal. */
function asFailure(failure: unknown) {
  expect(failure).toMatchObject({ name: 'ApplicationFailure' });
  return failure as {
    message: string;
    type: string;
    nonRetryable: boolean;
    nextRetryDelay?: number;
    details: [Problem];
  };
}

interface Case {
  code: number;
  subcode?: number;
  http?: number;
  call?: GraphCall;
  text?: string;
  verdict: Verdict;
  type: string;
  waitMs?: number;
  outcome?: FailedOutcome;
}

const CASES: Case[] = [
  {
    code: 133000,
    http: 500,
    verdict: 'deregisterFirst',
    type: 'DeregisterFirst',
    waitMs: 5 * MINUTE,
  },
  {
    code: 133004,
    http: 503,
    verdict: 'retryLater',
    type: 'RetryLater',
    waitMs: 30 * SECOND,
    outcome: 'unknown',
  },
  { code: 133005, verdict: 'pinMismatch', type: 'PinMismatch' },
  { code: 133006, verdict: 'verifyFirst', type: 'VerifyFirst' },
  { code: 133008, verdict: 'pinGuessLimit', type: 'PinGuessLimit', waitMs: HOUR },
  { code: 133009, verdict: 'pinGuessLimit', type: 'PinGuessLimit', waitMs: HOUR },
  { code: 133010, verdict: 'notRegistered', type: 'NotRegistered' },
  { code: 133010, call: 'setPin', verdict: 'notRegistered', type: 'NotRegistered' },
  { code: 133015, verdict: 'retryLater', type: 'RetryLater', waitMs: 5 * MINUTE },
  { code: 133016, verdict: 'budgetExceeded', type: 'BudgetExceeded', waitMs: 72 * HOUR },
  {
    code: 133016,
    call: 'deregister',
    verdict: 'budgetExceeded',
    type: 'BudgetExceeded',
    waitMs: 72 * HOUR,
  },
  { code: 136024, call: 'requestCode', verdict: 'codeNotSent', type: 'CodeNotSent', waitMs: HOUR },
  {
    code: 136024,
    subcode: 2388367,
    call: 'requestCode',
    verdict: 'codeNotSent',
    type: 'CodeNotSent',
    waitMs: DAY,
  },
  {
    code: 136024,
    subcode: 2388091,
    call: 'requestCode',
    verdict: 'codeNotSent',
    type: 'CodeNotSent',
    waitMs: DAY,
  },
  {
    code: 136024,
    subcode: 1,
    call: 'requestCode',
    verdict: 'codeNotSent',
    type: 'CodeNotSent',
    waitMs: HOUR,
  },
  { code: 136025, call: 'verifyCode', verdict: 'codeRefused', type: 'CodeRefused' },
  ...[131000, 131016, 131057, 1, 2].flatMap((code) =>
    [500, 503, 400].map(
      (http): Case => ({
        code,
        http,
        verdict: 'retryLater',
        type: 'RetryLater',
        waitMs: 10 * SECOND,
        outcome: 'unknown',
      }),
    ),
  ),
  ...[4, 17, 32, 613, 80007, 80008, 130429].flatMap((code) =>
    [400, 429].map(
      (http): Case => ({ code, http, verdict: 'rateLimited', type: 'RateLimited', waitMs: HOUR }),
    ),
  ),
  {
    code: 131031,
    http: 403,
    text: 'Account has been locked',
    verdict: 'operatorNeeded',
    type: 'OperatorNeeded',
  },
  {
    code: 131031,
    http: 403,
    text: 'The PIN does not match',
    verdict: 'pinMismatch',
    type: 'PinMismatch',
  },
  {
    code: 131031,
    http: 403,
    text: 'wrong two-step pin.',
    verdict: 'pinMismatch',
    type: 'PinMismatch',
  },
  {
    code: 131031,
    http: 403,
    text: 'Shipping is pinned',
    verdict: 'operatorNeeded',
    type: 'OperatorNeeded',
  },
  ...[0, 190, 102, 104, 3, 10, 200, 201, 250, 298, 299, 131005, 368].flatMap((code) =>
    [401, 403, 400].map(
      (http): Case => ({ code, http, verdict: 'operatorNeeded', type: 'OperatorNeeded' }),
    ),
  ),
  { code: 190, subcode: 463, http: 401, verdict: 'operatorNeeded', type: 'OperatorNeeded' },
  { code: 190, subcode: 467, http: 401, verdict: 'operatorNeeded', type: 'OperatorNeeded' },
  { code: 33, verdict: 'operatorNeeded', type: 'OperatorNeeded' },
  { code: 100, subcode: 33, call: 'read', verdict: 'operatorNeeded', type: 'OperatorNeeded' },
  { code: 803, http: 404, call: 'read', verdict: 'operatorNeeded', type: 'OperatorNeeded' },
  { code: 100, subcode: 2207051, call: 'deregister', verdict: 'alreadyDone', type: 'AlreadyDone' },
  { code: 100, subcode: 2207051, call: 'register', verdict: 'refused', type: 'RefusedForGood' },
  { code: 100, verdict: 'refused', type: 'RefusedForGood' },
  { code: 131008, verdict: 'refused', type: 'RefusedForGood' },
  { code: 131009, verdict: 'refused', type: 'RefusedForGood' },
  {
    code: 100,
    subcode: 2388001,
    verdict: 'nameNotApproved',
    type: 'NameNotApproved',
    waitMs: HOUR,
  },
  {
    code: 131000,
    subcode: 2388001,
    http: 500,
    verdict: 'nameNotApproved',
    type: 'NameNotApproved',
    waitMs: HOUR,
  },
  ...[2388012, 2388093, 2388103].map(
    (subcode): Case => ({ code: 100, subcode, verdict: 'operatorNeeded', type: 'OperatorNeeded' }),
  ),
];

const title = ({ code, subcode, http = 400, call = 'register', text, verdict }: Case) =>
  `${code}${subcode === undefined ? '' : `/${subcode}`} with HTTP ${http} to ${call}${text ? ` saying "${text}"` : ''} is ${verdict}`;

test.each(CASES.map((row) => [title(row), row] as const))('%s', (_, row) => {
  const { code, subcode, http = 400, call, text = 'Meta’s words', verdict, type } = row;
  const { waitMs, outcome = 'refused' } = row;
  const failure = failureFor(
    {
      code,
      httpStatus: http,
      text,
      ...(subcode === undefined ? {} : { subcode }),
      fbtraceId: 'Az1',
    },
    call,
  );
  const passes = verdict === 'retryLater' || verdict === 'rateLimited';
  const [problem, ...others] = failure.details;
  expect(others).toEqual([]);
  expect(problem).toEqual({
    verdict,
    outcome,
    code,
    ...(subcode === undefined ? {} : { subcode }),
    text,
    advice: expect.stringMatching(/^[A-Z].{8,}\.$/),
    fbtraceId: 'Az1',
    ...(waitMs === undefined ? {} : { waitMs }),
  });
  expect(failure.type).toBe(type);
  const soon = passes && (waitMs ?? 0) <= MINUTE;
  expect(failure.nonRetryable).toBe(!soon);
  expect(failure.nextRetryDelay).toBe(soon ? waitMs : undefined);
  for (const part of [
    ID,
    text,
    subcode === undefined ? `(${code})` : `(${code}/${subcode})`,
    'Az1',
  ])
    expect(failure.message).toContain(part);
  expect(failure.message).toContain(problem.advice);
});

test.each<[number, boolean, string, FailedOutcome]>([
  [400, false, 'operatorNeeded', 'refused'],
  [404, false, 'operatorNeeded', 'refused'],
  [429, false, 'operatorNeeded', 'refused'],
  [200, false, 'operatorNeeded', 'refused'],
  [400, true, 'retryLater', 'unknown'],
  [500, false, 'retryLater', 'unknown'],
  [503, true, 'retryLater', 'unknown'],
])(
  'an unknown code with HTTP %i and is_transient %s is %s, outcome %s',
  (httpStatus, isTransient, verdict, outcome) => {
    for (const code of [-1, 5, 300, 99999, 133099, 4_000_000_000]) {
      expect(failureFor({ code, httpStatus, isTransient }).details[0]).toMatchObject({
        verdict,
        outcome,
        code,
      });
    }
  },
);

test('133016 from Meta is told apart from a budget that this product itself found spent', () => {
  expect(failureFor({ code: 133016 }).type).not.toBe('BudgetSpent');
});

test.each([
  ['Please wait 30 minutes.', 30 * MINUTE],
  ['Try again in 45 seconds', 45 * SECOND],
  ['You can try again in 1 hour', HOUR],
  ['Try again after 12 hours.', 12 * HOUR],
  ['Wait 7 Days before the next guess', 7 * DAY],
  ['Wait 1 hour 30 minutes', 90 * MINUTE],
  ['Wait 1 hour and 30 minutes', 90 * MINUTE],
  ['Wait 2 days, 3 hours', 51 * HOUR],
  ['Wait 5 minutes. A second guess within 10 minutes counts double.', 5 * MINUTE],
  ['Too many guesses.', HOUR],
  ['Error 133008: wait', HOUR],
])('133008 saying "%s" is waited out as it says, else an hour', (text, waitMs) => {
  for (const code of [133008, 133009])
    expect(failureFor({ code, text }).details[0].waitMs).toBe(waitMs);
});

test('a time span in the text of another refusal is no wait', () => {
  expect(failureFor({ code: 133005, text: 'wait 30 minutes' }).details[0].waitMs).toBeUndefined();
});

test.each<[string, Partial<GraphErrorEnvelope>, number]>([
  ['a rate limit: shorter', { code: 80008, retryAfterMs: 3 * MINUTE }, 3 * MINUTE],
  ['a rate limit: longer', { code: 4, retryAfterMs: 5 * HOUR }, 5 * HOUR],
  ['passing trouble', { code: 131016, retryAfterMs: MINUTE }, MINUTE],
  ['a refusal that names no wait', { code: 10, retryAfterMs: MINUTE }, MINUTE],
  ['the budget: never shorter', { code: 133016, retryAfterMs: MINUTE }, 72 * HOUR],
  ['the budget: longer', { code: 133016, retryAfterMs: 80 * HOUR }, 80 * HOUR],
  ['too many codes: never shorter', { code: 136024, subcode: 2388367, retryAfterMs: MINUTE }, DAY],
  [
    'PIN guesses: never shorter',
    { code: 133008, text: 'wait 2 hours', retryAfterMs: MINUTE },
    2 * HOUR,
  ],
  ['PIN guesses: longer', { code: 133008, text: 'wait 2 hours', retryAfterMs: DAY }, DAY],
])('the wait that Meta’s headers name, on %s', (_, answer, waitMs) => {
  expect(failureFor(answer).details[0].waitMs).toBe(waitMs);
});

test('a wait longer than a minute is left to the workflow, which shows it; a shorter one is Temporal’s own', () => {
  const long = failureFor({ code: 4, retryAfterMs: 5 * HOUR });
  expect(long).toMatchObject({ nonRetryable: true, details: [{ waitMs: 5 * HOUR }] });
  expect(long.nextRetryDelay).toBeUndefined();
  expect(failureFor({ code: 4, retryAfterMs: MINUTE }).nextRetryDelay).toBe(MINUTE);
});

test.each<[string, unknown, FailedOutcome]>([
  ['a timeout', new GraphTimeoutError('register', ID, 15_000), 'unknown'],
  ['a reset', new GraphConnectionError('register', ID, 'ECONNRESET'), 'unknown'],
  ['a failure without a code', new GraphConnectionError('register', ID, undefined), 'unknown'],
  ['an unreadable answer', new GraphBadAnswerError('register', ID, 502, 'not JSON'), 'unknown'],
  ...[
    'ECONNREFUSED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'UND_ERR_CONNECT_TIMEOUT',
  ].map((code): [string, unknown, FailedOutcome] => [
    code,
    new GraphConnectionError('register', ID, code),
    'notSent',
  ]),
])('%s is tried again, and its outcome is told', (_, error, outcome) => {
  const failure = asFailure(failureOf(error));
  expect(failure).toMatchObject({ type: 'RetryLater', nonRetryable: false });
  expect(failure.details).toEqual([
    {
      verdict: 'retryLater',
      outcome,
      text: expect.stringContaining(ID),
      advice: expect.stringMatching(/\.$/),
    },
  ]);
});

test('whatever fails before a write is begun, nothing was sent', () => {
  for (const error of [
    new GraphTimeoutError('read', ID, 8000),
    new GraphConnectionError('read', ID, 'ECONNRESET'),
    new GraphBadAnswerError('read', ID, 200, 'empty'),
    new GraphApiError('read', ID, { code: 1, text: 't', isTransient: true, httpStatus: 500 }),
  ]) {
    expect(asFailure(failureOf(error, false)).details[0].outcome).toBe('notSent');
  }
});

test.each([
  [
    'an unreachable PIN store passes',
    new PinStoreUnreachableError('down'),
    'PinStoreUnreachable',
    false,
  ],
  ['a refusing PIN store needs a person', new PinStoreRefusedError('no'), 'PinStoreRefused', true],
  ['a PIN that is gone needs a person', new PinNotFoundError('gone'), 'PinStoreRefused', true],
])('%s', (_, error, type, nonRetryable) => {
  const failure = asFailure(failureOf(error));
  expect(failure).toMatchObject({ type, nonRetryable, message: error.message });
  expect(failure.details[0]).toMatchObject({ outcome: 'notSent', text: error.message });
});

test('what is no failure of Meta or the PIN store is handed on as it is', () => {
  for (const other of [
    new TypeError('a defect'),
    new DOMException('stop', 'AbortError'),
    'x',
    undefined,
  ])
    expect(failureOf(other)).toBe(other);
});
