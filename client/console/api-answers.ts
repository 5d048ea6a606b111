/** What the HTTP API answers, as the console takes it. */

import type { z } from 'zod';
import type {
  codePendingSchema,
  onboardingPageSchema,
  ProblemDocument,
  startBodySchema,
  startedSchema,
} from '../api/schemas.js';

export type OnboardingPage = z.output<typeof onboardingPageSchema>;
export type CodePending = z.output<typeof codePendingSchema>;
export type StartBody = z.input<typeof startBodySchema>;
export type Started = z.output<typeof startedSchema>;

/** The API answered that it will not or cannot; the message is its sentence for people. */
export class ApiRefusal extends Error {
  constructor(
    readonly problem: ProblemDocument,
    /** How long to wait before the same may be asked again, where the API says so. */
    readonly retryAfterMs?: number,
  ) {
    super(problem.detail ?? problem.title);
    this.name = 'ApiRefusal';
  }
}

/** Nothing usable came back, so that it is not known whether the request arrived. */
export class NoAnswerError extends Error {
  constructor(options?: ErrorOptions) {
    super('The server does not answer. Check your connection and try again.', options);
    this.name = 'NoAnswerError';
  }
}
