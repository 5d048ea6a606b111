/** Rules about codes: how long one lives, how many may be tried, what to wait for next. Pure. */

const MINUTE = 60_000;

/** Meta: a code lives about ten minutes and can be used once. */
export const CODE_LIFETIME_MS = 10 * MINUTE;

/** After so many refused codes for one sent code, no more are tried until a new one is sent. */
export const TRIES_PER_CODE = 5;

/** Least time between two code requests; the activity enforces it across runs. */
export const RESEND_GAP_MS = 2 * MINUTE;

/** How long somebody who said to be ready for a code is taken to be at hand. */
export const READY_MS = 10 * MINUTE;

/** What the wait for a code depends on. Instants in milliseconds since the epoch. */
export interface WaitState {
  now: number;
  deadlineAt: number;
  waitStartedAt: number;
  /** The newest sent code, if any. */
  sentAt?: number;
  /** A new code is wanted, and may be asked for from then on. */
  resendAt?: number;
  /** When something was last submitted. */
  submittedAt?: number;
  /** Reminders given already. */
  reminded: ReadonlySet<Reminder>;
}

export type Reminder = 'code' | 'deadline';

export type Due =
  | { what: 'resend' | 'deadline'; at: number }
  | { what: 'reminder'; reminder: Reminder; at: number };

/**
 * What is due next: asking for a new code, a reminder, or giving up. A reminder is due when a sent code is half through its
 * life with nothing submitted since, and at half the deadline.
 */
export function nextDue(state: WaitState): Due {
  const due: Due[] = [{ what: 'deadline', at: state.deadlineAt }];
  if (state.resendAt !== undefined) due.push({ what: 'resend', at: state.resendAt });
  const { sentAt, submittedAt = 0, reminded } = state;
  if (sentAt !== undefined && submittedAt < sentAt && !reminded.has('code')) {
    due.push({ what: 'reminder', reminder: 'code', at: sentAt + CODE_LIFETIME_MS / 2 });
  }
  if (!reminded.has('deadline')) {
    const half = state.waitStartedAt + (state.deadlineAt - state.waitStartedAt) / 2;
    due.push({ what: 'reminder', reminder: 'deadline', at: half });
  }
  return due.reduce((first, next) => (next.at < first.at ? next : first));
}
