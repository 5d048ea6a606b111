/**
 * The one place that reads the environment. Everything else is handed a {@link Configuration}.
 */
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import type { PinStoreConfig, VaultAuth } from '../activities/pin-store/open-pin-store.js';
import type { Secret } from '../activities/secret.js';
import { ConfigurationError } from './configuration-error.js';
import { addDotenvFile, type Environment } from './dotenv-file.js';
import { given } from './given.js';
import { namesPinStore, pinStoreConfig, vaultAuth } from './pin-store-configuration.js';
import { type ProgramPlaces, programPlaces } from './program-places.js';
import { loadTemporalTarget, type TemporalTarget } from './temporal-target.js';
import { variables } from './variables.js';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** What the environment and `.env` say, checked, with defaults filled in. Paths are absolute, durations in milliseconds. */
export interface Configuration {
  graph: {
    /** Without a slash at its end. @default 'https://graph.facebook.com' */
    baseUrl: string;
    /** Was the base URL set by someone? */
    explicitBaseUrl: boolean;
    /** @default 'v25.0' */
    version: string;
    /** Where none is given, `npm start` serves the simulator. */
    accessToken?: Secret;
    /**
     * How many calls to Meta one worker may make per hour; no cap where absent.
     *
     * @default 180 where an access token is set and the base URL is Meta's own, else no cap
     */
    callsPerHour?: number;
  };
  /** The number that commands mean when they are given none. */
  phoneNumberId?: string;
  wabaId?: string;
  pinStore: PinStoreConfig;
  /** Was it said by someone which PIN store that is? */
  explicitPinStore: boolean;
  /** What logs in to Vault, whether or not PINs are to be kept there: a command may use the PIN store of a running `npm start`. */
  vaultAuth?: VaultAuth;
  temporal: TemporalTarget;
  /** Where notifications are posted to, and what they are signed with; nobody is notified where absent. */
  notify?: { url: Secret; secret: Secret };
  /** Meta's webhooks; none are taken where absent. */
  metaWebhooks?: {
    /** Meta signs what it posts with it. */
    appSecret: Secret;
    /** What Meta says when it asks whether the address is ours. */
    verifyToken: Secret;
    /** What a PIN that somebody changed outside of this product leads to. @default 'offer' */
    rotateOnChange: 'offer' | 'automatic';
  };
  /** The HTTP API and the console. */
  api: ApiConfiguration;
  /** Where the Temporal UI is, for links to runs. */
  temporalUiUrl?: string;
  /** Ports of what `npm start` serves on the loopback address. */
  ports: { temporal: number; temporalUi: number; simulator: number };
  /** Folder of the embedded stack's own files. @default `.onboarding` in the working directory */
  stateDir: string;
  /** @default 'warn' */
  logLevel: LogLevel;
  worker: {
    /** Activities that one worker runs at a time, and as many local ones. @default 40 */
    maxActivities: number;
    /** Activities that one worker begins per second. @default 20 */
    maxActivitiesPerSecond: number;
    /** Activities that all workers of the task queue together begin per second. @default 50 */
    maxTaskQueueActivitiesPerSecond: number;
    /** Workflows that one worker keeps in memory. @default 200 */
    maxWorkflows: number;
    /** How long a stopping worker lets running activities finish before it cancels them. @default 20 seconds */
    shutdownGraceMs: number;
  };
  programs: ProgramPlaces;
}

export interface ApiConfiguration {
  /** @default '127.0.0.1' */
  host: string;
  /** Absent where `npm start` is to serve no API. @default 8080 */
  port?: number;
  /** Whose tokens are taken; those that the local key signs where absent. */
  jwks?: { url: string; issuer: string; audience: string };
  /** The claim that names people. @default 'sub' */
  nameClaim: string;
  /** Origins of other pages that may call the API. */
  corsOrigins: string[];
  /** Proxies whose `X-Forwarded-For` is believed. */
  trustedProxies: string[];
  /** @default `audit.jsonl` in the state folder */
  auditLog: { file: string } | 'stdout';
}

