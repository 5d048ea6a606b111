/** Where in the console one is. Beside the path, the browser's history remembers which number is in work, and nothing else. */

import { createStore } from './store.js';

export interface Route {
  /** The number whose page is shown; the desk where absent. */
  phoneNumberId?: string;
  /** The number in work at the desk. */
  take?: string;
  /** Meta is to be asked for its code at once. */
  ready?: boolean;
}

export const route = createStore<Route>(read());

export function pathOf(phoneNumberId: string): string {
  return `/numbers/${encodeURIComponent(phoneNumberId)}`;
}

export function goTo(next: Route, how: 'push' | 'replace' = 'push'): void {
  const path = next.phoneNumberId === undefined ? '/' : pathOf(next.phoneNumberId);
  const kept = next.take === undefined ? null : { take: next.take };
  if (how === 'push') history.pushState(kept, '', path);
  else history.replaceState(kept, '', path);
  route.set(next);
}

window.addEventListener('popstate', () => route.set(read()));

function read(): Route {
  const page = /^\/numbers\/([^/]+)\/?$/.exec(location.pathname)?.[1];
  if (page !== undefined) return { phoneNumberId: decodeURIComponent(page) };
  const kept = history.state as { take?: unknown } | null;
  return typeof kept?.take === 'string' ? { take: kept.take } : {};
}
