/** Every route of the API: what it takes, what it answers, and the scope it needs. The server and the tests work from this table. */
import { z } from 'zod';
import * as schemas from './schemas.js';
import type { Scope } from './scopes.js';

export interface Route {
  /** `operationId` in the OpenAPI document, and the action in the audit trail. */
  id: string;
  method: 'GET' | 'POST';
  /** As Fastify writes paths. */
  path: string;
  summary: string;
  scope: Scope;
  params?: z.ZodType;
  query?: z.ZodType;
  headers?: z.ZodType;
  body?: z.ZodType;
  /** Answers by status; `text/event-stream` where {@link Route.stream}. */
  answers: Readonly<Record<number, z.ZodType>>;
  /** Problems it may answer beside those of every route (400, 401, 403, 429, 500, 503). */
  problems: readonly number[];
  stream?: boolean;
  /** It is about the number's PIN and not about its newest run. */
  onPin?: true;
}

const params = z.object({ phoneNumberId: schemas.phoneNumberIdSchema });
const ONE = '/v1/onboardings/:phoneNumberId';
const PIN_OF_ONE = '/v1/numbers/:phoneNumberId';
const accepted = { 202: schemas.acceptedSchema } as const;
/** The number has no onboarding (404), or one that has ended or takes no such message now (409). */
const message = [404, 409] as const;

export const ROUTES = [
  {
    id: 'me',
    method: 'GET',
    path: '/v1/me',
    summary: 'Who the token is for, and what it allows',
    scope: 'onboarding:read',
    answers: { 200: schemas.meSchema },
    problems: [],
  },
  {
    id: 'startOnboarding',
    method: 'POST',
    path: '/v1/onboardings',
    summary: 'Start onboarding a number',
    scope: 'onboarding:start',
    headers: z.object({
      'idempotency-key': z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe('repeating a start with the same key and body answers the same run'),
    }),
    body: schemas.startBodySchema,
    answers: { 201: schemas.startedSchema },
    problems: [409, 422],
  },
  {
    id: 'listOnboardings',
    method: 'GET',
    path: '/v1/onboardings',
    summary: 'List onboardings: the open ones, oldest code first, or the ended ones, newest first',
    scope: 'onboarding:read',
    query: schemas.listQuerySchema,
    answers: { 200: schemas.onboardingPageSchema },
    problems: [],
  },
  {
    id: 'getOnboarding',
    method: 'GET',
    path: ONE,
    summary: 'All that is known of the newest onboarding of a number',
    scope: 'onboarding:read',
    params,
    answers: { 200: schemas.onboardingDetailSchema },
    problems: [404],
  },
  {
    id: 'submitCode',
    method: 'POST',
    path: `${ONE}/code`,
    summary: 'Submit a code, with the verdict in the answer',
    scope: 'code:submit',
    params,
    body: schemas.codeBodySchema,
    answers: { 200: schemas.codeVerdictSchema, 202: schemas.codePendingSchema },
    problems: message,
  },
  {
    id: 'resendCode',
    method: 'POST',
    path: `${ONE}/resend`,
    summary: 'Ask for a new code, which is sent when Meta’s gaps and limits allow',
    scope: 'code:submit',
    params,
    body: schemas.resendBodySchema,
    answers: accepted,
    problems: message,
  },
  {
    id: 'agentReady',
    method: 'POST',
    path: `${ONE}/ready`,
    summary: 'An agent is ready: ask Meta for the code now',
    scope: 'code:submit',
    params,
    body: schemas.emptyBodySchema,
    answers: accepted,
    problems: message,
  },
  {
    id: 'claim',
    method: 'POST',
    path: `${ONE}/claim`,
    summary: 'Take a number, so that nobody else enters codes for it, or go on holding it',
    scope: 'code:submit',
    params,
    body: schemas.claimBodySchema,
    answers: { 200: schemas.heldSchema },
    problems: message,
  },
  {
    id: 'release',
    method: 'POST',
    path: `${ONE}/release`,
    summary: 'Give a number back',
    scope: 'code:submit',
    params,
    body: schemas.emptyBodySchema,
    answers: { 200: schemas.releasedSchema },
    problems: message,
  },
  {
    id: 'extend',
    method: 'POST',
    path: `${ONE}/extend`,
    summary: 'Move the deadline of the wait for a code, or for an agent',
    scope: 'code:submit',
    params,
    body: schemas.extendBodySchema,
    answers: accepted,
    problems: message,
  },
  {
    id: 'retry',
    method: 'POST',
    path: `${ONE}/retry`,
    summary: 'The cause of the park is cured: try again',
    scope: 'onboarding:operate',
    params,
    body: schemas.emptyBodySchema,
    answers: accepted,
    problems: message,
  },
  {
    id: 'accept',
    method: 'POST',
    path: `${ONE}/accept`,
    summary: 'Finish a run that is parked because Meta refused its PIN, the PIN unconfirmed',
    scope: 'onboarding:operate',
    params,
    body: schemas.emptyBodySchema,
    answers: accepted,
    problems: message,
  },
  {
    id: 'cancel',
    method: 'POST',
    path: `${ONE}/cancel`,
    summary: 'Stop, and undo what can be undone',
    scope: 'onboarding:operate',
    params,
    body: schemas.emptyBodySchema,
    answers: accepted,
    problems: message,
  },
  {
    id: 'rotatePin',
    method: 'POST',
    path: `${PIN_OF_ONE}/rotate`,
    summary: 'Give a registered number another PIN',
    scope: 'set:2sv-pin',
    params,
    body: schemas.rotateBodySchema,
    answers: { 201: schemas.startedSchema },
    problems: [409],
    onPin: true,
  },
  {
    id: 'revealPin',
    method: 'POST',
    path: `${PIN_OF_ONE}/pin/reveal`,
    summary: 'Show a PIN, which is written to the audit trail and told to people',
    scope: 'reveal:2sv-pin',
    params,
    body: schemas.revealBodySchema,
    answers: { 200: schemas.revealedSchema },
    problems: [404],
    onPin: true,
  },
  {
    id: 'events',
    method: 'GET',
    path: '/v1/events',
    summary: 'Changes of the open onboardings, as server-sent events',
    scope: 'onboarding:read',
    answers: { 200: z.string() },
    problems: [],
    stream: true,
  },
  {
    id: 'onboardingEvents',
    method: 'GET',
    path: `${ONE}/events`,
    summary: 'The status of one onboarding after each change, as server-sent events',
    scope: 'onboarding:read',
    params,
    answers: { 200: z.string() },
    problems: [404],
    stream: true,
  },
] as const satisfies readonly Route[];

export type RouteId = (typeof ROUTES)[number]['id'];
