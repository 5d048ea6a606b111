/** What the API answers when it does not do what was asked, as RFC 9457 has it. */
import type { ProblemDocument } from './schemas.js';

/** Every kind of problem. Its `type` is `urn:wa-onboard:` and the kind; kinds are never renamed. */
export const PROBLEMS = {
  'invalid-request': { status: 400, title: 'The request is not usable' },
  'not-authenticated': { status: 401, title: 'A valid token is needed' },
  'signature-invalid': { status: 401, title: 'The signature does not fit the body' },
  'scope-missing': { status: 403, title: 'The token does not allow this' },
  'outside-limits': { status: 403, title: 'The token is not for this number' },
  'verify-token-invalid': { status: 403, title: 'The verify token is another' },
  'no-such-route': { status: 404, title: 'There is nothing at this address' },
  'onboarding-not-found': { status: 404, title: 'The number has no onboarding' },
  'pin-not-found': { status: 404, title: 'The number has no such PIN' },
  'method-not-allowed': { status: 405, title: 'This address takes another method' },
  'onboarding-in-progress': { status: 409, title: 'The number has an open run already' },
  'onboarding-ended': { status: 409, title: 'The onboarding has ended' },
  'no-code-awaited': { status: 409, title: 'The onboarding awaits no code now' },
  'no-agent-awaited': { status: 409, title: 'The onboarding waits for no agent now' },
  'decision-not-taken': { status: 409, title: 'The onboarding takes no such decision now' },
  'held-by-other': { status: 409, title: 'Somebody else has taken the number' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON' },
  'idempotency-key-reused': { status: 422, title: 'The idempotency key was used already' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'The API failed' },
  'no-worker': { status: 503, title: 'No worker answers' },
  'temporal-unavailable': { status: 503, title: 'Temporal cannot be asked' },
  'pin-store-unavailable': { status: 503, title: 'The PIN store cannot be read' },
  'audit-unavailable': { status: 503, title: 'The audit trail cannot be written' },
  'not-known-yet': { status: 503, title: 'The number is not known yet' },
  'keys-unavailable': { status: 503, title: 'Tokens cannot be checked' },
  'too-much-at-once': { status: 503, title: 'Too much is being received' },
  'too-slow': { status: 503, title: 'The answer took too long' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemKind = keyof typeof PROBLEMS;

/** Members of the document beside those of every problem. */
export type ProblemMembers = Omit<
  ProblemDocument,
  'type' | 'title' | 'status' | 'detail' | 'instance'
>;

/** A problem to answer with. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  /**
   * @param detail one sentence for people that says what to do; no secret
   * @param headers to send with it
   */
  constructor(
    readonly kind: ProblemKind,
    readonly detail: string,
    readonly members: ProblemMembers = {},
    readonly headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }

  get type(): string {
    return `urn:wa-onboard:${this.kind}`;
  }

  get status(): number {
    return PROBLEMS[this.kind].status;
  }

  /** @param instance id of the request */
  document(instance: string): ProblemDocument {
    const { status, title } = PROBLEMS[this.kind];
    return { type: this.type, title, status, detail: this.detail, instance, ...this.members };
  }
}
