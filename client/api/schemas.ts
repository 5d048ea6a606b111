/**
 * What goes in and out of the HTTP API, as zod schemas: requests are checked against them, answers are written by them, and
 * the OpenAPI document is made from them. Where the workflow contract has a type for something, the schema is held to it.
 */
import type { Duration } from '@temporalio/common';
import { msOptionalToNumber } from '@temporalio/common/lib/time.js';
import { z } from 'zod';
import { holdsSixDigits, REASON_WITHOUT_DIGITS } from '../../workflows/input.js';
import type {
  Claim,
  ClaimAnswer,
  CodeVerdict,
  OnboardingFailureDetails,
  OnboardingProgress,
  OnboardingResult,
  ReleaseAnswer,
} from '../../workflows/messages.js';
import { NUMBER_OPERATIONS, ONBOARD_NUMBER, STEP_NAMES } from '../../workflows/messages.js';
import { SCOPE_NAMES } from './scopes.js';

const instant = z.iso.datetime().describe('ISO 8601 in UTC');

export const phoneNumberIdSchema = z
  .string()
  .regex(/^[0-9]{5,25}$/)
  .describe('Meta’s id of the number, digits only; not the telephone number');

const shortText = z.string().max(200);

const languageSchema = z
  .string()
  .regex(/^[a-z]{2,3}_[A-Z]{2}$/, 'must look like en_US: language, underscore, country')
  .describe('of the code’s message, such as en_US');

export const stageSchema = z.enum([
  'Preparing',
  'Registering',
  'AwaitingAgent',
  'AwaitingCode',
  'Securing',
  'Parked',
  'Compensating',
  'Live',
  'Offboarded',
  'Failed',
]);

const runStateSchema = z.enum([
  'running',
  'completed',
  'failed',
  'cancelled',
  'terminated',
  'timedOut',
]);

/** What is done with a number. */
export const operationSchema = z.enum(NUMBER_OPERATIONS);

export const codeMethodSchema = z.enum(['SMS', 'VOICE']);

const decisionSchema = z.enum(['retry', 'accept']);

export const claimSchema = z
  .object({
    by: z.string(),
    since: instant,
    until: instant.describe('when it ends by itself'),
    takenFrom: z.object({ by: z.string(), reason: z.string() }).exactOptional(),
  })
  .meta({ id: 'Claim', description: 'Who has taken a number to enter its codes.' });

const numberForPeople = {
  lastDigits: z.string().exactOptional().describe('the last four digits of the telephone number'),
  businessName: z.string().exactOptional().describe('the business as Meta shows it to customers'),
};

const waiting = {
  for: z.string(),
  since: instant,
  until: instant.describe('when it stops waiting by itself'),
  cure: z.string().exactOptional().describe('what a person can do'),
  decisions: z.array(decisionSchema).exactOptional().describe('the decisions that end this wait'),
  onExpiry: z.enum(['compensate', 'accept', 'alertAgain']).exactOptional(),
};

const sentCode = {
  method: codeMethodSchema,
  sentAt: instant,
  expiresAt: instant,
  sentCount: z.int(),
  refusedCount: z.int(),
  triesLeft: z.int(),
  requestedBy: z.string().exactOptional(),
  nextSendAt: instant.describe('when the next may be asked for'),
  maybe: z.boolean().exactOptional().describe('true where Meta’s answer was lost'),
};

const problemReportSchema = z.object({
  code: z.int().exactOptional().describe('Meta’s error code'),
  subcode: z.int().exactOptional(),
  text: z.string(),
  advice: z.string(),
  fbtraceId: z.string().exactOptional(),
});

const stepProgressSchema = z.object({
  name: z.enum(STEP_NAMES),
  state: z.enum(['pending', 'running', 'done', 'skipped', 'deferred', 'compensated', 'failed']),
  reason: z.string().exactOptional(),
  startedAt: instant.exactOptional(),
  endedAt: instant.exactOptional(),
});

const budgetUseSchema = z.object({
  used: z.int(),
  limit: z.int(),
  nextAt: instant.exactOptional(),
});

