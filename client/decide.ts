import { parseDecision, parsePhoneNumberId } from '../workflows/input.js';
import type { Decision, DecisionRequest, OnboardingProgress } from '../workflows/messages.js';
import { NotParkedError, NoWorkerAnswerError } from './errors.js';
import type { NumberRuns } from './number-runs.js';
import { usable } from './usable-input.js';

/** A decision that was handed to a run. */
export interface SentDecision {
  phoneNumberId: string;
  runId: string;
  decision: Decision;
  /** What the run said of itself right before. Absent where no worker answered; then {@link progressMissing} says so. */
  before?: OnboardingProgress;
  /**
   * One sentence: why {@link before} is absent. Temporal keeps the decision until a worker is back, and a run that does not
   * take it then ignores it.
   */
  progressMissing?: string;
}

/** @throws NotParkedError, OnboardingNotFoundError, OnboardingEndedError */
export async function decide(
  runs: NumberRuns,
  phoneNumberId: string,
  decision: Decision,
  request: DecisionRequest,
): Promise<SentDecision> {
  const id = usable(parsePhoneNumberId(phoneNumberId));
  const payload = usable(parseDecision(request));
  const { runId } = await runs.openOnboarding(id);
  const told = await progressIfAnswered(runs, id, runId);
  const takes = told.before?.waiting?.decisions ?? [];
  if (told.before !== undefined && !takes.includes(decision)) {
    throw new NotParkedError(id, decision, told.before.stage, takes);
  }
  await runs.signal(id, decision, payload);
  return { phoneNumberId: id, runId, decision, ...told };
}

async function progressIfAnswered(
  runs: NumberRuns,
  id: string,
  runId: string,
): Promise<Pick<SentDecision, 'before' | 'progressMissing'>> {
  try {
    return { before: await runs.progress(id, runId, runs.place.queryTimeoutMs) };
  } catch (error) {
    if (error instanceof NoWorkerAnswerError) return { progressMissing: error.message };
    throw error;
  }
}
