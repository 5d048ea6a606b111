import { type WorkflowInterceptorsFactory, workflowInfo } from '@temporalio/workflow';
import { HURRIED } from './worker-messages.js';

/** How long Temporal waits for an activity whose worker died. Longer than any delay that a crash test puts into one. */
const START_TO_CLOSE = '12 seconds';

/**
 * Production waits up to 40 seconds; a crash test would spend its time on that. Local activities keep their timeouts. Timers
 * are cut short where a test asks for it by its task queue.
 */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [],
  outbound: [
    {
      scheduleActivity: (input, next) =>
        next({ ...input, options: { ...input.options, startToCloseTimeout: START_TO_CLOSE } }),
      startTimer: (input, next) =>
        workflowInfo().taskQueue.startsWith(HURRIED)
          ? next({ ...input, durationMs: Math.ceil(input.durationMs / 100) })
          : next(input),
    },
  ],
});
