import { WorkflowNotFoundError } from '@temporalio/common';
import { workflowIdOf } from '../../workflows/messages.js';
import { OnboardingNotFoundError } from '../errors.js';
import type { OnboardingClient } from '../onboarding-client.js';
import { summaryOf } from '../onboarding-status.js';
import { temporalError } from '../temporal-errors.js';

/** What the API asks of Temporal beside what the library does. */
export interface TemporalLooks {
  /**
   * The label of a number's newest run, without asking a worker.
   *
   * @throws OnboardingNotFoundError, and what the library throws where Temporal cannot be asked
   */
  labelOf(phoneNumberId: string): Promise<string | undefined>;
  /** Does Temporal answer? */
  answers(): Promise<boolean>;
}

const TIMEOUT_MS = 5_000;

export function temporalLooks({ temporal }: Pick<OnboardingClient, 'temporal'>): TemporalLooks {
  const { namespace } = temporal.options;
  const within = <T>(call: () => Promise<T>) =>
    temporal.withDeadline(Date.now() + TIMEOUT_MS, call);
  return {
    async labelOf(phoneNumberId) {
      try {
        const handle = temporal.workflow.getHandle(workflowIdOf(phoneNumberId));
        return summaryOf(await within(() => handle.describe())).label;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) {
          throw new OnboardingNotFoundError(phoneNumberId);
        }
        throw temporalError(error, { address: 'its address', namespace });
      }
    },
    async answers() {
      try {
        await within(() => temporal.workflowService.describeNamespace({ namespace }));
        return true;
      } catch {
        return false; // why not, those who ask for numbers are told
      }
    },
  };
}
