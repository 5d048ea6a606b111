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
  type NumberEventInput,
  type OnboardingInput,
  type OnboardingProgress,
  type OnboardingResult,
  type ReconcileInput,
  type ReconcileReport,
  type ReleaseAnswer,
  type ReleaseRequest,
  type ResendRequest,
  type SweepInput,
  TASK_QUEUE,
} from '../workflows/messages.js';
import type { Notice } from '../workflows/notification.js';
import { claim, release } from './claim.js';
import { decide, type SentDecision } from './decide.js';
import {
  handleNumberEvent,
  type NumberRun,
  notify,
  type RotateLaterOptions,
  reconcile,
  resumeSweep,
  rotateLater,
  runsOf,
  type StartedRun,
  type SweepStatus,
  startSweep,
  sweepStatus,
} from './fleet.js';
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
import { type Schedules, schedulesOf } from './schedules.js';
import { type StartedOnboarding, type StartOptions, startOnboarding } from './start-onboarding.js';
import {
  type OffboardOptions,
  offboard,
  type ReregisterOptions,
  type RotateOptions,
  reregister,
  rotatePin,
} from './start-operation.js';
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
   * Give a registered number another PIN. A rotation that was cut off is gone on with.
   *
   * @param options `replace`: a version that must not be the current one in the end
   * @throws OnboardingInProgressError when the number has an open run
   */
  async rotatePin(phoneNumberId: string, options: RotateOptions = {}): Promise<StartedOnboarding> {
    return rotatePin(this.#runs, phoneNumberId, options);
  }

  /**
   * Register a registered number once more with its PIN, as Meta wants it after a change of the display name.
   *
   * @throws OnboardingInProgressError when the number has an open run
   */
  async reregister(
    phoneNumberId: string,
    options: ReregisterOptions = {},
  ): Promise<StartedOnboarding> {
    return reregister(this.#runs, phoneNumberId, options);
  }

  /**
   * Deregister a number on purpose.
   *
   * @param options `confirm` repeats the id
   * @throws OnboardingInProgressError when the number has an open run
   */
  async offboard(phoneNumberId: string, options: OffboardOptions): Promise<StartedOnboarding> {
    return offboard(this.#runs, phoneNumberId, options);
  }

  /**
   * Rotate the PIN after a while, and once nothing else works on the number.
   *
   * @returns `at`: when it begins, ISO 8601
   */
  async rotateLater(
    phoneNumberId: string,
    options: RotateLaterOptions = {},
  ): Promise<StartedRun & { at: string }> {
    return rotateLater(this.#runs, phoneNumberId, options);
  }

  /**
   * Have done what is to be done about something that Meta's webhooks said of a number.
   *
   * @param key the same for every time that Meta says the same; letters, digits and `-`
   * @returns `repeated` where that was handed over before, as long as Temporal remembers; nothing is begun then
   */
  async handleNumberEvent(input: NumberEventInput, key: string): Promise<'begun' | 'repeated'> {
    return handleNumberEvent(this.#runs, input, key);
  }

  /**
   * Compare Meta's numbers, the PIN store and the open runs, and wait for what that finds.
   *
   * @throws RunFailedError where nothing could be compared
   */
  async reconcile(input: ReconcileInput = {}): Promise<ReconcileReport> {
    return reconcile(this.#runs, input);
  }

  /** Hand a notification over, which a worker posts where a webhook is configured. */
  async notify(notice: Notice): Promise<void> {
    return notify(this.#runs, notice);
  }

  /** The runs of a number that Temporal remembers, newest first, whatever they do with it. Lists lag some seconds behind. */
  async runsOf(phoneNumberId: string): Promise<NumberRun[]> {
    return runsOf(this.#runs, phoneNumberId);
  }

  /** The newest sweep over the PINs that are due; undefined where there was none. */
  async sweep(): Promise<SweepStatus | undefined> {
    return sweepStatus(this.#runs);
  }

  /**
   * Rotate the PINs that are due, now.
   *
   * @throws SweepInProgressError where a sweep is open
   */
  async startSweep(input: SweepInput = {}): Promise<StartedRun> {
    return startSweep(this.#runs, input);
  }

  /**
   * Let a halted sweep go on.
   *
   * @throws NotHaltedError where none is halted
   */
  async resumeSweep(options: { requestedBy?: string } = {}): Promise<StartedRun> {
    return resumeSweep(this.#runs, options);
  }

  /** What is done again and again. */
  get schedules(): Schedules {
    return schedulesOf(this.#runs);
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
