/** Many codes on their way. They go on while other parts of the page are used, and stop with the session. */

import type { Api } from './api.js';
import type { ReadyLine } from './bulk-lines.js';
import { type LineOutcome, runBulk } from './bulk-run.js';
import type { DeskStore } from './desk-store.js';
import { createStore, type Store } from './store.js';

export interface BulkState {
  running: boolean;
  /** What became of each line, without its code. */
  lines: readonly (Pick<ReadyLine, 'line' | 'title'> & { outcome: LineOutcome })[];
}

export interface BulkStore {
  state: Pick<Store<BulkState>, 'get' | 'subscribe'>;
  /** Sends the lines one after the other and empties the array on the way. */
  start(lines: ReadyLine[]): void;
  stop(): void;
}

export function createBulkStore(api: Api, desk: Pick<DeskStore, 'judged'>): BulkStore {
  const state = createStore<BulkState>({ running: false, lines: [] });
  let stopped = false;
  let wake: (() => void) | undefined;

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  return {
    state,
    start(lines) {
      if (state.get().running) return;
      stopped = false;
      state.set({
        running: true,
        lines: lines.map(({ line, title }) => ({ line, title, outcome: { state: 'inLine' } })),
      });
      void runBulk(lines, {
        async submit(phoneNumberId, code) {
          const answer = await api.submitCode(phoneNumberId, code);
          desk.judged(phoneNumberId, answer);
          return answer;
        },
        onOutcome(line, outcome) {
          const before = state.get();
          state.set({
            ...before,
            lines: before.lines.map((each) => (each.line === line ? { ...each, outcome } : each)),
          });
        },
        pause,
        stopped: () => stopped,
      }).finally(() => state.set({ ...state.get(), running: false }));
    },
    stop() {
      stopped = true;
      wake?.();
    },
  };
}
