/** The API held against its own OpenAPI document, on the real stack. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import { createApi } from '../../client/api/api-server.js';
import { openAudit } from '../../client/api/audit.js';
import { createAuthenticator } from '../../client/api/authenticator.js';
import type { Desk } from '../../client/api/desk.js';
import { createDesk } from '../../client/api/desk-view.js';
import { signLocalToken } from '../../client/api/local-key.js';
import { openOnce } from '../../client/api/open-pins.js';
import { EVENT_SCHEMAS } from '../../client/api/schemas.js';
import { SCOPE_NAMES } from '../../client/api/scopes.js';
import { OnboardingEndedError } from '../../client/errors.js';
import { loadConfiguration } from '../../configuration/configuration.js';
import { type ClientStack, sentCode, startClientStack } from '../client/stack.js';
import { runSchemathesis, schemathesis } from './schemathesis.js';

const KEY = new Uint8Array(32).fill(7);
const INSTALL_MS = 300_000;
const RUN_MS = 240_000;

let stack: ClientStack;
let desk: Desk;
let api: FastifyInstance;
let url: string;
const failures: string[] = [];

beforeAll(async () => {
  await schemathesis();
  stack = await startClientStack();
  desk = createDesk(stack.client);
  api = await createApi({
    client: stack.client,
    desk,
    auth: createAuthenticator({ source: { localKey: KEY } }),
    audit: await openAudit({ file: `${stack.folder}/audit.jsonl` }),
    openPins: openOnce(() => openPinStore(loadConfiguration({}, stack.folder).pinStore)),
    // What is refused for being too much has tests of its own.
    limits: {
      ...{
        requestsPerMinute: 1e6,
        codesPerMinute: 1e6,
        claimsPerMinute: 1e6,
        revealsPerMinute: 1e6,
        refusedTokensPerMinute: 1e6,
      },
      streamsPerCaller: 1_000,
    },
    onError: (error, where) => failures.push(`${where}: ${String(error)}`),
  });
  url = await api.listen({ host: '127.0.0.1', port: 0 });
}, INSTALL_MS);

afterAll(async () => {
  await desk?.close();
  await api?.close();
  await stack?.stop();
});

function tokenOfAllScopes(): Promise<string> {
  return signLocalToken(KEY, {
    name: 'contract test',
    scopes: SCOPE_NAMES,
    issuedAt: new Date(),
    expiresAt: new Date(Date.now() + 3_600_000),
  });
}

/** Numbers that wait for a code or an agent, one that has ended, and one that was never started. */
async function numbersOfAllKinds(): Promise<string[]> {
  const waiting = Array.from({ length: 6 }, () => stack.newNumber());
  for (const phoneNumberId of waiting) {
    await stack.client.start({ phoneNumberId, label: 'Lucky Shrub' });
    await sentCode(stack, phoneNumberId);
  }
  const live = stack.newNumber();
  await stack.client.start({ phoneNumberId: live });
  await stack.client.tryCode(live, await sentCode(stack, live));
  await stack.client.result(live);
  const patient = stack.newNumber();
  await stack.client.start({ phoneNumberId: patient, startCode: 'whenAgentReady' });
  return [...waiting, live, patient, stack.newNumber()];
}

test(
  'the API does what its OpenAPI document says, whatever a caller with every scope sends',
  async () => {
    const { exitCode, report } = await runSchemathesis({
      url,
      token: await tokenOfAllScopes(),
      phoneNumberIds: await numbersOfAllKinds(),
      phases: ['examples', 'coverage', 'fuzzing', 'stateful'],
      maxExamples: 20,
      timeoutMs: RUN_MS,
    });
    expect(exitCode, [report, ...failures].join('\n')).toBe(0);
    expect(failures).toEqual([]);
  },
  RUN_MS,
);

test(
  'the API does what its OpenAPI document says to a caller without a token',
  async () => {
    const { exitCode, report } = await runSchemathesis({
      url,
      phoneNumberIds: [stack.newNumber()],
      phases: ['examples', 'coverage', 'fuzzing'],
      maxExamples: 5,
      timeoutMs: RUN_MS,
    });
    expect(exitCode, report).toBe(0);
  },
  RUN_MS,
);

