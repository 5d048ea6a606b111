import { settledWithin } from './settled-within.js';

/** Requests that have been let in and not been noted yet, also those whose caller has gone away since. */
export interface UnderWay {
  begin(request: object): void;
  end(request: object): void;
  /** Resolves when there is none, or after so many milliseconds. */
  finished(ms: number): Promise<void>;
}

export function createUnderWay(): UnderWay {
  const requests = new Set<object>();
  const waiting = new Set<() => void>();
  return {
    begin(request) {
      requests.add(request);
    },
    end(request) {
      requests.delete(request);
      if (requests.size > 0) return;
      for (const tell of waiting) tell();
      waiting.clear();
    },
    async finished(ms) {
      if (requests.size === 0) return;
      await settledWithin(ms, [new Promise<void>((resolve) => void waiting.add(resolve))]);
    },
  };
}
