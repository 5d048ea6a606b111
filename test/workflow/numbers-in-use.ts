import type { Simulator } from '../../simulator/simulator.js';

export interface NumbersInUse {
  /** Call it right before a run of the number is started. */
  runBegins(phoneNumberId: string): void;
  /** @throws Error when a number that was in use when its run began got a deregister during that run */
  assertNoneDeregistered(): void;
}

/** Watches that no run ever deregisters a number that was in use before it. */
export function watchNumbersInUse(simulator: Simulator): NumbersInUse {
  const watched: { phoneNumberId: string; from: number; to: number }[] = [];
  return {
    runBegins(phoneNumberId) {
      const from = simulator.requests.length;
      for (const each of watched) {
        if (each.phoneNumberId === phoneNumberId) each.to = Math.min(each.to, from);
      }
      const number = simulator.number(phoneNumberId);
      if (number.registered || number.platform === 'ON_PREMISE' || number.isOnBizApp) {
        watched.push({ phoneNumberId, from, to: Number.POSITIVE_INFINITY });
      }
    },
    assertNoneDeregistered() {
      for (const { phoneNumberId, from, to } of watched) {
        const during = simulator.requests.slice(from, to);
        if (
          during.some(
            (request) =>
              request.phoneNumberId === phoneNumberId && request.endpoint === 'deregister',
          )
        ) {
          throw new Error(
            `Number ${phoneNumberId} was in use before its run, which sent a deregister.`,
          );
        }
      }
    },
  };
}
