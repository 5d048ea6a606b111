import type { OnboardingProgress } from '../../workflows/messages.js';
import type { SentDecision } from '../decide.js';
import type { OnboardingClient } from '../onboarding-client.js';
import type { OnboardingStatus } from '../onboarding-status.js';
import { EXIT, type ExitCode, exitCodeOfStatus } from './exit-codes.js';
import { watchUntil } from './settle.js';

/** What a run made of a decision, as far as that shows within a while. */
export interface AfterDecision {
  status: OnboardingStatus;
  /** One sentence: why the run did not take the decision, where it did not. */
  ignored?: string;
  exitCode: ExitCode;
}

/** How long to look: a request to Meta and its repetitions take seconds, unless Meta is slow. */
const SETTLE_MS = 20_000;

/** Look at a run until it waits again, has ended, or has worked for a while since the decision. */
export async function lookAfter(
  client: OnboardingClient,
  { phoneNumberId, before, progressMissing }: SentDecision,
): Promise<AfterDecision> {
  const seen =
    progressMissing === undefined
      ? await watchUntil(client, phoneNumberId, (status) => settled(before, status), SETTLE_MS)
      : undefined;
  const status = seen ?? (await client.status(phoneNumberId));
  const ignored = ignoredSince(before, status.progress);
  return {
    status,
    ...(ignored === undefined ? {} : { ignored }),
    exitCode: ignored === undefined ? exitCodeOf(status) : EXIT.refused,
  };
}

/** Where no worker answers, nobody knows what a run does that is not listed as parked. */
function exitCodeOf(status: OnboardingStatus): ExitCode {
  const code = exitCodeOfStatus(status);
  const told = status.run !== 'running' || status.progress !== undefined;
  return told || code === EXIT.waiting ? code : EXIT.failed;
}

function settled(
  before: OnboardingProgress | undefined,
  { run, progress }: OnboardingStatus,
): boolean {
  if (run !== 'running') return true;
  if (progress === undefined) return false;
  return decidedSince(before, progress)
    ? progress.waiting !== undefined
    : ignoredSince(before, progress) !== undefined;
}

const decidedSince = (before: OnboardingProgress | undefined, { decided }: OnboardingProgress) =>
  JSON.stringify(decided) !== JSON.stringify(before?.decided);

/** The reason that the run gives for the newest message without effect, where no decision was taken. */
function ignoredSince(
  before: OnboardingProgress | undefined,
  after: OnboardingProgress | undefined,
): string | undefined {
  if (before === undefined || after?.ignored === undefined || decidedSince(before, after)) return;
  const { ignored } = after;
  return JSON.stringify(ignored) === JSON.stringify(before.ignored) ? undefined : ignored.reason;
}
