/** What all parts of the page of somebody signed in share. */

import { createContext } from 'preact';
import { useContext, useEffect, useReducer, useRef } from 'preact/hooks';
import type { Me } from '../api/schemas.js';
import type { Scope } from '../api/scopes.js';
import type { Api } from './api.js';
import type { BulkStore } from './bulk-store.js';
import type { DeskStore } from './desk-store.js';
import { allows } from './session.js';
import type { Store } from './store.js';
import type { Ticker } from './ticker.js';

export interface Shared {
  me: Me;
  api: Api;
  desk: DeskStore;
  bulk: BulkStore;
  ticker: Ticker;
  /** False while somebody has to sign in again. */
  signedIn: boolean;
  /** Say something to those who do not see the page. */
  announce: (text: string) => void;
  open: (dialog: OpenDialog) => void;
}

/** A dialog over the page; the form to start with what it is filled with. */
export type OpenDialog = 'shortcuts' | { start: { phoneNumberId?: string; label?: string } };

export const SharedContext = createContext<Shared | undefined>(undefined);

export function useShared(): Shared {
  const shared = useContext(SharedContext);
  if (shared === undefined) throw new Error('This part of the page stands outside of the desk.');
  return shared;
}

export function useMay(scope: Scope): boolean {
  return allows(useShared().me, scope);
}

export function useStore<T>(store: Pick<Store<T>, 'get' | 'subscribe'>): T {
  const [, again] = useReducer((count: number) => count + 1, 0);
  const value = store.get();
  useEffect(() => {
    if (!Object.is(store.get(), value)) again(undefined);
    return store.subscribe(() => again(undefined));
  }, [store]);
  return value;
}

/**
 * The server's time, in milliseconds since the epoch, rounded down to steps and given again with each.
 *
 * @param step a second by default; longer where what is shown changes more rarely, as a list has hundreds of such places
 */
export function useNow(step = 1_000): number {
  const { ticker } = useShared();
  const read = () => Math.floor(ticker.get() / step) * step;
  const now = read();
  const [, again] = useReducer((count: number) => count + 1, 0);
  const shown = useRef(now);
  shown.current = now;
  useEffect(
    () =>
      ticker.subscribe(() => {
        if (read() !== shown.current) again(undefined);
      }),
    [ticker, step],
  );
  return now;
}
