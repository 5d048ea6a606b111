/** The API with the built console, on a stack of the workflow tests. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { createApi } from '../../client/api/api-server.js';
import { openAudit } from '../../client/api/audit.js';
import { createAuthenticator } from '../../client/api/authenticator.js';
import { createDesk } from '../../client/api/desk-view.js';
import { localKey, signLocalToken } from '../../client/api/local-key.js';
import type { Scope } from '../../client/api/scopes.js';
import { OnboardingClient } from '../../client/index.js';
import { freePorts, LOOPBACK } from '../../worker/ports.js';
import type { Stack } from '../workflow/stack.js';
import { cuttableWay } from './cuttable-way.js';

const CONSOLE = fileURLToPath(new URL('../../dist/client/console', import.meta.url));

/** How soon what happens elsewhere shows, so that tests need not wait for long. */
const POLL_MS = 300;
/** How soon it is known that Temporal does not answer. */
const CALL_TIMEOUT_MS = 2_000;

export interface TokenOptions {
  /** Negative for a token that has expired. @default an hour */
  expiresInS?: number;
  /** The only labels that the token lets one see. */
  labels?: readonly string[];
}

export interface ApiServer {
  /** Stays the same over {@link ApiServer.stop} and {@link ApiServer.start}. */
  url: string;
  token(name: string, scopes: readonly Scope[], options?: TokenOptions): Promise<string>;
  /** A token signed with a key of somebody's own. */
  forgedToken(name: string, scopes: readonly Scope[]): Promise<string>;
  /** Everything written to the audit trail. */
  audited(): Promise<string>;
  /** Ends the API as a stopped process would: what is connected is cut off. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Cuts off whoever is connected, once. */
  dropConnections(): void;
  /** From now on Temporal cannot be reached by the API. */
  cutTemporalOff(): Promise<void>;
  letTemporalAnswer(): Promise<void>;
  close(): Promise<void>;
}

export async function startApiServer({ taskQueue }: Stack): Promise<ApiServer> {
  if (!existsSync(join(CONSOLE, 'index.html'))) {
    throw new Error('There is no console to test; run "npm run build" first.');
  }
  const folder = await mkdtemp(join(tmpdir(), 'onboarding-api-'));
  const auditFile = join(folder, 'audit.jsonl');
  const [port] = await freePorts(1);
  const { address, namespace } = inject('temporal');
  const temporal = await cuttableWay(address);
  const client = await OnboardingClient.connect({
    address: temporal.address,
    namespace,
    taskQueue,
    callTimeoutMs: CALL_TIMEOUT_MS,
  });
  const key = await localKey(folder);
  let running: { drop(): void; stop(): Promise<void> } | undefined;

  async function start(): Promise<void> {
    const desk = createDesk(client, { pollMs: POLL_MS });
    const audit = await openAudit({ file: auditFile });
    const api = await createApi({
      client,
      desk,
      auth: createAuthenticator({ source: { localKey: key } }),
      audit,
      consoleDir: CONSOLE,
      uiLink: (workflowId, runId) => `https://temporal.invalid/${workflowId}/${runId}`,
    });
    await api.listen({ port: port ?? 0, host: LOOPBACK });
    running = {
      drop: () => api.server.closeAllConnections(),
      async stop() {
        await api.close();
        await desk.close();
        await audit.close();
      },
    };
  }

  async function stop(): Promise<void> {
    await running?.stop();
    running = undefined;
  }

  const signed = (
    signer: Uint8Array,
    name: string,
    scopes: readonly Scope[],
    { expiresInS = 3_600, labels }: TokenOptions = {},
  ) => {
    const expiresAt = Date.now() + expiresInS * 1_000;
    return signLocalToken(signer, {
      name,
      scopes,
      ...(labels === undefined ? {} : { labels }),
      issuedAt: new Date(Math.min(Date.now(), expiresAt)),
      expiresAt: new Date(expiresAt),
    });
  };

  await start();
  return {
    url: `http://${LOOPBACK}:${port}`,
    token: (name, scopes, options) => signed(key, name, scopes, options),
    forgedToken: (name, scopes) => signed(randomBytes(32), name, scopes),
    audited: () => readFile(auditFile, 'utf8'),
    stop,
    start,
    dropConnections: () => running?.drop(),
    cutTemporalOff: temporal.cut,
    letTemporalAnswer: temporal.mend,
    async close() {
      await stop();
      await client.close();
      await temporal.cut();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
