/** Looks at single numbers: some at a time, and never two at the same number. */
export interface Looks {
  /** Resolves after a look that began after this call; never rejects. At once where too many wait already. */
  at(phoneNumberId: string): Promise<void>;
  /** Whether a look at the number waits or is under way. */
  busyWith(phoneNumberId: string): boolean;
}

/**
 * @param look must not reject
 * @param atATime looks under way at the same time
 * @param most looks that wait; more are not made, and the list tells of those numbers later
 */
export function createLooks(
  look: (phoneNumberId: string) => Promise<void>,
  { atATime = 8, most = 500 } = {},
): Looks {
  const waiting = new Map<string, { promise: Promise<void>; done: () => void }>();
  const underWay = new Set<string>();

  async function run(phoneNumberId: string, done: () => void): Promise<void> {
    underWay.add(phoneNumberId);
    await look(phoneNumberId);
    underWay.delete(phoneNumberId);
    done();
    begin();
  }

  function begin(): void {
    for (const [phoneNumberId, { done }] of waiting) {
      if (underWay.size >= atATime) return;
      if (underWay.has(phoneNumberId)) continue;
      waiting.delete(phoneNumberId);
      void run(phoneNumberId, done);
    }
  }

  return {
    at(phoneNumberId) {
      const asked = waiting.get(phoneNumberId);
      if (asked !== undefined) return asked.promise;
      if (waiting.size >= most) return Promise.resolve();
      let done: () => void = () => undefined;
      const promise = new Promise<void>((resolve) => {
        done = resolve;
      });
      waiting.set(phoneNumberId, { promise, done });
      begin();
      return promise;
    },
    busyWith: (phoneNumberId) => waiting.has(phoneNumberId) || underWay.has(phoneNumberId),
  };
}
