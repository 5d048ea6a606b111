import {
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { createGraphClient } from '../../activities/graph-api/graph-client.js';
import { Secret } from '../../activities/secret.js';

/** One request as it arrived. */
export interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** An answer: status, body (what is no text is sent as JSON) and headers; `instead` does as it likes with the response. */
export interface Reply {
  status?: number;
  body?: unknown;
  headers?: OutgoingHttpHeaders;
  instead?: (response: ServerResponse, request: SeenRequest) => void;
}

/** A real HTTP server on a free port that gives the replies in turn, the last one again and again. It ends with the test. */
export async function wireServer(...replies: Reply[]) {
  const requests: SeenRequest[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const request = { method, url, headers, body: Buffer.concat(chunks).toString() };
      requests.push(request);
      const {
        status = 200,
        body = { success: true },
        headers: given = {},
        instead,
      } = replies[Math.min(requests.length, replies.length) - 1] ?? {};
      if (instead) return instead(response, request);
      response.writeHead(status, { 'content-type': 'application/json', ...given });
      return response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, requests };
}

export const TOKEN = 'EAAGtokenOfTheTest0123';

/** A client of such a server. */
export function clientOf(baseUrl: string, accessToken = TOKEN) {
  return createGraphClient({ baseUrl, version: 'v25.0', accessToken: new Secret(accessToken) });
}

/** Meta's error envelope. */
export const refusal = (error: Record<string, unknown>) => ({
  error: { message: '(#100) Invalid parameter', type: 'OAuthException', code: 100, ...error },
});

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`resolved with ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}
