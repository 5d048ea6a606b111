/** A number that was in use before a run is never deregistered by it; nor is one whose PIN Meta has taken from it. */
import { numberFacts } from '../../../activities/number-facts.js';
import { Violation } from '../driver/violation.js';
import type { SentRequest } from '../world/meta.js';
import type { InvariantRule } from './scene.js';

export const foreignNumbersAreLeftAlone: InvariantRule = ({ meta, temporal }) => ({
  onSend(request) {
    if (request.endpoint !== 'deregister') return;
    const ofThisRun = meta.requests.filter(
      ({ attempt }) => attempt?.runId === request.attempt?.runId,
    );
    const run = temporal.runs.find(({ runId }) => runId === request.attempt?.runId);
    const pinIsSet = run?.activities.some(
      ({ type, closedAt, failureType }) =>
        type === 'setTwoStepPin' && closedAt !== undefined && failureType === undefined,
    );
    if (pinIsSet) {
      throw new Violation('pivot', 'a deregister was sent by a run whose PIN Meta has taken');
    }
    const registers = ofThisRun.filter(({ endpoint }) => endpoint === 'register');
    if (registers.length === 0) {
      throw new Violation('foreign', 'a deregister was sent by a run that had sent no register');
    }
    const ownFrom = registers.find(mayHaveWorked) ?? registers.at(-1);
    const read = ofThisRun
      .slice(0, ownFrom && ofThisRun.indexOf(ownFrom))
      .findLast(({ endpoint, answer }) => endpoint === 'read' && answer?.status === 200);
    const facts = read?.answer && numberFacts(JSON.parse(read.answer.body));
    if (facts === undefined) {
      throw new Violation(
        'foreign',
        'a deregister was sent for a number that was not read before its register',
      );
    }
    if (facts.registered === 'yes' || (facts.registered === 'unknown' && !facts.stateless)) {
      throw new Violation(
        'foreign',
        `a deregister was sent although the number read as registered: ${facts.registered} before this run registered it`,
      );
    }
  },
});

/** Did this register work, or can its sender not tell that it did not? */
function mayHaveWorked({ answer, entry }: SentRequest): boolean {
  return entry?.executed === true || answer === undefined || answer.status >= 500;
}
