import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { Secret } from '../secret.js';
import {
  aboutSchema,
  mergeAbout,
  mergeNotes,
  notesSchema,
  type PinAnnotation,
  withoutStale,
} from './pin-notes.js';
import {
  type AboutNumber,
  type PinDescription,
  type PinNotes,
  PinNotFoundError,
  type PinRecord,
  type PinRecordBackup,
  PinRecordChangedError,
  PinStoreRefusedError,
  type PinVersionState,
  type StagedPin,
} from './pin-store.js';

/**
 * A PIN record as one document, for stores that write a record whole. The functions here are the record's rules: pure,
 * and idempotent, so that a store may apply one again to whatever another process wrote meanwhile. A function that has
 * nothing to change returns the document it was given.
 *
 * A version that lost its state stays in the document, since Meta may have seen its PIN, until many newer ones have followed.
 */
export interface PinDocument {
  phoneNumberId: string;
  about: AboutNumber;
  notes: Readonly<PinNotes>;
  versions: readonly PinVersion[];
  /** Version ids by state. One version can have two states: an operator may provide the PIN that is pending. */
  states: Readonly<Partial<Record<PinVersionState, string>>>;
}

export interface PinVersion {
  version: string;
  pin: string;
  createdAt: string;
  lastRotated?: string;
}

/** A document after a change, and the version the change was about. */
export interface DocumentChange {
  document: PinDocument;
  version: PinVersion;
}

/** How many PINs without a state a record keeps, unless a store is told otherwise. */
export const DEFAULT_KEEP_FORMER = 10;

/** How often a generator may give a PIN the record already holds. Chance gives one in a million. */
const NEW_PIN_TRIES = 20;

export const PIN_VERSION_STATES: readonly PinVersionState[] = [
  'current',
  'pending',
  'provided',
  'previous',
];

const documentSchema = z
  .object({
    phoneNumberId: z.string(),
    about: aboutSchema,
    // Records that were written before there were notes have none.
    notes: notesSchema.default({}),
    versions: z.array(
      z.object({
        version: z.string(),
        pin: z.string(),
        createdAt: z.string(),
        lastRotated: z.string().exactOptional(),
      }),
    ),
    states: z.object({
      pending: z.string().exactOptional(),
      current: z.string().exactOptional(),
      previous: z.string().exactOptional(),
      provided: z.string().exactOptional(),
    }),
  })
  .refine(({ states, versions }) =>
    Object.values(states).every((id) => versions.some(({ version }) => version === id)),
  );

/** Reads a document from what `JSON.parse` gave; undefined when it is not one. */
export function parsePinDocument(value: unknown): PinDocument | undefined {
  return documentSchema.safeParse(value).data;
}

export function emptyPinDocument(phoneNumberId: string): PinDocument {
  return { phoneNumberId, about: {}, notes: {}, versions: [], states: {} };
}

/**
 * The version with this id or in this state. A PIN is found under one state only, the first it has in the order of
 * {@link PIN_VERSION_STATES}: a pending version whose PIN equals the current one counts as none, and nobody who tries
 * each state in turn sends the same PIN twice.
 */
export function findVersion(
  document: PinDocument,
  version: string | PinVersionState,
): PinVersion | undefined {
  const state = PIN_VERSION_STATES.find((name) => name === version);
  if (state === undefined) return document.versions.find((each) => each.version === version);
  return versionsByState(document).get(state);
}

function versionsByState({ versions, states }: PinDocument): Map<PinVersionState, PinVersion> {
  const found = new Map<PinVersionState, PinVersion>();
  const shown = new Set<string>();
  for (const state of PIN_VERSION_STATES) {
    const version = versions.find((each) => each.version === states[state]);
    if (version === undefined || shown.has(version.pin)) continue;
    found.set(state, version);
    shown.add(version.pin);
  }
  return found;
}

/** The states that count as none because their PIN is the current one. They must end when another PIN becomes current. */
export function statesHiddenByCurrent(document: PinDocument): ('pending' | 'provided')[] {
  const { versions, states } = document;
  const pinOf = (state: PinVersionState) =>
    versions.find(({ version }) => version === states[state])?.pin;
  const current = pinOf('current');
  const hideable = ['pending', 'provided'] as const;
  return hideable.filter((state) => current !== undefined && pinOf(state) === current);
}

/** What `JSON.parse` gives; undefined for what is not JSON, since its error would quote the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Get or create the pending version.
 *
 * @throws Error when `newPin` keeps giving PINs that the record already holds
 */
