/**
 * What becomes of a run that a fault strikes, for each fault and each step, written down before any run. The tests compare
 * every cell with what was seen.
 */

/** Where the fault strikes: a call to Meta, or to the PIN store (`stage`, `promote`). */
export const STEPS = [
  'read',
  'register',
  'requestCode',
  'verifyCode',
  'setPin',
  'deregister',
  'stage',
  'promote',
] as const;
export type Step = (typeof STEPS)[number];

/** What goes wrong. An answer that cannot be read comes after the deed, the proxy's page and `success:false` without it. */
export const FAULTS = [
  'executedTimeout',
  'executedReset',
  'timeout',
  'reset',
  'brokenJson',
  'html502',
  'successFalse',
] as const;
export type FaultName = (typeof FAULTS)[number];

/** `once`: one call is struck. `again`: the next ones as well, see {@link STRIKES_AGAIN}. */
export const FORMS = ['once', 'again'] as const;
export type Form = (typeof FORMS)[number];

export interface Course {
  ends:
    | 'live'
    /** Parked; live after the fault was mended and an operator said `retry`. */
    | 'parked, live after retry'
    /** Ended at once with the cure, nothing sent. */
    | 'refused'
    /** Waits until somebody asks for a new code; here the deadline ends it. */
    | 'waits for a person'
    /** Cancelled, and the register of this run undone. */
    | 'undone'
    /** Cancelled, and said that the number may still be registered. */
    | 'not undone';
  /**
   * Writes to Meta in order, with `read` where one that Meta answered stands between two of a kind. What the fault struck has
   * an exclamation mark; reads and calls of the PIN store are shown where they were struck.
   */
  requests: string;
  shows?: 'code maybe sent' | 'code handed back';
}

const live = (requests: string, shows?: Course['shows']): Course => ({
  ends: 'live',
  requests,
  ...(shows === undefined ? {} : { shows }),
});
const parked = (requests: string): Course => ({ ends: 'parked, live after retry', requests });
const refused = (requests: string): Course => ({ ends: 'refused', requests });
const asks = (requests: string): Course => ({
  ends: 'waits for a person',
  requests,
  shows: 'code maybe sent',
});
const undone = (requests: string): Course => ({ ends: 'undone', requests });
const notUndone = (requests: string): Course => ({ ends: 'not undone', requests });

/** A request struck so many times, the number read in between. */
const struck = (what: string, times: number) => Array(times).fill(`${what}!`).join(' read ');

type Row = Record<FaultName, readonly [once: Course, again: Course]>;

