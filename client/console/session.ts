/** Who is signed in. The token lies in the tab's session storage and goes with it. */

import type { Me } from '../api/schemas.js';
import { ROLES, type Scope } from '../api/scopes.js';
import { type Api, createApi } from './api.js';
import { ApiRefusal } from './api-answers.js';
import type { ServerClock } from './server-clock.js';
import { createStore, type Store } from './store.js';
import { clockText } from './time-texts.js';

const KEY = 'wa-onboard-token';
const AGAIN_MS = 3_000;

export type SessionState =
  /** A token that was kept is shown to the API. @property problem why that takes longer */
  | { state: 'checking'; problem?: string }
  /** @property reason why, where somebody was or wanted to be signed in */
  | { state: 'signedOut'; reason?: string; busy?: boolean }
  | { state: 'signedIn'; me: Me }
  /** The token was taken until now: the page stays as it is behind the form. */
  | { state: 'ended'; me: Me; reason: string; busy?: boolean };

export interface Session {
  state: Store<SessionState>;
  api: Api;
  signIn(token: string): Promise<void>;
  signOut(): void;
}

export function createSession(clock: ServerClock): Session {
  let token = sessionStorage.getItem(KEY) ?? '';
  const state = createStore<SessionState>(
    token === '' ? { state: 'signedOut' } : { state: 'checking' },
  );

  const api = createApi({
    token: () => token,
    clock,
    onUnauthorized() {
      const current = state.get();
      if (current.state !== 'signedIn') return;
      sessionStorage.removeItem(KEY);
      const { expiresAt } = current.me;
      const reason =
        Date.parse(expiresAt) <= clock.now() + 1_000
          ? `Your access token has expired (at ${clockText(expiresAt, clock.now())}). Sign in with a new one to go on.`
          : 'Your access token is not accepted any more. Sign in with another one to go on.';
      state.set({ state: 'ended', me: current.me, reason });
    },
  });

  async function check(): Promise<void> {
    const before = state.get();
    if (before.state === 'signedOut' || before.state === 'ended') {
      state.set({ ...before, busy: true });
    }
    try {
      const me = await api.me();
      sessionStorage.setItem(KEY, token);
      state.set({ state: 'signedIn', me });
    } catch (error) {
      const refused = error instanceof ApiRefusal && error.problem.status === 401;
      if (before.state === 'checking' && !refused && !isForbidden(error)) {
        state.set({ state: 'checking', problem: 'The server does not answer. Trying again…' });
        setTimeout(() => {
          if (state.get().state === 'checking') void check();
        }, AGAIN_MS);
        return;
      }
      if (refused) sessionStorage.removeItem(KEY);
      const reason = refused
        ? refusedText(error.problem.detail, before.state === 'checking')
        : error instanceof Error
          ? error.message
          : String(error);
      state.set(
        before.state === 'ended'
          ? { state: 'ended', me: before.me, reason }
          : { state: 'signedOut', reason },
      );
    }
  }

  if (token !== '') void check();
  return {
    state,
    api,
    async signIn(pasted) {
      // Copied from a header or a shell, it may carry its scheme, quotes or line breaks.
      token = pasted.replace(/^\s*bearer\s+/i, '').replaceAll(/[\s"']/g, '');
      if (/^[\w.~+/-]+=*$/.test(token)) await check();
      else {
        const before = state.get();
        const reason = 'This access token is not accepted: paste the whole token, nothing else.';
        state.set(
          before.state === 'ended' ? { ...before, reason } : { state: 'signedOut', reason },
        );
      }
    },
    signOut() {
      sessionStorage.removeItem(KEY);
      state.set({ state: 'signedOut' });
      // What the page held is given back as it goes, and that takes the token a last time.
      setTimeout(() => {
        if (state.get().state === 'signedOut') token = '';
      });
    },
  };
}

const isForbidden = (error: unknown) => error instanceof ApiRefusal && error.problem.status === 403;

function refusedText(detail: string | undefined, kept: boolean): string {
  const expired = /expired/i.test(detail ?? '');
  if (expired) return 'This access token has expired. Ask for a new one.';
  return kept
    ? 'Your access token is not accepted any more. Sign in with another one.'
    : 'This access token is not accepted. Check that you pasted all of it, or ask for a new one.';
}

export function allows(me: Me, scope: Scope): boolean {
  return me.scopes.includes(scope);
}

/** The role whose scopes these are; `custom` where they are a mixture of their own. */
export function roleOf(me: Me): string {
  const has = new Set(me.scopes);
  const role = Object.entries(ROLES).find(
    ([, scopes]) => scopes.length === has.size && scopes.every((scope) => has.has(scope)),
  );
  return role?.[0] ?? 'custom role';
}
