/** The key that tokens are signed with where no identity provider is configured, and signing with it. */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { createDurably, ensureFolder, hasCode } from '../../activities/pin-store/durable-files.js';
import { ConfigurationError } from '../../configuration/configuration-error.js';
import type { Scope } from './scopes.js';

export const LOCAL_ISSUER = 'wa-onboard';
export const LOCAL_AUDIENCE = 'wa-onboard-api';

const KEY_BYTES = 32;
const OPEN_TO_OTHERS = 0o077;

/** Where the key is kept, readable by its owner only. */
export function localKeyFile(stateDir: string): string {
  return join(stateDir, 'api-key');
}

/**
 * The local key, made where there is none. Of several processes that make it at a time, one does, and all get the same.
 *
 * @throws ConfigurationError when the file cannot be used
 */
export async function localKey(stateDir: string): Promise<Uint8Array> {
  const path = localKeyFile(stateDir);
  try {
    const known = await keyIn(path);
    if (known !== undefined) return known;
    await ensureFolder(stateDir);
    await createDurably(path, `${randomBytes(KEY_BYTES).toString('base64url')}\n`);
    const made = await keyIn(path);
    if (made !== undefined) return made;
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new ConfigurationError(
      `${path} cannot be read or made (${code}); set ONBOARDING_STATE_DIR to a folder that you may write to.`,
    );
  }
  throw new ConfigurationError(`${path} went away while it was made; try again.`);
}

async function keyIn(path: string): Promise<Uint8Array | undefined> {
  let text: string;
  try {
    if (((await stat(path)).mode & OPEN_TO_OTHERS) !== 0) {
      throw new ConfigurationError(
        `Others on this machine can read ${path}, which signs tokens of the API: remove it, and a new one is made; tokens signed before are then refused.`,
      );
    }
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  const key = Buffer.from(text.trim(), 'base64url');
  if (key.length === KEY_BYTES) return key;
  throw new ConfigurationError(
    `${path} holds no key; remove it, and a new one is made; tokens signed before are then refused.`,
  );
}

/** What a local token says. */
export interface LocalToken {
  /** Whom it is for. */
  name: string;
  /** The claim that holds the name. @default 'sub' */
  nameClaim?: string;
  scopes: readonly Scope[];
  labels?: readonly string[];
  phoneNumberIds?: readonly string[];
  issuedAt: Date;
  expiresAt: Date;
}

/** A token signed with the local key. */
export function signLocalToken(key: Uint8Array, token: LocalToken): Promise<string> {
  const { name, nameClaim = 'sub', scopes, labels, phoneNumberIds } = token;
  return new SignJWT({
    sub: name,
    [nameClaim]: name,
    scope: scopes.join(' '),
    ...(labels === undefined ? {} : { onboarding_labels: labels }),
    ...(phoneNumberIds === undefined ? {} : { onboarding_numbers: phoneNumberIds }),
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(LOCAL_ISSUER)
    .setAudience(LOCAL_AUDIENCE)
    .setJti(randomUUID())
    .setIssuedAt(token.issuedAt)
    .setExpirationTime(token.expiresAt)
    .sign(key);
}
