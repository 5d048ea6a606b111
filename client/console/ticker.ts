/** The one clock of the page: it ticks once a second while somebody follows it. */

import type { ServerClock } from './server-clock.js';
import { createStore, type Store } from './store.js';

export type Ticker = Pick<Store<number>, 'get' | 'subscribe'>;

const SECOND = 1_000;

export function createTicker(clock: ServerClock): Ticker {
  const second = () => Math.floor(clock.now() / SECOND) * SECOND;
  const now = createStore(second());
  let timer: ReturnType<typeof setTimeout> | undefined;
  let followers = 0;

  const tick = () => {
    now.set(second());
    timer = setTimeout(tick, SECOND - (clock.now() % SECOND) + 5);
  };

  return {
    get: () => (followers === 0 ? second() : now.get()),
    subscribe(listener) {
      const leave = now.subscribe(listener);
      followers += 1;
      if (followers === 1) tick();
      return () => {
        leave();
        followers -= 1;
        if (followers === 0) clearTimeout(timer);
      };
    },
  };
}
