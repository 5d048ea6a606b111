import { expect, test } from 'vitest';
import { CODE_REQUEST_LIMIT } from '../../activities/budget.js';
import {
  CODE_LIFETIME_MS,
  type Due,
  nextDue,
  RESEND_GAP_MS,
  TRIES_PER_CODE,
  type WaitState,
} from '../../workflows/code-rules.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const due = (state: Partial<WaitState>): Due =>
  nextDue({ now: 0, waitStartedAt: 0, deadlineAt: 24 * HOUR, reminded: new Set(), ...state });

test('a code lives ten minutes and five may be refused, and the gap is the one that the activity keeps', () => {
  expect(CODE_LIFETIME_MS).toBe(10 * MINUTE);
  expect(TRIES_PER_CODE).toBe(5);
  expect(RESEND_GAP_MS).toBe(CODE_REQUEST_LIMIT.gapMs);
});

const CODE: Due = { what: 'reminder', reminder: 'code', at: HOUR + 5 * MINUTE };
const HALF: Due = { what: 'reminder', reminder: 'deadline', at: 12 * HOUR };
const END: Due = { what: 'deadline', at: 24 * HOUR };

test.each<[string, Partial<WaitState>, Due]>([
  ['half through the life of a code with nothing submitted', { sentAt: HOUR }, CODE],
  [
    'the same, where something was submitted before it',
    { sentAt: HOUR, submittedAt: HOUR - 1 },
    CODE,
  ],
  [
    'half the deadline, where something was submitted since',
    { sentAt: HOUR, submittedAt: HOUR },
    HALF,
  ],
  [
    'half the deadline, where people were reminded of the code',
    { sentAt: HOUR, reminded: new Set(['code']) },
    HALF,
  ],
  ['half the deadline, where no code was sent', {}, HALF],
  [
    'the deadline, where people were reminded of everything',
    { sentAt: HOUR, reminded: new Set(['code', 'deadline']) },
    END,
  ],
  [
    'a wanted code before that',
    { sentAt: HOUR, resendAt: HOUR + MINUTE },
    { what: 'resend', at: HOUR + MINUTE },
  ],
  [
    'a reminder before a wanted code that may come only later',
    { sentAt: HOUR, resendAt: 2 * HOUR },
    CODE,
  ],
  [
    'the deadline, once a wanted code may come only after it',
    { resendAt: 25 * HOUR, reminded: new Set(['deadline']) },
    END,
  ],
  ['the deadline of a wait already over', { now: 30 * HOUR, reminded: new Set(['deadline']) }, END],
  ['half of an extended deadline', { deadlineAt: 48 * HOUR }, { ...HALF, at: 24 * HOUR }],
  [
    'half of the wait, not of the clock',
    { waitStartedAt: 10 * HOUR, deadlineAt: 20 * HOUR },
    { ...HALF, at: 15 * HOUR },
  ],
])('what is due next is %s', (_, state, expected) => {
  expect(due(state)).toEqual(expected);
});
