import type { Duration } from '@temporalio/common';
import { msOptionalToNumber } from '@temporalio/common/lib/time.js';
import { z } from 'zod';
import { Secret } from '../activities/secret.js';

const id = z.string().regex(/^[0-9]{5,25}$/, "must be Meta's id, digits only");

const secretText = z
  .string()
  .regex(
    /^[\x21-\x7E]+$/,
    'holds a blank, a line break or a letter outside ASCII; paste the value alone',
  );

const secret = secretText.transform((value) => new Secret(value));

const port = (otherwise: number) =>
  z
    .string()
    .regex(/^[0-9]{1,5}$/, 'must be a port number')
    .transform(Number)
    .refine((value) => value >= 1 && value <= 65_535, 'must be a port number, 1 to 65535')
    .prefault(String(otherwise));

/**
 * The secret that notifications are signed with: as Standard Webhooks has it, 24 bytes or more in base64 behind `whsec_`, or
 * any other text of that length, whose bytes are the key.
 */
const signingSecret = z
  .string()
  .regex(
    /^(?:whsec_[A-Za-z0-9+/]{32,}={0,2}|(?!whsec_)[\x21-\x7E]{24,})$/,
    'must be whsec_ and at least 24 bytes in base64 (make one with: echo "whsec_$(openssl rand -base64 32)"), or another text of at least 24 characters without blanks',
  )
  .transform((value) => new Secret(value));

/** @param digits how many the largest number has */
const wholeNumber = (digits: number) =>
  z
    .string()
    .regex(
      new RegExp(`^[1-9][0-9]{0,${digits - 1}}$`),
      `must be a whole number from 1 to ${'9'.repeat(digits)}`,
    )
    .transform(Number);

const count = (otherwise: number) => wholeNumber(4).prefault(String(otherwise));

/** How many former PINs a document may keep: each further one makes the next change of a record slower. */
const MOST_FORMER = 90;

const keepFormer = z
  .string()
  .regex(/^[1-9][0-9]?$/, `must be a whole number from 1 to ${MOST_FORMER}`)
  .transform(Number)
  .refine((value) => value <= MOST_FORMER, `must be a whole number from 1 to ${MOST_FORMER}`)
  .prefault('10');

/** A mount or a namespace of Vault: names with slashes between them, taken without those at its ends. */
const vaultPath = z
  .string()
  .transform((path) => path.replace(/^\/+|\/+$/g, ''))
  .refine(
    (path) => /^[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*$/.test(path) && !leavesItsFolder(path),
    'must be a path of letters, digits and _.- with single slashes between them',
  );

/** Vault takes no path with such a part. */
export function leavesItsFolder(path: string): boolean {
  return path.split('/').some((part) => part === '.' || part === '..');
}

const duration = (otherwise: string) =>
  z
    .string()
    .transform((value, context) => {
      const ms = durationMs(value);
      if (ms !== undefined) return ms;
      context.addIssue({ code: 'custom', message: 'must be a duration such as "20 seconds"' });
      return z.NEVER;
    })
    .prefault(otherwise);

function durationMs(text: string): number | undefined {
  try {
    const ms = msOptionalToNumber(text as Duration);
    return ms !== undefined && ms >= 0 ? ms : undefined;
  } catch {
    return undefined; // not a duration
  }
}

/** `fetch` takes no URL with a user name or password, and what is shown must hold none. */
function isUrlWithoutUser(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return (
    (url?.protocol === 'https:' || url?.protocol === 'http:') &&
    `${url.username}${url.password}` === ''
  );
}

/** Other pages' origins, as browsers send them: scheme, host and port alone. */
const origin = z
  .string()
  .refine(
    (text) => URL.canParse(text) && new URL(text).origin === text,
    'must list origins such as https://desk.example.com, with commas between them and no path',
  );

/** What Fastify takes for a proxy: an address, a range of them, or a name for one. */
const proxy = z
  .string()
  .regex(
    /^(?:loopback|linklocal|uniquelocal|[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:\/[0-9]{1,2})?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(?:\/[0-9]{1,3})?)$/,
    'must list the addresses of proxies, such as 10.0.0.0/8 or loopback, with commas between them',
  );

const listOf = (item: z.ZodType<string, string>) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== ''),
    )
    .pipe(z.array(item))
    .prefault('');

/** What is asked there, or answered, is for nobody on the way: only this machine may be asked without TLS. */
function isTlsOrLocal(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:') return true;
  return url?.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}

