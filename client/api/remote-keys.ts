import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';

/** The identity provider does not give its keys, so no token can be checked. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';

  /** @param told whether the same was thrown before, and no keys were read since */
  constructor(
    readonly told: boolean,
    options?: ErrorOptions,
  ) {
    super(
      'The keys of the identity provider cannot be read, so no token can be checked: try again, and check API_JWKS_URL when this repeats.',
      options,
    );
  }
}

const TIMEOUT_MS = 5_000;
/** How long the keys are not asked for again after they could not be read, in milliseconds; jose would ask for each token. */
const FAILURE_LASTS_MS = 5_000;

/** What jose throws about a token, while the keys themselves could be read. */
const ABOUT_THE_TOKEN = [
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
  errors.JOSENotSupported,
];

/**
 * The keys of an identity provider, fetched when they are needed. What it gives throws KeysUnavailableError where they cannot
 * be read.
 */
export function remoteKeys(url: string, clock: () => Date): JWTVerifyGetKey {
  let failure: { error: unknown; at: number } | undefined;
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: TIMEOUT_MS,
    async [customFetch](...request) {
      if (failure !== undefined && Math.abs(clock().getTime() - failure.at) < FAILURE_LASTS_MS) {
        throw failure.error;
      }
      return fetch(...request);
    },
  });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (ABOUT_THE_TOKEN.some((kind) => error instanceof kind)) throw error;
      const told = failure !== undefined;
      if (failure?.error !== error) failure = { error, at: clock().getTime() };
      throw new KeysUnavailableError(told, { cause: error });
    } finally {
      // It cools down after keys were read, and does not read any meanwhile: so none has failed since.
      if (keys.coolingDown) failure = undefined;
    }
  };
}