export const progressSchema = z
  .object({
    phoneNumberId: z.string(),
    // Workers of before knew no other, and did not say so.
    operation: operationSchema.default(ONBOARD_NUMBER),
    stage: stageSchema,
    label: z.string().exactOptional(),
    number: z.object(numberForPeople).exactOptional(),
    steps: z.array(stepProgressSchema),
    waiting: z.object({ ...waiting, reminder: z.string().exactOptional() }).exactOptional(),
    decided: z
      .object({ decision: decisionSchema, by: z.string().exactOptional(), at: instant })
      .exactOptional(),
    code: z
      .object({
        ...sentCode,
        submissions: z
          .array(
            z.object({
              by: z.string().exactOptional(),
              at: instant,
              verdict: z.enum(['verified', 'refused', 'unknown', 'notJudged']),
            }),
          )
          .exactOptional(),
      })
      .exactOptional(),
    claim: claimSchema.exactOptional(),
    budget: z.object({ register: budgetUseSchema, deregister: budgetUseSchema }),
    problem: problemReportSchema.exactOptional(),
    ignored: z.object({ message: z.string(), at: instant, reason: z.string() }).exactOptional(),
    compensation: z
      .object({ undone: z.array(z.string()), notUndone: z.array(z.string()) })
      .exactOptional(),
  })
  .meta({ id: 'Progress', description: 'What the run says of itself.' });

const resultSchema = z
  .object({
    phoneNumberId: z.string(),
    operation: operationSchema.exactOptional().describe('absent of an onboarding'),
    outcome: z.enum(['live', 'registered', 'rotated', 'offboarded']),
    summary: z.string(),
    changed: z.boolean(),
    missing: z.array(z.string()),
    steps: z.array(stepProgressSchema),
    pin: z
      .object({
        store: z.string(),
        record: z.string(),
        version: z.string(),
        confirmed: z.boolean(),
        since: instant.exactOptional(),
      })
      .describe('where the PIN lies; never the PIN'),
    cancelRequested: z.boolean().exactOptional(),
  })
  .meta({ id: 'Result' });

const failureDetailsSchema = z.object({
  phoneNumberId: z.string(),
  steps: z.array(stepProgressSchema),
  problem: problemReportSchema.exactOptional(),
  undone: z.array(z.string()),
  notUndone: z.array(z.string()),
});

const summary = {
  phoneNumberId: z.string(),
  runId: z.string(),
  operation: operationSchema,
  run: runStateSchema,
  stage: stageSchema.exactOptional(),
  label: z.string().exactOptional(),
  startedAt: instant,
  endedAt: instant.exactOptional(),
  link: z.url().exactOptional().describe('the run in the Temporal UI, where its address is known'),
};

/** What lists and events show of an onboarding. */
export const onboardingSchema = z
  .object({
    ...summary,
    ...numberForPeople,
    waiting: z.object(waiting).exactOptional(),
    code: z.object(sentCode).exactOptional(),
    claim: claimSchema.exactOptional(),
    problem: problemReportSchema.pick({ text: true, code: true }).exactOptional(),
  })
  .meta({ id: 'Onboarding', description: 'An onboarding as lists show it.' });

export type Onboarding = z.output<typeof onboardingSchema>;

/** All that is known of the newest onboarding of a number. */
export const onboardingDetailSchema = z
  .object({
    ...summary,
    progress: progressSchema.exactOptional(),
    progressMissing: z.string().exactOptional().describe('why `progress` is absent'),
    result: resultSchema.exactOptional().describe('of a run that completed'),
    failure: z
      .object({
        type: z.string(),
        message: z.string(),
        details: failureDetailsSchema.exactOptional(),
      })
      .exactOptional()
      .describe('of a run that ended otherwise'),
  })
  .meta({ id: 'OnboardingDetail' });

export type OnboardingDetail = z.output<typeof onboardingDetailSchema>;

export const listQuerySchema = z.object({
  run: z.enum(['open', 'ended']).default('open'),
  stage: stageSchema.optional(),
  label: shortText.optional().describe('exactly this label'),
  text: shortText
    .optional()
    .describe(
      'in the label or the business’ name, the id, or the last digits of the telephone number',
    ),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.string().max(2_000).optional().describe('`next` of the page before'),
});