export const EXPECTED: Record<Step, Row> = {
  // Nothing is written before the number was read.
  read: {
    executedTimeout: [live('read! register setPin'), live('read! read! register setPin')],
    executedReset: [live('read! register setPin'), live('read! read! read! register setPin')],
    timeout: [live('read! register setPin'), live('read! read! register setPin')],
    reset: [live('read! register setPin'), live('read! read! read! register setPin')],
    brokenJson: [live('read! register setPin'), live('read! read! read! register setPin')],
    html502: [live('read! register setPin'), live('read! read! read! register setPin')],
    successFalse: [live('read! register setPin'), live('read! read! read! register setPin')],
  },
  // Sent again only after a read that shows it was not done, four times at most; then an operator is asked.
  register: {
    executedTimeout: [live('register! setPin'), live('register! setPin')],
    executedReset: [live('register! setPin'), live('register! setPin')],
    timeout: [
      live('register! read register setPin'),
      live('register! read register! read register setPin'),
    ],
    reset: [
      live('register! read register setPin'),
      parked(`${struck('register', 4)} read register setPin`),
    ],
    brokenJson: [live('register! setPin'), live('register! setPin')],
    html502: [
      live('register! read register setPin'),
      parked(`${struck('register', 4)} read register setPin`),
    ],
    successFalse: [
      live('register! read register setPin'),
      parked(`${struck('register', 4)} read register setPin`),
    ],
  },
  // Never sent again by itself; a code that came all the same works.
  requestCode: {
    executedTimeout: [
      live('requestCode! verifyCode register setPin', 'code maybe sent'),
      live('requestCode! verifyCode register setPin', 'code maybe sent'),
    ],
    executedReset: [
      live('requestCode! verifyCode register setPin', 'code maybe sent'),
      live('requestCode! verifyCode register setPin', 'code maybe sent'),
    ],
    timeout: [asks('requestCode!'), asks('requestCode!')],
    reset: [asks('requestCode!'), asks('requestCode!')],
    brokenJson: [
      live('requestCode! verifyCode register setPin', 'code maybe sent'),
      live('requestCode! verifyCode register setPin', 'code maybe sent'),
    ],
    html502: [asks('requestCode!'), asks('requestCode!')],
    successFalse: [asks('requestCode!'), asks('requestCode!')],
  },
  // The same code once more, after a read that shows the number unverified; then whoever typed it is told.
  verifyCode: {
    executedTimeout: [
      live('requestCode verifyCode! register setPin'),
      live('requestCode verifyCode! register setPin'),
    ],
    executedReset: [
      live('requestCode verifyCode! register setPin'),
      live('requestCode verifyCode! register setPin'),
    ],
    timeout: [
      live('requestCode verifyCode! read verifyCode register setPin'),
      live(
        'requestCode verifyCode! read verifyCode! read verifyCode register setPin',
        'code handed back',
      ),
    ],
    reset: [
      live('requestCode verifyCode! read verifyCode register setPin'),
      live(
        'requestCode verifyCode! read verifyCode! read verifyCode register setPin',
        'code handed back',
      ),
    ],
    brokenJson: [
      live('requestCode verifyCode! register setPin'),
      live('requestCode verifyCode! register setPin'),
    ],
    html502: [
      live('requestCode verifyCode! read verifyCode register setPin'),
      live(
        'requestCode verifyCode! read verifyCode! read verifyCode register setPin',
        'code handed back',
      ),
    ],
    successFalse: [
      live('requestCode verifyCode! read verifyCode register setPin'),
      live(
        'requestCode verifyCode! read verifyCode! read verifyCode register setPin',
        'code handed back',
      ),
    ],
  },
  // The same PIN again, as it cannot be read back; no other PIN ever.
  setPin: {
    executedTimeout: [live('register setPin! setPin'), live('register setPin! setPin! setPin')],
    executedReset: [
      live('register setPin! setPin'),
      live('register setPin! setPin! setPin! setPin'),
    ],
    timeout: [live('register setPin! setPin'), live('register setPin! setPin! setPin')],
    reset: [live('register setPin! setPin'), live('register setPin! setPin! setPin! setPin')],
    brokenJson: [live('register setPin! setPin'), live('register setPin! setPin! setPin! setPin')],
    html502: [live('register setPin! setPin'), live('register setPin! setPin! setPin! setPin')],
    successFalse: [
      live('register setPin! setPin'),
      live('register setPin! setPin! setPin! setPin'),
    ],
  },
  // Meta has refused the PIN and the parked run was cancelled: three requests at most, a read before each.
  deregister: {
    executedTimeout: [undone('register setPin deregister!'), undone('register setPin deregister!')],
    executedReset: [undone('register setPin deregister!'), undone('register setPin deregister!')],
    timeout: [
      undone('register setPin deregister! read deregister'),
      undone('register setPin deregister! read deregister! read deregister'),
    ],
    reset: [
      undone('register setPin deregister! read deregister'),
      notUndone(`register setPin ${struck('deregister', 3)}`),
    ],
    brokenJson: [undone('register setPin deregister!'), undone('register setPin deregister!')],
    html502: [
      undone('register setPin deregister! read deregister'),
      notUndone(`register setPin ${struck('deregister', 3)}`),
    ],
    successFalse: [
      undone('register setPin deregister! read deregister'),
      notUndone(`register setPin ${struck('deregister', 3)}`),
    ],
  },
  // Nothing is sent before the PIN lies in the store; a stage that was done and lost gives the same PIN again.
  stage: {
    executedTimeout: [live('stage! register setPin'), live('stage! stage! register setPin')],
    executedReset: [live('stage! register setPin'), live('stage! stage! stage! register setPin')],
    timeout: [live('stage! register setPin'), live('stage! stage! register setPin')],
    reset: [live('stage! register setPin'), live('stage! stage! stage! register setPin')],
    brokenJson: [live('stage! register setPin'), live('stage! stage! stage! register setPin')],
    html502: [live('stage! register setPin'), live('stage! stage! stage! register setPin')],
    successFalse: [refused('stage!'), refused('stage!')],
  },
  // Meta has the PIN: tried until it works.
  promote: {
    executedTimeout: [live('register setPin promote!'), live('register setPin promote! promote!')],
    executedReset: [
      live('register setPin promote!'),
      live('register setPin promote! promote! promote!'),
    ],
    timeout: [live('register setPin promote!'), live('register setPin promote! promote!')],
    reset: [live('register setPin promote!'), live('register setPin promote! promote! promote!')],
    brokenJson: [
      live('register setPin promote!'),
      live('register setPin promote! promote! promote!'),
    ],
    html502: [live('register setPin promote!'), live('register setPin promote! promote! promote!')],
    // Promoted late, the PIN is set once more.
    successFalse: [
      parked('register setPin promote! setPin'),
      parked('register setPin promote! setPin'),
    ],
  },
};

const UNTIL_MENDED = Number.POSITIVE_INFINITY;

/** How often a fault of the form `again` strikes. One that keeps a request waiting for its answer strikes twice. */
export const STRIKES_AGAIN: Record<Step, number> = {
  read: 3,
  register: UNTIL_MENDED,
  requestCode: UNTIL_MENDED,
  verifyCode: UNTIL_MENDED,
  setPin: 3,
  deregister: UNTIL_MENDED,
  stage: 3,
  promote: 3,
};
