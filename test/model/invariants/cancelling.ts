/** A cancel stops what is not past the point of no return, and is noted in the result of what is. */
import type { OnboardingResult } from '../../../workflows/messages.js';
import { decoded } from '../driver/sandbox.js';
import type { NumberRun } from '../driver/temporal.js';
import { Violation } from '../driver/violation.js';
import type { InvariantRule } from './scene.js';

/** Steps that come before the PIN is set: none of them is begun after a cancel. */
const BEFORE_THE_PIVOT = new Set(['register', 'requestCode', 'verifyCode']);

export const cancelsAreHeard: InvariantRule = () => ({
  onRunEnd(run) {
    const heardAt = cancelHeardAt(run);
    if (heardAt === undefined) return;
    const after = run.activities.find(
      ({ type, scheduledAt }) => BEFORE_THE_PIVOT.has(type) && scheduledAt > heardAt,
    );
    if (after !== undefined) {
      throw new Violation('cancel', `a run that was cancelled went on to ${after.type}`);
    }
    if (run.end?.kind !== 'completed') return;
    const { cancelRequested, changed } = decoded(run.end.payload) as OnboardingResult;
    if (changed && !cancelRequested) {
      throw new Violation('cancel', 'a run that was cancelled completed without a word of it');
    }
  },
});

/** When the workflow code learned of a cancel. */
function cancelHeardAt(run: NumberRun): number | undefined {
  return run.committed.find(({ activation }) =>
    activation.jobs?.some(({ cancelWorkflow }) => cancelWorkflow),
  )?.at;
}
