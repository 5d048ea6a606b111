import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pythonProgram } from '../setup/python-program.js';

const MOTO_VERSION = '5.2.5';
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** A running moto server: AWS's API, with every account empty at the start. */
export interface MotoServer {
  /** Such as `http://127.0.0.1:40123`. */
  endpoint: string;
  stop(): Promise<void>;
}

/**
 * Starts a moto server on a free port. It is installed from PyPI into the cache folder when it is not there, which takes
 * about a minute and needs `python3` with `venv`.
 */
export async function startMotoServer(cacheDir: string): Promise<MotoServer> {
  const folder = await pythonProgram(cacheDir, {
    name: 'moto',
    version: MOTO_VERSION,
    requirement: `moto[server]==${MOTO_VERSION}`,
    neededBy: 'The tests of the AWS PIN store',
  });
  const python = join(folder, 'bin', 'python');
  const port = await freePort();
  const server = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-4_000);
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(`${endpoint}/moto-api/`))) {
    if (server.exitCode !== null || Date.now() > deadline) {
      server.kill('SIGKILL');
      throw new Error(`The moto server did not start: ${output}`);
    }
    await sleep(POLL_MS);
  }
  return {
    endpoint,
    async stop() {
      if (server.exitCode !== null) return;
      const stopped = once(server, 'exit');
      server.kill('SIGKILL');
      await stopped;
    },
  };
}

async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
    (response) => response.ok,
    () => false,
  );
}

/** A port nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return address.port;
}
