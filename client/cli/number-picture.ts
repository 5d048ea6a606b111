/** What Meta, the PIN store and Temporal say of one number, each on its own: what one of them cannot tell keeps nothing else back. */
import { GraphApiError } from '../../activities/graph-api/errors.js';
import type { GraphNumber } from '../../activities/graph-api/graph-client.js';
import { ALL_NUMBER_FIELDS } from '../../activities/graph-api/number-schema.js';
import { verdictRowOf } from '../../activities/graph-api/verdicts.js';
import type { PinDescription, PinStore } from '../../activities/pin-store/pin-store.js';
import { ConfigurationError } from '../../configuration/configuration-error.js';
import { OnboardingNotFoundError } from '../errors.js';
import type { NumberRun } from '../fleet.js';
import type { OnboardingClient } from '../onboarding-client.js';
import type { OnboardingStatus } from '../onboarding-status.js';
import { graphInUse } from './graph-in-use.js';
import { type LaterRotationRun, laterRotations } from './later-rotations.js';
import { openPinStoreInUse } from './pin-store-in-use.js';
import { oneSentence } from './sentences.js';
import type { Session } from './session.js';

/** What was asked, or one sentence on why there is no answer. */
export type MetaAnswer =
  | { answer: 'number'; number: GraphNumber }
  /** Meta has no such number, or does not show it to this token. */
  | { answer: 'noSuchNumber'; why: string }
  /** `unasked`: for want of an access token nothing was sent. */
  | { answer: 'none'; why: string; unasked?: true };

export type StoreAnswer =
  | { answer: 'read'; store: PinStore; place: string; record?: PinDescription }
  | { answer: 'none'; why: string };

export type RunsAnswer =
  | {
      answer: 'read';
      status?: OnboardingStatus;
      runs: NumberRun[];
      /** Rotations that begin by themselves, where they were asked for too. */
      later?: LaterRotationRun[];
    }
  | { answer: 'none'; why: string };

export interface NumberPicture {
  phoneNumberId: string;
  meta: MetaAnswer;
  store: StoreAnswer;
  runs: RunsAnswer;
}

const REQUEST_TIMEOUT_MS = 8_000;

export async function numberPicture(
  session: Session,
  phoneNumberId: string,
): Promise<NumberPicture> {
  const [meta, store, runs] = await Promise.all([
    askMeta(session, phoneNumberId),
    askStore(session, phoneNumberId),
    askTemporal(session, phoneNumberId, true),
  ]);
  return { phoneNumberId, meta, store, runs };
}

/** Meta's codes for an id that is no number, or that the token's owner does not have as an asset. */
const NO_SUCH_NUMBER: ReadonlySet<string> = new Set(['33', '803', '100/33']);

export async function askMeta({ configuration }: Session, id: string): Promise<MetaAnswer> {
  try {
    const number = await graphInUse(configuration).readNumber(id, {
      timeoutMs: REQUEST_TIMEOUT_MS,
      fields: [...ALL_NUMBER_FIELDS],
    });
    return { answer: 'number', number };
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return { answer: 'none', why: oneSentence(error), unasked: true };
    }
    if (!(error instanceof GraphApiError)) return { answer: 'none', why: oneSentence(error) };
    const { code, subcode, fbtraceId } = error.answer;
    const why = [
      error.message,
      verdictRowOf(error.call, error.answer).advice,
      ...(fbtraceId === undefined ? [] : [`fbtrace_id ${fbtraceId}`]),
    ].join(' ');
    const key = subcode === undefined ? String(code) : `${code}/${subcode}`;
    return { answer: NO_SUCH_NUMBER.has(key) ? 'noSuchNumber' : 'none', why };
  }
}

async function askStore(session: Session, id: string): Promise<StoreAnswer> {
  try {
    const { store, place, remarks } = await openPinStoreInUse(session.configuration);
    session.remark(remarks);
    const record = await store.describe(id);
    return { answer: 'read', store, place, ...(record === undefined ? {} : { record }) };
  } catch (error) {
    return { answer: 'none', why: oneSentence(error) };
  }
}

/** @param withLater ask for the rotations, too, that begin by themselves */
export async function askTemporal(
  session: Session,
  id: string,
  withLater = false,
): Promise<RunsAnswer> {
  try {
    return await session.withClient(async (client) => {
      const [status, runs] = await Promise.all([statusOf(client, id), client.runsOf(id)]);
      const later = withLater ? await laterRotations(client.temporal, id) : undefined;
      return {
        ...{ answer: 'read', runs },
        ...(status === undefined ? {} : { status }),
        ...(later === undefined ? {} : { later }),
      };
    });
  } catch (error) {
    return { answer: 'none', why: oneSentence(error) };
  }
}

async function statusOf(
  client: OnboardingClient,
  id: string,
): Promise<OnboardingStatus | undefined> {
  try {
    return await client.status(id);
  } catch (error) {
    if (error instanceof OnboardingNotFoundError) return undefined;
    throw error;
  }
}

/** Does none of them know the number? Where one could not be asked, nobody can say. */
export function knownNowhere({ meta, store, runs }: NumberPicture): boolean {
  return (
    meta.answer === 'noSuchNumber' &&
    store.answer === 'read' &&
    store.record === undefined &&
    runs.answer === 'read' &&
    runs.runs.length === 0
  );
}
