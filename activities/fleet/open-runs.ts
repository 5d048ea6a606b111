import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** A run that works on a number. */
export interface OpenRun {
  phoneNumberId: string;
  /** Its workflow type, such as `rotatePin`. */
  operation: string;
  stage?: string;
}

/** All open runs that work on a number, whichever account it belongs to. */
export type OpenRuns = () => Promise<OpenRun[]>;

/** As `NUMBER_OPERATIONS`, `workflowIdOf` and `SEARCH_ATTRIBUTES` of the contract have them. */
export const OPERATIONS = ['onboardNumber', 'rotatePin', 'reregisterNumber', 'offboardNumber'];
export const WORKFLOW_ID = /^whatsapp-number-([0-9]+)$/;
export const STAGE = defineSearchAttributeKey('OnboardingStage', SearchAttributeType.KEYWORD);

/**
 * The open runs as Temporal lists them; a list lags some seconds behind.
 *
 * @param client called at each use: within an activity, the client of its worker
 */
export function temporalOpenRuns(client: () => Client): OpenRuns {
  const types = OPERATIONS.map((name) => `"${name}"`).join(', ');
  const query = `ExecutionStatus = "Running" AND WorkflowType IN (${types})`;
  return async () => {
    const runs: OpenRun[] = [];
    for await (const run of client().workflow.list({ query })) {
      const [, phoneNumberId] = WORKFLOW_ID.exec(run.workflowId) ?? [];
      if (phoneNumberId === undefined) continue;
      const stage = run.typedSearchAttributes.get(STAGE);
      runs.push({ phoneNumberId, operation: run.type, ...(stage === undefined ? {} : { stage }) });
    }
    return runs;
  };
}
