import { WorkflowFailedError } from '@temporalio/client';
import {
  ONBOARD_NUMBER,
  type OnboardingResult,
  type OnboardingStage,
} from '../workflows/messages.js';
import { NoWorkerAnswerError } from './errors.js';
import { HistoryReader } from './history-reader.js';
import type { NumberRuns } from './number-runs.js';
import { type OnboardingStatus, type OnboardingSummary, summaryOf } from './onboarding-status.js';
import { endingError, failureOf } from './run-ending.js';

export interface ListFilter {
  stage?: OnboardingStage;
  label?: string;
  /** Only those that run still. @default false */
  running?: boolean;
}

/** An ended run changes no more, so what a worker could add to its result is not worth a long wait. */
const ENDED_QUERY_TIMEOUT_MS = 3_000;
/** While no worker answers, nothing is written to the history that could tell of its return. */
const ASK_AGAIN_MS = 3_000;

/**
 * @param runId without it, the newest run
 * @throws OnboardingNotFoundError
 */
export async function statusOf(
  runs: NumberRuns,
  id: string,
  runId?: string,
): Promise<OnboardingStatus> {
  const summary = summaryOf(await runs.onboarding(id, runId));
  const { queryTimeoutMs } = runs.place;
  const running = summary.run === 'running';
  const [ending, progress] = await Promise.all([
    running ? {} : endingOf(runs, summary),
    runs
      .progress(
        id,
        summary.runId,
        running ? queryTimeoutMs : Math.min(queryTimeoutMs, ENDED_QUERY_TIMEOUT_MS),
      )
      .then(
        (answer) => ({ progress: answer, stage: answer.stage }),
        (error: unknown) => {
          if (error instanceof NoWorkerAnswerError) return { progressMissing: error.message };
          throw error;
        },
      ),
  ]);
  return { ...summary, ...progress, ...ending };
}

/** How an ended run ended. Its history tells, no worker is needed. */
async function endingOf(
  runs: NumberRuns,
  { phoneNumberId, runId }: OnboardingSummary,
): Promise<Pick<OnboardingStatus, 'result' | 'failure'>> {
  try {
    return { result: await runs.call(() => runs.handle(phoneNumberId, runId).result()) };
  } catch (error) {
    if (error instanceof WorkflowFailedError) return { failure: failureOf(error) };
    throw runs.translated(error);
  }
}

/** @throws OnboardingNotFoundError */
export async function* watchOnboarding(
  runs: NumberRuns,
  phoneNumberId: string,
  options: { signal?: AbortSignal },
): AsyncGenerator<OnboardingStatus, void> {
  let status = await statusOf(runs, phoneNumberId);
  const history = new HistoryReader(runs.temporal, status.workflowId, status.runId);
  yield status;
  while (status.run === 'running') {
    try {
      await history.next({
        ...options,
        ...(status.progress === undefined ? { timeoutMs: ASK_AGAIN_MS } : {}),
      });
    } catch (error) {
      throw runs.translated(error);
    }
    if (options.signal?.aborted) return;
    const before = JSON.stringify(status);
    status = await statusOf(runs, phoneNumberId, status.runId);
    if (JSON.stringify(status) !== before) yield status;
  }
}

export async function* listOnboardings(
  runs: NumberRuns,
  filter: ListFilter,
): AsyncGenerator<OnboardingSummary, void> {
  const query = [
    `WorkflowType = '${ONBOARD_NUMBER}'`,
    ...(filter.running ? [`ExecutionStatus = 'Running'`] : []),
  ].join(' AND ');
  const seen = new Set<string>();
  try {
    for await (const info of runs.temporal.workflow.list({ query })) {
      // Temporal lists open runs first, then those that ended last: the first of an id is its newest run.
      if (seen.has(info.workflowId)) continue;
      seen.add(info.workflowId);
      const summary = summaryOf(info);
      if (filter.stage !== undefined && summary.stage !== filter.stage) continue;
      if (filter.label !== undefined && summary.label !== filter.label) continue;
      yield summary;
    }
  } catch (error) {
    throw runs.translated(error);
  }
}

/** @throws OnboardingFailedError, OnboardingCancelledError, OnboardingTerminatedError, OnboardingNotFoundError */
export async function resultOf(runs: NumberRuns, id: string): Promise<OnboardingResult> {
  try {
    return await runs.handle(id).result();
  } catch (error) {
    if (error instanceof WorkflowFailedError) throw endingError(id, error);
    throw await runs.explained(error, id);
  }
}
