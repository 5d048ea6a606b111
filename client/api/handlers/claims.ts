import type { Claim } from '../../../workflows/messages.js';
import { ApiProblem } from '../problems.js';
import type { Handlers, Parts } from './handler.js';

/** Handlers of taking numbers and giving them back. */
export function claimHandlers({ client, told }: Parts): Handlers<'claim' | 'release'> {
  return {
    async claim({ params: { phoneNumberId }, body, caller }) {
      const answer = await client.claim(phoneNumberId, { ...body, by: caller.name });
      if (answer.verdict !== 'held') throw refusal(phoneNumberId, answer);
      told(phoneNumberId);
      const tookOver = body.takeOver !== undefined && answer.claim.takenFrom !== undefined;
      return { status: 200, body: answer, outcome: tookOver ? 'takenOver' : answer.verdict };
    },

    async release({ params: { phoneNumberId }, caller }) {
      const answer = await client.release(phoneNumberId, { by: caller.name });
      if (answer.verdict !== 'released') throw refusal(phoneNumberId, answer);
      told(phoneNumberId);
      return { status: 200, body: answer, outcome: answer.verdict };
    },
  };
}

function refusal(
  phoneNumberId: string,
  answer: { verdict: 'heldByOther'; claim: Claim; reason: string } | { verdict: 'ended' },
): ApiProblem {
  if (answer.verdict === 'heldByOther') {
    return new ApiProblem('held-by-other', answer.reason, { claim: answer.claim });
  }
  return new ApiProblem(
    'onboarding-ended',
    `The onboarding of number ${phoneNumberId} has ended, so it can be taken no more.`,
  );
}