export const onboardingPageSchema = z
  .object({
    items: z.array(onboardingSchema),
    next: z.string().exactOptional().describe('cursor of the next page, where there is one'),
    total: z
      .int()
      .exactOptional()
      .describe('how many match, all pages together; of open ones only'),
    asOf: instant.describe('when Temporal was last asked; its lists lag some seconds behind'),
  })
  .meta({ id: 'OnboardingPage' });

export const startBodySchema = z.strictObject({
  phoneNumberId: phoneNumberIdSchema,
  codeMethod: codeMethodSchema.exactOptional(),
  language: languageSchema.exactOptional(),
  label: shortText.exactOptional().describe('a name for people; put no telephone number here'),
  codeDeadline: shortText
    .exactOptional()
    .describe('how long to wait for a code, such as "24 hours"'),
  takeOver: z
    .boolean()
    .exactOptional()
    .describe('set a new PIN on a registered number; needs the scope set:2sv-pin as well'),
  onPinRefused: z.enum(['park', 'compensate']).exactOptional(),
  startCode: z
    .enum(['now', 'whenAgentReady'])
    .exactOptional()
    .describe('when Meta is asked for the code'),
});

export const startedSchema = z
  .object({
    phoneNumberId: z.string(),
    workflowId: z.string(),
    runId: z.string(),
    previousRunId: z.string().exactOptional(),
    statusUrl: z.string(),
  })
  .meta({ id: 'Started' });

const SAY_WHY =
  'Say why, in 1 to 200 characters: it is shown to whoever looks into it later, without a PIN or a code.';

const reasonSchema = z
  .string(SAY_WHY)
  .min(1, { error: SAY_WHY, abort: true })
  .max(200, { error: SAY_WHY, abort: true })
  .regex(/\S/, { error: SAY_WHY, abort: true })
  .refine((text) => !holdsSixDigits(text), REASON_WITHOUT_DIGITS)
  .describe('why, for people; no six digits in a row, also with separators between them');

export const rotateBodySchema = z.strictObject({ reason: reasonSchema.exactOptional() });

const SOONEST_ROTATION_MS = 60_000;
const LATEST_ROTATION_MS = 30 * 24 * 3_600_000;

export const revealBodySchema = z.strictObject({
  reason: reasonSchema,
  version: z
    .enum(['current', 'pending', 'previous', 'provided'])
    .default('current')
    .describe('which of the number’s PINs'),
  rotateAfter: shortText
    .refine(isRotationWait, 'must be a duration from "1 minute" to "30 days"')
    .exactOptional()
    .describe('when the PIN is to be replaced, such as "1 hour"'),
});

export const revealedSchema = z
  .object({
    phoneNumberId: z.string(),
    pin: z.string(),
    state: z.enum(['current', 'pending', 'previous', 'provided']),
    version: z.string(),
    createdAt: instant,
    lastRotated: instant.exactOptional().describe('when it became the current one'),
    rotation: z
      .object({ workflowId: z.string(), at: instant.describe('when it begins') })
      .exactOptional()
      .describe('where the PIN is to be replaced'),
  })
  .meta({ id: 'RevealedPin' });

export const codeBodySchema = z.strictObject({
  code: z.string().max(200).describe('as typed or pasted: "123-830", "your code is 123830"'),
});

export const codeVerdictSchema = z
  .discriminatedUnion('verdict', [
    z.object({ verdict: z.literal('verified') }),
    z.object({
      verdict: z.literal('refused'),
      text: z.string(),
      advice: z.string(),
      codeAgeSeconds: z.number().exactOptional(),
      triesLeft: z.int(),
      fbtraceId: z.string().exactOptional(),
    }),
    z.object({
      verdict: z.literal('notWaiting'),
      reason: z.string(),
      heldBy: claimSchema.exactOptional(),
    }),
    z.object({ verdict: z.literal('ended'), reason: z.string() }),
  ])
  .meta({ id: 'CodeVerdict' });

/** The honest answer where there is no verdict yet. */
export const codePendingSchema = z
  .object({
    verdict: z.literal('pending'),
    reason: z.string(),
    statusUrl: z.string(),
  })
  .meta({
    id: 'CodePending',
    description: 'The code is kept and will be tried; `statusUrl` shows what becomes of it.',
  });

