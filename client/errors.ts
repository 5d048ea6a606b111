import { instantText } from '../workflows/instant-text.js';
import {
  type Decision,
  OFFBOARD_NUMBER,
  ONBOARD_NUMBER,
  type OnboardingFailureDetails,
  type OnboardingStage,
  REREGISTER_NUMBER,
  ROTATE_PIN,
} from '../workflows/messages.js';
import type { RunState } from './onboarding-status.js';

const instant = (iso: string) => instantText(Date.parse(iso));

/**
 * Base of everything that {@link OnboardingClient} throws on purpose. The message is a sentence for people that says what to
 * do; programs look at the class and its fields. No message or field holds a PIN, a code or a token.
 */
export abstract class OnboardingClientError extends Error {}

/** What was handed over cannot be used. Nothing was sent. */
export class InvalidInputError extends OnboardingClientError {
  override readonly name = 'InvalidInputError';
}

const HELD_BY: Readonly<Record<string, (id: string) => string>> = {
  [ROTATE_PIN]: (id) => `The PIN of number ${id} is being rotated`,
  [REREGISTER_NUMBER]: (id) => `Number ${id} is being registered again`,
  [OFFBOARD_NUMBER]: (id) => `Number ${id} is being offboarded`,
};

/** The number has an open run already, so no other was started. */
export class OnboardingInProgressError extends OnboardingClientError {
  override readonly name = 'OnboardingInProgressError';

  /**
   * @param workflowType type of the open run: `onboardNumber`, or another that holds the number
   * @param startedAt when the open run began, ISO 8601 in UTC
   */
  constructor(
    readonly phoneNumberId: string,
    readonly runId: string,
    readonly workflowType: string,
    readonly startedAt: string,
  ) {
    super(
      workflowType === ONBOARD_NUMBER
        ? `Number ${phoneNumberId} is being onboarded already (since ${instant(startedAt)}): follow it with "npx wa-onboard status ${phoneNumberId}", or cancel it before you start again.`
        : `${HELD_BY[workflowType]?.(phoneNumberId) ?? `Number ${phoneNumberId} is held by a run of type ${workflowType}`} (since ${instant(startedAt)}): follow it with "npx wa-onboard status ${phoneNumberId}", and start again when it has ended.`,
    );
  }
}

/** There is no onboarding of this number: never started here, or so long ago that Temporal forgot it. */
export class OnboardingNotFoundError extends OnboardingClientError {
  override readonly name = 'OnboardingNotFoundError';

  /** @param workflowType type of the run that the number has instead, where it has one */
  constructor(
    readonly phoneNumberId: string,
    readonly workflowType?: string,
  ) {
    super(
      workflowType === undefined
        ? `No onboarding of number ${phoneNumberId} was found: start one with "npx wa-onboard start ${phoneNumberId}", or check the id and the Temporal namespace.`
        : `The newest run of number ${phoneNumberId} is of type ${workflowType}, which is no onboarding.`,
    );
  }
}

/** The onboarding has ended, so it takes no more messages. */
export class OnboardingEndedError extends OnboardingClientError {
  override readonly name = 'OnboardingEndedError';

  /**
   * @param run how the run ended
   * @param endedAt ISO 8601 in UTC
   */
  constructor(
    readonly phoneNumberId: string,
    readonly runId: string,
    readonly run: Exclude<RunState, 'running'>,
    readonly endedAt?: string,
  ) {
    super(
      `The onboarding of number ${phoneNumberId} has ended (${run === 'timedOut' ? 'timed out' : run}${endedAt === undefined ? '' : `, ${instant(endedAt)}`}), so nothing was sent: see how with "npx wa-onboard status ${phoneNumberId}"; it is safe to start it again.`,
    );
  }
}

/** The number was started before with the same idempotency key and another input. Nothing was started. */
export class IdempotencyKeyReusedError extends OnboardingClientError {
  override readonly name = 'IdempotencyKeyReusedError';

