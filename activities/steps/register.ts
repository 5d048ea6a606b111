import { ApplicationFailure } from '@temporalio/activity';
import { REGISTER_LIMIT } from '../budget.js';
import { failure, type Problem, problemIn } from '../failures.js';
import {
  beforeSending,
  type LimitUseReport,
  type NumberAccess,
  type SpentLimit,
  sendingFailure,
  soon,
} from '../number-access.js';
import type { NumberFacts } from '../number-facts.js';

export interface RegisterAnswer {
  /** False where the number was found registered, so that nothing was sent. */
  sent: boolean;
  /** The number as read just before. */
  before: NumberFacts;
  /** What Meta added to its answer, such as that the PIN was not reset. */
  note?: string;
  /** Use of the register budget with this request, where one was sent. */
  budget?: LimitUseReport;
}

const SPENT: SpentLimit = {
  verdict: 'budgetSpent',
  text: 'Meta allows 10 register requests per number in 72 hours, and they are used up',
  notYet: 'Meta has reported its limit of register requests for the number as exceeded',
};

/**
 * Registers the number with a version of its PIN, unless a read just before shows it registered. One request at most,
 * inside the 72-hour budget.
 */
export function register(access: NumberAccess) {
  const { graph, pinStore, reading, writing, readFacts, takeFrom } = access;

  async function wasRegisteredSince(phoneNumberId: string, since?: string): Promise<boolean> {
    if (since === undefined) return false;
    const fields = ['id', 'last_onboarded_time'];
    const number = await graph.readNumber(phoneNumberId, { ...reading(), fields });
    const at = Date.parse(String(number['last_onboarded_time']));
    return at >= Date.parse(since); // false where Meta does not say
  }

  /** The number is registered under this name now: Meta wants it registered again under another one. */
  async function noteName(phoneNumberId: string, name: string | undefined): Promise<void> {
    const noted = pinStore.annotate(phoneNumberId, {
      ...(name === undefined ? {} : { about: { registeredName: name } }),
      renamedAt: null,
      offboardedAt: null,
    });
    await soon(noted); // without it, reconcile asks for another registration
  }

  return async (request: {
    phoneNumberId: string;
    pinVersion: string;
    /** Also where the number is registered, unless it was so anew at or after `unlessSince` (ISO 8601). */
    again?: { unlessSince?: string };
  }): Promise<RegisterAnswer> => {
    const { phoneNumberId, pinVersion, again } = request;
    const number = await beforeSending(() => readFacts(phoneNumberId));
    const needless =
      again === undefined
        ? number.registered === 'yes'
        : await beforeSending(() => wasRegisteredSince(phoneNumberId, again.unlessSince));
    if (needless) return { sent: false, before: number };
    const { pin } = await beforeSending(() => pinStore.read(phoneNumberId, pinVersion));
    const { budget } = await takeFrom(REGISTER_LIMIT, phoneNumberId, SPENT);
    try {
      const answer = await graph.register(phoneNumberId, pin, writing());
      await noteName(phoneNumberId, number.businessName);
      return { sent: true, before: number, ...answer, budget };
    } catch (error) {
      throw toldMore(sendingFailure(error), { numberBefore: number, budget });
    }
  };
}

/** The run may have to undo a register of unknown outcome, and needs to know what the number was. */
function toldMore(error: unknown, more: Pick<Problem, 'numberBefore' | 'budget'>): unknown {
  const problem = error instanceof ApplicationFailure ? problemIn(error) : undefined;
  if (!(error instanceof ApplicationFailure) || problem === undefined) return error;
  return failure(error.message, { ...problem, ...more }, error.type ?? undefined);
}
