import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { answeredWithin } from './answered-within.js';
import type { AuditLog } from './audit.js';
import { type Authenticator, KeysUnavailableError } from './authenticator.js';
import type { Caller } from './caller.js';
import { closerOf } from './connections.js';
import { addConsole } from './console-files.js';
import type { Desk } from './desk.js';
import type { RunLink } from './desk-onboarding.js';
import { closeWith, createEventStreams } from './event-streams.js';
import { claimHandlers } from './handlers/claims.js';
import { codeHandlers } from './handlers/codes.js';
import type { ApiClient, Handlers, Parts } from './handlers/handler.js';
import { operatingHandlers } from './handlers/operating.js';
import { pinHandlers } from './handlers/pins.js';
import { readingHandlers } from './handlers/reading.js';
import { streamingHandlers } from './handlers/streaming.js';
import { addHealth } from './health.js';
import { type ApiLimits, DEFAULT_LIMITS } from './limits.js';
import { noPins, type OpenPins } from './open-pins.js';
import { addDocuments, addOpenApi, schemaOf } from './openapi.js';
import { problemOf } from './problem-of.js';
import { withMetasWords } from './problem-with-words.js';
import { ApiProblem } from './problems.js';
import { createGate, type NotedBefore } from './requests.js';
import { ROUTES, type Route, type RouteId } from './routes.js';
import { addSecurity, HEADERS_OF_PROBLEMS } from './security.js';
import { settledWithin } from './settled-within.js';
import { type TemporalLooks, temporalLooks } from './temporal-looks.js';
import { createUnderWay } from './under-way.js';
import { answerUnparsed, methodsAt } from './unrouted.js';
import { addMetaWebhooks, type MetaWebhooks } from './webhooks/meta-webhooks.js';
import { numbersByTelephone } from './webhooks/numbers-by-telephone.js';

export interface ApiOptions {
  client: ApiClient;
  desk: Desk;
  auth: Authenticator;
  audit: AuditLog;
  /** For what is done with PINs, and for Meta's webhooks. @default no PIN store, and a problem for who needs one */
  openPins?: OpenPins;
  /**
   * Whether a webhook for notifications is configured, so that somebody is told when a PIN is shown.
   * @default false, and the audit trail says of a PIN that is shown that nobody was told
   */
  notifies?: boolean;
  /** Meta's webhooks; `wabaId` is the only WhatsApp Business account whose changes count. @default they are not there */
  metaWebhooks?: MetaWebhooks & { wabaId?: string };
  /** Folder of the built console. @default no console */
  consoleDir?: string;
  /** Other origins whose pages may call the API. @default none */
  corsOrigins?: readonly string[];
  /** Addresses of proxies whose `X-Forwarded-For` is believed. @default none */
  trustedProxies?: readonly string[];
  uiLink?: RunLink;
  limits?: Partial<ApiLimits>;
  clock?: () => Date;
  /** For the document. @default '0' */
  version?: string;
  /** What is asked of Temporal beside the library. @default through the client's own connection */
  temporal?: TemporalLooks;
  /** Hears what went wrong that was not the caller's fault. Neither holds a body, a header or a query string. */
  onError?: (error: unknown, where: string) => void;
}

/** How long the desk may look at numbers once the API is asked to close, in milliseconds. */
const LOOKS_MS = 3_000;

