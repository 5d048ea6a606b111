/** Meta registers no number whose display name it is still reviewing. */
import type { Problem } from '../activities/failures.js';
import { look } from './activity-options.js';
import { lookAt, reportOf } from './attempts.js';
import { lookPatiently } from './look-patiently.js';
import type { ProblemReport } from './messages.js';
import { park } from './park.js';
import type { Run } from './run.js';
import { waitFor } from './waits.js';

const LOOK_EVERY_MS = 3_600_000;

/** A review takes a day or two; longer than this, a person should ask. */
const REVIEW_PATIENCE_MS = 14 * 24 * 3_600_000;

const APPROVED = new Set<string | undefined>(['APPROVED', 'AVAILABLE_WITHOUT_REVIEW']);
const REFUSED = new Set<string | undefined>(['DECLINED', 'EXPIRED', 'NONE']);

/** Meta may read approved and still refuse; so many times an hour later is tried. */
const MOST_LATE_APPROVALS = 3;

/**
 * Looks at the name's status every hour until Meta has approved it, so that register is sent once then, or the number reads
 * registered. An operator may say `retry` to have it looked at now. A name that Meta refuses, or does not decide on, parks
 * the run.
 */
export async function watchNameReview(run: Run, problem: Problem): Promise<void> {
  const { phoneNumberId } = run.input;
  for (let since = Date.now(), looks = 0; ; looks += 1) {
    const read = await lookPatiently(run, () => lookAt(look.readNumber, { phoneNumberId }));
    if (!read.ok) {
      await park(run, read.problem);
      continue;
    }
    run.number = read.value;
    const { nameStatus, registered } = read.value;
    const approved = APPROVED.has(nameStatus);
    if (registered === 'yes' || (approved && looks > 0)) return;
    if (approved) run.lateApprovals += 1;
    if (run.lateApprovals > MOST_LATE_APPROVALS) {
      await park(run, problem);
      run.lateApprovals = 0;
      return;
    }
    if (REFUSED.has(nameStatus)) await park(run, declined(problem, nameStatus));
    else if (Date.now() - since >= REVIEW_PATIENCE_MS) await park(run, problem);
    else {
      const what = 'Meta’s review of the display name, looked at every hour';
      await waitFor(run, what, LOOK_EVERY_MS, problem, ['retry']);
      continue;
    }
    since = Date.now();
  }
}

function declined(problem: Problem, nameStatus = ''): ProblemReport {
  return {
    ...reportOf(problem),
    text: `${problem.text} The display name reads ${nameStatus}.`,
    advice:
      'Choose another display name in WhatsApp Manager, wait for its approval, then say retry.',
  };
}
