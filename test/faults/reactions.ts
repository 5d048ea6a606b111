/**
 * What a run does when Meta gives an answer of a kind, by the moment at which it comes. The tests of Meta's answers hold the runs
 * to it, and the page for operators is made from it.
 */
import type { Verdict } from '../../activities/graph-api/verdicts.js';

/** When Meta answers: to the first read, to a later one, to the last one, or to a request that changes something. */
export const MOMENTS = [
  'firstRead',
  'laterRead',
  'requestCode',
  'verifyCode',
  'register',
  'setPin',
  'deregister',
  'lastRead',
] as const;
export type Moment = (typeof MOMENTS)[number];

export type Reaction =
  /** Ends at once with the cure; nothing was done. */
  | 'endsRefused'
  /** Ends at once, and undoes what it did. */
  | 'endsFailed'
  /** Parked for 7 days. */
  | 'parks'
  /** Parked for 7 days, after a register that worked: may be accepted as it is. */
  | 'parksAcceptable'
  /** The same for 14 days. */
  | 'parksAcceptableForPin'
  /** Each other PIN in the PIN store once, then parked for 14 days. */
  | 'triesOtherPins'
  /** Waits visibly as long as Meta says, then the same again. */
  | 'waits'
  /** The same again after some seconds; where it may have been done, only after a read. */
  | 'again'
  /** While undoing: again after five minutes, three requests at most. */
  | 'undoesLater'
  /** Never again by itself; shown as "may have been sent". */
  | 'maybeSent'
  /** Asks for the code again by itself when Meta's time is over, once; an earlier code stays usable. */
  | 'asksLater'
  /** Asks for the code by itself as soon as Meta allows it; a code that somebody has can be tried meanwhile. */
  | 'asksWhenAllowed'
  /** Whoever typed the code is told at once, and may type it again. */
  | 'handsBack'
  /** Whoever typed the code is told; waits for the next one. */
  | 'nextCode'
  /** The code steps first, then register. */
  | 'codeFirst'
  /** Asks Meta to finish the deregistration, waits five minutes, then registers. */
  | 'deregistersFirst'
  /** Reads the number, and registers it once more where it is not registered. */
  | 'registersAgain'
  /** Looks at the name's status every hour. */
  | 'watchesName'
  /** Counts as undone. */
  | 'undone'
  /** Not undone, and said so. */
  | 'notUndone'
  /** Ends as registered, with what could not be read. */
  | 'endsUnread';

export const REACTIONS: Record<Verdict, Partial<Record<Moment, Reaction>>> = {
  retryLater: {
    firstRead: 'again',
    laterRead: 'again',
    requestCode: 'maybeSent',
    verifyCode: 'again',
    register: 'again',
    setPin: 'again',
    deregister: 'undoesLater',
    lastRead: 'again',
  },
  rateLimited: {
    firstRead: 'waits',
    laterRead: 'waits',
    requestCode: 'asksWhenAllowed',
    verifyCode: 'handsBack',
    register: 'waits',
    setPin: 'waits',
    deregister: 'waits',
    lastRead: 'waits',
  },
  verifyFirst: { register: 'codeFirst' },
  alreadyDone: { deregister: 'undone' },
  codeNotSent: { requestCode: 'asksLater' },
  codeRefused: { verifyCode: 'nextCode' },
  pinMismatch: { register: 'triesOtherPins', setPin: 'parksAcceptableForPin' },
  pinGuessLimit: { register: 'waits' },
  notRegistered: { register: 'parks', setPin: 'registersAgain' },
  deregisterFirst: { register: 'deregistersFirst', deregister: 'undoesLater' },
  budgetExceeded: { register: 'waits', deregister: 'waits' },
  nameNotApproved: { register: 'watchesName' },
  operatorNeeded: {
    firstRead: 'endsRefused',
    laterRead: 'parks',
    requestCode: 'parks',
    verifyCode: 'parks',
    register: 'parks',
    setPin: 'parksAcceptable',
    deregister: 'undoesLater',
    lastRead: 'endsUnread',
  },
  refused: {
    firstRead: 'endsRefused',
    laterRead: 'endsFailed',
    requestCode: 'endsFailed',
    verifyCode: 'endsFailed',
    register: 'endsFailed',
    setPin: 'parksAcceptable',
    deregister: 'notUndone',
    lastRead: 'endsUnread',
  },
};
