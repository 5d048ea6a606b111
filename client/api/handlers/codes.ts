import { randomUUID } from 'node:crypto';
import type { Duration } from '@temporalio/common';
import { heldByOther, heldText } from '../../../workflows/claims.js';
import type { OnboardingProgress, OnboardingStage } from '../../../workflows/messages.js';
import { NoCodeAwaitedError, NoWorkerAnswerError } from '../../errors.js';
import type { Caller } from '../caller.js';
import { ApiProblem } from '../problems.js';
import { type Asked, type Handlers, type Parts, statusUrlOf } from './handler.js';

/** Handlers of what a code needs: to be asked for, awaited and submitted. */
export function codeHandlers({
  client,
  told,
  limits,
  clock,
}: Parts): Handlers<'submitCode' | 'resendCode' | 'agentReady' | 'extend'> {
  async function progressIfAnswered(id: string): Promise<OnboardingProgress | undefined> {
    try {
      return await client.progress(id);
    } catch (error) {
      if (error instanceof NoWorkerAnswerError) return undefined;
      throw error;
    }
  }

  function sent(id: string) {
    told(id);
    return { status: 202, body: { statusUrl: statusUrlOf(id) }, outcome: 'accepted' } as const;
  }

  /** A new code would make the one useless that the holder is about to type. */
  function unlessHeldByOther(progress: OnboardingProgress | undefined, { name }: Caller): void {
    const claim = heldByOther(progress?.claim, name, clock().getTime());
    if (claim !== undefined) throw new ApiProblem('held-by-other', heldText(claim), { claim });
  }

  return {
    async submitCode({ params: { phoneNumberId }, body: { code }, caller }) {
      const submittedBy = caller.name;
      try {
        const verdict = await client.tryCode(phoneNumberId, code, {
          submittedBy,
          updateId: randomUUID(),
          timeoutMs: limits.verdictMs,
        });
        return { status: 200, body: verdict, outcome: verdict.verdict };
      } catch (error) {
        if (!(error instanceof NoWorkerAnswerError)) throw error;
        // An update that no worker has accepted may be lost; a signal is kept, and the run tries no code twice.
        if (!error.accepted) await client.submitCode(phoneNumberId, code, { submittedBy });
        return {
          status: 202,
          body: {
            verdict: 'pending',
            reason: pendingReason(error),
            statusUrl: statusUrlOf(phoneNumberId),
          },
          outcome: 'pending',
        };
      } finally {
        told(phoneNumberId);
      }
    },

    async resendCode({ params: { phoneNumberId }, body, caller }) {
      const progress = await progressIfAnswered(phoneNumberId);
      if (progress !== undefined && !SENDS_CODES.includes(progress.stage)) {
        throw new NoCodeAwaitedError(phoneNumberId, progress.stage);
      }
      unlessHeldByOther(progress, caller);
      await client.resendCode(phoneNumberId, { ...body, requestedBy: caller.name });
      return sent(phoneNumberId);
    },

    async agentReady({ params: { phoneNumberId }, caller }: Asked<'agentReady'>) {
      const progress = await progressIfAnswered(phoneNumberId);
      if (progress !== undefined && !BEFORE_THE_CODE.includes(progress.stage)) {
        throw new ApiProblem(
          'no-agent-awaited',
          progress.stage === 'AwaitingCode'
            ? 'The code was asked for already: use the newest one, or ask for a new one.'
            : `The onboarding of number ${phoneNumberId} waits for no agent now (${progress.stage}): look at what it does.`,
        );
      }
      unlessHeldByOther(progress, caller);
      await client.agentReady(phoneNumberId, { requestedBy: caller.name });
      return sent(phoneNumberId);
    },

    async extend({ params: { phoneNumberId }, body, caller }) {
      await client.extend(phoneNumberId, { by: body.by as Duration, requestedBy: caller.name });
      return sent(phoneNumberId);
    },
  };
}

/** Where a wish for a code is heard. */
const SENDS_CODES: readonly OnboardingStage[] = ['AwaitingCode', 'AwaitingAgent'];
/** Where an agent's readiness is heard, if only later. */
const BEFORE_THE_CODE: readonly OnboardingStage[] = ['Preparing', 'Registering', 'AwaitingAgent'];

function pendingReason({ accepted, workerPolling }: NoWorkerAnswerError): string {
  if (accepted) {
    return 'The code is kept and is being tried, but there is no verdict yet: look at the onboarding; giving the code again changes nothing.';
  }
  return workerPolling === false
    ? 'The code is kept, but no worker is running: it is tried as soon as one is back, if it is still good then.'
    : 'The code is kept, but no worker has taken it yet: it is tried as soon as one does; giving it again changes nothing.';
}
