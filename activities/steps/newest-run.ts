import { looking, type NumberAccess } from '../number-access.js';

/**
 * The newest run of a number's workflow id, running or ended, for a run that is about to be started by another workflow: lists
 * lag behind, this does not.
 */
export function newestRunOf({ newestRun }: NumberAccess) {
  return ({ workflowId }: { workflowId: string }): Promise<{ runId?: string }> =>
    looking(async () => {
      const runId = await newestRun(workflowId);
      return runId === undefined ? {} : { runId };
    });
}