  /** @param runId the run that the key started */
  constructor(
    readonly phoneNumberId: string,
    readonly runId: string,
  ) {
    super(
      `Number ${phoneNumberId} was started with this idempotency key before, with another input: use a new key for a new start.`,
    );
  }
}

/** The run awaits no code at the moment, so a new one makes no sense. Nothing was sent. */
export class NoCodeAwaitedError extends OnboardingClientError {
  override readonly name = 'NoCodeAwaitedError';

  constructor(
    readonly phoneNumberId: string,
    readonly stage: OnboardingStage,
  ) {
    super(
      stage === 'Parked'
        ? `The onboarding of number ${phoneNumberId} is parked, so it awaits no code: see why, and what to do, with "npx wa-onboard status ${phoneNumberId}".`
        : `The onboarding of number ${phoneNumberId} awaits no code (${stage}): see what it does with "npx wa-onboard status ${phoneNumberId}".`,
    );
  }
}

/** The run is not parked, or takes other decisions than this one. Nothing was sent. */
export class NotParkedError extends OnboardingClientError {
  override readonly name = 'NotParkedError';

  /**
   * @param decision what was decided
   * @param takes the decisions that the run takes now; none where it waits for nobody's
   */
  constructor(
    readonly phoneNumberId: string,
    readonly decision: Decision,
    readonly stage: OnboardingStage,
    readonly takes: readonly Decision[],
  ) {
    super(
      takes.length === 0
        ? `The onboarding of number ${phoneNumberId} is not parked (${stage}), so there is nothing to ${decision}: see what it does with "npx wa-onboard status ${phoneNumberId}".`
        : `The onboarding of number ${phoneNumberId} takes no ${decision} (${stage}): use "npx wa-onboard ${takes[0]} ${phoneNumberId}" once the cause is cured, or cancel it.`,
    );
  }
}

/**
 * No worker answered in time, so what was asked is not known to have happened. Temporal keeps an update and delivers it
 * when a worker returns: a code may still be tried. Repeating with the same `updateId` never tries it twice.
 */
export class NoWorkerAnswerError extends OnboardingClientError {
  override readonly name = 'NoWorkerAnswerError';

  /**
   * @param workerPolling whether a worker polls the task queue; undefined where Temporal did not tell
   * @param updateId the update whose outcome is unknown, where it was one
   * @param accepted whether the run has taken the update, so that it is handled whatever happens; false where Temporal may
   *   still lose it
   */
  constructor(
    readonly phoneNumberId: string,
    readonly workerPolling: boolean | undefined,
    readonly updateId?: string,
    readonly accepted = false,
    options?: ErrorOptions,
  ) {
    const unanswered =
      workerPolling === false
        ? `No worker is running, so number ${phoneNumberId} does not answer: start one with "npm start".`
        : `No worker answered for number ${phoneNumberId} in time: ask again, and look at the worker's log when this repeats.`;
    super(
      updateId === undefined
        ? unanswered
        : accepted
          ? `The verdict on the code for number ${phoneNumberId} takes long: the run has the code, its status shows what becomes of it, and giving the same code again with update id ${updateId} waits on.`
          : `${unanswered} The code may still be tried when a worker answers; giving the same code again with update id ${updateId} is safe.`,
      options,
    );
  }
}

/** Temporal could not be reached, or did not answer in time. */
export class TemporalUnreachableError extends OnboardingClientError {
  override readonly name = 'TemporalUnreachableError';

  constructor(
    readonly address: string,
    options?: ErrorOptions,
  ) {
    super(
      `Temporal at ${address} does not answer: start it with "npm start", or set TEMPORAL_ADDRESS to where it runs.`,
      options,
    );
  }
}

/** Temporal refuses these credentials, or what they may do. */
export class TemporalAccessError extends OnboardingClientError {
  override readonly name = 'TemporalAccessError';

  constructor(
    readonly address: string,
    readonly namespace: string,
    options?: ErrorOptions,
  ) {
    super(
      `Temporal at ${address} refuses access to namespace "${namespace}": check TEMPORAL_API_KEY or TEMPORAL_TLS_*, and the permissions they give.`,
      options,
    );
  }
}