export function stageInDocument(
  document: PinDocument,
  about: AboutNumber,
  newPin: () => Secret,
  fresh: { version: string; createdAt: string },
): DocumentChange {
  const described = withAbout(document, about);
  const pending = findVersion(described, 'pending');
  if (pending) return { document: described, version: pending };
  const used = new Set(document.versions.map(({ pin }) => pin));
  const version = { ...fresh, pin: unusedPin(newPin, used) };
  return {
    document: {
      ...described,
      versions: [...described.versions, version],
      states: { ...described.states, pending: version.version },
    },
    version,
  };
}

/** A PIN the record does not hold: an old PIN sent again must never be called new. */
export function unusedPin(newPin: () => Secret, used: ReadonlySet<string>): string {
  for (let tries = 0; tries < NEW_PIN_TRIES; tries += 1) {
    const pin = newPin().reveal();
    if (!used.has(pin)) return pin;
  }
  throw new Error(
    `The PIN generator gave ${NEW_PIN_TRIES} times in a row a PIN that the record already holds; give it one that draws at random.`,
  );
}

/** How {@link promoteInDocument} promotes. */
export interface Promotion {
  /** The version that was current when the caller last looked; `null` for none. */
  expected?: { current: string | null } | undefined;
  /** How many versions without a state stay in the document. */
  keepFormer: number;
  /** Name of the record in messages. @default the phone-number id */
  record?: string;
}

/**
 * Make a version current; undefined when the document has no such version.
 *
 * @throws PinRecordChangedError when another version than the expected one, or than the one to promote, is current
 */
export function promoteInDocument(
  document: PinDocument,
  version: string,
  now: string,
  { expected, keepFormer, record = document.phoneNumberId }: Promotion,
): DocumentChange | undefined {
  const chosen = document.versions.find((each) => each.version === version);
  if (!chosen) return undefined;
  const former = findVersion(document, 'current');
  if (former === chosen) return { document, version: chosen };
  assertExpected(record, expected, former?.version);
  const promoted = { ...chosen, lastRotated: now };
  const changesPin = former?.pin !== chosen.pin;
  const kept = former && changesPin ? former.version : document.states.previous;
  const states = { ...document.states, current: version, previous: kept };
  for (const state of statesHiddenByCurrent(document)) delete states[state];
  const left = Object.entries(states).filter(
    ([state, each]) => state === 'current' || (each !== undefined && each !== version),
  );
  const changed: PinDocument = {
    ...document,
    notes: changesPin ? withoutStale(document.notes) : document.notes,
    versions: document.versions.map((each) => (each === chosen ? promoted : each)),
    states: Object.fromEntries(left),
  };
  return { document: withNewestFormer(changed, keepFormer), version: promoted };
}

/** Leaves out the oldest of the versions without a state, so that as many as given are left of them. */
function withNewestFormer(document: PinDocument, keepFormer: number): PinDocument {
  const inState = new Set(Object.values(document.states));
  const dateOf = ({ lastRotated, createdAt }: PinVersion) => Date.parse(lastRotated ?? createdAt);
  const dropped = new Set(
    document.versions
      .filter(({ version }) => !inState.has(version))
      // Of the same instant, what was added last is the newest.
      .reverse()
      .sort((a, b) => dateOf(b) - dateOf(a))
      .slice(keepFormer),
  );
  if (dropped.size === 0) return document;
  return { ...document, versions: document.versions.filter((each) => !dropped.has(each)) };
}

/**
 * Is the version current that a caller expects to be?
 *
 * @param expected without it, any may be current
 * @param current the version that is; undefined for none
 * @throws PinRecordChangedError when it is not
 */
export function assertExpected(
  record: string,
  expected: { current: string | null } | undefined,
  current: string | undefined,
): void {
  if (expected === undefined || expected.current === (current ?? null)) return;
  const nameOf = (version: string | null | undefined) =>
    version === null || version === undefined ? 'no version' : `version ${version}`;
  throw new PinRecordChangedError(
    `PIN record ${record} was changed by somebody else meanwhile (${nameOf(expected.current)} was expected to be current, ${nameOf(current)} is), so nothing was changed: look at the record, then say retry.`,
  );
}

/** Note something about the number; the document itself when that changes nothing. */
export function annotateInDocument(document: PinDocument, given: PinAnnotation): PinDocument {
  const described = withAbout(document, given.about ?? {});
  const notes = mergeNotes(document.notes, given);
  return notes === document.notes ? described : { ...described, notes };
}

/**
 * Keep an operator's PIN as provided. Where the record already holds this PIN, that version gets the state as well, so
 * that no PIN is in a record twice and promoting it ends both states.
 */
