import type { Client } from '@temporalio/client';
import { ROTATE_LATER } from '../../workflows/messages.js';

/** A rotation that is to begin by itself, such as after a PIN was shown. */
export interface LaterRotationRun {
  workflowId: string;
  runId: string;
  /** When it was asked for, ISO 8601 in UTC. */
  askedAt: string;
}

/** Those of one number that have not begun yet, the oldest first. A list lags some seconds behind. */
export async function laterRotations(
  temporal: Client,
  phoneNumberId: string,
): Promise<LaterRotationRun[]> {
  const query = `WorkflowType = '${ROTATE_LATER}' AND ExecutionStatus = 'Running' AND WorkflowId STARTS_WITH 'whatsapp-later-rotation-${phoneNumberId}-'`;
  const found: LaterRotationRun[] = [];
  for await (const { workflowId, runId, startTime } of temporal.workflow.list({ query })) {
    found.push({ workflowId, runId, askedAt: startTime.toISOString() });
  }
  return found.toSorted((a, b) => a.askedAt.localeCompare(b.askedAt));
}
