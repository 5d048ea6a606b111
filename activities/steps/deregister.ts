import { DEREGISTER_BESIDE_RESERVE, DEREGISTER_LIMIT } from '../budget.js';
import {
  beforeSending,
  isFailure,
  type LimitUseReport,
  type NumberAccess,
  type SpentLimit,
  sendingFailure,
  soon,
} from '../number-access.js';

export interface Deregistration {
  phoneNumberId: string;
  /**
   * `ownRegister`: this run registered it. `incomplete`: Meta answered 133000, an earlier deregistration is incomplete.
   * `offboarding`: an operator wants the number deregistered, whoever registered it.
   */
  why: 'ownRegister' | 'incomplete' | 'offboarding';
  /** True where a read right before this run's register showed the number as not registered. */
  wasFree: boolean;
  /** True where that read told nothing at all of the number, as a server without states does. @default false */
  wasStateless?: boolean;
}

export interface DeregisterAnswer {
  /** `deregistered`: by this request. `notRegistered`: it was not registered (any more). `left`: it cannot be told whose it is. */
  result: 'deregistered' | 'notRegistered' | 'left';
  budget?: LimitUseReport;
}

const SPENT: SpentLimit = {
  verdict: 'budgetSpent',
  text: 'Meta allows 10 deregister requests per number in 72 hours, and they are used up',
  notYet: 'Meta has reported its limit of deregister requests for the number as exceeded',
};

/**
 * Deregisters a number, to undo a register of this run or to finish a deregistration that Meta calls incomplete. Nothing is
 * sent for a number that may be in use by somebody else. One request at most, inside the 72-hour budget.
 */
export function deregister(access: NumberAccess) {
  const { graph, pinStore, clock, writing, readFacts, takeFrom } = access;

  async function noteOffboarding(phoneNumberId: string): Promise<void> {
    await soon(pinStore.annotate(phoneNumberId, { offboardedAt: clock().toISOString() }));
  }

  return async (undo: Deregistration): Promise<DeregisterAnswer> => {
    const { phoneNumberId, why, wasFree, wasStateless = false } = undo;
    const number = await beforeSending(() => readFacts(phoneNumberId));
    // PENDING alone also reads a number that Meta is still connecting, after a register it has accepted.
    const maybeConnecting = number.status === 'PENDING' && number.platform === undefined;
    if (why !== 'incomplete' && number.registered === 'no' && !maybeConnecting) {
      if (why === 'offboarding') await noteOffboarding(phoneNumberId);
      return { result: 'notRegistered' };
    }
    if (why === 'incomplete' && number.registered !== 'no') return { result: 'left' };
    const mayTouch = why === 'offboarding' || wasFree || (wasStateless && number.stateless);
    if (!mayTouch) return { result: 'left' };
    const limit = why === 'ownRegister' ? DEREGISTER_LIMIT : DEREGISTER_BESIDE_RESERVE;
    const { budget } = await takeFrom(limit, phoneNumberId, SPENT);
    try {
      await graph.deregister(phoneNumberId, writing());
      if (why === 'offboarding') await noteOffboarding(phoneNumberId);
      return { result: 'deregistered', budget };
    } catch (error) {
      const refusal = sendingFailure(error);
      if (isFailure(refusal, 'AlreadyDone')) return { result: 'notRegistered', budget };
      throw refusal;
    }
  };
}
