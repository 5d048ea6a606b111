import { z } from 'zod';
import { Secret } from '../secret.js';
import {
  type AboutNumber,
  type PinDescription,
  PinNotFoundError,
  type PinRecord,
  PinStoreRefusedError,
  type PinVersionState,
  type StagedPin,
} from './pin-store.js';

/**
 * A PIN record as one document, for stores that write a record whole. The functions here are the record's rules: pure,
 * and idempotent, so that a store may apply one again to whatever another process wrote meanwhile. A function that has
 * nothing to change returns the document it was given.
 *
 * A version that lost its state stays in the document: a PIN that Meta may have seen is never dropped.
 */
export interface PinDocument {
  phoneNumberId: string;
  about: AboutNumber;
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

/** How often a generator may give a PIN the record already holds. Chance gives one in a million. */
const NEW_PIN_TRIES = 20;

export const PIN_VERSION_STATES: readonly PinVersionState[] = [
  'current',
  'pending',
  'provided',
  'previous',
];

const ABOUT_FIELDS: readonly (keyof AboutNumber)[] = ['displayPhoneNumber', 'wabaId', 'label'];

const aboutSchema = z.object({
  displayPhoneNumber: z.string().exactOptional(),
  wabaId: z.string().exactOptional(),
  label: z.string().exactOptional(),
});

const documentSchema = z
  .object({
    phoneNumberId: z.string(),
    about: aboutSchema,
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
  return { phoneNumberId, about: {}, versions: [], states: {} };
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

/** Make a version current; undefined when the document has no such version. */
export function promoteInDocument(
  document: PinDocument,
  version: string,
  now: string,
): DocumentChange | undefined {
  const chosen = document.versions.find((each) => each.version === version);
  if (!chosen) return undefined;
  const former = findVersion(document, 'current');
  if (former === chosen) return { document, version: chosen };
  const promoted = { ...chosen, lastRotated: now };
  const kept = former && former.pin !== chosen.pin ? former.version : document.states.previous;
  const states = { ...document.states, current: version, previous: kept };
  for (const state of statesHiddenByCurrent(document)) delete states[state];
  const left = Object.entries(states).filter(
    ([state, each]) => state === 'current' || (each !== undefined && each !== version),
  );
  return {
    document: {
      ...document,
      versions: document.versions.map((each) => (each === chosen ? promoted : each)),
      states: Object.fromEntries(left),
    },
    version: promoted,
  };
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

/** Fields given replace those known; the known object itself when that changes nothing. */
export function mergeAbout(known: AboutNumber, given: AboutNumber): AboutNumber {
  const changed = ABOUT_FIELDS.filter(
    (field) => given[field] !== undefined && given[field] !== known[field],
  );
  if (changed.length === 0) return known;
  return {
    ...known,
    ...Object.fromEntries(changed.map((field) => [field, given[field]])),
  };
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
    versions,
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
