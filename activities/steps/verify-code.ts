import { beforeSending, isFailure, type NumberAccess, sendingFailure } from '../number-access.js';
import type { NumberFacts } from '../number-facts.js';
import { Secret } from '../secret.js';

export interface CodeToVerify {
  phoneNumberId: string;
  /** Six digits. */
  code: string;
  /** Read first: this code was sent before, and what became of it is unknown. */
  readFirst: boolean;
}

export interface VerifyAnswer {
  /** False where the number was found verified, so that nothing was sent. */
  sent: boolean;
  /** The number, where it was read. */
  number?: NumberFacts;
}

/** Hands the code to Meta. A refused code may belong to a number that is verified by now, so the number is read then. */
export function verifyCode({ graph, writing, readFacts }: NumberAccess) {
  return async ({ phoneNumberId, code, readFirst }: CodeToVerify): Promise<VerifyAnswer> => {
    if (readFirst) {
      const number = await beforeSending(() => readFacts(phoneNumberId));
      if (number.verified === 'yes') return { sent: false, number };
    }
    try {
      await graph.verifyCode(phoneNumberId, new Secret(code), writing());
      return { sent: true };
    } catch (error) {
      const refusal = sendingFailure(error);
      if (isFailure(refusal, 'CodeRefused')) {
        const number = await readFacts(phoneNumberId).catch(() => undefined);
        if (number?.verified === 'yes') return { sent: true, number };
      }
      throw refusal;
    }
  };
}
