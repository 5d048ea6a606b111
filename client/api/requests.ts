/** What every request of the API goes through before its handler: who calls, and whether they may. */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { OnboardingNotFoundError } from '../errors.js';
import type { AuditEntry, AuditLog } from './audit.js';
import type { Authenticator } from './authenticator.js';
import { KeysUnavailableError, NotAuthenticatedError } from './authenticator.js';
import { type Caller, maySee } from './caller.js';
import type { ApiLimits } from './limits.js';
import type { OpenPins } from './open-pins.js';
import { ApiProblem } from './problems.js';
import { outsideLimits, scopeMissing } from './refusals.js';
import type { Route } from './routes.js';
import { phoneNumberIdSchema } from './schemas.js';
import type { TemporalLooks } from './temporal-looks.js';

/** What is known of a request by the time it is answered. */
export interface Noted {
  caller?: Caller;
  label?: string;
  /** What came of it in a word. */
  outcome?: string;
  problem?: ApiProblem;
  /** True where it need not be written: it was, or there were many like it. */
  written?: boolean;
}

declare module 'fastify' {
  interface FastifyRequest {
    noted: Noted;
  }
}

export interface Gate {
  /** Lets in who has a token with the route's scope, and asks no more than the limits allow. */
  admit(route: Route, request: FastifyRequest): Promise<Caller>;
  /** Lets through who may see the number that the address names. */
  admitToNumber(route: Route, request: FastifyRequest): Promise<void>;
  /** Writes down who changed or was refused what. */
  note(route: Route, request: FastifyRequest, reply: FastifyReply): void;
  /** Writes down what is about to happen. @returns whether it is written */
  noteBefore(route: Route, request: FastifyRequest, about: NotedBefore): boolean;
  /** Counts what was refused to an address. @throws ApiProblem where that is too much */
  countRefusal(request: FastifyRequest, sentence: string): Promise<void>;
}

/** What the audit trail says of something that is about to happen. */
export type NotedBefore = Pick<AuditEntry, 'outcome' | 'reason' | 'version'>;

const A_MINUTE_MS = 60_000;
/** Keys that are counted at a time, such as callers. */
const COUNTED = 20_000;

