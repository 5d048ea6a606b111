/** Where Meta asks for a wait, the run waits; only a person may be quicker. */
import { Violation } from '../driver/violation.js';
import type { SentRequest } from '../world/meta.js';
import { type HeardError, heardError, isInHistory } from './answers.js';
import { type InvariantRule, isoAt } from './scene.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Requests that a run repeats by itself. */
const REPEATED: ReadonlySet<SentRequest['endpoint']> = new Set([
  'register',
  'deregister',
  'setPin',
]);

export const waitsAreKept: InvariantRule = ({ meta, temporal, decisions }) => ({
  onSend(request) {
    const { endpoint, attempt, sentAt } = request;
    if (!REPEATED.has(endpoint)) return;
    const before = meta.requests
      .slice(0, meta.requests.indexOf(request))
      .filter((each) => each.endpoint === endpoint && isInHistory(temporal.runs, each));
    for (const each of before) {
      const error = heardError(each);
      const heardAt = each.endedAt ?? 0;
      if (error === undefined) continue;
      const ofThisRun = each.attempt?.runId === attempt?.runId;
      const wait = waitWanted(error, each);
      const cured = decisions.some((at) => at >= heardAt);
      // Meta's own block counts whoever sends, and whatever people say.
      const binds = error.code === 133016 || (ofThisRun && !cured);
      if (binds && sentAt < heardAt + wait) {
        throw new Violation(
          'wait',
          `${endpoint} was sent at ${isoAt(sentAt)}, though Meta's ${error.code} of ${isoAt(heardAt)} asks to wait ${wait / MINUTE} minutes`,
        );
      }
    }
  },
});

function waitWanted({ code, details }: HeardError, { answer }: SentRequest): number {
  switch (code) {
    case 133016:
      return 72 * HOUR;
    case 133015:
      return 5 * MINUTE;
    case 133008:
    case 133009:
      return saidWait(details) ?? HOUR;
    default:
      return headerWait(answer?.headers ?? {});
  }
}

/** Such as `2 hours and 30 minutes`, `90 seconds`. */
function saidWait(details: string): number | undefined {
  const units = { second: SECOND, minute: MINUTE, hour: HOUR };
  const parts = [...details.matchAll(/([0-9]+) (second|minute|hour)/g)];
  if (parts.length === 0) return undefined;
  return parts.reduce(
    (ms, [, count, unit]) => ms + Number(count) * units[unit as keyof typeof units],
    0,
  );
}

/** As the faults of the model write them. */
function headerWait(headers: Record<string, string>): number {
  const seconds = Number(headers['retry-after'] ?? 0);
  const [, minutes = '0'] =
    /"estimated_time_to_regain_access":([0-9]+)/.exec(headers['x-business-use-case-usage'] ?? '') ??
    [];
  return Math.max(seconds * SECOND, Number(minutes) * MINUTE);
}
