import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Secret } from '../secret.js';
import { parseJson } from './pin-document.js';
import { PinStoreError, PinStoreRefusedError } from './pin-store.js';
import {
  isSealed,
  noAnswer,
  notVaults,
  parseVaultBody,
  passingError,
  tlsMissing,
  type VaultAnswer,
  type VaultCall,
  wantsTls,
} from './vault-errors.js';

/** Sends a request with a token, or without one to log in. Throws the PIN store's errors where Vault gave no answer of its own. */
export type VaultSend = (call: VaultCall, token?: Secret) => Promise<VaultAnswer>;

export interface VaultPlace {
  /** Without a slash at its end. */
  address: string;
  namespace?: string;
  /** PEM file of the authorities that may have signed the server's certificate. @default those of Node */
  caFile?: string;
}

/** Two attempts and the pause between them stay below the four seconds that an activity has. */
const CONNECTION_TIMEOUT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 1_500;
const PAUSE_MS = 150;

/** A list of 100,000 numbers is smaller. */
const LARGEST_ANSWER_BYTES = 4_000_000;

/**
 * Requests to one Vault, over connections of its own. One that got no answer, or one that Vault could not answer at the
 * moment, is sent a second time: every write carries the version that it replaces, so that it counts once.
 */
export function vaultTransport({ address, namespace, caFile }: VaultPlace): VaultSend {
  let agent: Promise<Agent> | undefined;

  async function attempt(call: VaultCall, token: Secret | undefined): Promise<Attempt> {
    agent ??= openAgent(caFile);
    const dispatcher = await agent.catch((error: unknown) => {
      agent = undefined;
      throw error;
    });
    const headers = {
      accept: 'application/json',
      'x-vault-request': 'true',
      ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
      ...(token && { 'x-vault-token': token.reveal() }),
      ...(call.body && { 'content-type': 'application/json' }),
    };
    const body = call.body ? JSON.stringify(call.body) : null;
    const ask = (url: string) =>
      request(url, {
        dispatcher,
        method: call.method,
        headers,
        body,
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
    try {
      const path = call.path.split('/').map(encodeURIComponent).join('/');
      const url = `${address}/v1/${path}${call.list ? '?list=true' : ''}`;
      let response = await ask(url);
      const leader = leaderOf(response.statusCode, response.headers['location'], url);
      if (leader !== undefined) {
        await response.body.dump();
        response = await ask(leader);
      }
      return verdictOf(call, response.statusCode, await response.body.text());
    } catch (error) {
      if (error instanceof PinStoreError) throw error;
      const failure = noAnswer(call.what, address, error);
      if (failure instanceof PinStoreRefusedError) throw failure;
      return { failure };
    }
  }

  function verdictOf(call: VaultCall, status: number, text: string): Attempt {
    if (status === 204) return { answer: { status, body: {} } };
    if (wantsTls(status, text)) throw tlsMissing(address);
    const body = parseVaultBody(parseJson(text));
    if (status >= 500 || status === 429 || status === 412 || status === 400) {
      const told = body ?? {};
      const failure = passingError(call.what, status, told);
      if (failure && (status === 429 || isSealed(told))) throw failure;
      if (failure) return { failure };
    }
    const usable = status === 200 || (status >= 400 && body?.errors !== undefined);
    // For a version that was deleted, Vault answers 404 and tells of it.
    const tellsOfVersion = status === 404 && isObject(body?.data);
    if (body && (usable || tellsOfVersion)) return { answer: { status, body } };
    throw notVaults(call.what, address, status);
  }

  return async (call, token) => {
    const first = await attempt(call, token);
    if ('answer' in first) return first.answer;
    await pause(PAUSE_MS);
    const second = await attempt(call, token);
    if ('answer' in second) return second.answer;
    throw second.failure;
  };
}

type Attempt = { answer: VaultAnswer } | { failure: PinStoreError };

/**
 * A standby that does not forward requests names the active node. It must not lead from TLS to none, and without TLS, where
 * nothing proves who a host is, not off this machine.
 */
function leaderOf(
  status: number,
  location: string | string[] | undefined,
  asked: string,
): string | undefined {
  if (status !== 307 || typeof location !== 'string') return undefined;
  if (!URL.canParse(location, asked)) return undefined;
  const leader = new URL(location, asked);
  const from = new URL(asked);
  const provesItself = leader.protocol === 'https:' || leader.hostname === from.hostname;
  return leader.protocol === from.protocol && provesItself ? leader.href : undefined;
}

async function openAgent(caFile: string | undefined): Promise<Agent> {
  const ca = caFile === undefined ? undefined : await readAuthorities(caFile);
  return new Agent({
    connect: { timeout: CONNECTION_TIMEOUT_MS, ...(ca !== undefined && { ca }) },
    maxResponseSize: LARGEST_ANSWER_BYTES,
  });
}

async function readAuthorities(caFile: string): Promise<string> {
  const sentence = `VAULT_CACERT is ${caFile}, which`;
  const text = await readFile(caFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new PinStoreRefusedError(
      `${sentence} cannot be read (${error.code ?? error.name}): set it to the PEM file of the authority that signed Vault's certificate.`,
    );
  });
  try {
    // Node itself passes over what is not a certificate.
    new X509Certificate(text);
    return text;
  } catch {
    throw new PinStoreRefusedError(
      `${sentence} holds no certificate: set it to the PEM file of the authority that signed Vault's certificate.`,
    );
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
