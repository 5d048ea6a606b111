/** Answers to what no route takes. */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { HEALTH_PATHS } from './health.js';
import { ApiProblem } from './problems.js';
import { ROUTES } from './routes.js';
import { HEADERS_OF_PROBLEMS } from './security.js';

const GETS_OF_HEALTH = HEALTH_PATHS.map((path) => ({ path, method: 'GET' }));

const PATHS = [...ROUTES, ...GETS_OF_HEALTH].map(({ path, method }) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll(/:[A-Za-z]+/g, '[^/]+')}$`),
}));

/** The methods that the address of a request takes; none where it is no address of the API. */
export function methodsAt(url: string): string[] {
  const [path = ''] = url.split('?');
  return PATHS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
}

/** Answers what is no HTTP, or came too slowly, right on its connection. */
export function answerUnparsed(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const slow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const problem = new ApiProblem(
    'invalid-request',
    slow ? 'The request came too slowly: send it again.' : 'This is no HTTP request.',
  ).document(randomUUID());
  const status = slow ? '408 Request Timeout' : '400 Bad Request';
  const body = JSON.stringify({ ...problem, status: slow ? 408 : 400 });
  const headers = Object.entries({
    connection: 'close',
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    ...HEADERS_OF_PROBLEMS,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status}\r\n${headers.join('')}\r\n${body}`);
}
