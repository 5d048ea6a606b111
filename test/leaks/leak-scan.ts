/** Searches all that a run leaves behind for secrets, in every form that `demo/secret-search.ts` knows. Pure. */
import { inspect } from 'node:util';
import type { NumberActivities } from '../../activities/number.js';
import { type History, type SecretForm, secretSearch, textsIn } from '../../demo/secret-search.js';

/** A secret whose bytes must turn up nowhere. */
export interface Canary {
  /** Such as `PIN of 106540352242922`. */
  name: string;
  kind: 'PIN' | 'code' | 'token';
  value: string;
}

/** Something that a run leaves behind. */
export type Place =
  /** May hold a code where somebody hands it in, and where the run hands it on to be verified; nowhere else. */
  | { kind: 'history'; name: string; content: History }
  /** Where the server keeps histories, so it may hold codes. */
  | { kind: 'database'; name: string; content: Uint8Array }
  /** May hold nothing: text, bytes, an error, or a value of Temporal's API. */
  | { kind: 'else'; name: string; content: unknown };

export interface Sighting {
  canary: string;
  /** The place, and where in it. */
  where: string;
  form: SecretForm;
}

export interface ScanReport {
  leaks: Sighting[];
  /** Codes where they may stand. A scan that sees none of the codes that were typed has searched in vain. */
  allowed: Sighting[];
}

/** Searches every place for every canary. */
export function scan(places: readonly Place[], canaries: readonly Canary[]): ScanReport {
  const search = secretSearch(canaries.map(({ value }) => value));
  const report: ScanReport = { leaks: [], allowed: [] };
  for (const place of places) {
    for (const { path, text } of textsOf(place.content)) {
      for (const { secret, form } of search(text)) {
        for (const { name, kind } of canaries.filter(({ value }) => value === secret)) {
          const where = path === '' ? place.name : `${place.name}: ${path}`;
          const isAllowed = kind === 'code' && mayHoldCode(place, path);
          report[isAllowed ? 'allowed' : 'leaks'].push({ canary: name, where, form });
        }
      }
    }
  }
  return report;
}

function* textsOf(content: unknown): ReturnType<typeof textsIn> {
  if (content instanceof Error) {
    yield { path: 'printed', text: inspect(content, { depth: 5 }) };
    yield* textsIn(ownProperties(content));
  } else yield* textsIn(content);
}

/** An error's properties and those of its causes, also the ones that are not enumerated; each object once. */
function ownProperties(value: unknown, seen = new Set<object>()): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (seen.has(value)) return undefined;
  seen.add(value);
  return Object.fromEntries(
    Object.getOwnPropertyNames(value).map((name) => [
      name,
      ownProperties(Reflect.get(value, name), seen),
    ]),
  );
}

const CODE_INPUT =
  /^events\.([0-9]+)\.(?:workflowExecutionSignaledEventAttributes\.input|workflowExecutionUpdateAcceptedEventAttributes\.acceptedRequest\.input\.args|activityTaskScheduledEventAttributes\.input)\.payloads\.[0-9]+\.data$/;

const VERIFY: keyof NumberActivities = 'verifyCode';

function mayHoldCode({ kind, content }: Place, path: string): boolean {
  if (kind !== 'history') return kind === 'database';
  const [, index] = CODE_INPUT.exec(path) ?? [];
  if (index === undefined) return false;
  const scheduled = content.events?.[Number(index)]?.activityTaskScheduledEventAttributes;
  return !scheduled || scheduled.activityType?.name === VERIFY;
}
