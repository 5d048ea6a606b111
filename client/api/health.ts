import type { FastifyInstance } from 'fastify';
import { healthSchema } from './schemas.js';
import type { TemporalLooks } from './temporal-looks.js';

/** How long an answer of Temporal counts, in milliseconds: anybody may ask. */
const COUNTS_MS = 1_000;

/** Where these are; both are asked with GET. */
export const HEALTH_PATHS = ['/healthz', '/readyz'] as const;

/** `/healthz` says that the process answers, `/readyz` that Temporal does too. Neither needs a token. */
export async function addHealth(app: FastifyInstance, temporal: TemporalLooks): Promise<void> {
  let asked: { at: number; answers: Promise<boolean> } | undefined;
  const temporalAnswers = () => {
    const now = performance.now();
    if (asked === undefined || now - asked.at > COUNTS_MS) {
      asked = { at: now, answers: temporal.answers() };
    }
    return asked.answers;
  };
  const tags = ['health'];
  const [healthz, readyz] = HEALTH_PATHS;
  app.get(
    healthz,
    {
      schema: {
        operationId: 'healthz',
        summary: 'Does the API answer?',
        tags,
        response: {
          200: { description: 'Yes', content: { 'application/json': { schema: healthSchema } } },
        },
      },
    },
    async () => ({ status: 'ok' }),
  );
  app.get(
    readyz,
    {
      schema: {
        operationId: 'readyz',
        summary: 'Can the API do its work, as Temporal answers?',
        tags,
        response: {
          200: { description: 'Yes', content: { 'application/json': { schema: healthSchema } } },
          503: { description: 'No', content: { 'application/json': { schema: healthSchema } } },
        },
      },
    },
    async (_request, reply) => {
      const ready = await temporalAnswers();
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ok' : 'unavailable' });
    },
  );
}
