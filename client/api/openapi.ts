/** The OpenAPI document, made from the route table. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { createJsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { Route } from './routes.js';
import { problemSchema } from './schemas.js';
import { SCOPES } from './scopes.js';

const DESCRIPTION = `Onboards WhatsApp Business phone numbers: starts onboardings, shows how they stand, and takes the codes that people read out. Rotates their PINs, and shows one to who may see it.

Every request needs a token: \`Authorization: Bearer <JSON Web Token>\`. Every problem is \`application/problem+json\`; its \`type\` is stable.`;

/** Problems of every route. */
const EVERY_ROUTE = [400, 401, 403, 429, 500, 503] as const;
const EVERY_BODY = [413, 415] as const;

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Started',
  202: 'Handed to the run',
  400: 'The request is not usable',
  401: 'No valid token',
  403: 'The token does not allow this',
  404: 'The number has no onboarding, or no such PIN',
  409: 'The run takes no such message now, or another run of the number is open',
  413: 'The body is too large',
  415: 'The body is not JSON',
  422: 'The idempotency key was used for another start',
  429: 'Too many requests; Retry-After says when to come again',
  500: 'The API failed',
  503: 'Temporal, a worker, the PIN store or the identity provider does not answer',
};

/** What the server checks and writes by, and the document tells, of one route. */
export function schemaOf(route: Route): FastifySchema {
  const { id, summary, scope, params, query, headers, body, answers, problems, stream } = route;
  const statuses = [...EVERY_ROUTE, ...problems, ...(body === undefined ? [] : EVERY_BODY)];
  return {
    operationId: id,
    summary,
    description: `Needs the scope \`${scope}\`: ${SCOPES[scope]}.`,
    tags: [tagOf(route)],
    security: [{ token: [scope] }],
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { querystring: query }),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body }),
    response: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, schema]) => [
          status,
          answerOf(Number(status), stream ? 'text/event-stream' : 'application/json', schema),
        ]),
      ),
      ...Object.fromEntries(
        statuses.map((status) => [
          status,
          answerOf(status, 'application/problem+json', problemSchema),
        ]),
      ),
    },
  };
}

function answerOf(status: number, type: string, schema: z.ZodType) {
  return { description: STATUS_TEXTS[status] ?? 'Done', content: { [type]: { schema } } };
}

function tagOf({ path, method }: Route): string {
  if (path === '/v1/me') return 'caller';
  return method === 'GET' ? 'reading' : 'acting';
}

/** To be registered before the routes. */
export async function addOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'WhatsApp number onboarding', version, description: DESCRIPTION },
      components: {
        securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      },
    },
    transform: createJsonSchemaTransform({ skipList: [] }),
    transformObject: (document) =>
      withUsedSchemas(withOptionalBodies(jsonSchemaTransformObject(document))),
  });
}

/** To be registered after the routes. */
export async function addDocuments(app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { layout: 'BaseLayout', deepLinking: false, persistAuthorization: false },
    // It writes some of its styles into its elements.
    transformStaticCSP: (policy) => `${policy};style-src 'self' 'unsafe-inline'`,
    theme: { title: 'WhatsApp number onboarding: HTTP API' },
  });
}

type OpenApiDocument = ReturnType<typeof jsonSchemaTransformObject>;

/** A body may be left out where it needs no member; Fastify's plugin calls every body required. */
function withOptionalBodies(document: OpenApiDocument): OpenApiDocument {
  for (const operations of Object.values(document.paths ?? {})) {
    for (const { requestBody } of Object.values(operations ?? {}) as Operation[]) {
      const { schema } = requestBody?.content['application/json'] ?? {};
      if (requestBody !== undefined && schema?.required === undefined) requestBody.required = false;
    }
  }
  return document;
}

interface Operation {
  requestBody?: {
    required?: boolean;
    content: Record<string, { schema?: { required?: string[] } } | undefined>;
  };
}

/** Each schema comes as one for requests and one for answers; those that nothing refers to are left out. */
function withUsedSchemas(document: OpenApiDocument): OpenApiDocument {
  if (!('components' in document) || document.components?.schemas === undefined) return document;
  const { schemas, ...components } = document.components;
  const used = new Set<string>();
  const look = (part: unknown): void => {
    for (const [, name] of JSON.stringify(part ?? {}).matchAll(/#\/components\/schemas\/(\w+)/g)) {
      if (name === undefined || used.has(name)) continue;
      used.add(name);
      look(schemas[name]);
    }
  };
  look(document.paths);
  return {
    ...document,
    components: {
      ...components,
      schemas: Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name))),
    },
  } as OpenApiDocument;
}
