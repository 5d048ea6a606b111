/** I2: no two runs of a number have a write to Meta on its way at the same time. */
import { Violation } from '../driver/violation.js';
import type { SentRequest } from '../world/meta.js';
import { type InvariantRule, isoAt, WRITES } from './scene.js';

/** The HTTP client of a dead process would have given up after that. */
const REQUEST_TIMEOUT_MS = 15_000;

export const oneRunWritesAtATime: InvariantRule = ({ meta, time }) => {
  function onItsWay(request: SentRequest): boolean {
    if (request.endedAt === undefined) return true;
    const senderDied = request.attempt?.lost === true && request.handledAt === undefined;
    return senderDied && time.now() < request.sentAt + REQUEST_TIMEOUT_MS;
  }
  return {
    onSend(request) {
      if (!WRITES.has(request.endpoint)) return;
      const runId = request.attempt?.runId;
      const other = meta.requests.find(
        (each) => each.attempt?.runId !== runId && WRITES.has(each.endpoint) && onItsWay(each),
      );
      if (other !== undefined) {
        throw new Violation(
          'I2',
          `a ${request.endpoint} was sent while a ${other.endpoint} of another run, sent at ${isoAt(other.sentAt)}, was on its way`,
        );
      }
    },
  };
};
