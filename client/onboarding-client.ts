import { randomUUID } from 'node:crypto';
import {
  Client,
  type ClientOptions,
  Connection,
  type ConnectionOptions,
  QueryNotRegisteredError,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  type WorkflowHandle,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import {
  ApplicationFailure,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/common';
import {
  parseCode,
  parseExtend,
  parseOnboardingInput,
  parsePhoneNumberId,
  parseResend,
} from '../workflows/input.js';
import {
  type CodeVerdict,
  type ExtendRequest,
  MESSAGES,
  ONBOARD_NUMBER,
  type OnboardingInput,
  type OnboardingProgress,
  type OnboardingResult,
  type OnboardingStage,
  type ResendRequest,
  SEARCH_ATTRIBUTES,
  TASK_QUEUE,
  workflowIdOf,
} from '../workflows/messages.js';
import {
  InvalidInputError,
  NoWorkerAnswerError,
  OnboardingEndedError,
  OnboardingInProgressError,
  OnboardingNotFoundError,
} from './errors.js';
import { HistoryReader } from './history-reader.js';
import { type OnboardingStatus, type OnboardingSummary, summaryOf } from './onboarding-status.js';
import { endingError, failureOf } from './run-ending.js';
import { detailsText, summaryText } from './start-texts.js';
import { workerPolling } from './task-queue.js';
import { GRPC, grpcCodeOf, temporalError } from './temporal-errors.js';
import { usable } from './usable-input.js';

/** Where Temporal is, and how its payloads are encoded. Everything of the SDK's `ConnectionOptions` may be given too. */
export interface ConnectOptions extends ConnectionOptions {
  /** @default 'default' */
  namespace?: string;
  /** Needed where the workers encrypt payloads; the same as theirs. */
  dataConverter?: NonNullable<ClientOptions['dataConverter']>;
}

export interface OnboardingClientOptions {
  /** The task queue that the workers poll. @default 'number-onboarding' */
  taskQueue?: string;
  /** How long one request to Temporal may take, in milliseconds. @default 10_000 */
  callTimeoutMs?: number;
  /** How long a worker may take to answer `progress`, in milliseconds. @default 8_000 */
  queryTimeoutMs?: number;
}

export interface StartedOnboarding {
  phoneNumberId: string;
  workflowId: string;
  runId: string;
  /** The run of this number before this one, where there was one. */
  previousRunId?: string;
}

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

export interface ListFilter {
  stage?: OnboardingStage;
  label?: string;
  /** Only those that run still. @default false */
  running?: boolean;
}

/** How a query ends that no worker answers: in time, or as no worker is there to answer. */
const NO_ANSWER = new Set<number | undefined>([
  GRPC.deadlineExceeded,
  GRPC.cancelled,
  GRPC.failedPrecondition,
]);

const DEFAULT_CALL_TIMEOUT_MS = 10_000;
const DEFAULT_QUERY_TIMEOUT_MS = 8_000;
const DEFAULT_VERDICT_TIMEOUT_MS = 60_000;
/** An ended run changes no more, so what a worker could add to its result is not worth a long wait. */
const ENDED_QUERY_TIMEOUT_MS = 3_000;
/** While no worker answers, nothing is written to the history that could tell of its return. */
const ASK_AGAIN_MS = 3_000;

/**
 * Starts onboardings and talks to them. Every method checks what it is given before it sends anything, and throws a subclass
 * of `OnboardingClientError`: {@link InvalidInputError} for unusable input, and `TemporalUnreachableError`,
 * `TemporalAccessError`, `TemporalNamespaceError` or `TemporalRequestError` for what Temporal answers.
 *
 * A number is named by Meta's `phoneNumberId`, a digit string.
 */
export class OnboardingClient {
  /** Temporal's own client, for what this one does not do. */
  readonly temporal: Client;
  readonly #taskQueue: string;
  readonly #callTimeoutMs: number;
  readonly #queryTimeoutMs: number;
  readonly #address: string;
  #ownConnection: Connection | undefined;

  /** @param temporal a connected client of the SDK; it stays the caller's to close */
  constructor(temporal: Client, options: OnboardingClientOptions = {}) {
    this.temporal = temporal;
    this.#taskQueue = options.taskQueue ?? TASK_QUEUE;
    this.#callTimeoutMs = options.callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS;
    this.#queryTimeoutMs = options.queryTimeoutMs ?? DEFAULT_QUERY_TIMEOUT_MS;
    const { connection } = temporal;
    this.#address =
      connection instanceof Connection ? connection.options.address : 'the given connection';
  }

  /**
   * Connect to Temporal. {@link OnboardingClient.close} closes the connection.
   *
   * @param options without an address: `localhost:7233`
   * @throws TemporalUnreachableError when nothing answers within `connectTimeout` (default 10 seconds)
   */
  static async connect(
    options: ConnectOptions & OnboardingClientOptions = {},
  ): Promise<OnboardingClient> {
    const {
      namespace = 'default',
      dataConverter,
      taskQueue: _t,
      callTimeoutMs: _c,
      queryTimeoutMs: _q,
      ...connectionOptions
    } = options;
    const address = connectionOptions.address ?? 'localhost:7233';
    try {
      const connection = await Connection.connect({ ...connectionOptions, address });
      const temporal = new Client({
        connection,
        namespace,
        ...(dataConverter === undefined ? {} : { dataConverter }),
      });
      const client = new OnboardingClient(temporal, options);
      client.#ownConnection = connection;
      return client;
    } catch (error) {
      throw temporalError(error, { address, namespace });
    }
  }

  /** Close the connection that {@link OnboardingClient.connect} opened. */
  async close(): Promise<void> {
    await this.#ownConnection?.close();
    this.#ownConnection = undefined;
  }

  /**
   * Start onboarding a number. Safe for a number in any state: a run plans from what it finds, and a number that needs nothing
   * gets nothing.
   *
   * @throws OnboardingInProgressError when the number has an open run
   * @throws SearchAttributesMissingError when the namespace was not set up
   */
  async start(input: Omit<OnboardingInput, 'previousRunId'>): Promise<StartedOnboarding> {
    const complete = usable(parseOnboardingInput(input));
    const { phoneNumberId, label } = complete;
    const workflowId = workflowIdOf(phoneNumberId);
    const previous = await this.#describe(phoneNumberId);
    if (previous?.status.name === 'RUNNING') throw inProgress(phoneNumberId, previous);
    const previousRun = previous === undefined ? {} : { previousRunId: previous.runId };
    try {
      const handle = await this.#within(this.#callTimeoutMs, () =>
        this.temporal.workflow.start<(run: OnboardingInput) => Promise<OnboardingResult>>(
          ONBOARD_NUMBER,
          {
            workflowId,
            taskQueue: this.#taskQueue,
            workflowIdConflictPolicy: 'FAIL',
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
            args: [{ ...input, ...previousRun }],
            typedSearchAttributes: [
              { key: SEARCH_ATTRIBUTES.stage, value: 'Preparing' },
              ...(label ? [{ key: SEARCH_ATTRIBUTES.label, value: label }] : []),
            ],
            staticSummary: summaryText(complete),
            staticDetails: detailsText(complete),
          },
        ),
      );
      return { phoneNumberId, workflowId, runId: handle.firstExecutionRunId, ...previousRun };
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) {
        const open = await this.#describe(phoneNumberId);
        if (open !== undefined) throw inProgress(phoneNumberId, open);
      }
      throw this.#translated(error);
    }
  }

  /**
   * Hand a code to the run and return at once; what becomes of it, `progress` shows. {@link OnboardingClient.tryCode} waits for
   * the verdict.
   *
   * @param code as a person typed it: `"123-830"`, `"123830"`
   * @throws OnboardingNotFoundError, OnboardingEndedError
   */
  async submitCode(
    phoneNumberId: string,
    code: string,
    options: SubmitOptions = {},
  ): Promise<void> {
    const submission = usable(parseCode({ code, submittedBy: options.submittedBy }));
    await this.#signal(phoneNumberId, MESSAGES.submitCode, submission);
  }

  /**
   * Hand a code to the run and wait for Meta's verdict.
   *
   * @param code as a person typed it: `"123-830"`, `"123830"`
   * @returns `verified`; `refused` with Meta's text and the tries left; `notWaiting` when the run awaits no code; `ended` when
   *   the run ended before it tried the code
   * @throws NoWorkerAnswerError when the verdict is unknown; repeat with its `updateId`
   * @throws OnboardingNotFoundError, OnboardingEndedError
   */
  async tryCode(
    phoneNumberId: string,
    code: string,
    options: TryCodeOptions = {},
  ): Promise<CodeVerdict> {
    const id = usable(parsePhoneNumberId(phoneNumberId));
    const submission = usable(parseCode({ code, submittedBy: options.submittedBy }));
    const updateId = options.updateId ?? randomUUID();
    try {
      return await this.#within(options.timeoutMs ?? DEFAULT_VERDICT_TIMEOUT_MS, () =>
        this.#handle(id).executeUpdate<CodeVerdict, [typeof submission]>(MESSAGES.tryCode, {
          args: [submission],
          updateId,
        }),
      );
    } catch (error) {
      if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
        throw await this.#noAnswer(id, error, updateId);
      }
      if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
        const { type, message } = error.cause;
        if (type === 'AcceptedUpdateCompletedWorkflow') {
          return { verdict: 'ended', reason: 'The onboarding ended before it answered.' };
        }
        throw new InvalidInputError(message, { cause: error });
      }
      throw await this.#explained(error, id);
    }
  }

  /**
   * Ask for a new code. The run sends it when Meta's gaps and limits allow, and `progress` shows what became of it.
   *
   * @throws OnboardingNotFoundError, OnboardingEndedError
   */
  async resendCode(phoneNumberId: string, request: ResendRequest = {}): Promise<void> {
    await this.#signal(phoneNumberId, MESSAGES.resendCode, usable(parseResend(request)));
  }

  /**
   * Wait longer for a code.
   *
   * @param by how much later the deadline is to be, such as `'24 hours'`
   * @throws OnboardingNotFoundError, OnboardingEndedError
   */
  async extend(phoneNumberId: string, by: Duration | ExtendRequest): Promise<void> {
    const { byMs: _checked, ...request } = usable(parseExtend(by));
    await this.#signal(phoneNumberId, MESSAGES.extend, request);
  }

  /**
   * What the newest run says of itself, also after it ended.
   *
   * @throws NoWorkerAnswerError when no worker answers; {@link OnboardingClient.status} then still tells something
   * @throws OnboardingNotFoundError
   */
  async progress(phoneNumberId: string): Promise<OnboardingProgress> {
    return this.#query(usable(parsePhoneNumberId(phoneNumberId)), undefined, this.#queryTimeoutMs);
  }

  /**
   * All that is known of the newest run of a number, running or ended, also while no worker answers.
   *
   * @throws OnboardingNotFoundError
   */
  async status(phoneNumberId: string): Promise<OnboardingStatus> {
    return this.#statusOf(usable(parsePhoneNumberId(phoneNumberId)));
  }

  /** @param runId without it, the newest run */
  async #statusOf(id: string, runId?: string): Promise<OnboardingStatus> {
    const description = await this.#describe(id, runId);
    if (description === undefined) throw new OnboardingNotFoundError(id);
    if (description.type !== ONBOARD_NUMBER)
      throw new OnboardingNotFoundError(id, description.type);
    const summary = summaryOf(description);
    const running = summary.run === 'running';
    const [ending, progress] = await Promise.all([
      running ? {} : this.#ending(summary),
      this.#query(
        id,
        summary.runId,
        running ? this.#queryTimeoutMs : Math.min(this.#queryTimeoutMs, ENDED_QUERY_TIMEOUT_MS),
      ).then(
        (answer) => ({ progress: answer, stage: answer.stage }),
        (error: unknown) => {
          if (error instanceof NoWorkerAnswerError) return { progressMissing: error.message };
          throw error;
        },
      ),
    ]);
    return { ...summary, ...progress, ...ending };
  }

  /**
   * The status now, then again after each change, until the run has ended. It waits on the run's history, so that nothing is
   * asked of a worker while nothing happens.
   *
   * @param options.signal stops watching
   * @throws OnboardingNotFoundError
   */
  async *watch(
    phoneNumberId: string,
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<OnboardingStatus, void> {
    const watched = await this.status(phoneNumberId);
    const history = new HistoryReader(this.temporal, watched.workflowId, watched.runId);
    let status = watched;
    yield status;
    while (status.run === 'running') {
      try {
        await history.next({
          ...options,
          ...(status.progress === undefined ? { timeoutMs: ASK_AGAIN_MS } : {}),
        });
      } catch (error) {
        throw this.#translated(error);
      }
      if (options.signal?.aborted) return;
      const before = JSON.stringify(status);
      status = await this.#statusOf(status.phoneNumberId, status.runId);
      if (JSON.stringify(status) !== before) yield status;
    }
  }

  /**
   * The newest onboarding of each number, those that run first. Temporal's lists lag some seconds behind.
   */
  async *list(filter: ListFilter = {}): AsyncGenerator<OnboardingSummary, void> {
    const query = [
      `WorkflowType = '${ONBOARD_NUMBER}'`,
      ...(filter.running ? [`ExecutionStatus = 'Running'`] : []),
    ].join(' AND ');
    const seen = new Set<string>();
    try {
      for await (const info of this.temporal.workflow.list({ query })) {
        // Temporal lists open runs first, then those that ended last: the first of an id is its newest run.
        if (seen.has(info.workflowId)) continue;
        seen.add(info.workflowId);
        const summary = summaryOf(info);
        if (filter.stage !== undefined && summary.stage !== filter.stage) continue;
        if (filter.label !== undefined && summary.label !== filter.label) continue;
        yield summary;
      }
    } catch (error) {
      throw this.#translated(error);
    }
  }

  /**
   * Wait until the newest run of the number has ended.
   *
   * @throws OnboardingFailedError, OnboardingCancelledError, OnboardingTerminatedError, OnboardingNotFoundError
   */
  async result(phoneNumberId: string): Promise<OnboardingResult> {
    const id = usable(parsePhoneNumberId(phoneNumberId));
    try {
      return await this.#handle(id).result();
    } catch (error) {
      if (error instanceof WorkflowFailedError) throw endingError(id, error);
      throw await this.#explained(error, id);
    }
  }

  /**
   * Ask the run to stop and to undo what can be undone; {@link OnboardingClient.result} waits until it has. After Meta accepted
   * the PIN a run goes on to its end, and says `cancelRequested` in its result.
   *
   * @throws OnboardingNotFoundError, OnboardingEndedError
   */
  async cancel(phoneNumberId: string): Promise<void> {
    const id = usable(parsePhoneNumberId(phoneNumberId));
    const description = await this.#describe(id);
    if (description === undefined) throw new OnboardingNotFoundError(id);
    if (description.type !== ONBOARD_NUMBER)
      throw new OnboardingNotFoundError(id, description.type);
    if (description.status.name !== 'RUNNING') throw ended(id, description);
    try {
      await this.#within(this.#callTimeoutMs, () => this.#handle(id, description.runId).cancel());
    } catch (error) {
      throw await this.#explained(error, id);
    }
  }

  #handle(
    phoneNumberId: string,
    runId?: string,
  ): WorkflowHandle<(input: OnboardingInput) => Promise<OnboardingResult>> {
    return this.temporal.workflow.getHandle(workflowIdOf(phoneNumberId), runId);
  }

  #within<T>(timeoutMs: number, call: () => Promise<T>): Promise<T> {
    return this.temporal.withDeadline(Date.now() + timeoutMs, call);
  }

  #translated(error: unknown): Error {
    return temporalError(error, {
      address: this.#address,
      namespace: this.temporal.options.namespace,
    });
  }

  async #signal(phoneNumberId: string, name: string, payload: object): Promise<void> {
    const id = usable(parsePhoneNumberId(phoneNumberId));
    try {
      await this.#within(this.#callTimeoutMs, () => this.#handle(id).signal(name, payload));
    } catch (error) {
      throw await this.#explained(error, id);
    }
  }

  /** A run of the number, without `runId` the newest; strongly consistent; undefined when there is none. */
  async #describe(
    phoneNumberId: string,
    runId?: string,
  ): Promise<WorkflowExecutionDescription | undefined> {
    try {
      return await this.#within(this.#callTimeoutMs, () =>
        this.#handle(phoneNumberId, runId).describe(),
      );
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw this.#translated(error);
    }
  }

  async #query(
    phoneNumberId: string,
    runId: string | undefined,
    timeoutMs: number,
  ): Promise<OnboardingProgress> {
    try {
      return await this.#within(timeoutMs, () =>
        this.#handle(phoneNumberId, runId).query<OnboardingProgress>(MESSAGES.progress),
      );
    } catch (error) {
      if (NO_ANSWER.has(grpcCodeOf(error))) {
        throw await this.#noAnswer(phoneNumberId, error);
      }
      if (error instanceof QueryNotRegisteredError) {
        const description = await this.#describe(phoneNumberId);
        if (description !== undefined && description.type !== ONBOARD_NUMBER) {
          throw new OnboardingNotFoundError(phoneNumberId, description.type);
        }
      }
      throw await this.#explained(error, phoneNumberId);
    }
  }

  /** How an ended run ended. Its history tells, no worker is needed. */
  async #ending(summary: OnboardingSummary): Promise<Pick<OnboardingStatus, 'result' | 'failure'>> {
    try {
      const result = await this.#within(this.#callTimeoutMs, () =>
        this.#handle(summary.phoneNumberId, summary.runId).result(),
      );
      return { result };
    } catch (error) {
      if (error instanceof WorkflowFailedError) return { failure: failureOf(error) };
      throw this.#translated(error);
    }
  }

  async #noAnswer(
    phoneNumberId: string,
    cause: unknown,
    updateId?: string,
  ): Promise<NoWorkerAnswerError> {
    const polling = await this.#within(this.#callTimeoutMs, () =>
      workerPolling(this.temporal, this.#taskQueue),
    ).catch((error: unknown) => {
      if (updateId === undefined) throw this.#translated(error);
      return undefined; // that the code may still be tried matters more than why nothing answers
    });
    return new NoWorkerAnswerError(phoneNumberId, polling, updateId, { cause });
  }

  /** Why a message found no open run: never started, or ended. Any other error is translated. */
  async #explained(error: unknown, phoneNumberId: string): Promise<Error> {
    if (!(error instanceof WorkflowNotFoundError)) return this.#translated(error);
    const description = await this.#describe(phoneNumberId);
    return description === undefined || description.status.name === 'RUNNING'
      ? new OnboardingNotFoundError(phoneNumberId)
      : ended(phoneNumberId, description);
  }
}

function inProgress(
  phoneNumberId: string,
  open: WorkflowExecutionDescription,
): OnboardingInProgressError {
  return new OnboardingInProgressError(
    phoneNumberId,
    open.runId,
    open.type,
    open.startTime.toISOString(),
  );
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
