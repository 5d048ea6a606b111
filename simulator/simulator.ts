/**
 * Meta's Graph API as far as onboarding a number goes: the endpoints, the rules behind them, and faults to inject.
 * It runs in-process for tests ({@link startSimulator}) and as a command (`main.ts`).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Simulator, SimulatorOptions } from './contract.js';
import { readBody } from './request-body.js';
import { createSimulatedMeta } from './simulated-meta.js';

export type { SimulatorClock } from './clock.js';
export type { CodeSent, Simulator, SimulatorOptions } from './contract.js';
export { SIMULATOR_TOKEN } from './contract.js';
export type { Fault, FaultKind, FaultRule, Faults } from './faults.js';
export type { PresetName } from './number-presets.js';
export { SOMEBODYS_PIN } from './number-presets.js';
export type {
  NumberSeed,
  NumberSnapshot,
  NumberTraits,
  Refusal,
  SentCode,
} from './number-state.js';
export { DEFAULT_WABA_ID, US } from './number-state.js';
export { BUDGET_LIMIT, BUDGET_WINDOW_MS } from './request-budget.js';
export type { Endpoint, RequestLogEntry } from './request-log.js';
export { CODE_LIFETIME_MS } from './verification.js';

/**
 * Starts a simulator.
 *
 * @throws Error with one sentence when the port is taken or the state file cannot be used
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1' } = options;
  const { serve, end, ...meta } = createSimulatedMeta(options);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const sending = await serve({
      method: request.method ?? 'GET',
      url: new URL(request.url ?? '/', baseUrl(host, portOf(server.address()))),
      authorization: request.headers.authorization,
      contentType: request.headers['content-type'] ?? '',
      body,
    });
    sending?.(response);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // Either the client went away while sending, or the simulator has a defect: it must not look like an answer of Meta.
      if (request.socket.destroyed) return;
      response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(
        `The simulator failed: ${error instanceof Error ? error.message : 'unknown error'}`,
      );
    });
  });
  await listen(server, options.port ?? 0, host);
  const port = portOf(server.address());

  return {
    ...meta,
    url: baseUrl(host, port),
    port,
    close: () =>
      new Promise((resolve) => {
        end();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(
  server: ReturnType<typeof createServer>,
  port: number,
  host: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(
              `Port ${port} on ${host} is taken; choose another one for the simulator, or 0 for any free one.`,
            )
          : new Error(`The simulator cannot listen on ${host}:${port}: ${error.message}.`),
      );
    });
    server.listen(port, host, () => resolve());
  });
}

/** An IPv6 address stands in brackets. */
function baseUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function portOf(address: string | AddressInfo | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
