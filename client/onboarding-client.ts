import { Client, type ClientOptions, Connection, type ConnectionOptions } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import {
  parseAgentReady,
  parseCode,
  parseExtend,
  parsePhoneNumberId,
  parseResend,
} from '../workflows/input.js';
import {
  type AgentReady,
  type ClaimAnswer,
  type ClaimRequest,
  type CodeVerdict,
  type DecisionRequest,
  type ExtendRequest,
  MESSAGES,
  type OnboardingInput,
  type OnboardingProgress,
  type OnboardingResult,
  type ReleaseAnswer,
  type ReleaseRequest,
  type ResendRequest,
  TASK_QUEUE,
} from '../workflows/messages.js';
import { claim, release } from './claim.js';
import { decide, type SentDecision } from './decide.js';
import { NumberRuns } from './number-runs.js';
import type { OnboardingStatus, OnboardingSummary } from './onboarding-status.js';
import {
  type ListFilter,
  type ListPage,
  type ListPageRequest,
  listOnboardings,
  listPage,
  resultOf,
  statusOf,
  watchOnboarding,
} from './read-onboardings.js';
import { type StartedOnboarding, type StartOptions, startOnboarding } from './start-onboarding.js';
import { temporalError } from './temporal-errors.js';
import { type SubmitOptions, type TryCodeOptions, tryCode } from './try-code.js';
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

const DEFAULT_CALL_TIMEOUT_MS = 10_000;
const DEFAULT_QUERY_TIMEOUT_MS = 8_000;

/**
 * Starts onboardings and talks to them. Every method checks what it is given before it sends anything, and throws a subclass
 * of `OnboardingClientError`: `InvalidInputError` for unusable input, and `TemporalUnreachableError`,
 * `TemporalAccessError`, `TemporalNamespaceError` or `TemporalRequestError` for what Temporal answers.
 *
 * A number is named by Meta's `phoneNumberId`, a digit string.
 */
export class OnboardingClient {
  /** Temporal's own client, for what this one does not do. */
  readonly temporal: Client;
  readonly #runs: NumberRuns;
  #ownConnection: Connection | undefined;

