import type { Secret } from '../secret.js';

/** The states a version of a PIN record can have; each state names at most one version. */
export type PinVersionState = 'pending' | 'current' | 'previous' | 'provided';

/** A PIN with its dates. Instants are ISO 8601 in UTC. */
export interface PinRecord {
  phoneNumberId: string;
  pin: Secret;
  /** Id of this version: opaque, unique within the record, the same for every reader. */
  version: string;
  /** When this PIN was generated, or given by an operator. */
  createdAt: string;
  /** When this PIN became the current one; absent until then. */
  lastRotated?: string;
}

/** What is kept beside the PIN so that people and webhooks find the number. */
export interface AboutNumber {
  /** As Meta writes it, such as `+1 631-555-1234`. */
  displayPhoneNumber?: string;
  /** Id of the WhatsApp Business account: a digit string. */
  wabaId?: string;
  label?: string;
  /** The display name under which the number was last registered. Meta wants it registered again under a new one. */
  registeredName?: string;
}

/**
 * What happened to a number after its PIN was kept. A note that is given replaces the one of its name; the next promotion of
 * another PIN takes {@link PinNotes.stale} away.
 */
export interface PinNotes {
  /** Meta said that somebody changed the PIN outside of this product: the current version may not be the PIN any more. */
  stale?: { since: string; why: string };
  /** Meta has approved another display name: from when on that is known. */
  renamedAt?: string;
  /**
   * The number was deregistered on purpose: since then its PIN is kept for whoever registers it next, and is not rotated. The next
   * promotion takes the note away.
   */
  offboardedAt?: string;
}

/** A record as it may be shown: no PIN. */
export interface PinDescription extends AboutNumber, PinNotes {
  phoneNumberId: string;
  /** Name of the PIN store, such as `local`. */
  store: string;
  /** Name of the record in the store. */
  record: string;
  /**
   * A PIN shows under one state only, in the order current, pending, provided, previous: a pending version whose PIN equals
   * the current one counts as none and is left out.
   */
  versions: Partial<
    Record<PinVersionState, { version: string; createdAt: string; lastRotated?: string }>
  >;
}

/** A record that is there and cannot be read, such as one that somebody changed by hand. `unreadable` is one sentence with the cure. */
export interface UnreadablePinRecord {
  phoneNumberId: string;
  store: string;
  record: string;
  unreadable: string;
}

/** What a list shows of a record. */
export type ListedPinRecord = PinDescription | UnreadablePinRecord;

/** Some of the records of a store. */
export interface PinRecordPage {
  records: ListedPinRecord[];
  /** Where the next page begins; absent on the last. Opaque, and good for days; a store that does not know it any more refuses it. */
  next?: string;
}

/**
 * A whole record with its PINs, for a backup. Versions are those that the store still has, whether they have a state or not;
 * ids are kept, so that a record that was restored twice, or partly, ends the same.
 */
export interface PinRecordBackup {
  phoneNumberId: string;
  about: AboutNumber;
  notes: PinNotes;
  versions: { version: string; pin: Secret; createdAt: string; lastRotated?: string }[];
  /** Version ids by state. */
  states: Partial<Record<PinVersionState, string>>;
}

/**
 * Where PIN records live.
 *
 * The order of use is stage, then send to Meta, then promote. A PIN can never be read back from Meta, so no method but
 * {@link PinStore.remove} discards a PIN that Meta may have seen, the oldest of many former ones excepted.
 *
 * Every method but `list` may be repeated with the same arguments after a crash or a lost answer and ends in the same
 * state, also when two processes do so at once. Every method throws {@link PinStoreUnreachableError} when the store cannot
 * be reached or does not answer, and {@link PinStoreRefusedError} when it answers that it will not.
 */
export interface PinStore {
  /** `local`, `aws-secrets-manager` or `vault`. */
  readonly name: string;

  /**
   * Get or create the single pending version. Where a pending version exists (and differs from the current one) it is
   * returned and `newPin` is not called: every retry, and the next run, use the same pending PIN.
   *
   * @param about fields given here are written to the record; fields not given keep their value
   * @param newPin makes the PIN of a new version
   * @returns the pending version, without the PIN
   */
  stage(phoneNumberId: string, about: AboutNumber, newPin: () => Secret): Promise<StagedPin>;

