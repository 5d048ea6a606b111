import type { FastifyError } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { PinStoreError } from '../../activities/pin-store/pin-store.js';
import {
  IdempotencyKeyReusedError,
  InvalidInputError,
  NoCodeAwaitedError,
  NotParkedError,
  NoWorkerAnswerError,
  OnboardingClientError,
  OnboardingEndedError,
  OnboardingInProgressError,
  OnboardingNotFoundError,
  TemporalUnreachableError,
} from '../errors.js';
import { KeysUnavailableError, NotAuthenticatedError } from './authenticator.js';
import { ApiProblem, type ProblemMembers } from './problems.js';

/**
 * Whatever was thrown while a request was answered, as the problem to answer with. Sentences that name commands are told anew,
 * as who calls the API may have no terminal.
 */
export function problemOf(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof NotAuthenticatedError) return notAuthenticated(error);
  if (error instanceof KeysUnavailableError) {
    return new ApiProblem('keys-unavailable', error.message, {}, RETRY_SOON, { cause: error });
  }
  if (error instanceof PinStoreError) {
    return new ApiProblem('pin-store-unavailable', error.message, {}, RETRY_SOON, { cause: error });
  }
  if (error instanceof OnboardingClientError) return clientProblem(error);
  return fastifyProblem(error);
}

const RETRY_SOON = { 'retry-after': '5' };

function notAuthenticated(error: NotAuthenticatedError): ApiProblem {
  const challenge = error.given
    ? `Bearer realm="wa-onboard", error="invalid_token", error_description="${error.message.replaceAll('"', "'")}"`
    : 'Bearer realm="wa-onboard"';
  return new ApiProblem('not-authenticated', error.message, {}, { 'www-authenticate': challenge });
}

function clientProblem(error: OnboardingClientError): ApiProblem {
  const because = { cause: error };
  if (error instanceof InvalidInputError) return new ApiProblem('invalid-request', error.message);
  if (error instanceof OnboardingNotFoundError) {
    return new ApiProblem(
      'onboarding-not-found',
      error.workflowType === undefined
        ? `No onboarding of number ${error.phoneNumberId} was found: check the id, or start one.`
        : error.message,
    );
  }
  if (error instanceof OnboardingEndedError) {
    return new ApiProblem(
      'onboarding-ended',
      `The onboarding of number ${error.phoneNumberId} has ended, so nothing was sent: look at how, and start it again if it is to go on.`,
    );
  }
  if (error instanceof OnboardingInProgressError) {
    return new ApiProblem(
      'onboarding-in-progress',
      `Number ${error.phoneNumberId} has a run already, since ${error.startedAt}: follow that one, or cancel it before you start again.`,
    );
  }
  if (error instanceof IdempotencyKeyReusedError) {
    return new ApiProblem('idempotency-key-reused', error.message);
  }
  if (error instanceof NoCodeAwaitedError) {
    return new ApiProblem(
      'no-code-awaited',
      `The onboarding of number ${error.phoneNumberId} awaits no code now (${error.stage}): look at what it does.`,
    );
  }
  if (error instanceof NotParkedError) {
    const { phoneNumberId, decision, stage, takes } = error;
    return new ApiProblem(
      'decision-not-taken',
      takes.length === 0
        ? `The onboarding of number ${phoneNumberId} is not parked (${stage}), so there is nothing to ${decision}.`
        : `The onboarding of number ${phoneNumberId} takes no ${decision} now (${stage}): use ${takes[0]} once the cause is cured, or cancel it.`,
    );
  }
  if (error instanceof NoWorkerAnswerError) {
    return new ApiProblem(
      'no-worker',
      error.workerPolling === false
        ? `No worker is running, so number ${error.phoneNumberId} does not answer: try again when an operator has started one.`
        : `No worker answered for number ${error.phoneNumberId} in time: try again.`,
      {},
      RETRY_SOON,
      because,
    );
  }
  return new ApiProblem(
    'temporal-unavailable',
    error instanceof TemporalUnreachableError
      ? 'Temporal does not answer, so nothing can be read or sent now: try again.'
      : 'Temporal does not do what this API asks of it: try again, and have an operator look into the log of the API when this repeats.',
    {},
    RETRY_SOON,
    because,
  );
}

/** Sentences of this API for what Fastify refuses: its own may quote the body. */
const REFUSED_BODIES: Readonly<
  Record<string, { kind: 'body-too-large' | 'unsupported-media-type'; sentence: string }>
> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    kind: 'body-too-large',
    sentence: 'Send a body of at most 16 kB.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    kind: 'unsupported-media-type',
    sentence: 'Send the body as JSON, with the header "Content-Type: application/json".',
  },
};

function fastifyProblem(error: unknown): ApiProblem {
  const because = { cause: error };
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map(({ instancePath, message }) => ({
      path: instancePath.replaceAll('/', '.').replace(/^\./, ''),
      message: message ?? 'is not usable',
    }));
    const where = (error as FastifyError).validationContext ?? 'request';
    return new ApiProblem('invalid-request', whatIsWrong(where, errors), { errors });
  }
  const { code, statusCode } = error as Partial<FastifyError>;
  const refused = code === undefined ? undefined : REFUSED_BODIES[code];
  if (refused !== undefined) return new ApiProblem(refused.kind, refused.sentence);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new ApiProblem('invalid-request', 'Send the body as one JSON object.');
  }
  return new ApiProblem(
    'internal',
    'Something is wrong with this API: tell an operator the id of this request, which its log shows as well.',
    {},
    {},
    because,
  );
}

function whatIsWrong(where: string, errors: NonNullable<ProblemMembers['errors']>): string {
  const [first] = errors;
  if (first === undefined) return `The ${where} of the request is not usable.`;
  // Zod's own messages are no sentences.
  if (first.message.endsWith('.')) return first.message;
  const at = first.path === '' ? `the ${where}` : `${first.path} in the ${where}`;
  return `Correct ${at}: ${first.message}.`;
}