export function provideInDocument(
  document: PinDocument,
  about: AboutNumber,
  pin: Secret,
  fresh: { version: string; createdAt: string },
): DocumentChange {
  const described = withAbout(document, about);
  const same = document.versions.filter((each) => each.pin === pin.reveal());
  const known = same.find(({ version }) => version === document.states.provided) ?? same[0];
  if (known && known.version === document.states.provided)
    return { document: described, version: known };
  const version = known ?? { ...fresh, pin: pin.reveal() };
  return {
    document: {
      ...described,
      versions: known ? described.versions : [...described.versions, version],
      states: { ...described.states, provided: version.version },
    },
    version,
  };
}

function withAbout(document: PinDocument, about: AboutNumber): PinDocument {
  const merged = mergeAbout(document.about, about);
  return merged === document.about ? document : { ...document, about: merged };
}

/** The document without its PINs. */
export function describeDocument(
  document: PinDocument,
  place: { store: string; record: string },
): PinDescription {
  const versions: PinDescription['versions'] = {};
  for (const [state, version] of versionsByState(document)) versions[state] = withoutPin(version);
  return {
    phoneNumberId: document.phoneNumberId,
    ...place,
    ...document.about,
    ...document.notes,
    versions,
  };
}

/** The whole record, with its PINs. */
export function backUpOf(document: PinDocument): PinRecordBackup {
  return {
    phoneNumberId: document.phoneNumberId,
    about: document.about,
    notes: document.notes,
    versions: document.versions.map(({ pin, ...version }) => ({
      ...version,
      pin: new Secret(pin),
    })),
    states: document.states,
  };
}

/**
 * The document that a backup holds.
 *
 * @throws PinStoreRefusedError when the backup is not one of a whole record
 */
export function documentOf(backup: PinRecordBackup): PinDocument {
  const { phoneNumberId } = backup;
  assertPhoneNumberId(phoneNumberId);
  const document = parsePinDocument({
    ...backup,
    versions: backup.versions.map((version) => ({ ...version, pin: version.pin.reveal() })),
  });
  const ids = new Set(document?.versions.map(({ version }) => version));
  if (document && ids.size > 0 && ids.size === document.versions.length) return document;
  throw new PinStoreRefusedError(
    `The backup of PIN record ${phoneNumberId} is not one of a whole record: take it from another backup.`,
  );
}

/**
 * Bring a record back as it was backed up, where there is none.
 *
 * @param existing the record that is there; undefined for none
 * @returns the document to keep; the existing one where there is a record already
 * @throws PinStoreRefusedError when the backup is not one of a whole record
 */
export function restoreInDocument(
  existing: PinDocument | undefined,
  backup: PinRecordBackup,
): { document: PinDocument; outcome: 'restored' | 'unchanged' | 'differs' } {
  const wanted = documentOf(backup);
  if (existing === undefined || existing.versions.length === 0) {
    return { document: wanted, outcome: 'restored' };
  }
  return { document: existing, outcome: isSameRecord(existing, wanted) ? 'unchanged' : 'differs' };
}

/** Do two documents hold the same, in whatever order? */
export function isSameRecord(a: PinDocument, b: PinDocument): boolean {
  return isDeepStrictEqual(inOrder(a), inOrder(b));
}

function inOrder({ versions, ...document }: PinDocument): unknown {
  return {
    ...document,
    versions: Object.fromEntries(versions.map((each) => [each.version, each])),
  };
}

export function toPinRecord(phoneNumberId: string, { pin, ...version }: PinVersion): PinRecord {
  return { phoneNumberId, pin: new Secret(pin), ...version };
}

export function toStagedPin(
  version: PinVersion,
  place: { store: string; record: string },
): StagedPin {
  return { ...place, ...withoutPin(version) };
}

function withoutPin({ version, createdAt, lastRotated }: PinVersion): Omit<PinVersion, 'pin'> {
  return {
    version,
    createdAt,
    ...(lastRotated !== undefined && { lastRotated }),
  };
}

const PHONE_NUMBER_ID = /^[0-9]+$/;

/** Ids become names of files and secrets, and must not lead elsewhere. */
export function isPhoneNumberId(text: string): boolean {
  return PHONE_NUMBER_ID.test(text);
}

export function assertPhoneNumberId(phoneNumberId: string): void {
  if (isPhoneNumberId(phoneNumberId)) return;
  throw new PinStoreRefusedError(
    'A phone-number id is a string of digits; give the id that Meta shows.',
  );
}

export function noSuchVersion(record: string, version: string): PinNotFoundError {
  return new PinNotFoundError(
    `PIN record ${record} has no version ${version}: look at its description for those it has.`,
  );
}
