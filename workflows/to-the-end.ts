/** What every operation on a number goes through: its steps one by one, and its end, whatever that is. */
import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
} from '@temporalio/workflow';
import { announce, announceFailure } from './announce.js';
import { compensate } from './compensation.js';
import { FAILURE_TYPES, type OnboardingResult } from './messages.js';
import { CANCELLED } from './notification.js';
import { failureDetails, stepsOf } from './progress.js';
import { enter, mark, type Run, takeCodes } from './run.js';
import { shielded, throwIfCancelled } from './shielded.js';

/** One step. From the pivot on nothing is cancelled: a PIN that Meta has accepted must reach the PIN store. */
export async function perform(run: Run, step: (run: Run) => Promise<void>): Promise<void> {
  const work = () => step(run);
  if (!run.pinAccepted) await throwIfCancelled();
  takeCodes(run);
  await (run.pinAccepted ? shielded(work) : work());
  takeCodes(run);
}

/** Runs the sequence; when it cannot finish, compensates; at every exit, answers those who wait. */
export async function toTheEnd(
  run: Run,
  sequence: () => Promise<OnboardingResult>,
): Promise<OnboardingResult> {
  const scope = CancellationScope.current();
  try {
    const result = await sequence();
    await announce(run, 'done', { result });
    return scope.consideredCancelled ? { ...result, cancelRequested: true } : result;
  } catch (error) {
    // Anything else is a defect of this code: the task fails and is tried again once it is mended, nothing is undone for it.
    if (!isCancellation(error) && !(error instanceof ApplicationFailure)) throw error;
    const stopped = isCancellation(error) || scope.consideredCancelled;
    if (stopped) run.problem = undefined;
    const { problem } = run;
    failOpenStep(run, stopped ? 'cancelled' : problem?.text);
    run.waiting = undefined;
    run.submissions.close({ verdict: 'ended', reason: 'The run could not finish.' });
    run.compensation = await shielded(() => compensate(run));
    run.problem = problem;
    enter(run, 'Failed');
    await announceFailure(
      run,
      scope.consideredCancelled || !(error instanceof ApplicationFailure)
        ? CANCELLED
        : (error.type ?? FAILURE_TYPES.failed),
    );
    if (scope.consideredCancelled && !isCancellation(error)) await scope.cancelRequested;
    if (!(error instanceof ApplicationFailure)) throw error;
    throw ApplicationFailure.create({
      message: [error.message, ...run.compensation.notUndone].join(' '),
      type: error.type ?? FAILURE_TYPES.failed,
      nonRetryable: true,
      details: [failureDetails(run)],
    });
  } finally {
    run.submissions.close({ verdict: 'ended', reason: 'The run has ended.' });
    await shielded(() => condition(allHandlersFinished));
  }
}

function failOpenStep(run: Run, reason: string | undefined): void {
  for (const { name, state } of stepsOf(run))
    if (state === 'running') mark(run, name, 'failed', reason);
}