/** Every variable of this package but Temporal's own, which `@temporalio/envconfig` reads, and the AWS SDK's. */
export const variables = z.object({
  CLOUD_API_ACCESS_TOKEN: secret.optional(),
  WA_PHONE_NUMBER_ID: id.optional(),
  WA_BUSINESS_ACCOUNT_ID: id.optional(),
  GRAPH_API_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'must be a URL that starts with https:// or http://' })
    .transform((url) => url.replace(/\/+$/, ''))
    .prefault('https://graph.facebook.com'),
  GRAPH_API_VERSION: z
    .string()
    .regex(/^v\d+\.\d+$/, 'must be a version such as v25.0')
    .default('v25.0'),
  GRAPH_API_CALLS_PER_HOUR: wholeNumber(7).optional(),
  PIN_STORE: z
    .enum(['local', 'aws-secrets-manager', 'vault'], 'must be local, aws-secrets-manager or vault')
    .default('local'),
  PIN_STORE_DIR: z.string().default('.onboarding-pins'),
  PIN_STORE_KEY_FILE: z.string().optional(),
  PIN_STORE_PASSPHRASE: z
    .string()
    .transform((value) => new Secret(value))
    .optional(),
  PIN_STORE_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9/_+=.@-]{1,200}$/, 'may hold letters, digits and /_+=.@- only')
    .optional(),
  PIN_STORE_KEEP_FORMER: keepFormer,
  VAULT_ADDR: z
    .string()
    .refine(
      (text) => isTlsOrLocal(text) && isUrlWithoutUser(text) && !/[?#]/.test(text),
      'must be a URL such as https://vault.example.com:8200, without a user name in it (http:// only on this machine)',
    )
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  VAULT_TOKEN: secret.optional(),
  VAULT_NAMESPACE: vaultPath.optional(),
  VAULT_CACERT: z.string().optional(),
  VAULT_ROLE_ID: secretText.optional(),
  VAULT_SECRET_ID: secret.optional(),
  VAULT_APPROLE_MOUNT: vaultPath.optional(),
  VAULT_KV_MOUNT: vaultPath.optional(),
  META_APP_SECRET: secretText
    .regex(/^.{24,}$/, 'must be the app secret that Meta shows for the app, of 32 characters')
    .transform((value) => new Secret(value))
    .optional(),
  META_WEBHOOK_VERIFY_TOKEN: secretText
    .regex(/^.{16,}$/, 'must be a text of your own of at least 16 characters')
    .transform((value) => new Secret(value))
    .optional(),
  ROTATE_ON_PIN_CHANGE: z
    .enum(['offer', 'automatic'], 'must be offer or automatic')
    .default('offer'),
  TEMPORAL_NAMESPACE: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/, 'must be the name of a Temporal namespace')
    .default('default'),
  TEMPORAL_PORT: port(7233),
  TEMPORAL_UI_PORT: port(8233),
  SIMULATOR_PORT: port(8890),
  API_HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]{1,253}$/, 'must be an address or a host name')
    .default('127.0.0.1'),
  API_PORT: z
    .union([z.literal('off'), port(8080)], 'must be a port number, 1 to 65535, or off')
    .prefault('8080'),
  API_JWKS_URL: z
    .string()
    .refine(isTlsOrLocal, 'must be a URL that starts with https:// (http:// only on this machine)')
    .optional(),
  API_JWT_ISSUER: z.string().optional(),
  API_JWT_AUDIENCE: z.string().optional(),
  API_NAME_CLAIM: z
    .string()
    .regex(/^[\x21-\x7E]{1,200}$/, 'must be the name of a claim')
    .default('sub'),
  API_CORS_ORIGINS: listOf(origin),
  API_TRUST_PROXY: listOf(proxy),
  AUDIT_LOG: z.string().optional(),
  TEMPORAL_UI_URL: z
    .url({ protocol: /^https?$/, error: 'must be a URL that starts with https:// or http://' })
    .optional(),
  NOTIFY_WEBHOOK_URL: secretText
    .refine(isUrlWithoutUser, {
      error: 'must be a URL that starts with https:// or http://, without a user name in it',
    })
    .transform((url) => new Secret(url))
    .optional(),
  NOTIFY_WEBHOOK_SECRET: signingSecret.optional(),
  ONBOARDING_STATE_DIR: z.string().default('.onboarding'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'], 'must be trace, debug, info, warn or error')
    .default('warn'),
  WORKER_MAX_ACTIVITIES: count(40),
  WORKER_MAX_WORKFLOWS: count(200),
  MAX_ACTIVITIES_PER_SECOND: count(20),
  MAX_TASK_QUEUE_ACTIVITIES_PER_SECOND: count(50),
  WORKER_SHUTDOWN_GRACE: duration('20 seconds'),
});
