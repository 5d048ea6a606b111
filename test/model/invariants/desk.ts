/** What lists of waiting numbers show, and what people are notified of, is so. */
import { isDeepStrictEqual } from 'node:util';
import { deskCardOf } from '../../../workflows/desk-card.js';
import type { OnboardingProgress } from '../../../workflows/messages.js';
import type { NumberRun } from '../driver/temporal.js';
import { Violation } from '../driver/violation.js';
import { type InvariantRule, isoAt } from './scene.js';

/** Is a person awaited? Within a step the run may also wait for Meta, for seconds. */
const personAwaited = ({ stage, steps }: OnboardingProgress) =>
  stage === 'Parked' ||
  steps.some(({ name, state }) => name === 'awaitCode' && state === 'running');

const END = new Set(['onboarding.live', 'onboarding.failed']);

export const theDeskIsTrue: InvariantRule = ({ time, notifies }) => ({
  onIdle(run, progress) {
    if (!personAwaited(progress)) return;
    const at = `in stage ${progress.stage} at ${isoAt(time.now())}`;
    const card = deskCardOf(progress);
    if (!isDeepStrictEqual(run.card, card)) {
      throw new Violation(
        'desk',
        `lists show ${JSON.stringify(run.card)} where the run says ${JSON.stringify(card)}, ${at}`,
      );
    }
    if (!notifies) return;
    const told = run.notifications.map(({ event }) => event);
    const wanted = progress.stage === 'Parked' ? 'onboarding.parked' : 'code.needed';
    const asked = progress.stage !== 'AwaitingCode' || progress.code !== undefined;
    if (asked && !told.includes(wanted)) {
      throw new Violation('desk', `nobody was notified by ${wanted}, ${at}`);
    }
  },
  onRunEnd(run) {
    if (run.end?.kind !== 'terminated') endIsAnnounced(run, notifies);
  },
});

function endIsAnnounced(run: NumberRun, notifies: boolean): void {
  const events = run.notifications.map(({ event }) => event);
  const wanted = run.end?.kind === 'completed' ? 'onboarding.live' : 'onboarding.failed';
  const ends = events.filter((event) => END.has(event));
  if (!isDeepStrictEqual(ends, notifies ? [wanted] : [])) {
    throw new Violation('desk', `a run that ended ${run.end?.kind} announced ${events.join(', ')}`);
  }
  const sequence = run.notifications.map((each) => each.sequence);
  if (new Set(sequence).size !== sequence.length) {
    throw new Violation('desk', `notifications of a run share a number: ${sequence.join(', ')}`);
  }
}
