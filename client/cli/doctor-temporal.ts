import type { Client } from '@temporalio/client';
import { TASK_QUEUE } from '../../workflows/messages.js';
import { workerSeenAt } from '../task-queue.js';
import { temporalError } from '../temporal-errors.js';
import type { Check, Finding } from './doctor.js';
import { LEAST_RETENTION_DAYS, missingSearchAttributes, retentionDays } from './namespace-setup.js';
import { durationText } from './time-text.js';

/** An idle worker that is well was last seen up to a minute ago; beyond that, clocks may differ a little. */
const LONGEST_SILENCE_MS = 70_000;

/**
 * What a run needs of a Temporal that answers.
 *
 * @param stackPid process id of the `npm start` whose Temporal this is, where it is one
 */
export function temporalChecks(temporal: Client, address: string, stackPid?: number): Check[] {
  const { namespace } = temporal.options;
  const asked = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      throw temporalError(error, { address, namespace });
    }
  };
  return [
    {
      name: 'history retention',
      async examine() {
        const days = await asked(retentionDays(temporal));
        return days >= LEAST_RETENTION_DAYS
          ? { outcome: 'ok', text: `${namespace} keeps histories for ${days} days` }
          : {
              outcome: 'fail',
              text: `${namespace} keeps histories for ${days} days; the count of Meta's 72-hour limits needs ${LEAST_RETENTION_DAYS}`,
              cure: `temporal operator namespace update --retention 7d -n ${namespace}`,
            };
      },
    },
    {
      name: 'search attributes',
      async examine() {
        const missing = await missingSearchAttributes(temporal);
        return missing.length === 0
          ? { outcome: 'ok', text: 'all there' }
          : {
              outcome: 'fail',
              text: `${missing.join(' and ')} missing`,
              cure: 'npx wa-onboard setup',
            };
      },
    },
    {
      name: 'worker',
      async examine() {
        const seenAt = await asked(workerSeenAt(temporal, TASK_QUEUE));
        return workerFinding(
          seenAt === undefined ? undefined : Date.now() - seenAt,
          stackPid === undefined || processRuns(stackPid),
        );
      },
    },
  ];
}

/**
 * Temporal remembers a poller for minutes after its process was killed.
 *
 * @param silentMs how long ago a worker was last seen; undefined where none was
 * @param stackRuns false where the process of `npm start` is known to be gone
 */
export function workerFinding(
  silentMs: number | undefined,
  stackRuns: boolean,
): Omit<Finding, 'check'> {
  if (silentMs === undefined) {
    return {
      outcome: 'fail',
      text: `none polls task queue ${TASK_QUEUE}, so onboardings stand still`,
      cure: 'npm start',
    };
  }
  const seen = `last seen ${durationText(silentMs)} ago`;
  if (stackRuns && silentMs <= LONGEST_SILENCE_MS) {
    return { outcome: 'ok', text: `one polls task queue ${TASK_QUEUE}, ${seen}` };
  }
  return {
    outcome: 'warn',
    text: `${seen} on task queue ${TASK_QUEUE}${
      stackRuns ? '' : ', and the process of npm start is gone'
    }; is it still running?`,
    cure: 'npm start',
  };
}

function processRuns(pid: number): boolean {
  try {
    return process.kill(pid, 0); // signal 0 only asks
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // somebody else's, but there
  }
}