export const resendBodySchema = z.strictObject({
  method: codeMethodSchema.exactOptional(),
  language: languageSchema.exactOptional(),
});

export const extendBodySchema = z.strictObject({
  by: shortText.describe('how much later the deadline is to be, such as "48 hours"'),
});

export const claimBodySchema = z.strictObject({
  takeOver: z
    .string()
    .min(1)
    .max(200)
    .exactOptional()
    .describe('why the claim of somebody else is to end'),
});

export const emptyBodySchema = z.strictObject({});

export const heldSchema = z.object({ verdict: z.literal('held'), claim: claimSchema });
export const releasedSchema = z.object({ verdict: z.literal('released') });

/** What was handed to the run; what becomes of it, `statusUrl` shows. */
export const acceptedSchema = z.object({ statusUrl: z.string() }).meta({ id: 'Accepted' });

export const meSchema = z
  .object({
    name: z.string().describe('as others see it, in claims and beside codes'),
    scopes: z.array(z.enum(SCOPE_NAMES)),
    labels: z.array(z.string()).exactOptional().describe('the only labels this caller may see'),
    phoneNumberIds: z.array(z.string()).exactOptional().describe('the only numbers it may see'),
    expiresAt: instant,
  })
  .meta({ id: 'Me' });

export type Me = z.output<typeof meSchema>;

/** RFC 9457, with members of its own. */
export const problemSchema = z
  .object({
    type: z.string().describe('names the kind of problem; stable'),
    title: z.string(),
    status: z.int(),
    detail: z.string().exactOptional().describe('one sentence for people that says what to do'),
    instance: z.string().exactOptional().describe('id of the request, as in the audit trail'),
    missingScope: z.enum(SCOPE_NAMES).exactOptional(),
    claim: claimSchema.exactOptional().describe('who holds the number'),
    code: z.int().exactOptional().describe('Meta’s error code'),
    subcode: z.int().exactOptional(),
    fbtraceId: z.string().exactOptional(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .exactOptional()
      .describe('what in the request is not usable'),
  })
  .meta({ id: 'Problem' });

export type ProblemDocument = z.output<typeof problemSchema>;

export const healthSchema = z.object({ status: z.enum(['ok', 'unavailable']) });

/** Data of the server-sent events. */
export const EVENT_SCHEMAS = {
  /** `GET /v1/events`: an onboarding is new or has changed. */
  onboarding: onboardingSchema,
  /** `GET /v1/events`: an onboarding has ended, or is no longer listed. */
  gone: z.object({ phoneNumberId: z.string(), runId: z.string() }),
  /** `GET /v1/events`: whether Temporal answers; sent at the beginning and at each change. */
  connection: z.object({ temporal: z.enum(['ok', 'lost']), since: instant }),
  /** `GET /v1/onboardings/{phoneNumberId}/events`: the status, now and after each change. */
  status: onboardingDetailSchema,
} as const;

function isRotationWait(text: string): boolean {
  // Without a unit it would count as milliseconds, which nobody means.
  if (!/[a-z]/i.test(text)) return false;
  try {
    const ms = msOptionalToNumber(text as Duration) ?? 0;
    return ms >= SOONEST_ROTATION_MS && ms <= LATEST_ROTATION_MS;
  } catch {
    return false; // no duration: a TypeError tells
  }
}

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
/** Fails to compile where a schema and the workflow contract drift apart. */
export const SCHEMAS_MATCH_THE_CONTRACT: [
  Same<z.output<typeof claimSchema>, Claim>,
  Same<z.output<typeof progressSchema>, OnboardingProgress>,
  Same<z.output<typeof resultSchema>, OnboardingResult>,
  Same<z.output<typeof failureDetailsSchema>, OnboardingFailureDetails>,
  Same<z.output<typeof codeVerdictSchema>, CodeVerdict>,
  Same<z.output<typeof heldSchema>, Extract<ClaimAnswer, { verdict: 'held' }>>,
  Same<z.output<typeof releasedSchema>, Extract<ReleaseAnswer, { verdict: 'released' }>>,
] = [true, true, true, true, true, true, true];
