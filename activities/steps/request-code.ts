import { CODE_REQUEST_LIMIT, limitUse } from '../budget.js';
import {
  beforeSending,
  isFailure,
  type NumberAccess,
  type SpentLimit,
  sendingFailure,
} from '../number-access.js';
import type { NumberFacts } from '../number-facts.js';

export interface CodeRequest {
  phoneNumberId: string;
  method: 'SMS' | 'VOICE';
  /** As `ll_CC`. */
  language: string;
  /** Read first: what is known of the number may be old. */
  readFirst: boolean;
}

export type CodeRequestAnswer =
  | {
      sent: true;
      sentAt: string;
      /** When the next code may be asked for. */
      nextSendAt: string;
    }
  /** Nothing was sent: the number is verified or registered already. */
  | { sent: false; number: NumberFacts };

const SPENT: SpentLimit = {
  verdict: 'codeRequestCap',
  text: 'at most 5 codes are asked for in 24 hours',
  notYet: 'codes are asked for at least 2 minutes apart',
};

const needsNoCode = ({ verified, registered }: NumberFacts) =>
  verified === 'yes' || registered === 'yes';

/** Asks Meta to send a code, unless the number turns out to be verified or registered. One request at most. */
export function requestCode({ graph, clock, writing, readFacts, takeFrom }: NumberAccess) {
  return async (request: CodeRequest): Promise<CodeRequestAnswer> => {
    const { phoneNumberId, method, language, readFirst } = request;
    if (readFirst) {
      const number = await beforeSending(() => readFacts(phoneNumberId));
      if (needsNoCode(number)) return { sent: false, number };
    }
    const { runs } = await takeFrom(CODE_REQUEST_LIMIT, phoneNumberId, SPENT);
    const sentAt = clock();
    try {
      await graph.requestCode(phoneNumberId, { method, language }, writing());
    } catch (error) {
      const refusal = sendingFailure(error);
      // 136024 is also how Meta answers for a verified number; only a read tells.
      if (isFailure(refusal, 'CodeNotSent')) {
        const number = await readFacts(phoneNumberId).catch(() => undefined);
        if (number !== undefined && needsNoCode(number)) return { sent: false, number };
      }
      throw refusal;
    }
    // The runs hold this activity as still running, so it counts as sent now.
    const { nextAt } = limitUse(CODE_REQUEST_LIMIT, runs, sentAt);
    const afterGap = new Date(sentAt.getTime() + CODE_REQUEST_LIMIT.gapMs);
    return {
      sent: true,
      sentAt: sentAt.toISOString(),
      nextSendAt: (nextAt ?? afterGap).toISOString(),
    };
  };
}
