import { WorkflowNotFoundError } from '@temporalio/common';
import { type OnboardingProgress, workflowIdOf } from '../../workflows/messages.js';
import type { OnboardingClient } from '../onboarding-client.js';
import { isNumberOperation, type OnboardingSummary, summaryOf } from '../onboarding-status.js';
import type { ListPage } from '../read-onboardings.js';

/** What the desk asks of Temporal. */
export interface DeskSource {
  /** One call of Temporal's list: what the desk shows, some seconds behind. */
  page(pageToken?: string): Promise<ListPage>;
  /** The newest run of a number as it stands now, from Temporal alone; undefined where there is none of ours. */
  describe(phoneNumberId: string): Promise<OnboardingSummary | undefined>;
  /** What the run says of itself; undefined where it, or its worker, does not answer. */
  progress(phoneNumberId: string): Promise<OnboardingProgress | undefined>;
}

/** The most that Temporal gives in one call. */
const PAGE_SIZE = 1_000;
const DESCRIBE_TIMEOUT_MS = 10_000;

export function deskSource(client: OnboardingClient): DeskSource {
  const { temporal } = client;
  return {
    page: (pageToken) =>
      client.listPage({
        run: 'open',
        pageSize: PAGE_SIZE,
        ...(pageToken === undefined ? {} : { pageToken }),
      }),
    async describe(phoneNumberId) {
      try {
        const description = await temporal.withDeadline(Date.now() + DESCRIBE_TIMEOUT_MS, () =>
          temporal.workflow.getHandle(workflowIdOf(phoneNumberId)).describe(),
        );
        return isNumberOperation(description.type) ? summaryOf(description) : undefined;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      }
    },
    async progress(phoneNumberId) {
      try {
        return await client.progress(phoneNumberId);
      } catch {
        return undefined; // what it has published has to do then
      }
    },
  };
}
