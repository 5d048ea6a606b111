/** Updates on their way to a run and back. */
import type { Payload } from '@temporalio/common';
import { decoded } from './sandbox.js';
import type { Command, Job } from './sdk-types.js';

export interface UpdateCall {
  readonly job: Job;
  readonly sentAt: number;
  /** `lost`: the run ended before it took the update. `cut`: the run took it and ended without an answer. */
  state: 'sent' | 'accepted' | 'rejected' | 'answered' | 'lost' | 'cut';
  answer?: unknown;
}

export interface Updates {
  readonly all: readonly UpdateCall[];
  send(name: string, input: Payload, now: number): UpdateCall;
  answer(response: NonNullable<Command['updateResponse']>): void;
  runEnded(): void;
}

export function createUpdates(): Updates {
  const byId = new Map<string, UpdateCall>();
  const all: UpdateCall[] = [];
  return {
    all,
    send(name, input, now) {
      const id = `update-${all.length + 1}`;
      const call: UpdateCall = {
        job: {
          doUpdate: {
            id,
            protocolInstanceId: id,
            name,
            input: [input],
            headers: {},
            meta: { updateId: id, identity: 'a person' },
            runValidator: true,
          },
        },
        sentAt: now,
        state: 'sent',
      };
      byId.set(id, call);
      all.push(call);
      return call;
    },
    answer({ protocolInstanceId, accepted, rejected, completed }) {
      const call = byId.get(protocolInstanceId ?? '');
      if (call === undefined) return;
      if (accepted) call.state = 'accepted';
      if (rejected) call.state = 'rejected';
      if (completed) {
        call.state = 'answered';
        call.answer = decoded(completed);
      }
    },
    runEnded() {
      for (const call of all) {
        if (call.state === 'sent') call.state = 'lost';
        if (call.state === 'accepted') call.state = 'cut';
      }
    },
  };
}
