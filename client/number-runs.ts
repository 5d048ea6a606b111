/** The runs of numbers as Temporal knows them: found, asked, and what goes wrong told as errors of this product. */
import {
  type Client,
  QueryNotRegisteredError,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { parsePhoneNumberId } from '../workflows/input.js';
import {
  MESSAGES,
  type OnboardingInput,
  type OnboardingProgress,
  type OnboardingResult,
  workflowIdOf,
} from '../workflows/messages.js';
import { NoWorkerAnswerError, OnboardingEndedError, OnboardingNotFoundError } from './errors.js';
import { isNumberOperation, summaryOf } from './onboarding-status.js';
import { workerPolling } from './task-queue.js';
import { GRPC, grpcCodeOf, temporalError } from './temporal-errors.js';
import { usable } from './usable-input.js';

/** Where the runs are, and how long to wait for answers about them, in milliseconds. */
export interface RunsPlace {
  /** For the sentences of errors. */
  address: string;
  taskQueue: string;
  callTimeoutMs: number;
  queryTimeoutMs: number;
}

/** How a query ends that no worker answers: in time, or as no worker is there to answer. */
const NO_ANSWER = new Set<number | undefined>([
  GRPC.deadlineExceeded,
  GRPC.cancelled,
  GRPC.failedPrecondition,
]);

export class NumberRuns {
  constructor(
    readonly temporal: Client,
    readonly place: RunsPlace,
  ) {}

  handle(
    phoneNumberId: string,
    runId?: string,
  ): WorkflowHandle<(input: OnboardingInput) => Promise<OnboardingResult>> {
    return this.temporal.workflow.getHandle(workflowIdOf(phoneNumberId), runId);
  }

  /** One call to Temporal, ended after the time that calls may take. */
  call<T>(call: () => Promise<T>): Promise<T> {
    return this.within(this.place.callTimeoutMs, call);
  }

  within<T>(timeoutMs: number, call: () => Promise<T>): Promise<T> {
    return this.temporal.withDeadline(Date.now() + timeoutMs, call);
  }

  translated(error: unknown): Error {
    const { address } = this.place;
    return temporalError(error, { address, namespace: this.temporal.options.namespace });
  }

  /** A run of the number, without `runId` the newest; strongly consistent; undefined when there is none. */
  async describe(
    phoneNumberId: string,
    runId?: string,
  ): Promise<WorkflowExecutionDescription | undefined> {
    try {
      return await this.call(() => this.handle(phoneNumberId, runId).describe());
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw this.translated(error);
    }
  }

  /**
   * The newest run of the number, running or ended, whatever it does with it.
   *
   * @throws OnboardingNotFoundError
   */
  async onboarding(phoneNumberId: string, runId?: string): Promise<WorkflowExecutionDescription> {
    const description = await this.describe(phoneNumberId, runId);
    if (description !== undefined && isNumberOperation(description.type)) return description;
    throw new OnboardingNotFoundError(phoneNumberId, description?.type);
  }

  /**
   * The run of the number that is open now.
   *
   * @throws OnboardingNotFoundError, OnboardingEndedError
   */
  async openOnboarding(phoneNumberId: string): Promise<WorkflowExecutionDescription> {
    const description = await this.onboarding(phoneNumberId);
    if (summaryOf(description).run === 'running') return description;
    throw ended(phoneNumberId, description);
  }

  /**
   * What a run says of itself, without `runId` the newest.
   *
   * @throws NoWorkerAnswerError, OnboardingNotFoundError
   */
  async progress(
    phoneNumberId: string,
    runId: string | undefined,
    timeoutMs: number,
  ): Promise<OnboardingProgress> {
    try {
      return await this.within(timeoutMs, () =>
        this.handle(phoneNumberId, runId).query<OnboardingProgress>(MESSAGES.progress),
      );
    } catch (error) {
      if (NO_ANSWER.has(grpcCodeOf(error))) throw await this.noAnswer(phoneNumberId, error);
      if (error instanceof QueryNotRegisteredError) {
        const description = await this.describe(phoneNumberId);
        if (description !== undefined && !isNumberOperation(description.type)) {
          throw new OnboardingNotFoundError(phoneNumberId, description.type);
        }
      }
      throw await this.explained(error, phoneNumberId);
    }
  }

  /** @throws OnboardingNotFoundError, OnboardingEndedError */
  async signal(phoneNumberId: string, name: string, payload: object): Promise<void> {
    const id = usable(parsePhoneNumberId(phoneNumberId));
    try {
      await this.call(() => this.handle(id).signal(name, payload));
    } catch (error) {
      throw await this.explained(error, id);
    }
  }

  async noAnswer(
    phoneNumberId: string,
    cause: unknown,
    updateId?: string,
    accepted?: boolean,
  ): Promise<NoWorkerAnswerError> {
    const polling = await this.call(() => workerPolling(this.temporal, this.place.taskQueue)).catch(
      (error: unknown) => {
        if (updateId === undefined) throw this.translated(error);
        return undefined; // that the code may still be tried matters more than why nothing answers
      },
    );
    return new NoWorkerAnswerError(phoneNumberId, polling, updateId, accepted, { cause });
  }

  /** Why a message found no open run: never started, or ended. Any other error is translated. */
  async explained(error: unknown, phoneNumberId: string): Promise<Error> {
    if (!(error instanceof WorkflowNotFoundError)) return this.translated(error);
    const description = await this.describe(phoneNumberId);
    return description === undefined || summaryOf(description).run === 'running'
      ? new OnboardingNotFoundError(phoneNumberId)
      : ended(phoneNumberId, description);
  }
}

function ended(
  phoneNumberId: string,
  description: WorkflowExecutionDescription,
): OnboardingEndedError {
  const { runId, run, endedAt } = summaryOf(description);
  return new OnboardingEndedError(
    phoneNumberId,
    runId,
    run === 'running' ? 'completed' : run,
    endedAt,
  );
}
