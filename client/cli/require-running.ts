import { OnboardingEndedError } from '../errors.js';
import type { OnboardingClient } from '../onboarding-client.js';
import type { OnboardingStatus } from '../onboarding-status.js';

/** @throws OnboardingEndedError, OnboardingNotFoundError */
export async function requireRunning(
  client: OnboardingClient,
  phoneNumberId: string,
): Promise<OnboardingStatus> {
  const status = await client.status(phoneNumberId);
  if (status.run === 'running') return status;
  throw new OnboardingEndedError(phoneNumberId, status.runId, status.run, status.endedAt);
}
