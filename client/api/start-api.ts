/** The API as a part of a process: connected, with its key, its audit trail and its desk, listening. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { PinStore } from '../../activities/pin-store/pin-store.js';
import type { ApiConfiguration, Configuration } from '../../configuration/configuration.js';
import { ConfigurationError } from '../../configuration/configuration-error.js';
import { connectClient } from '../cli/connect-client.js';
import { pinStoreInUse } from '../cli/pin-store-in-use.js';
import { type TemporalUi, uiLink } from '../cli/ui-link.js';
import { packageVersion } from '../cli/version.js';
import { apiLogText } from './api-log.js';
import { type ApiOptions, createApi } from './api-server.js';
import { type AuditLog, openAudit } from './audit.js';
import { createAuthenticator, type TokenSource } from './authenticator.js';
import { createDesk } from './desk-view.js';
import { localKey } from './local-key.js';
import { openOnce, type Pins } from './open-pins.js';
import { withinMs } from './within.js';

export interface RunningApi {
  /** Such as `http://127.0.0.1:8080`. */
  url: string;
  /** Ends the streams, lets requests finish, then closes all else. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** How often Temporal's list is read while nobody looks. */
const IDLE_POLL_MS = 30_000;

/** How long listening waits for the first list. */
const FIRST_LIST_MS = 3_000;

/**
 * @param place which Temporal. @default as commands find it: the configured one, or that of `npm start`
 * @param options.pinStore the PIN store of this process, where it has one. @default opened when it is first needed
 * @throws Error with one sentence for people: no Temporal, a taken port, an audit trail or a key that cannot be used
 */
export async function startApi(
  configuration: Configuration,
  place?: TemporalUi,
  options: { pinStore?: PinStore } = {},
): Promise<RunningApi> {
  const { api, logLevel, stateDir } = configuration;
  const { port } = api;
  if (port === undefined) {
    throw new ConfigurationError('API_PORT is off; set it to the port that the API is to have.');
  }
  const closing: (() => Promise<unknown>)[] = [];
  let closed: Promise<void> | undefined;
  const closeAll = async () => {
    for (const each of closing.reverse()) await each();
  };
  const close = () => {
    closed ??= closeAll();
    return closed;
  };
  const onError = (error: unknown, where: string) => {
    const text = apiLogText(error, where, logLevel, new Date());
    if (text !== undefined) process.stderr.write(`${text}\n`);
  };
  try {
    const audit = await auditTrail(api, (error) => onError(error, 'the audit trail'));
    closing.push(() => audit.close());
    const source = await tokenSource(api, stateDir);
    const connected = await connectClient(configuration, CONNECT_TIMEOUT_MS, place);
    const { client } = connected;
    closing.push(() => client.close());
    const uiUrl = configuration.temporalUiUrl ?? connected.place.uiUrl;
    const ui = { ...connected.place, ...(uiUrl === undefined ? {} : { uiUrl }) };
    const link = (workflowId: string, runId: string) => uiLink(ui, workflowId, runId);
    const desk = createDesk(client, { link, idlePollMs: IDLE_POLL_MS });
    closing.push(() => desk.close());
    // Whoever looks first need not wait for the list; where Temporal is slow or away, they are told so as ever.
    const listed = desk.list({ limit: 1, allows: () => true });
    await withinMs(FIRST_LIST_MS, listed).catch(() => undefined);
    const app = await createApi({
      client,
      desk,
      auth: createAuthenticator({ source, nameClaim: api.nameClaim }),
      audit,
      openPins: openOnce(async () => options.pinStore ?? pins(configuration, place)),
      notifies: configuration.notify !== undefined,
      ...webhooksOf(configuration),
      consoleDir: consoleFolder(),
      corsOrigins: api.corsOrigins,
      trustedProxies: api.trustedProxies,
      uiLink: link,
      version: packageVersion(),
      onError,
    });
    closing.push(() => app.close());
    await listen(app, api.host, port);
    return { url: urlOf(api.host, port), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The PIN store that the runs use. Its code is loaded when it is needed. */
async function pins(configuration: Configuration, place: TemporalUi | undefined): Promise<Pins> {
  const { openPinStore } = await import('../../activities/pin-store/open-pin-store.js');
  return openPinStore(place === undefined ? pinStoreInUse(configuration) : configuration.pinStore);
}

function webhooksOf({ metaWebhooks, wabaId }: Configuration): Pick<ApiOptions, 'metaWebhooks'> {
  if (metaWebhooks === undefined) return {};
  return { metaWebhooks: { ...metaWebhooks, ...(wabaId === undefined ? {} : { wabaId }) } };
}

async function auditTrail(
  { auditLog }: ApiConfiguration,
  onError: (error: Error) => void,
): Promise<AuditLog> {
  try {
    return await openAudit(auditLog, { onError });
  } catch (error) {
    const place = auditLog === 'stdout' ? 'stdout' : auditLog.file;
    throw new ConfigurationError(
      `${place} cannot hold the audit trail (${codeOf(error)}); set AUDIT_LOG to a file that you may write to, or to stdout.`,
    );
  }
}

async function tokenSource({ jwks }: ApiConfiguration, stateDir: string): Promise<TokenSource> {
  return jwks === undefined ? { localKey: await localKey(stateDir) } : { jwks };
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = codeOf(error);
    throw new ConfigurationError(
      code === 'EADDRINUSE' || code === 'EACCES'
        ? `Port ${port} for the HTTP API is taken; stop what uses it, or set API_PORT to another port.`
        : `The HTTP API cannot listen on ${host} (${code}); set API_HOST to an address of this machine.`,
    );
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown reason';
}

/** Where a build has the console, also for what runs from the sources. */
function consoleFolder(): string {
  const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  return existsSync(at('../../package.json')) ? at('../../dist/client/console') : at('../console');
}

/** @param host an address that is listened on, perhaps all of them */
function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