/**
 * Keeps the AWS SDK from warning, on Node 20, that its versions from January 2027 on need Node 22: this package stays with
 * an earlier one. Source: https://github.com/aws/aws-sdk-js-v3/issues/7983
 */
const AWS_NODE_WARNING_OFF = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

/**
 * Read the environment, and `.env` in the working directory where there is one. What the environment has wins. A variable
 * set to nothing counts as not set, so that `CLOUD_API_ACCESS_TOKEN= npm start` runs on the simulator whatever `.env` says.
 *
 * @param env what `.env` adds is written to it, for the AWS SDK to find, and that the SDK need not warn of Node 20. @default process.env
 * @param cwd where `.env` is looked for and relative paths begin. @default process.cwd()
 * @throws {@link ConfigurationError} with one sentence that names the variable or the line to correct
 */
export function loadConfiguration(
  env: Environment = process.env,
  cwd: string = process.cwd(),
): Configuration {
  addDotenvFile(env, cwd);
  env[AWS_NODE_WARNING_OFF] ??= 'true';
  const set = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => value !== '' && !isServiceLink(name, value)),
  );
  const parsed = variables.safeParse(set);
  if (!parsed.success) throw unusable(parsed.error);
  const values = parsed.data;
  return {
    graph: {
      baseUrl: values.GRAPH_API_BASE_URL,
      explicitBaseUrl: set['GRAPH_API_BASE_URL'] !== undefined,
      version: values.GRAPH_API_VERSION,
      ...given({ accessToken: values.CLOUD_API_ACCESS_TOKEN, callsPerHour: callsPerHour(values) }),
    },
    ...given({
      phoneNumberId: values.WA_PHONE_NUMBER_ID,
      wabaId: values.WA_BUSINESS_ACCOUNT_ID,
      notify: notifyConfig(values),
      metaWebhooks: metaWebhooksConfig(values),
      vaultAuth: vaultAuth(values),
      temporalUiUrl: values.TEMPORAL_UI_URL,
    }),
    api: apiConfig(values, cwd),
    pinStore: pinStoreConfig(values, cwd),
    explicitPinStore: namesPinStore(set),
    temporal: loadTemporalTarget(set, values.TEMPORAL_NAMESPACE, values.TEMPORAL_PORT),
    ports: {
      temporal: values.TEMPORAL_PORT,
      temporalUi: values.TEMPORAL_UI_PORT,
      simulator: values.SIMULATOR_PORT,
    },
    stateDir: resolve(cwd, values.ONBOARDING_STATE_DIR),
    logLevel: values.LOG_LEVEL,
    worker: {
      maxActivities: values.WORKER_MAX_ACTIVITIES,
      maxActivitiesPerSecond: values.MAX_ACTIVITIES_PER_SECOND,
      maxTaskQueueActivitiesPerSecond: values.MAX_TASK_QUEUE_ACTIVITIES_PER_SECOND,
      maxWorkflows: values.WORKER_MAX_WORKFLOWS,
      shutdownGraceMs: values.WORKER_SHUTDOWN_GRACE,
    },
    programs: programPlaces(set),
  };
}

const META_HOST = 'graph.facebook.com';

/**
 * Meta allows an app 200 calls per hour on an account without a registered number, and 5,000 on others. With what a worker
 * may send in a burst, 180 stays within 200.
 */
const CALLS_PER_HOUR_AT_META = 180;

function callsPerHour(values: z.output<typeof variables>): number | undefined {
  const { GRAPH_API_CALLS_PER_HOUR, CLOUD_API_ACCESS_TOKEN, GRAPH_API_BASE_URL } = values;
  const asksMeta =
    CLOUD_API_ACCESS_TOKEN !== undefined && new URL(GRAPH_API_BASE_URL).hostname === META_HOST;
  return GRAPH_API_CALLS_PER_HOUR ?? (asksMeta ? CALLS_PER_HOUR_AT_META : undefined);
}

