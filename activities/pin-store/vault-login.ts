import { z } from 'zod';
import { Secret } from '../secret.js';
import type { VaultAuth } from './open-pin-store.js';
import { PinStoreRefusedError } from './pin-store.js';
import { refusal, type VaultAnswer, type VaultCall } from './vault-errors.js';
import type { VaultSend } from './vault-transport.js';

/** Sends a request with a token that is valid, as far as that can be had. */
export type VaultRequest = (call: VaultCall) => Promise<VaultAnswer>;

const DEFAULT_APPROLE_MOUNT = 'approle';

/** A token is renewed when this part of its time is over. */
const RENEW_AT = 0.4;
const SHORTEST_WAIT_MS = 500;
/** The longest that a timer of Node can wait. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

const leaseSchema = z.object({
  client_token: z.string().min(1),
  /** Seconds; 0 for a token without an end. */
  lease_duration: z.number(),
  renewable: z.boolean(),
});
const heldSchema = z.object({ ttl: z.number(), renewable: z.boolean().default(false) });

const LOOK_UP: VaultCall = {
  method: 'GET',
  path: 'auth/token/lookup-self',
  what: 'look-up of the token',
  grant: '"read" on auth/token/lookup-self',
};
const RENEW: VaultCall = {
  method: 'POST',
  path: 'auth/token/renew-self',
  body: {},
  what: 'renewal of the token',
  grant: '"update" on auth/token/renew-self',
};

/**
 * Logs in at the first request and keeps the token: it is renewed before half of its time is over, also while nothing is
 * requested, as long as Vault prolongs it; that keeps no process alive. An AppRole logs in again once its token is gone.
 *
 * The answer is Vault's, also where it refuses; a token that is not valid throws {@link PinStoreRefusedError}.
 */
export function vaultLogin(send: VaultSend, auth: VaultAuth): VaultRequest {
  let login: Promise<Secret> | undefined;
  let renewal: NodeJS.Timeout | undefined;

  function currentToken(): Promise<Secret> {
    login ??= logIn().catch((error: unknown) => {
      login = undefined;
      throw error;
    });
    return login;
  }

  async function logIn(): Promise<Secret> {
    if ('token' in auth) {
      // A token that may not look itself up works all the same; when it ends is not known then.
      const { status, body } = await send(LOOK_UP, auth.token);
      const held = status === 200 ? heldSchema.safeParse(body.data).data : undefined;
      if (held?.renewable) keepAlive(auth.token, held.ttl);
      return auth.token;
    }
    const { mount = DEFAULT_APPROLE_MOUNT, roleId, secretId } = auth;
    const call: VaultCall = {
      method: 'POST',
      path: `auth/${mount}/login`,
      body: { role_id: roleId, secret_id: secretId.reveal() },
      what: `login by AppRole at auth/${mount}`,
      grant: `"update" on auth/${mount}/login`,
    };
    const answer = await send(call);
    const lease = answer.status === 200 ? leaseSchema.safeParse(answer.body.auth).data : undefined;
    if (lease === undefined) throw loginRefused(call.what, answer.status);
    const token = new Secret(lease.client_token);
    if (lease.renewable) keepAlive(token, lease.lease_duration);
    return token;
  }

  /** @param ttl seconds that the token has left; 0 when it does not end */
  function keepAlive(token: Secret, ttl: number): void {
    clearTimeout(renewal);
    if (ttl <= 0) return;
    const end = Date.now() + ttl * 1_000;
    const wait = Math.min(Math.max(ttl * 1_000 * RENEW_AT, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
    renewal = setTimeout(() => void renew(token, end), wait).unref();
  }

  async function renew(token: Secret, end: number): Promise<void> {
    const answer = await send(RENEW, token).catch(() => undefined);
    if (answer === undefined) {
      // Vault could not answer: there is time left for another try.
      keepAlive(token, (end - Date.now()) / 1_000);
      return;
    }
    const lease = answer.status === 200 ? leaseSchema.safeParse(answer.body.auth).data : undefined;
    if (lease?.renewable) keepAlive(token, lease.lease_duration);
  }

  async function isHeld(token: Secret): Promise<boolean> {
    return (await send(LOOK_UP, token)).status === 200;
  }

  return async (call) => {
    const token = await currentToken();
    const answer = await send(call, token);
    if (answer.status !== 403 || (await isHeld(token))) return answer;
    if ('token' in auth) {
      throw new PinStoreRefusedError(
        `Vault, ${call.what}: permission denied, and the token is not valid any more; set VAULT_TOKEN to a valid one, or log in by AppRole (VAULT_ROLE_ID, VAULT_SECRET_ID), which does so again by itself.`,
      );
    }
    const known = login;
    if ((await known) === token && login === known) login = undefined;
    return send(call, await currentToken());
  };
}

/** A login method that is not there answers as one that refuses. */
function loginRefused(what: string, status: number): PinStoreRefusedError {
  return new PinStoreRefusedError(
    `Vault, ${what}: refused (HTTP ${status}); check VAULT_ROLE_ID, VAULT_SECRET_ID (it may have ended or been used as often as allowed), VAULT_APPROLE_MOUNT and VAULT_NAMESPACE, and from where the role may log in.`,
  );
}

/** The answer where it is what was asked for; throws the refusal where it is not. */
export function granted(call: VaultCall, answer: VaultAnswer): VaultAnswer {
  if (answer.status === 200 || answer.status === 204) return answer;
  throw refusal(call, answer);
}
