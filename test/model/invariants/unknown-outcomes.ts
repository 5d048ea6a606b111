/** Unknown is not no: what may have been done is read before it is repeated, and a code is not asked for twice unasked. */
import { MESSAGES } from '../../../workflows/messages.js';
import type { NumberRun } from '../driver/temporal.js';
import { Violation } from '../driver/violation.js';
import type { SentRequest } from '../world/meta.js';
import { parsed } from './answers.js';
import { type InvariantRule, isoAt } from './scene.js';

export const unknownIsNotNo: InvariantRule = ({ meta, temporal }) => ({
  onSend(request) {
    const { endpoint, attempt } = request;
    const before = meta.requests
      .slice(0, meta.requests.indexOf(request))
      .filter((each) => each.endpoint === endpoint);
    if (endpoint === 'register') {
      const last = before.at(-1);
      if (last !== undefined && !readBetween(meta.requests, last, attempt?.runId)) {
        throw new Violation(
          'unknown',
          `register was repeated without a read since the one sent at ${isoAt(last.sentAt)}`,
        );
      }
    }
    if (endpoint === 'requestCode') {
      const last = before.filter((each) => each.attempt?.runId === attempt?.runId).at(-1);
      const run = temporal.runs.find(({ runId }) => runId === attempt?.runId);
      if (last === undefined || run === undefined || !isUnknown(last)) return;
      if (!wishHeardSince(run, last)) {
        throw new Violation(
          'unknown',
          `a code was asked for again although the request sent at ${isoAt(last.sentAt)} may have worked and nobody wished for another`,
        );
      }
    }
  },
});

/** Has the run heard a wish for a new code since it had the activity of this request begun? */
function wishHeardSince(run: NumberRun, { attempt, sentAt }: SentRequest): boolean {
  const activity = run.activities.find(({ id }) => id === attempt?.activityId);
  const since = activity?.scheduledAt ?? sentAt;
  return run.committed.some(
    ({ at, activation }) =>
      at >= since &&
      activation.jobs?.some(
        ({ signalWorkflow }) => signalWorkflow?.signalName === MESSAGES.resendCode,
      ),
  );
}

function readBetween(
  requests: readonly SentRequest[],
  last: SentRequest,
  runId: string | undefined,
): boolean {
  const since = last.endedAt ?? last.sentAt;
  return requests.some(
    (each) =>
      each.endpoint === 'read' &&
      each.attempt?.runId === runId &&
      each.sentAt >= since &&
      each.answer?.status === 200,
  );
}

/** Codes with which Meta says that something went wrong, not that it will not do what was asked. */
const MAYBE_DONE = new Set([1, 2, 131000, 131016, 131057, 133004]);

/** Could its sender not tell whether it was done? */
function isUnknown({ answer, arrivedAt, handledAt }: SentRequest): boolean {
  if (answer === undefined) return arrivedAt !== undefined || handledAt === undefined;
  const { success, error } = parsed(answer.body);
  return error?.code === undefined ? success !== true : MAYBE_DONE.has(error.code);
}
