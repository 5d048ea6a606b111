import { createHash } from 'node:crypto';
import type { OnboardingInput } from '../../../workflows/messages.js';
import { maySee } from '../caller.js';
import { outsideLimits, scopeMissing } from '../refusals.js';
import { type Handlers, type Parts, statusUrlOf } from './handler.js';

/** Handlers of starting onboardings and deciding on them. */
export function operatingHandlers({
  client,
  told,
}: Parts): Handlers<'startOnboarding' | 'retry' | 'accept' | 'cancel'> {
  function sent(id: string) {
    told(id);
    return { status: 202, body: { statusUrl: statusUrlOf(id) }, outcome: 'accepted' } as const;
  }

  return {
    async startOnboarding({ body, headers, caller }) {
      if (!maySee(caller, body)) throw outsideLimits(caller);
      if (body.takeOver === true && !caller.scopes.has('set:2sv-pin')) {
        throw scopeMissing('set:2sv-pin');
      }
      const key = headers['idempotency-key'];
      const input = { ...body, requestedBy: caller.name } as OnboardingInput;
      const { repeated, ...started } = await client.start(
        input,
        key === undefined ? {} : { idempotencyKey: keyOf(caller.name, key) },
      );
      told(started.phoneNumberId);
      return {
        status: 201,
        body: { ...started, statusUrl: statusUrlOf(started.phoneNumberId) },
        outcome:
          repeated === true ? 'replayed' : body.takeOver === true ? 'startedTakeOver' : 'started',
        label: body.label,
        ...(repeated === true ? { headers: { 'idempotency-replayed': 'true' } } : {}),
      };
    },

    async retry({ params: { phoneNumberId }, caller }) {
      await client.retry(phoneNumberId, { requestedBy: caller.name });
      return sent(phoneNumberId);
    },

    async accept({ params: { phoneNumberId }, caller }) {
      await client.accept(phoneNumberId, { requestedBy: caller.name });
      return sent(phoneNumberId);
    },

    async cancel({ params: { phoneNumberId } }) {
      await client.cancel(phoneNumberId);
      return sent(phoneNumberId);
    },
  };
}

/** Keys are each caller's own: two that use the same one do not mean the same start. */
function keyOf(name: string, key: string): string {
  return createHash('sha256')
    .update(JSON.stringify([name, key]))
    .digest('hex');
}