  /** @param temporal a connected client of the SDK; it stays the caller's to close */
  constructor(temporal: Client, options: OnboardingClientOptions = {}) {
    const { connection } = temporal;
    this.temporal = temporal;
    this.#runs = new NumberRuns(temporal, {
      address:
        connection instanceof Connection ? connection.options.address : 'the given connection',
      taskQueue: options.taskQueue ?? TASK_QUEUE,
      callTimeoutMs: options.callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS,
      queryTimeoutMs: options.queryTimeoutMs ?? DEFAULT_QUERY_TIMEOUT_MS,
    });
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
   * @throws IdempotencyKeyReusedError when its newest run was started with the same key and another input
   * @throws SearchAttributesMissingError when the namespace was not set up
   */
  async start(
    input: Omit<OnboardingInput, 'previousRunId'>,
    options: StartOptions = {},
  ): Promise<StartedOnboarding> {
    return startOnboarding(this.#runs, input, options);
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
    await this.#runs.signal(phoneNumberId, MESSAGES.submitCode, submission);
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
    return tryCode(this.#runs, phoneNumberId, code, options);
  }

  /**
   * Ask for a new code. The run sends it when Meta's gaps and limits allow, and `progress` shows what became of it.
   *
   * @throws OnboardingNotFoundError, OnboardingEndedError
   */
  async resendCode(phoneNumberId: string, request: ResendRequest = {}): Promise<void> {
    await this.#runs.signal(phoneNumberId, MESSAGES.resendCode, usable(parseResend(request)));
  }

  /**
   * Tell a run that was started with `startCode: 'whenAgentReady'` that somebody is there for the code: it asks Meta for it.
   * A run that has asked for its code already ignores it, visibly.
   *
   * @throws OnboardingNotFoundError, OnboardingEndedError
   */
  async agentReady(phoneNumberId: string, request: AgentReady = {}): Promise<void> {
    await this.#runs.signal(phoneNumberId, MESSAGES.agentReady, usable(parseAgentReady(request)));
  }

  /**
   * Take a number for five minutes, or go on holding it: codes that anybody else submits meanwhile are not tried. Each code of
   * the holder prolongs it.
   *
   * @param request `takeOver` ends the claim of somebody else
   * @returns `held`, `heldByOther` where somebody else holds it and `takeOver` was not given, or `ended`
   * @throws NoWorkerAnswerError when it is not known whether it was taken
   * @throws OnboardingNotFoundError, OnboardingEndedError
   */
  async claim(phoneNumberId: string, request: ClaimRequest): Promise<ClaimAnswer> {
    return claim(this.#runs, phoneNumberId, request);
  }

  /**
   * Give a number back.
   *
   * @returns `released`, also where nobody held it; `heldByOther`; or `ended`
   * @throws NoWorkerAnswerError, OnboardingNotFoundError, OnboardingEndedError
   */
  async release(phoneNumberId: string, request: ReleaseRequest): Promise<ReleaseAnswer> {
    return release(this.#runs, phoneNumberId, request);
  }

  /**
   * Wait longer for a code, or for an agent.
   *
   * @param by how much later the deadline is to be, such as `'24 hours'`
   * @throws OnboardingNotFoundError, OnboardingEndedError
   */
  async extend(phoneNumberId: string, by: Duration | ExtendRequest): Promise<void> {
    const { byMs: _checked, ...request } = usable(parseExtend(by));
    await this.#runs.signal(phoneNumberId, MESSAGES.extend, request);
  }

  /**
   * Tell a parked run that its cause is cured: it tries again what it was parked for. A run that only waits may take it as
   * well, and then looks at once; `progress` says which decisions are taken. What becomes of it, `progress` shows.
   *
   * Where no worker answers, so that nobody knows whether the run takes it, it is sent all the same, and the answer says so.
   *
   * @throws NotParkedError when the run takes no retry now; nothing was sent
   * @throws OnboardingNotFoundError, OnboardingEndedError
   */
  async retry(phoneNumberId: string, request: DecisionRequest = {}): Promise<SentDecision> {
    return decide(this.#runs, phoneNumberId, 'retry', request);
  }

  /**
   * Let a run finish that is parked because Meta, having registered the number, refused its PIN: the result then says
   * `pin.confirmed: false`. Otherwise as {@link OnboardingClient.retry}.
   *
   * @throws NotParkedError when the run has nothing to accept now; nothing was sent
   * @throws OnboardingNotFoundError, OnboardingEndedError
   */
  async accept(phoneNumberId: string, request: DecisionRequest = {}): Promise<SentDecision> {
    return decide(this.#runs, phoneNumberId, 'accept', request);
  }

  /**
   * What the newest run says of itself, also after it ended.
   *
   * @throws NoWorkerAnswerError when no worker answers; {@link OnboardingClient.status} then still tells something
   * @throws OnboardingNotFoundError
   */
  async progress(phoneNumberId: string): Promise<OnboardingProgress> {
    const id = usable(parsePhoneNumberId(phoneNumberId));
    return this.#runs.progress(id, undefined, this.#runs.place.queryTimeoutMs);
  }

  /**
   * All that is known of the newest run of a number, running or ended, also while no worker answers.
   *
   * @throws OnboardingNotFoundError
   */
  async status(phoneNumberId: string): Promise<OnboardingStatus> {
    return statusOf(this.#runs, usable(parsePhoneNumberId(phoneNumberId)));
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
    yield* watchOnboarding(this.#runs, usable(parsePhoneNumberId(phoneNumberId)), options);
  }

  /**
   * The newest onboarding of each number, those that run first. Temporal's lists lag some seconds behind.
   */
  async *list(filter: ListFilter = {}): AsyncGenerator<OnboardingSummary, void> {
    yield* listOnboardings(this.#runs, filter);
  }

  /**
   * One page of onboardings, by one call to Temporal: those that run, or those that ended, the last to end first. A number
   * that was onboarded more than once has one entry for each ended run.
   */
  async listPage(request: ListPageRequest): Promise<ListPage> {
    return listPage(this.#runs, request);
  }

  /**
   * Wait until the newest run of the number has ended.
   *
   * @throws OnboardingFailedError, OnboardingCancelledError, OnboardingTerminatedError, OnboardingNotFoundError
   */
  async result(phoneNumberId: string): Promise<OnboardingResult> {
    return resultOf(this.#runs, usable(parsePhoneNumberId(phoneNumberId)));
  }

  /**
   * Ask the run to stop and to undo what can be undone; {@link OnboardingClient.result} waits until it has. After Meta accepted
   * the PIN a run goes on to its end, and says `cancelRequested` in its result.
   *
   * @throws OnboardingNotFoundError, OnboardingEndedError
   */
  async cancel(phoneNumberId: string): Promise<void> {
    const id = usable(parsePhoneNumberId(phoneNumberId));
    const { runId } = await this.#runs.openOnboarding(id);
    try {
      await this.#runs.call(() => this.#runs.handle(id, runId).cancel());
    } catch (error) {
      throw await this.#runs.explained(error, id);
    }
  }
}
