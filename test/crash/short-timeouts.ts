import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** How long Temporal waits for an activity whose worker died. Longer than any delay that a crash test puts into one. */
const START_TO_CLOSE = '12 seconds';

/** Production waits up to 40 seconds; a crash test would spend its time on that. Local activities keep their timeouts. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [],
  outbound: [
    {
      scheduleActivity: (input, next) =>
        next({ ...input, options: { ...input.options, startToCloseTimeout: START_TO_CLOSE } }),
    },
  ],
});
