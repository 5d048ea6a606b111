/** What comparing Meta's numbers, the PIN store and the open runs brings to light. Types only, part of the contract. */

export type FindingKind =
  /** Registered at Meta, and the PIN store knows no PIN of it. */
  | 'numberWithoutPin'
  /** A PIN record of a number that the account does not list. */
  | 'pinWithoutNumber'
  /** Neither verified nor live. A live number whose verification reads EXPIRED is in order. */
  | 'notVerified'
  | 'disconnected'
  /** Banned, restricted, flagged or limited by Meta. */
  | 'restricted'
  /** No app gets the account's webhooks: inbound messages are lost. */
  | 'appNotSubscribed'
  /** A PIN was staged more than a day ago and not promoted since, and nothing works on the number. */
  | 'pendingOld'
  /** The current PIN is older than the rotation age. */
  | 'pinOld'
  /** Live, with a PIN that Meta has never confirmed. */
  | 'neverConfirmed'
  /** Somebody changed the PIN outside of this product. */
  | 'pinStale'
  /** Meta has approved another display name, and the number was not registered again since. */
  | 'nameChanged'
  /** The PIN record cannot be read; somebody may have changed it by hand. */
  | 'recordUnreadable'
  /** What could not be compared, such as an account that could not be read. */
  | 'notCompared';

/** Something that `reconcile` found. */
export interface Finding {
  kind: FindingKind;
  /** Absent where it is about the account. */
  phoneNumberId?: string;
  label?: string;
  /** What is so, in one sentence. */
  text: string;
  /** What a person can do. */
  cure: string;
  /** True where this run of `reconcile` has cured it. */
  cured?: true;
}

/** Result of the workflow `reconcile`. */
export interface ReconcileReport {
  at: string;
  wabaId: string;
  /** How many numbers Meta lists, records the PIN store holds, and runs are open. */
  compared: { numbers: number; records: number; openRuns: number };
  /** How many findings of each kind there are that were not cured. */
  counts: Partial<Record<FindingKind, number>>;
  /** At most 1,000, the gravest first. */
  findings: Finding[];
}