  /**
   * Read one version with its PIN.
   *
   * @param version a version id, or a state for the version that has it
   * @throws {@link PinNotFoundError} when the record has no such version
   */
  read(phoneNumberId: string, version: string | PinVersionState): Promise<PinRecord>;

  /**
   * Make a version the current one: the former current becomes `previous`, `lastRotated` is set, a note that the PIN is stale
   * goes. Promoting the current version again changes nothing. Works for a `pending`, `provided` or `previous` version.
   *
   * Of the PINs that have no state any more, the newest ones are kept, as many as the store is configured to.
   *
   * @param expected the version that was current when the caller last looked; `null` for none. Without it, whatever is current
   *   becomes `previous`
   * @throws {@link PinNotFoundError} when the record has no such version
   * @throws {@link PinRecordChangedError} when another version than the expected one, or than the one to promote, is current by
   *   now; nothing was changed
   */
  promote(
    phoneNumberId: string,
    version: string,
    expected?: { current: string | null },
  ): Promise<StagedPin>;

  /**
   * Note something about a number that has a record; without one, nothing is written. Fields not given keep their value;
   * `null` takes a note away.
   *
   * @returns the record as it is then; undefined when there is none
   */
  annotate(
    phoneNumberId: string,
    notes: { about?: AboutNumber } & { [Note in keyof PinNotes]?: PinNotes[Note] | null },
  ): Promise<PinDescription | undefined>;

  /**
   * Keep a PIN that an operator gave, as `provided`. It overwrites no other version but an earlier provided one. Providing the
   * same PIN again changes nothing, nor does one that is the current or pending PIN.
   *
   * @returns the version that holds the PIN, whatever its state
   */
  provide(phoneNumberId: string, pin: Secret, about?: AboutNumber): Promise<StagedPin>;

  /** The record without its PINs; undefined when there is none. */
  describe(phoneNumberId: string): Promise<PinDescription | undefined>;

  /** All records, without PINs; one that cannot be read does not keep the others from being listed. Order is not defined. */
  list(): AsyncIterable<ListedPinRecord>;

  /**
   * Some records, from where another page ended. Records made meanwhile may be on a later page or on none.
   *
   * @param cursor `next` of the page before; without it, the first page
   * @param limit how many records at most; a page may hold fewer. @default 100, which is also the most
   * @throws {@link PinStoreRefusedError} when the cursor is not one of this store's
   */
  page(cursor?: string, limit?: number): Promise<PinRecordPage>;

  /** The whole record with its PINs; undefined when there is none. For backups alone. */
  backUp(phoneNumberId: string): Promise<PinRecordBackup | undefined>;

  /**
   * Bring a record back as it was backed up. Where there is one already that holds anything else, nothing is changed.
   *
   * @returns `restored`; `unchanged` where it was there already; `differs` where another record of this number is there
   */
  restore(backup: PinRecordBackup): Promise<'restored' | 'unchanged' | 'differs'>;

  /** Delete the record with all its PINs. An operator's act; no run calls it. Removing what is not there changes nothing. */
  remove(phoneNumberId: string): Promise<void>;

  /**
   * Can this store be read and written with these credentials? Writes no record that `list` shows. Resolves when it can.
   */
  check(): Promise<void>;
}

/** A version without its PIN. */
export interface StagedPin {
  store: string;
  record: string;
  version: string;
  createdAt: string;
  lastRotated?: string;
}

/** Base of what a PIN store throws. Messages name the record and the cure; never a PIN. */
export abstract class PinStoreError extends Error {}

/** The store could not be reached or did not answer; a later attempt may work. */
export class PinStoreUnreachableError extends PinStoreError {
  override readonly name = 'PinStoreUnreachableError';
}

/** The store answered that it will not: missing permission, lost or wrong key, damaged record. A person must act. */
export class PinStoreRefusedError extends PinStoreError {
  override readonly name = 'PinStoreRefusedError';
}

/** Somebody else changed the record meanwhile, so that a change which was meant for the former one is not made. */
export class PinRecordChangedError extends PinStoreError {
  override readonly name = 'PinRecordChangedError';
}

/** The record has no such version. */
export class PinNotFoundError extends PinStoreError {
  override readonly name = 'PinNotFoundError';
}
