import type { OnboardingClient } from '../onboarding-client.js';
import type { OnboardingStatus } from '../onboarding-status.js';

/**
 * Watch until a status is as wished, the run has ended, or the time is up.
 *
 * @returns the last status seen
 */
export async function watchUntil(
  client: OnboardingClient,
  phoneNumberId: string,
  wished: (status: OnboardingStatus) => boolean,
  timeoutMs: number,
): Promise<OnboardingStatus | undefined> {
  let last: OnboardingStatus | undefined;
  for await (const status of client.watch(phoneNumberId, {
    signal: AbortSignal.timeout(timeoutMs),
  })) {
    last = status;
    if (wished(status)) break;
  }
  return last;
}
