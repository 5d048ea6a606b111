/** Tokens, good and bad, of a local key and of an identity provider. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import type { TokenSource } from '../../client/api/authenticator.js';
import { LOCAL_AUDIENCE, LOCAL_ISSUER } from '../../client/api/local-key.js';

/** A signing key, and what the tokens it signs are to say. */
export interface Issuer {
  source: TokenSource;
  issuer: string;
  audience: string;
  sign(payload: JWTPayload, protect?: object): Promise<string>;
  /** As the issuer would, with a key of somebody's own. */
  forge(payload: JWTPayload): Promise<string>;
  close(): Promise<void>;
}

export function localIssuer(): Issuer {
  const key = randomBytes(32);
  const sign = (payload: JWTPayload, secret: Uint8Array) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(secret);
  return {
    source: { localKey: key },
    issuer: LOCAL_ISSUER,
    audience: LOCAL_AUDIENCE,
    sign: (payload) => sign(payload, key),
    forge: (payload) => sign(payload, randomBytes(32)),
    close: async () => {},
  };
}

export interface KeyServerIssuer extends Issuer {
  /** With the public key as the secret of an HMAC. */
  confuse(payload: JWTPayload): Promise<string>;
  /** From now on its keys cannot be read, or can again. */
  fail(yes: boolean): void;
  /** How often its keys were asked for. */
  requests(): number;
}

/** An identity provider that serves its keys on this machine. */
export async function keyServerIssuer(): Promise<KeyServerIssuer> {
  const kid = 'key-1';
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const stranger = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' };
  const pem = await exportSPKI(publicKey);
  let requests = 0;
  let failing = false;
  const server = createServer((_request, response) => {
    requests += 1;
    response.statusCode = failing ? 503 : 200;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  const url = `http://127.0.0.1:${address.port}/jwks.json`;
  const issuer = 'https://login.example.com/';
  const audience = 'whatsapp-onboarding';
  const sign = (payload: JWTPayload, key: CryptoKey) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid }).sign(key);
  return {
    source: { jwks: { url, issuer, audience } },
    ...{ issuer, audience },
    requests: () => requests,
    fail: (yes) => {
      failing = yes;
    },
    sign: (payload) => sign(payload, privateKey),
    forge: (payload) => sign(payload, stranger.privateKey),
    confuse: (payload) =>
      new SignJWT(payload)
        .setProtectedHeader({ alg: 'HS256', kid })
        .sign(new TextEncoder().encode(pem)),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const HOUR_S = 3_600;

/** What a good token says. */
export function goodPayload(
  { issuer, audience }: Pick<Issuer, 'issuer' | 'audience'>,
  scopes: readonly string[],
  more: JWTPayload = {},
  now = new Date(),
): JWTPayload {
  const seconds = Math.floor(now.getTime() / 1_000);
  return {
    ...{ sub: 'ana', iss: issuer, aud: audience, iat: seconds, exp: seconds + HOUR_S },
    scope: scopes.join(' '),
    ...more,
  };
}

/** Every way in which a token can be bad, each otherwise good. */
export const BAD_TOKENS: Readonly<
  Record<string, (issuer: Issuer, good: JWTPayload) => Promise<string>>
> = {
  'is malformed': async () => 'not.a.token',
  'is no text of three parts': async () => 'opaque-token-123830',
  'has expired': (issuer, good) => issuer.sign({ ...good, exp: (good.iat ?? 0) - 60 }),
  'is not valid yet': (issuer, good) => issuer.sign({ ...good, nbf: (good.iat ?? 0) + 60 }),
  'is for another audience': (issuer, good) => issuer.sign({ ...good, aud: 'another-api' }),
  'is for no audience': (issuer, { aud: _, ...rest }) => issuer.sign(rest),
  'is from another issuer': (issuer, good) =>
    issuer.sign({ ...good, iss: 'https://evil.example.com/' }),
  'is from no issuer': (issuer, { iss: _, ...rest }) => issuer.sign(rest),
  'is signed with another key': (issuer, good) => issuer.forge(good),
  'had its payload changed': async (issuer, good) => {
    const [head, , signature] = (await issuer.sign({ ...good, scope: '' })).split('.');
    return [head, Buffer.from(JSON.stringify(good)).toString('base64url'), signature].join('.');
  },
  'is signed with nothing (alg none)': async (_, good) => new UnsecuredJWT(good).encode(),
  'never expires': (issuer, { exp: _, ...rest }) => issuer.sign(rest),
  'names nobody': (issuer, { sub: _, ...rest }) => issuer.sign(rest),
  'has a limit that is none': (issuer, good) => issuer.sign({ ...good, onboarding_labels: 'shop' }),
  'has a limit of numbers that are no text': (issuer, good) =>
    issuer.sign({ ...good, onboarding_numbers: [106540352242922] }),
};
