/** What the recorded runs play on: servers, workers, and handles to make things happen in the middle of a step. */
import type { Endpoint } from '../../simulator/simulator.js';
import { RESEND_GAP_MS } from '../../workflows/code-rules.js';
import { type Decision, workflowIdOf } from '../../workflows/messages.js';
import { progressNow, type Stack, startStack, until } from '../workflow/stack.js';

export interface Stage {
  strict: Stack;
  naive: Stack;
  /** With activities whose clock lags behind, and that know of no request, so that a new code may be asked for at once. */
  hasty: Stack;
  /** Where people are notified. */
  notifying: Stack;
  /** Whose PIN stores hold nothing but what is swept. */
  sweeping: Stack;
  halting: Stack;
  /** What happens before the PIN store of the strict stack promotes a PIN of a number: a failure, or a wait. */
  beforePromote: Map<string, () => Promise<void>>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const beforePromote: Stage['beforePromote'] = new Map();
  const strict = await startStack({
    wrapStore: (store) => ({
      ...store,
      async promote(id, version, expected) {
        await beforePromote.get(id)?.();
        return store.promote(id, version, expected);
      },
    }),
  });
  const naive = await startStack({ mode: 'naive' });
  const hasty = await startStack({
    pastRuns: { of: async () => [], newest: async () => undefined },
    clock: () => new Date(Date.now() - RESEND_GAP_MS),
  });
  const notifying = await startStack({ notifier: { post: async () => undefined } });
  const sweeping = await startStack();
  const halting = await startStack();
  return {
    strict,
    naive,
    hasty,
    notifying,
    sweeping,
    halting,
    beforePromote,
    async close() {
      const stacks = [strict, naive, hasty, notifying, sweeping, halting];
      await Promise.all(stacks.map((stack) => stack.close()));
    },
  };
}

/** Resolves when the newest run of the number has ended, however. */
export async function ended({ client }: Stack, id: string): Promise<string> {
  await Promise.allSettled([client.result(id)]);
  return id;
}

export async function untilParked({ client }: Stack, id: string): Promise<void> {
  await until('the run to be parked', async () => {
    return (await progressNow(client, id))?.stage === 'Parked';
  });
}

/** Waits until the run is parked, then decides as an operator would. */
export async function decideWhenParked(
  stack: Stack,
  id: string,
  decision: Decision | 'cancel',
): Promise<void> {
  await untilParked(stack, id);
  await stack.client[decision](id);
}

/** Holds the number's next request of a kind. */
export function holdNext({ simulator }: Stack, id: string, endpoint: Endpoint) {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  simulator.faults.add({ kind: 'hold', endpoint, phoneNumberId: id, times: 1, until: released });
  const isHeld = () =>
    simulator.requests.some(
      (each) => each.phoneNumberId === id && each.endpoint === endpoint && each.status === 0,
    );
  return { held: () => until(`${endpoint} to be held`, isHeld, 60_000), release };
}

/** Cancels the run, and waits until the run has been told. */
export async function cancelNow(stack: Stack, id: string): Promise<void> {
  await stack.client.cancel(id);
  await until('the run to be told of the cancel', () =>
    hasEventAfter(stack, id, 'workflowExecutionCancelRequestedEventAttributes'),
  );
}

async function hasEventAfter(
  { temporal }: Stack,
  id: string,
  attributes: 'workflowExecutionCancelRequestedEventAttributes',
): Promise<boolean> {
  const { events } = await temporal.workflow.getHandle(workflowIdOf(id)).fetchHistory();
  const told = events?.findIndex((event) => event[attributes]) ?? -1;
  return (
    told >= 0 &&
    (events ?? []).slice(told).some((event) => event.workflowTaskCompletedEventAttributes)
  );
}