export async function createGate(
  app: FastifyInstance,
  parts: {
    auth: Authenticator;
    audit: AuditLog;
    temporal: TemporalLooks;
    openPins: OpenPins;
    limits: ApiLimits;
  },
): Promise<Gate> {
  const { auth, audit, temporal, openPins, limits } = parts;
  await app.register(rateLimit, { global: false, cache: COUNTED, timeWindow: A_MINUTE_MS });
  app.decorateRequest('noted');
  app.addHook('onRequest', async (request) => {
    request.noted = {};
  });
  const perCaller = app.createRateLimit({
    max: limits.requestsPerMinute,
    keyGenerator: ({ noted }) => `caller ${noted.caller?.name}`,
  });
  const perRefusal = app.createRateLimit({
    max: limits.refusedTokensPerMinute,
    keyGenerator: ({ ip }) => `refused ${ip}`,
  });
  const ofNumber = (request: FastifyRequest) =>
    `${numberIn(request)} ${request.noted.caller?.name}`;
  const perCode = app.createRateLimit({
    max: limits.codesPerMinute,
    keyGenerator: (request) => `codes ${ofNumber(request)}`,
  });
  const perClaim = app.createRateLimit({
    max: limits.claimsPerMinute,
    keyGenerator: (request) => `claims ${ofNumber(request)}`,
  });
  const perReveal = app.createRateLimit({
    max: limits.revealsPerMinute,
    keyGenerator: ({ noted }) => `reveals ${noted.caller?.name}`,
  });
  /** A flood is to be seen in the audit trail, not to fill the disk. */
  const perFlood = app.createRateLimit({
    max: 1,
    keyGenerator: ({ noted, ip }) => `flood ${noted.caller?.name ?? ip}`,
  });

  async function within(
    limiter: Limiter,
    request: FastifyRequest,
    sentence: string,
  ): Promise<void> {
    const limit = await limiter(request);
    if (limit.isAllowed || !limit.isExceeded) return;
    const flood = await perFlood(request);
    if (!flood.isAllowed && flood.isExceeded) request.noted.written = true;
    throw new ApiProblem(
      'too-many-requests',
      `${sentence}: wait ${limit.ttlInSeconds} seconds.`,
      {},
      { 'retry-after': String(limit.ttlInSeconds) },
    );
  }

  /** @returns nothing where there is no run */
  async function labelOfRun(phoneNumberId: string): Promise<[label?: string | undefined]> {
    try {
      return [await temporal.labelOf(phoneNumberId)];
    } catch (error) {
      if (error instanceof OnboardingNotFoundError) return [];
      throw error;
    }
  }

  /** @returns nothing where there is no PIN record */
  async function labelOfRecord(phoneNumberId: string): Promise<[label?: string | undefined]> {
    const record = await (await openPins()).describe(phoneNumberId);
    return record === undefined ? [] : [record.label];
  }

  function seesAll(caller: Caller, phoneNumberId: string, labels: (string | undefined)[]): boolean {
    return labels.every((label) => maySee(caller, { phoneNumberId, label }));
  }

  /**
   * A label of its own choice must not let a caller in. Temporal forgets runs, so the PIN record counts as well: whoever starts a
   * number may be shown its PIN next.
   *
   * @throws ApiProblem where the number has a run or a PIN record outside the caller's limits
   */
  async function mayStart(caller: Caller, phoneNumberId: string): Promise<void> {
    if (caller.labels === undefined) return;
    const labels = [...(await labelOfRun(phoneNumberId)), ...(await labelOfRecord(phoneNumberId))];
    if (!seesAll(caller, phoneNumberId, labels)) throw outsideLimits(caller);
  }

  /** The labels that a caller has to see. Where it is about the PIN, the label of the PIN record, which may be none, is one. */
  async function labelsOf(route: Route, phoneNumberId: string): Promise<(string | undefined)[]> {
    if (!route.onPin) return [await temporal.labelOf(phoneNumberId)];
    const ofRecord = await labelOfRecord(phoneNumberId);
    const ofRun = await labelOfRun(phoneNumberId);
    // The record says whose number it is where a run, such as one of a sweep, does not.
    const known = [...ofRecord, ...ofRun.filter((label) => label !== undefined)];
    return known.length === 0 ? [undefined] : known;
  }

  async function identified(request: FastifyRequest): Promise<Caller> {
    try {
      return await auth.authenticate(request.headers.authorization);
    } catch (error) {
      if (error instanceof NotAuthenticatedError || error instanceof KeysUnavailableError) {
        await within(perRefusal, request, 'Too many tokens from your address were refused');
      }
      throw error;
    }
  }

  return {
    async admit({ scope }, request) {
      const caller = await identified(request);
      request.noted.caller = caller;
      await within(perCaller, request, `You may ask ${limits.requestsPerMinute} times in a minute`);
      if (!caller.scopes.has(scope)) throw scopeMissing(scope);
      return caller;
    },

    async admitToNumber(route, request) {
      const { id } = route;
      const { caller } = request.noted;
      const started = id === 'startOnboarding' ? numberInBody(request) : undefined;
      if (caller !== undefined && started !== undefined) await mayStart(caller, started);
      const phoneNumberId = numberIn(request);
      if (caller === undefined || phoneNumberId === undefined) return;
      if (caller.phoneNumberIds?.includes(phoneNumberId) === false) throw outsideLimits(caller);
      if (caller.labels !== undefined) {
        const labels = await labelsOf(route, phoneNumberId);
        if (!seesAll(caller, phoneNumberId, labels)) throw outsideLimits(caller);
        const [label] = labels;
        if (label !== undefined) request.noted.label = label;
      }
      if (id === 'submitCode') {
        await within(
          perCode,
          request,
          `You may submit ${limits.codesPerMinute} codes for a number in a minute`,
        );
      }
      if (id === 'revealPin') {
        await within(
          perReveal,
          request,
          `You may be shown ${limits.revealsPerMinute} PINs in a minute`,
        );
      }
      if (id === 'claim' || id === 'release') {
        await within(
          perClaim,
          request,
          `You may take and give back a number ${limits.claimsPerMinute} times in a minute`,
        );
      }
    },

    noteBefore: (route, request, about) =>
      audit.writeNow({ ...entryOf(route, request, undefined), ...about }),

    countRefusal: (request, sentence) => within(perRefusal, request, sentence),

    note(route, request, { statusCode }) {
      const { noted } = request;
      const refused = statusCode === 401 || statusCode === 403 || statusCode === 429;
      if (noted.written || (route.method === 'GET' && !refused)) return;
      noted.written = true;
      audit.write(entryOf(route, request, statusCode));
    },
  };
}

type Limiter = ReturnType<FastifyInstance['createRateLimit']>;

function numberIn({ params }: FastifyRequest): string | undefined {
  const { phoneNumberId } = (params ?? {}) as { phoneNumberId?: unknown };
  return phoneNumberIdSchema.safeParse(phoneNumberId).data;
}

function entryOf(route: Route, request: FastifyRequest, status: number | undefined): AuditEntry {
  const { caller, label, outcome, problem } = request.noted;
  const phoneNumberId = numberIn(request) ?? numberInBody(request);
  return {
    ...(caller === undefined ? {} : { who: caller.name }),
    action: route.id,
    ...(phoneNumberId === undefined ? {} : { phoneNumberId }),
    ...(label === undefined ? {} : { label }),
    from: request.ip,
    requestId: request.id,
    ...(status === undefined ? {} : { status }),
    outcome: problem?.type ?? outcome ?? 'answered',
    ...(problem?.members.missingScope === undefined
      ? {}
      : { missingScope: problem.members.missingScope }),
  };
}

/** A start names its number in the body. */
function numberInBody({ body }: FastifyRequest): string | undefined {
  if (typeof body !== 'object' || body === null || !('phoneNumberId' in body)) return undefined;
  return phoneNumberIdSchema.safeParse(body.phoneNumberId).data;
}
