import { ApiProblem } from './problems.js';

/**
 * The answer, or a problem where it takes too long; what was begun goes on then. Fastify's own `handlerTimeout` does not end
 * requests with a body: it takes the end of the body for the end of the connection.
 *
 * @param ms milliseconds
 * @throws ApiProblem `too-slow`
 */
export async function answeredWithin<T>(ms: number, answer: () => Promise<T>): Promise<T> {
  let late: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      answer(),
      new Promise<never>((_, reject) => {
        late = setTimeout(() => {
          reject(
            new ApiProblem(
              'too-slow',
              'It is not known what became of the request: look at the onboarding, then try again.',
              {},
              { 'retry-after': '5' },
            ),
          );
        }, ms);
      }),
    ]);
  } finally {
    clearTimeout(late);
  }
}
