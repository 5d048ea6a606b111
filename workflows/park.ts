/** Parked: the run waits for an operator to cure what it cannot cure itself, with the cause and the cure shown. */
import { log } from '@temporalio/workflow';
import type { Problem } from '../activities/failures.js';
import { announce } from './announce.js';
import { passes, reportOf } from './attempts.js';
import { type Decision, FAILURE_TYPES, type ParkExpiry, type ProblemReport } from './messages.js';
import { cannotFinish, enter, note, publish, type Run, takeCodes } from './run.js';
import { beginWait, decisionBy, endWait } from './waits.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How long a run stays parked. */
export const PARK_MS = 7 * DAY_MS;

/** How long it stays parked for a PIN: Meta's own reset of a PIN takes a week. */
export const PIN_PARK_MS = 14 * DAY_MS;

export interface Parking {
  /** What the operator may decide. @default ['retry'] */
  takes?: Decision[];
  /** @default {@link PARK_MS} */
  ms?: number;
  /** @default 'compensate' */
  onExpiry?: ParkExpiry;
  /** What the run fails as when it expires with `compensate`. @default OnboardingFailed */
  failAs?: string;
  /** It ends as well when two-step verification is turned off at Meta. @default false */
  forPin?: boolean;
  /** Tried by itself meanwhile, every hour on the first day and every six hours after it; true ends the park. */
  selfTry?: () => Promise<boolean>;
}

/** How a park ended: by a decision, because it was tried by itself with success, or since nobody decided in time. */
export type ParkEnd = Decision | 'selfCured' | 'expired';

/**
 * Parks the run until an operator decides. Whoever submits a code meanwhile is told that the run is parked, and the time
 * does not count towards the deadline for a code.
 *
 * @returns how it ended; `expired` only where expiry means `accept`
 * @throws `ApplicationFailure` when it expires with `compensate`; a cancellation when the run is cancelled
 */
export async function park(
  run: Run,
  problem: Problem | ProblemReport,
  {
    takes = ['retry'],
    ms = PARK_MS,
    onExpiry = 'compensate',
    failAs,
    forPin = false,
    selfTry,
  }: Parking = {},
): Promise<ParkEnd> {
  const { stage } = run;
  const since = Date.now();
  const report = 'verdict' in problem ? parkedReport(problem) : problem;
  if (run.unattended && !run.pinAccepted) cannotFinish(run, report, failAs);
  const { phoneNumberId } = run.input;
  run.problem = report;
  log.warn(`Parked: ${report.text}`, { phoneNumberId });
  run.submissions.close({
    verdict: 'notWaiting',
    reason: `The run is parked: ${report.text} ${report.advice}`,
  });
  run.parkedForPin = forPin;
  enter(run, 'Parked');
  const wait = { for: 'an operator', since, cure: report.advice, takes, onExpiry };
  const end = async (): Promise<ParkEnd> => {
    let until = since + ms;
    let nextTryAt = selfTry === undefined ? Number.POSITIVE_INFINITY : since + HOUR_MS;
    beginWait(run, { ...wait, until });
    void announce(run, 'parked');
    for (;;) {
      const decision = await decisionBy(
        run,
        Math.min(until, nextTryAt),
        'Until an operator decides',
      );
      if (decision !== undefined) return decision;
      if (Date.now() >= nextTryAt) {
        if (await selfTry?.()) return 'selfCured';
        nextTryAt = Date.now() + (Date.now() - since < DAY_MS ? HOUR_MS : 6 * HOUR_MS);
      }
      if (Date.now() < until) continue;
      if (onExpiry === 'accept') return 'expired';
      if (onExpiry === 'compensate') cannotFinish(run, report, failAs ?? FAILURE_TYPES.failed);
      log.error(`Still parked: ${report.text}`, { phoneNumberId });
      until += ms;
      beginWait(run, { ...wait, until });
      void announce(run, 'parked');
    }
  };
  const ended = await end().finally(() => {
    run.parkedForPin = false;
    endWait(run, since);
  });
  if (ended === 'retry' || ended === 'selfCured') run.problem = undefined;
  enter(run, stage);
  publish(run);
  takeCodes(run);
  return ended;
}

/** What the run would have waited for by itself has lasted too long: telling an operator to do nothing is no help then. */
function parkedReport(problem: Problem): ProblemReport {
  const report = reportOf(problem);
  const selfCuring =
    passes(problem) ||
    problem.verdict === 'nameNotApproved' ||
    problem.verdict === 'deregisterFirst';
  return selfCuring
    ? {
        ...report,
        advice: 'It has lasted too long for the run to wait on: find out why, then retry.',
      }
    : report;
}

/**
 * An answer of Meta contradicts the plan. One such contradiction is planned around; from the second on the run is parked
 * first, since going round in circles spends Meta's budget.
 */
export async function contradicted(run: Run, problem: Problem): Promise<void> {
  run.contradictions += 1;
  if (run.contradictions === 1) note(run, problem);
  else await park(run, problem);
}
