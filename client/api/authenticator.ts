import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { Caller } from './caller.js';
import { LOCAL_AUDIENCE, LOCAL_ISSUER } from './local-key.js';
import { KeysUnavailableError, remoteKeys } from './remote-keys.js';
import { SCOPE_NAMES } from './scopes.js';

export { KeysUnavailableError };

/** Tells who calls. */
export interface Authenticator {
  /**
   * @param authorization the header of that name
   * @throws NotAuthenticatedError, KeysUnavailableError
   */
  authenticate(authorization: string | undefined): Promise<Caller>;
}

/** No token, or one that is not valid here. The message says why, and holds nothing of the token. */
export class NotAuthenticatedError extends Error {
  override readonly name = 'NotAuthenticatedError';

  /** @param given whether there was a token */
  constructor(
    message: string,
    readonly given: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Whose tokens are taken: those that an identity provider signs, or those signed with the local key. */
export type TokenSource =
  | { jwks: { url: string; issuer: string; audience: string } }
  | { localKey: Uint8Array };

export interface AuthenticatorOptions {
  source: TokenSource;
  /** The claim that names people, different for each. @default 'sub' */
  nameClaim?: string;
  clock?: () => Date;
}

/** Signatures by a private key only: a public key must never count as the secret of an HMAC. */
const PUBLIC_KEY_ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

const SHAPE = /^Bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*) *$/i;
/** How far the clocks of the identity provider and of this machine may be apart, in seconds. */
const CLOCK_TOLERANCE_S = 5;
const LONGEST_NAME = 200;
/** Blanks around a name, and characters that do not show: with them one person would look like another. */
const UNSEEN = /^\s|\s$|\p{Cc}|\p{Cf}/u;

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { source, nameClaim = 'sub', clock = () => new Date() } = options;
  const verify = verifierOf(source, clock);
  return {
    async authenticate(authorization) {
      if (authorization === undefined) {
        throw new NotAuthenticatedError(
          'Send a token in the header "Authorization: Bearer <token>".',
          false,
        );
      }
      const [, token] = SHAPE.exec(authorization) ?? [];
      if (token === undefined) {
        throw new NotAuthenticatedError(
          'The header Authorization must be "Bearer", a blank, and a JSON Web Token.',
          true,
        );
      }
      const payload = await verify(token, clock()).catch((error: unknown) => {
        throw refusalOf(error);
      });
      return callerOf(payload, nameClaim);
    },
  };
}

function verifierOf(
  source: TokenSource,
  clock: () => Date,
): (token: string, now: Date) => Promise<JWTPayload> {
  const basics = (now: Date): JWTVerifyOptions => ({
    currentDate: now,
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: ['exp'],
  });
  if ('localKey' in source) {
    return async (token, now) => {
      const verified = await jwtVerify(token, source.localKey, {
        ...basics(now),
        issuer: LOCAL_ISSUER,
        audience: LOCAL_AUDIENCE,
        algorithms: ['HS256'],
      });
      return verified.payload;
    };
  }
  const { url, issuer, audience } = source.jwks;
  const keys = remoteKeys(url, clock);
  return async (token, now) => {
    const verified = await jwtVerify(token, keys, {
      ...basics(now),
      issuer,
      audience,
      algorithms: PUBLIC_KEY_ALGORITHMS,
    });
    return verified.payload;
  };
}

/** Errors of jose that are about the token, each with what the caller is told. */
const REFUSALS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'The token has expired; get a new one.',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'The token is not signed with the key that counts here.',
  ERR_JOSE_ALG_NOT_ALLOWED: 'The token is signed in a way that does not count here.',
  ERR_JOSE_NOT_SUPPORTED: 'The token is signed in a way that does not count here.',
  ERR_JWS_INVALID: 'The token is not a JSON Web Token.',
  ERR_JWT_INVALID: 'The token is not a JSON Web Token.',
  ERR_JWKS_NO_MATCHING_KEY: 'The identity provider has no key that this token is signed with.',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'The token does not name the key that it is signed with (kid).',
};

const CLAIM_REFUSALS: Readonly<Record<string, string>> = {
  aud: 'The token is for another audience than this API.',
  iss: 'The token is from another issuer than the one that counts here.',
  nbf: 'The token is not valid yet.',
  exp: 'The token does not say when it expires (exp).',
};

function refusalOf(error: unknown): Error {
  if (error instanceof KeysUnavailableError) return error;
  const because = { cause: error };
  if (error instanceof errors.JWTClaimValidationFailed) {
    const sentence = CLAIM_REFUSALS[error.claim] ?? 'A claim of the token is not usable.';
    return new NotAuthenticatedError(sentence, true, because);
  }
  const sentence = error instanceof errors.JOSEError ? REFUSALS[error.code] : undefined;
  if (sentence !== undefined) return new NotAuthenticatedError(sentence, true, because);
  return new KeysUnavailableError(false, because);
}

function callerOf(payload: JWTPayload, nameClaim: string): Caller {
  const name = payload[nameClaim];
  if (typeof name !== 'string' || name.trim() === '' || name.length > LONGEST_NAME) {
    throw new NotAuthenticatedError(
      `The claim "${nameClaim}" of the token must name its owner in at most ${LONGEST_NAME} characters.`,
      true,
    );
  }
  if (UNSEEN.test(name)) {
    throw new NotAuthenticatedError(
      `The claim "${nameClaim}" of the token must have no blanks around the name, and no control or invisible characters in it.`,
      true,
    );
  }
  const expiresAt = new Date((payload.exp ?? 0) * 1_000);
  if (Number.isNaN(expiresAt.getTime())) {
    throw new NotAuthenticatedError('The token expires on no date that there is (exp).', true);
  }
  const labels = limitIn(payload, 'onboarding_labels');
  const phoneNumberIds = limitIn(payload, 'onboarding_numbers');
  const granted = grantedBy(payload);
  return {
    name,
    scopes: new Set(SCOPE_NAMES.filter((scope) => granted.has(scope))),
    ...(labels === undefined ? {} : { labels }),
    ...(phoneNumberIds === undefined ? {} : { phoneNumberIds }),
    expiresAt,
  };
}

/** Identity providers write scopes as one text with blanks (RFC 8693) or as an array, under one of two names. */
function grantedBy({ scope, scp }: JWTPayload): Set<unknown> {
  const listed = (claim: unknown): unknown[] => {
    if (typeof claim === 'string') return claim.split(' ');
    return Array.isArray(claim) ? claim : [];
  };
  return new Set([...listed(scope), ...listed(scp)]);
}

/** A limit that cannot be read must not count as none. */
function limitIn(payload: JWTPayload, claim: string): readonly string[] | undefined {
  const limit = payload[claim];
  if (limit === undefined) return undefined;
  if (Array.isArray(limit) && limit.every((each): each is string => typeof each === 'string')) {
    return limit;
  }
  throw new NotAuthenticatedError(
    `The claim "${claim}" of the token must be an array of strings.`,
    true,
  );
}
