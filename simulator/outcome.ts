import type { GraphError } from './error-answers.js';
import type { NumberState, Refusal } from './number-state.js';

/** What an operation makes of a number, and what Meta answers. */
export type Outcome =
  | { done: true; number: NumberState; answer: Record<string, unknown> }
  | { done: false; number: NumberState; error: GraphError };

export const done = (number: NumberState, more: Record<string, unknown> = {}): Outcome => ({
  done: true,
  number,
  answer: { success: true, ...more },
});

/** Refused; `number` is still needed, as refused requests and wrong guesses are remembered. */
export const refused = (number: NumberState, error: GraphError): Outcome => ({
  done: false,
  number,
  error,
});

/** The refusal that holds at the instant `now` (ms), as an error answer. */
export function standingRefusal(refusal: Refusal | undefined, now: number): GraphError | undefined {
  if (refusal === undefined || (refusal.until !== undefined && now >= refusal.until))
    return undefined;
  const { until: _, ...error } = refusal;
  return error;
}

/** Numbers that Meta keeps in its books and does nothing for. */
export function outOfUse(number: NumberState): GraphError | undefined {
  switch (number.status) {
    case 'BANNED':
      return {
        code: 131031,
        details: 'This number was banned for a violation of the WhatsApp Business policy.',
      };
    case 'DELETED':
      return { code: 100, subcode: 33, message: `Object with ID '${number.id}' does not exist` };
    case 'MIGRATED':
      return {
        code: 100,
        subcode: 2388012,
        details: 'This number was moved to another WhatsApp Business account.',
      };
    default:
      return undefined;
  }
}