const TINY = { phoneNumberIds: ['106540352242922'], phases: ['fuzzing'], maxExamples: 3 } as const;

test(
  'a server that does what its document says passes',
  async () => {
    const run = { ...TINY, url: await servedBy('/honest'), timeoutMs: RUN_MS };
    const { exitCode, report } = await runSchemathesis(run);
    expect(exitCode, report).toBe(0);
  },
  RUN_MS,
);

test.each([
  { lie: 'a status that the document does not have', path: '/status', finding: 'status code' },
  { lie: 'a body that the document does not allow', path: '/body', finding: 'schema' },
  { lie: 'a content type that is not in the document', path: '/type', finding: 'content-type' },
  { lie: 'that it failed', path: '/failure', finding: 'server error' },
])(
  'a server that answers $lie is found out',
  async ({ path, finding }) => {
    const run = { ...TINY, url: await servedBy(path), timeoutMs: RUN_MS };
    const { exitCode, report } = await runSchemathesis(run);
    expect(exitCode, report).toBe(1);
    expect(report.toLowerCase()).toContain(finding);
  },
  RUN_MS,
);

test('every kind of event of the streams fits its schema', async () => {
  const token = await tokenOfAllScopes();
  const id = stack.newNumber();
  await stack.client.start({ phoneNumberId: id, label: 'Lucky Shrub' });
  await sentCode(stack, id);
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const streams = ['/v1/events', `/v1/onboardings/${id}/events`];
  const missing = new Set<string>(Object.keys(EVENT_SCHEMAS));
  await Promise.all(
    streams.map(async (path) => {
      const { status, headers, body } = await fetch(`${url}${path}`, {
        headers: { authorization: `Bearer ${token}` },
        signal: leaving.signal,
      });
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
      for await (const { event, data } of eventsIn(body)) {
        expect(EVENT_SCHEMAS[event].safeParse(data).error?.issues ?? []).toEqual([]);
        if (event === 'connection') {
          const held = await stack.client.claim(id, { by: 'ana' });
          expect(held.verdict).toBe('held');
        }
        if (event === 'onboarding' && missing.has('gone'))
          await stack.client.cancel(id).catch(ended);
        missing.delete(event);
        if (missing.size === 0) leaving.abort();
      }
    }),
  ).catch((error: unknown) => {
    if (!leaving.signal.aborted) throw error;
  });
  expect([...missing]).toEqual([]);
});

/** Another event about the number that has just been cancelled. */
function ended(error: unknown): void {
  if (!(error instanceof OnboardingEndedError)) throw error;
}

type EventName = keyof typeof EVENT_SCHEMAS;

async function* eventsIn(
  body: ReadableStream<Uint8Array> | null,
): AsyncGenerator<{ event: EventName; data: unknown }> {
  if (body === null) throw new Error('The stream has no body.');
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event, data = ''] = /^event: (\w+)\ndata: (.*)$/m.exec(block) ?? [];
      if (event !== undefined) yield { event: event as EventName, data: JSON.parse(data) };
    }
  }
}

type Answer = readonly [status: number, contentType: string, body: string];

/** What is done at a path, whose document says that it answers 200 with a number in an object. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  '/honest': [200, 'application/json', '{"count":1}'],
  '/status': [299, 'application/json', '{"count":1}'],
  '/body': [200, 'application/json', '{"count":"one"}'],
  '/type': [200, 'text/html', '1'],
  '/failure': [500, 'application/json', '{"count":1}'],
};

/** A server of one path. @returns its base URL */
async function servedBy(path: string): Promise<string> {
  const document = {
    openapi: '3.1.0',
    info: { title: 'One path', version: '1' },
    paths: {
      [path]: {
        get: {
          responses: {
            200: {
              description: 'Done',
              content: {
                'application/json': {
                  schema: {
                    type: 'object',
                    properties: { count: { type: 'integer' } },
                    required: ['count'],
                  },
                },
              },
            },
          },
        },
      },
    },
  };
  const server = createServer((request, response) => {
    const known: Answer | undefined =
      request.url === '/openapi.json'
        ? [200, 'application/json', JSON.stringify(document)]
        : ANSWERS[request.url ?? ''];
    const [status, contentType, body] = known ?? [404, 'application/json', '{}'];
    response.writeHead(status, { 'content-type': contentType }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
