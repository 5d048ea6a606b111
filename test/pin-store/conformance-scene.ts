import { inspect } from 'node:util';
import { generatePin } from '../../activities/pin.js';
import type {
  ListedPinRecord,
  PinRecordBackup,
  PinStore,
  PinVersionState,
} from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import type { Conformance, StoreUnderTest } from './conformance.js';

/** What every part of the suite works with. The store is there once the suite has begun. */
export interface ConformanceScene {
  readonly store: PinStore;
  readonly backend: StoreUnderTest;
  /** What the store takes for now. */
  now: Date;
  readonly about: Conformance;
}

export const STATES: PinVersionState[] = ['pending', 'current', 'previous', 'provided'];

export const ABOUT = {
  displayPhoneNumber: '+1 631-555-1234',
  wabaId: '102290129340398',
  label: 'Lima',
};

let lastNumber = 106_540_352_242_000;
export function newNumber(): string {
  lastNumber += 1;
  return String(lastNumber);
}

export const fixed = (pin: string) => () => new Secret(pin);

/** The PINs of a record by state: what a person with the key would see. */
export async function pinsOf(
  store: PinStore,
  number: string,
): Promise<Partial<Record<PinVersionState, string>>> {
  const pins: Partial<Record<PinVersionState, string>> = {};
  const description = await store.describe(number);
  for (const state of STATES) {
    if (description?.versions[state]) pins[state] = (await store.read(number, state)).pin.reveal();
  }
  return pins;
}

export async function listed(store: PinStore): Promise<ListedPinRecord[]> {
  const all: ListedPinRecord[] = [];
  for await (const each of store.list()) all.push(each);
  return all;
}

export async function stageAndPromote(
  store: PinStore,
  number: string,
  pin?: string,
): Promise<string> {
  const { version } = await store.stage(number, {}, pin === undefined ? generatePin : fixed(pin));
  await store.promote(number, version);
  return version;
}

export const throwsNothing = async (work: Promise<unknown>): Promise<unknown> =>
  work.catch((error: unknown) => error);

/** A backup with its PINs, in an order of its own: what is compared. */
export function plain(backup: PinRecordBackup | undefined): unknown {
  if (backup === undefined) return undefined;
  const versions = backup.versions.map(({ pin, ...version }) => ({
    ...version,
    pin: pin.reveal(),
  }));
  versions.sort((a, b) => (a.version < b.version ? -1 : 1));
  return { ...backup, versions };
}

/** What a log, a terminal or an answer would show of these. */
export function shownOf(things: readonly unknown[]): string {
  return things
    .map((each) => inspect(each, { depth: 20, showHidden: true }) + JSON.stringify(each))
    .join('\n');
}
