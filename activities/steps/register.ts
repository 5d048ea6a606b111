import { ApplicationFailure } from '@temporalio/activity';
import { REGISTER_LIMIT } from '../budget.js';
import { failure, type Problem, problemIn } from '../failures.js';
import {
  beforeSending,
  type LimitUseReport,
  type NumberAccess,
  type SpentLimit,
  sendingFailure,
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
export function register({ graph, pinStore, writing, readFacts, takeFrom }: NumberAccess) {
  return async (request: {
    phoneNumberId: string;
    pinVersion: string;
  }): Promise<RegisterAnswer> => {
    const { phoneNumberId, pinVersion } = request;
    const number = await beforeSending(() => readFacts(phoneNumberId));
    if (number.registered === 'yes') return { sent: false, before: number };
    const { pin } = await beforeSending(() => pinStore.read(phoneNumberId, pinVersion));
    const { budget } = await takeFrom(REGISTER_LIMIT, phoneNumberId, SPENT);
    try {
      const answer = await graph.register(phoneNumberId, pin, writing());
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
