/** The API on a stack of the workflow tests: real Temporal, worker and simulator. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { apiLogText } from '../../client/api/api-log.js';
import { type ApiOptions, createApi } from '../../client/api/api-server.js';
import { type AuditEntry, openAudit } from '../../client/api/audit.js';
import { createAuthenticator } from '../../client/api/authenticator.js';
import { createDesk } from '../../client/api/desk-view.js';
import type { ApiLimits } from '../../client/api/limits.js';
import { signLocalToken } from '../../client/api/local-key.js';
import { openOnce } from '../../client/api/open-pins.js';
import { ROLES, type Role } from '../../client/api/scopes.js';
import { type Stack, type StackOptions, startStack } from '../workflow/stack.js';

const HOUR_MS = 3_600_000;

export interface Answered {
  status: number;
  headers: Record<string, unknown>;
  body: unknown;
}

/** Somebody with a token. */
export interface ApiUser {
  get(path: string): Promise<Answered>;
  post(path: string, body?: object, headers?: Record<string, string>): Promise<Answered>;
}

export interface ApiStack {
  stack: Stack;
  app: FastifyInstance;
  user(name: string, role: Role): Promise<ApiUser>;
  /** The lines of the audit trail so far. */
  audited(): Promise<(AuditEntry & { time: string })[]>;
  auditText(): Promise<string>;
  /** All that the API's log would show at its most talkative. */
  logged(): string;
  /** Tokens that were made. */
  tokens: string[];
  close(): Promise<void>;
}

export async function startApiStack(
  limits: Partial<ApiLimits> = {},
  options: StackOptions & Pick<ApiOptions, 'metaWebhooks' | 'openPins'> = {},
): Promise<ApiStack> {
  const { metaWebhooks, openPins, ...ofStack } = options;
  const stack = await startStack(ofStack);
  const folder = await mkdtemp(join(tmpdir(), 'onboarding-api-'));
  const file = join(folder, 'audit.jsonl');
  const key = randomBytes(32);
  const audit = await openAudit({ file });
  const desk = createDesk(stack.client, { pollMs: 300 });
  const lines: string[] = [];
  const tokens: string[] = [];
  const app = await createApi({
    client: stack.client,
    desk,
    auth: createAuthenticator({ source: { localKey: key } }),
    audit,
    limits,
    openPins: openPins ?? openOnce(async () => stack.pinStore),
    ...(metaWebhooks === undefined ? {} : { metaWebhooks }),
    onError: (error, where) => {
      lines.push(apiLogText(error, where, 'trace', new Date()) ?? '');
    },
  });
  await app.ready();
  const auditText = () => readFile(file, 'utf8');
  return {
    ...{ stack, app, tokens, auditText },
    async user(name, role) {
      const now = Date.now();
      const token = await signLocalToken(key, {
        ...{ name, scopes: ROLES[role] },
        ...{ issuedAt: new Date(now), expiresAt: new Date(now + HOUR_MS) },
      });
      tokens.push(token);
      const authorization = `Bearer ${token}`;
      const send = async (
        method: 'GET' | 'POST',
        url: string,
        payload?: object,
        headers: Record<string, string> = {},
      ): Promise<Answered> => {
        const answer = await app.inject({
          ...{ method, url, headers: { authorization, ...headers } },
          ...(payload === undefined ? {} : { payload }),
        });
        return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
      };
      return {
        get: (path) => send('GET', path),
        post: (path, body, headers) => send('POST', path, body, headers),
      };
    },
    async audited() {
      const text = await auditText();
      return text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as AuditEntry & { time: string });
    },
    logged: () => lines.join('\n'),
    async close() {
      await app.close();
      await desk.close();
      await audit.close();
      await stack.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