/** The HTTP API, ready to listen. Closing it ends its streams first, and waits until all it has let in is noted. */
export async function createApi(options: ApiOptions): Promise<FastifyInstance> {
  const { client, desk, auth, audit, openPins = noPins, onError = () => {} } = options;
  const clock = options.clock ?? (() => new Date());
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const temporal = options.temporal ?? temporalLooks(client);
  const app: FastifyInstance = Fastify({
    // Its log would hold addresses with what callers wrote into them; what goes wrong is told to `onError`.
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    genReqId: () => randomUUID(),
    trustProxy: options.trustedProxies?.length ? [...options.trustedProxies] : false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      reply.headers({ ...HEADERS_OF_PROBLEMS, 'x-request-id': request.id });
      sendProblem(problemOf(error), request, reply as FastifyReply);
    },
    clientErrorHandler: answerUnparsed,
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  takeJsonOnly(app);
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    const told =
      (error instanceof KeysUnavailableError && error.told) || problem.kind === 'too-much-at-once';
    if (problem.status >= 500 && !told) onError(problem.cause ?? error, whereIn(request));
    return sendProblem(problem, request, reply);
  });
  app.setNotFoundHandler((request, reply) => {
    sendProblem(unrouted(request), request, reply);
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  const streams = createEventStreams(limits, clock, (error) => onError(error, 'a stream'));
  const closeConnections = closerOf(app.server, limits.requestMs);
  app.addHook('preClose', async () => {
    const ended = streams.end();
    closeConnections();
    await ended;
  });
  const looks = new Set<Promise<void>>();
  const underWay = createUnderWay();
  app.addHook('onClose', async () => {
    // Beside the connections, as some callers have left: what became of their requests is still to be noted.
    await underWay.finished(limits.requestMs);
    await settledWithin(LOOKS_MS, looks);
  });
  const told = (phoneNumberId: string) => {
    const look = desk
      .refresh(phoneNumberId)
      .catch((error: unknown) => onError(error, 'a look at a number'))
      .finally(() => looks.delete(look));
    looks.add(look);
  };
  await addSecurity(app, options.corsOrigins ?? []);
  const gate = await createGate(app, { auth, audit, temporal, openPins, limits });
  // Before a body is looked at: what is wrong with it matters nothing where no route takes it.
  app.addHook('onRequest', async (request) => {
    if (request.is404) throw unrouted(request);
  });
  await addOpenApi(app, options.version ?? '0');
  await addHealth(app, temporal);
  const handlers = handlersOf({
    ...{ client, desk, told, streams, openPins, limits, clock },
    notifies: options.notifies ?? false,
    ...(options.uiLink === undefined ? {} : { link: options.uiLink }),
  });

  await app.register(async (v1) => {
    for (const route of ROUTES as readonly Route[]) {
      const handle = handlers[route.id as RouteId] as AnyHandler;
      v1.route({
        method: route.method,
        url: route.path,
        schema: schemaOf(route),
        onRequest: async (request, reply) => {
          reply.header('cache-control', 'no-store');
          await gate.admit(route, request);
        },
        preValidation: async (request) => {
          // A body left out is an empty one; the word null is neither.
          if (route.body !== undefined && request.body === undefined) request.body = {};
        },
        preHandler: (request) => gate.admitToNumber(route, request),
        onSend: async (request, reply) => {
          gate.note(route, request, reply);
          underWay.end(request);
        },
        handler: async (request, reply) => {
          underWay.begin(request);
          const answer = await answeredWithin(limits.requestMs, () =>
            handle(askedOf(request, (about) => gate.noteBefore(route, request, about))).catch(
              async (error: unknown) => {
                throw await withMetasWords(client, error);
              },
            ),
          );
          if (answer.outcome !== undefined) request.noted.outcome = answer.outcome;
          if (answer.label !== undefined) request.noted.label = answer.label;
          reply.code(answer.status).headers(answer.headers ?? {});
          reply.type(route.stream ? 'text/event-stream; charset=utf-8' : 'application/json');
          if (answer.body instanceof Readable) closeWith(answer.body, reply.raw);
          return reply.send(answer.body);
        },
      });
    }
  });
  if (options.metaWebhooks !== undefined) {
    const { wabaId, ...meta } = options.metaWebhooks;
    await addMetaWebhooks(app, {
      ...{ client, meta, gate, audit, underWay, clock, answerMs: limits.webhookMs },
      mostBodies: limits.webhookBodies,
      numbers: numbersByTelephone(openPins, clock),
      ...(wabaId === undefined ? {} : { wabaId }),
    });
  }
  await addDocuments(app);
  await addConsole(app, options.consoleDir);
  return app;
}

function handlersOf(parts: Parts): Handlers<RouteId> {
  return {
    ...readingHandlers(parts),
    ...codeHandlers(parts),
    ...claimHandlers(parts),
    ...operatingHandlers(parts),
    ...pinHandlers(parts),
    ...streamingHandlers(parts),
  };
}

/** A handler whose route is known only when it is called; its route's schemas have let through what it is given. */
type AnyHandler = (asked: AnyAsked) => Promise<{
  status: number;
  body: unknown;
  outcome?: string;
  label?: string;
  headers?: Readonly<Record<string, string>>;
}>;

interface AnyAsked {
  caller: Caller;
  params: never;
  query: never;
  headers: never;
  body: never;
  noteBefore(about: NotedBefore): boolean;
}

function askedOf(
  { noted, params, query, headers, body }: FastifyRequest,
  noteBefore: AnyAsked['noteBefore'],
): AnyAsked {
  if (noted.caller === undefined) throw new Error('Nobody was let in.');
  return {
    caller: noted.caller,
    params: params as never,
    query: query as never,
    headers: headers as never,
    body: body as never,
    noteBefore,
  };
}

/** A body that is empty counts as none, also where it is said to be JSON. */
function takeJsonOnly(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parseJson(request, body as string, done); // answers through `done`
  });
}

function sendProblem(
  problem: ApiProblem,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (request.noted !== undefined) request.noted.problem = problem;
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type('application/problem+json')
    .send(JSON.stringify(problem.document(request.id)));
}

function unrouted({ url, method }: FastifyRequest): ApiProblem {
  const methods = methodsAt(url);
  if (methods.length === 0 || methods.includes(method)) {
    return new ApiProblem('no-such-route', 'Look at /docs for what there is.');
  }
  return new ApiProblem(
    'method-not-allowed',
    `Use ${methods.join(' or ')} here.`,
    {},
    { allow: methods.join(', ') },
  );
}

function whereIn({ method, routeOptions, id }: FastifyRequest): string {
  return `${method} ${routeOptions.url ?? 'an unknown address'}, request ${id}`;
}
