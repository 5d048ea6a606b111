import type { PinStore } from '../../activities/pin-store/pin-store.js';

type Method = 'stage' | 'read' | 'promote' | 'annotate' | 'describe';

export interface BreakableStore {
  store: PinStore;
  /**
   * From now on a method does as `trouble` does before it works: throw, wait, or nothing.
   *
   * @returns a function that mends it
   */
  breakStore(phoneNumberId: string, method: Method, trouble: () => Promise<void>): () => void;
}

/** A PIN store that can be made to fail for one number and method at a time. */
export function breakable(store: PinStore): BreakableStore {
  const troubles = new Map<string, () => Promise<void>>();
  const keyOf = (phoneNumberId: string, method: Method) => `${method} ${phoneNumberId}`;
  const suffer = (phoneNumberId: string, method: Method) =>
    troubles.get(keyOf(phoneNumberId, method))?.();
  return {
    store: {
      name: store.name,
      async stage(phoneNumberId, about, newPin) {
        await suffer(phoneNumberId, 'stage');
        return store.stage(phoneNumberId, about, newPin);
      },
      async read(phoneNumberId, version) {
        await suffer(phoneNumberId, 'read');
        return store.read(phoneNumberId, version);
      },
      async promote(phoneNumberId, version, expected) {
        await suffer(phoneNumberId, 'promote');
        return store.promote(phoneNumberId, version, expected);
      },
      async describe(phoneNumberId) {
        await suffer(phoneNumberId, 'describe');
        return store.describe(phoneNumberId);
      },
      provide: (phoneNumberId, pin, about) => store.provide(phoneNumberId, pin, about),
      async annotate(phoneNumberId, notes) {
        await suffer(phoneNumberId, 'annotate');
        return store.annotate(phoneNumberId, notes);
      },
      list: () => store.list(),
      page: (cursor, limit) => store.page(cursor, limit),
      backUp: (phoneNumberId) => store.backUp(phoneNumberId),
      restore: (backup) => store.restore(backup),
      remove: (phoneNumberId) => store.remove(phoneNumberId),
      check: () => store.check(),
    },
    breakStore(phoneNumberId, method, trouble) {
      troubles.set(keyOf(phoneNumberId, method), trouble);
      return () => {
        troubles.delete(keyOf(phoneNumberId, method));
      };
    },
  };
}
