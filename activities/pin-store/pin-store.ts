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
}

/** A record as it may be shown: no PIN. */
export interface PinDescription extends AboutNumber {
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

/**
 * Where PIN records live.
 *
 * The order of use is stage, then send to Meta, then promote. A PIN can never be read back from Meta, so no method but
 * {@link PinStore.remove} discards a PIN that Meta may have seen.
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
   * Make a version the current one: the former current becomes `previous`, `lastRotated` is set. Promoting the current
   * version again changes nothing. Works for a `pending`, `provided` or `previous` version.
   *
   * @throws {@link PinNotFoundError} when the record has no such version
   */
  promote(phoneNumberId: string, version: string): Promise<StagedPin>;

  /**
   * Keep a PIN that an operator gave, as `provided`. It overwrites no other version but an earlier provided one. Providing the
   * same PIN again changes nothing, nor does one that is the current or pending PIN.
   *
   * @returns the version that holds the PIN, whatever its state
   */
  provide(phoneNumberId: string, pin: Secret, about?: AboutNumber): Promise<StagedPin>;

  /** The record without its PINs; undefined when there is none. */
  describe(phoneNumberId: string): Promise<PinDescription | undefined>;

  /** All records, without PINs. Order is not defined. */
  list(): AsyncIterable<PinDescription>;

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

/** The record has no such version. */
export class PinNotFoundError extends PinStoreError {
  override readonly name = 'PinNotFoundError';
}
