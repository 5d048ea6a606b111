import type { OnboardingStatus } from '../onboarding-status.js';
import type { RunLink } from './desk-onboarding.js';
import { type OnboardingDetail, onboardingDetailSchema } from './schemas.js';

const OF_ANOTHER_VERSION =
  'The worker speaks of this run in a way that this API does not know: start both from the same version.';

/** All that there is to show of an onboarding. What a worker of another version says, this one may not know: that is left out. */
export function detailOf(status: OnboardingStatus, link?: RunLink): OnboardingDetail {
  const { card: _, workflowId, ...facts } = status;
  const address = link?.(workflowId, status.runId);
  const detail = onboardingDetailSchema.safeParse({
    ...facts,
    ...(address === undefined ? {} : { link: address }),
  });
  if (detail.success) return detail.data;
  const { phoneNumberId, runId, operation, run, label, startedAt, endedAt } = status;
  return {
    ...{ phoneNumberId, runId, operation, run, startedAt },
    ...(label === undefined ? {} : { label }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(address === undefined ? {} : { link: address }),
    progressMissing: OF_ANOTHER_VERSION,
  };
}
