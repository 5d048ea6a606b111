/** Every error that Meta is known to answer, at the moments at which it can come, and what the run then has to do. */
import type { GraphCall } from '../../activities/graph-api/errors.js';
import { type VerdictRow, verdictRowOf } from '../../activities/graph-api/verdicts.js';
import type { NumberSeed } from '../../simulator/simulator.js';
import type { Moment, Reaction } from './reactions.js';

export interface MetaAnswer {
  at: Moment;
  code: number;
  subcode?: number;
  /** `error_data.details`. */
  details?: string;
  status?: number;
  /** `is_transient`. @default the code's own */
  transient?: boolean;
  headers?: Record<string, string>;
  does: Reaction;
  /** How long the run waits before it sends the same again, or asks for a code again; in milliseconds. */
  waitMs?: number;
  /** The number's state brings the answer about by itself. @default the answer is injected, once */
  number?: Omit<NumberSeed, 'id'>;
  /** The test in which the wait is over and the run goes on. */
  coveredBy?: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The call that is answered. */
export const CALL_AT: Record<Moment, GraphCall> = {
  firstRead: 'read',
  laterRead: 'read',
  requestCode: 'requestCode',
  verifyCode: 'verifyCode',
  register: 'register',
  setPin: 'setPin',
  deregister: 'deregister',
  lastRead: 'read',
};

/** The row of the verdict table that an answer falls under. */
export function rowOf(answer: MetaAnswer): VerdictRow {
  const { at, code, subcode, details = '', status = 400, transient = false } = answer;
  return verdictRowOf(CALL_AT[at], {
    code,
    ...(subcode === undefined ? {} : { subcode }),
    text: details,
    isTransient: transient,
    httpStatus: status,
  });
}

type More = Omit<MetaAnswer, 'at' | 'code' | 'does'>;

const on = (at: Moment, code: number, does: Reaction, more: More = {}): MetaAnswer => ({
  at,
  code,
  does,
  ...more,
});

/** The same answer at several moments. */
const onEach = (code: number, does: Partial<Record<Moment, Reaction>>, more: More = {}) =>
  Object.entries(does).map(([at, reaction]) => on(at as Moment, code, reaction, more));

const usage = (minutes: number) => ({
  'x-business-use-case-usage': JSON.stringify({
    '102290129340398': [{ type: 'whatsapp', estimated_time_to_regain_access: minutes }],
  }),
});

const LONG_WAITS = 'test/workflow/long-waits.test.ts';
const LONG_PARKS = 'test/workflow/long-parks.test.ts';
const PARKED = 'test/workflow/parked.test.ts';

/** A code that neither Meta's pages nor the field know. */
export const UNKNOWN_CODE = 987_654;

export const META_ANSWERS: readonly MetaAnswer[] = [
  // An incomplete deregistration
  on('register', 133000, 'deregistersFirst', {
    waitMs: 5 * MINUTE,
    number: { preset: 'deregistrationIncomplete' },
    coveredBy: LONG_WAITS,
  }),
  on('deregister', 133000, 'undoesLater', { coveredBy: LONG_WAITS }),

  // Passing trouble
  on('register', 133004, 'again', { waitMs: 30 * SECOND }),
  ...[1, 2, 131000, 131016, 131057].map((code) =>
    on('register', code, 'again', { waitMs: 10 * SECOND }),
  ),
  ...onEach(131000, {
    firstRead: 'again',
    laterRead: 'again',
    requestCode: 'maybeSent',
    verifyCode: 'again',
    setPin: 'again',
    deregister: 'undoesLater',
    lastRead: 'again',
  }),
  on('register', UNKNOWN_CODE, 'again', { status: 500, waitMs: 10 * SECOND }),
  on('register', UNKNOWN_CODE, 'again', { transient: true, waitMs: 10 * SECOND }),
  on('firstRead', UNKNOWN_CODE, 'again', { status: 503 }),
  on('requestCode', UNKNOWN_CODE, 'maybeSent', { status: 500 }),
  on('setPin', UNKNOWN_CODE, 'again', { status: 500 }),

  // The PIN
  on('register', 133005, 'triesOtherPins', { coveredBy: PARKED }),
  on('setPin', 133005, 'parksAcceptableForPin'),
  on('register', 131031, 'triesOtherPins', { details: 'The two-step verification PIN is wrong.' }),
  on('register', 133008, 'waits', { waitMs: HOUR, coveredBy: LONG_PARKS }),
  on('register', 133009, 'waits', {
    details: 'Please try again in 2 hours and 30 minutes.',
    waitMs: 2.5 * HOUR,
    coveredBy: LONG_PARKS,
  }),

  // The order of things
  on('register', 133006, 'codeFirst'),
  on('register', 133010, 'parks'),
  on('setPin', 133010, 'registersAgain'),
  on('register', 133015, 'again', { waitMs: 5 * MINUTE, coveredBy: LONG_WAITS }),

  // The budget
  on('register', 133016, 'waits', { waitMs: 72 * HOUR, coveredBy: LONG_PARKS }),
  on('deregister', 133016, 'waits', { waitMs: 72 * HOUR }),

  // Codes
  on('requestCode', 136024, 'asksLater', { waitMs: HOUR }),
  on('requestCode', 136024, 'asksLater', { subcode: 2388367, waitMs: DAY, coveredBy: LONG_WAITS }),
  on('requestCode', 136024, 'asksLater', { subcode: 2388091, waitMs: DAY, coveredBy: LONG_WAITS }),
  on('verifyCode', 136025, 'nextCode'),

  // Rate limits
  ...[4, 17, 32, 613, 80007, 80008].map((code) => on('register', code, 'waits', { waitMs: HOUR })),
  on('register', 130429, 'waits', {
    headers: { 'retry-after': '1500' },
    waitMs: 25 * MINUTE,
    coveredBy: LONG_WAITS,
  }),
  on('register', 80007, 'waits', { headers: usage(40), waitMs: 40 * MINUTE }),
  ...onEach(
    80008,
    {
      firstRead: 'waits',
      laterRead: 'waits',
      requestCode: 'asksWhenAllowed',
      setPin: 'waits',
      deregister: 'waits',
      lastRead: 'waits',
    },
    { headers: usage(25), waitMs: 25 * MINUTE },
  ),
  on('verifyCode', 613, 'handsBack'),

  // The token
  on('firstRead', 190, 'endsRefused', { subcode: 463 }),
  on('firstRead', 104, 'endsRefused'),
  on('register', 190, 'parks', { subcode: 463 }),
  on('register', 190, 'parks', { subcode: 467 }),
  ...[0, 102, 104, 190].map((code) => on('register', code, 'parks')),
  ...onEach(190, {
    laterRead: 'parks',
    requestCode: 'parks',
    verifyCode: 'parks',
    setPin: 'parksAcceptable',
    deregister: 'undoesLater',
    lastRead: 'endsUnread',
  }),

  // Permissions, policy, the account
  ...[3, 10, 200, 250, 299, 131005].map((code) => on('register', code, 'parks')),
  on('firstRead', 200, 'endsRefused'),
  on('requestCode', 10, 'parks'),
  on('setPin', 131005, 'parksAcceptable'),
  on('register', 368, 'parks'),
  on('requestCode', 368, 'parks'),
  on('firstRead', 368, 'endsRefused'),
  on('register', 131031, 'parks', { details: 'The account is locked.' }),
  on('setPin', 131031, 'parksAcceptable'),

  // No such number, or not an asset of the system user
  ...[{ code: 33 }, { code: 803 }, { code: 100, subcode: 33 }].flatMap(({ code, ...subcode }) => [
    on('firstRead', code, 'endsRefused', subcode),
    on('laterRead', code, 'parks', subcode),
    on('register', code, 'parks', subcode),
  ]),

  // Refused for good
  ...[100, 131008, 131009].map((code) => on('register', code, 'endsFailed')),
  ...onEach(100, {
    firstRead: 'endsRefused',
    laterRead: 'endsFailed',
    requestCode: 'endsFailed',
    setPin: 'parksAcceptable',
    deregister: 'notUndone',
    lastRead: 'endsUnread',
  }),
  on('verifyCode', 131009, 'endsFailed'),
  on('deregister', 100, 'undone', { subcode: 2207051 }),

  // The display name, and numbers on the move
  on('register', 100, 'watchesName', {
    subcode: 2388001,
    waitMs: HOUR,
    number: { preset: 'nameUnderReview' },
    coveredBy: LONG_PARKS,
  }),
  ...[2388012, 2388093, 2388103].map((subcode) => on('register', 100, 'parks', { subcode })),

  // An error that nobody knows
  ...onEach(UNKNOWN_CODE, {
    firstRead: 'endsRefused',
    laterRead: 'parks',
    requestCode: 'parks',
    verifyCode: 'parks',
    register: 'parks',
    setPin: 'parksAcceptable',
    deregister: 'undoesLater',
    lastRead: 'endsUnread',
  }),
];