function apiConfig(values: z.output<typeof variables>, cwd: string): ApiConfiguration {
  const { API_PORT: port, AUDIT_LOG: audit, ONBOARDING_STATE_DIR: stateDir } = values;
  return {
    host: values.API_HOST,
    ...given({ port: port === 'off' ? undefined : port, jwks: jwksConfig(values) }),
    nameClaim: values.API_NAME_CLAIM,
    corsOrigins: values.API_CORS_ORIGINS,
    trustedProxies: values.API_TRUST_PROXY,
    auditLog:
      audit === 'stdout'
        ? 'stdout'
        : { file: resolve(cwd, audit ?? join(stateDir, 'audit.jsonl')) },
  };
}

/** Without one of them, tokens that were made for something else would count. */
function jwksConfig({
  API_JWKS_URL: url,
  API_JWT_ISSUER: issuer,
  API_JWT_AUDIENCE: audience,
}: z.output<typeof variables>): ApiConfiguration['jwks'] {
  if (url !== undefined && issuer !== undefined && audience !== undefined) {
    return { url, issuer, audience };
  }
  const missing = Object.entries({
    API_JWKS_URL: url,
    API_JWT_ISSUER: issuer,
    API_JWT_AUDIENCE: audience,
  }).flatMap(([name, value]) => (value === undefined ? [name] : []));
  if (missing.length === 3) return undefined;
  throw new ConfigurationError(
    `Tokens of an identity provider need ${missing.join(' and ')} as well; set ${missing.length === 1 ? 'it' : 'them'}, or unset all of API_JWKS_URL, API_JWT_ISSUER and API_JWT_AUDIENCE to use the local key.`,
  );
}

function notifyConfig({
  NOTIFY_WEBHOOK_URL: url,
  NOTIFY_WEBHOOK_SECRET: secret,
}: z.output<typeof variables>): Configuration['notify'] {
  if (url !== undefined && secret !== undefined) return { url, secret };
  if (url === undefined && secret === undefined) return undefined;
  throw new ConfigurationError(
    url === undefined
      ? 'NOTIFY_WEBHOOK_SECRET is set, but NOTIFY_WEBHOOK_URL is not; set it to where notifications are to be posted, or unset both.'
      : 'NOTIFY_WEBHOOK_URL is set, but NOTIFY_WEBHOOK_SECRET is not; set it to the secret that signs notifications, or unset both.',
  );
}

function metaWebhooksConfig({
  META_APP_SECRET: appSecret,
  META_WEBHOOK_VERIFY_TOKEN: verifyToken,
  ROTATE_ON_PIN_CHANGE: rotateOnChange,
}: z.output<typeof variables>): Configuration['metaWebhooks'] {
  if (appSecret !== undefined && verifyToken !== undefined) {
    return { appSecret, verifyToken, rotateOnChange };
  }
  if (appSecret === undefined && verifyToken === undefined) return undefined;
  throw new ConfigurationError(
    appSecret === undefined
      ? 'META_WEBHOOK_VERIFY_TOKEN is set, but META_APP_SECRET is not; set it to the app secret that Meta signs webhooks with (App settings, Basic), or unset both.'
      : "META_APP_SECRET is set, but META_WEBHOOK_VERIFY_TOKEN is not; set it to a text that you also enter as verify token in the app's webhook settings, or unset both.",
  );
}

/** Kubernetes sets `TEMPORAL_PORT=tcp://…` in every pod beside a service named `temporal`; that is not ours. */
function isServiceLink(name: string, value: string | undefined): boolean {
  return name.endsWith('_PORT') && value?.startsWith('tcp://') === true;
}

function unusable(error: z.ZodError): ConfigurationError {
  const [issue] = error.issues;
  return new ConfigurationError(`${String(issue?.path[0])} ${issue?.message ?? 'is not usable'}.`);
}