/** Temporal has no such namespace. */
export class TemporalNamespaceError extends OnboardingClientError {
  override readonly name = 'TemporalNamespaceError';

  constructor(
    readonly address: string,
    readonly namespace: string,
    options?: ErrorOptions,
  ) {
    super(
      `Temporal at ${address} has no namespace "${namespace}": set TEMPORAL_NAMESPACE to one it has, or create it.`,
      options,
    );
  }
}

/** The namespace lacks the search attributes that every onboarding is started with. */
export class SearchAttributesMissingError extends OnboardingClientError {
  override readonly name = 'SearchAttributesMissingError';

  constructor(
    readonly namespace: string,
    options?: ErrorOptions,
  ) {
    super(
      `Namespace "${namespace}" lacks the search attributes of this product: create them once with "npx wa-onboard setup".`,
      options,
    );
  }
}

/** Temporal answered with something no other class stands for. */
export class TemporalRequestError extends OnboardingClientError {
  override readonly name = 'TemporalRequestError';

  /** @param text what Temporal said */
  constructor(
    readonly text: string,
    options?: ErrorOptions,
  ) {
    super(`Temporal could not do this: ${text.replace(/\.$/, '')}.`, options);
  }
}

/** The onboarding failed; what could be undone was. */
export class OnboardingFailedError extends OnboardingClientError {
  override readonly name = 'OnboardingFailedError';

  /**
   * @param failureType one of `FAILURE_TYPES`, or what else ended the run
   * @param details steps, problem and what was undone, where the run told
   */
  constructor(
    readonly phoneNumberId: string,
    readonly failureType: string,
    message: string,
    readonly details?: OnboardingFailureDetails,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Someone cancelled the onboarding; what could be undone was. */
export class OnboardingCancelledError extends OnboardingClientError {
  override readonly name = 'OnboardingCancelledError';

  constructor(
    readonly phoneNumberId: string,
    options?: ErrorOptions,
  ) {
    super(
      `The onboarding of number ${phoneNumberId} was cancelled, and what could be undone was; it is safe to start it again.`,
      options,
    );
  }
}

/** Someone terminated the run: nothing was undone. The next run finds its way from what it sees. */
export class OnboardingTerminatedError extends OnboardingClientError {
  override readonly name = 'OnboardingTerminatedError';

  constructor(
    readonly phoneNumberId: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `The onboarding of number ${phoneNumberId} was terminated (${reason}), so nothing was undone: start it again, and it goes on from what it finds.`,
      options,
    );
  }
}

/** There is no such schedule. */
export class ScheduleNotFoundError extends OnboardingClientError {
  override readonly name = 'ScheduleNotFoundError';

  constructor(readonly schedule: 'rotation' | 'reconcile') {
    super(
      `There is no schedule for ${schedule === 'rotation' ? 'rotating PINs' : 'reconcile'}: make one with "npx wa-onboard schedule ${schedule} --every ${schedule === 'rotation' ? '90d' : '1d'}".`,
    );
  }
}

/** A sweep is open already, so no other was started. */
export class SweepInProgressError extends OnboardingClientError {
  override readonly name = 'SweepInProgressError';

  constructor(readonly runId: string) {
    super('A sweep is under way or halted already: see it with "npx wa-onboard sweep".');
  }
}

/** There is no halted sweep to go on with. Nothing was sent. */
export class NotHaltedError extends OnboardingClientError {
  override readonly name = 'NotHaltedError';

  constructor() {
    super(
      'No sweep is halted, so there is nothing to resume: see the newest with "npx wa-onboard sweep".',
    );
  }
}

/** A run that works on no single number failed. */
export class RunFailedError extends OnboardingClientError {
  override readonly name = 'RunFailedError';

  /** @param failureType what ended the run, such as `NotReconciled` */
  constructor(
    readonly workflowId: string,
    readonly runId: string,
    readonly failureType: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
