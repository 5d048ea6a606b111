import { randomUUID } from 'node:crypto';
import {
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  WorkflowUpdateStage,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { parseCode, parsePhoneNumberId } from '../workflows/input.js';
import { type CodeVerdict, MESSAGES } from '../workflows/messages.js';
import { InvalidInputError, TemporalRequestError } from './errors.js';
import type { NumberRuns } from './number-runs.js';
import { usable } from './usable-input.js';

export interface SubmitOptions {
  /** Who typed the code, for people to read. */
  submittedBy?: string;
}

export interface TryCodeOptions extends SubmitOptions {
  /** Repeat a call whose outcome is unknown with the id it had: the code is then not tried twice. @default a random one */
  updateId?: string;
  /** How long to wait for the verdict, in milliseconds. @default 60_000 */
  timeoutMs?: number;
}

/** Temporal takes 2,000 updates in a run's life; a signal is taken still. */
const TOO_MANY_UPDATES = /distinct updates/;

const DEFAULT_VERDICT_TIMEOUT_MS = 60_000;

/** @throws NoWorkerAnswerError, OnboardingNotFoundError, OnboardingEndedError */
export async function tryCode(
  runs: NumberRuns,
  phoneNumberId: string,
  code: string,
  { submittedBy, updateId = randomUUID(), timeoutMs }: TryCodeOptions,
): Promise<CodeVerdict> {
  const id = usable(parsePhoneNumberId(phoneNumberId));
  const submission = usable(parseCode({ code, submittedBy }));
  let accepted = false;
  try {
    return await runs.within(timeoutMs ?? DEFAULT_VERDICT_TIMEOUT_MS, async () => {
      const update = await runs
        .handle(id)
        .startUpdate<CodeVerdict, [typeof submission]>(MESSAGES.tryCode, {
          args: [submission],
          updateId,
          waitForStage: WorkflowUpdateStage.ACCEPTED,
        });
      accepted = true;
      return update.result();
    });
  } catch (error) {
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
      throw await runs.noAnswer(id, error, updateId, accepted);
    }
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
      const { type, message } = error.cause;
      if (type === 'AcceptedUpdateCompletedWorkflow') {
        return { verdict: 'ended', reason: 'The onboarding ended before it answered.' };
      }
      throw new InvalidInputError(message, { cause: error });
    }
    const explained = await runs.explained(error, id);
    if (explained instanceof TemporalRequestError && TOO_MANY_UPDATES.test(explained.text)) {
      throw await runs.noAnswer(id, error, updateId, false);
    }
    throw explained;
  }
}
