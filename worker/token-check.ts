import {
  GraphApiError,
  GraphBadAnswerError,
  GraphConnectionError,
  GraphTimeoutError,
} from '../activities/graph-api/errors.js';
import type { GraphClient } from '../activities/graph-api/graph-client.js';
import { verdictRowOf } from '../activities/graph-api/verdicts.js';

/** Meta does not take the access token. */
export class TokenRefusedError extends Error {
  override readonly name = 'TokenRefusedError';
}

/** Meta's code for a token that is no longer good. */
const BAD_TOKEN = 190;

/**
 * One read to see that Meta takes the token, of whatever is configured; nothing where nothing is.
 *
 * @returns a sentence when it could not be found out, as Meta may be back before the first onboarding
 * @throws {@link TokenRefusedError}
 */
export async function checkToken(
  graph: GraphClient,
  known: { phoneNumberId?: string; wabaId?: string },
): Promise<string | undefined> {
  const { phoneNumberId, wabaId } = known;
  try {
    if (phoneNumberId !== undefined) await graph.readNumber(phoneNumberId, { fields: ['id'] });
    else if (wabaId !== undefined) await graph.listNumbers(wabaId, { limit: 1 });
    return undefined;
  } catch (error) {
    if (error instanceof GraphApiError) {
      const row = verdictRowOf(error.call, error.answer);
      if (row.codes.includes(BAD_TOKEN)) {
        throw new TokenRefusedError(`${error.message} ${row.advice}`);
      }
      return `${error.message} ${row.advice}`;
    }
    if (
      error instanceof GraphConnectionError ||
      error instanceof GraphTimeoutError ||
      error instanceof GraphBadAnswerError
    ) {
      return error.message;
    }
    throw error;
  }
}
