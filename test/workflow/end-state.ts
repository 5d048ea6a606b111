import type { WorkflowHandle } from '@temporalio/client';
import { OnboardingCancelledError, OnboardingFailedError } from '../../client/index.js';
import type { Endpoint, Simulator } from '../../simulator/simulator.js';
import {
  type Decision,
  type OnboardingFailureDetails,
  type OnboardingProgress,
  type OnboardingResult,
  workflowIdOf,
} from '../../workflows/messages.js';
import { progressNow, type Stack, until, writesTo } from './stack.js';

/** What Meta and the PIN store hold of a number. */
export interface EndState {
  registered: boolean;
  verified: boolean;
  /** Which version in the PIN store is the PIN at Meta; `none` where 2SV is off, `stranger` where the store lacks it. */
  pinAtMeta: 'pending' | 'current' | 'previous' | 'provided' | 'none' | 'stranger';
  /** The versions in the PIN store. */
  stored: string[];
  /** The endpoints that were called and write, in order. */
  writes: string[];
}

export async function endState(
  { simulator, pinStore }: Stack,
  phoneNumberId: string,
): Promise<EndState> {
  const { registered, verified, pin } = simulator.number(phoneNumberId);
  const versions = (await pinStore.describe(phoneNumberId))?.versions ?? {};
  const stored = Object.keys(versions).sort() as (keyof typeof versions)[];
  let pinAtMeta: EndState['pinAtMeta'] = pin === undefined ? 'none' : 'stranger';
  for (const state of stored) {
    const record = await pinStore.read(phoneNumberId, state);
    if (record.pin.reveal() === pin) pinAtMeta = state;
  }
  return { registered, verified, pinAtMeta, stored, writes: writesTo(simulator, phoneNumberId) };
}

/** A number that is live as it should be, after these writes. */
export function liveAfter(...writes: Endpoint[]): EndState {
  return { registered: true, verified: true, pinAtMeta: 'current', stored: ['current'], writes };
}

/** The failure of a run. @throws Error when the run does not fail */
export async function failureOf(
  { client }: Stack,
  phoneNumberId: string,
): Promise<{ type: string; message: string; details: OnboardingFailureDetails }> {
  const ending = await client.result(phoneNumberId).then(
    (result: OnboardingResult) => result,
    (error: unknown) => error,
  );
  if (!(ending instanceof OnboardingFailedError) || ending.details === undefined) {
    throw new Error(`The run did not fail: ${JSON.stringify(ending)} ${String(ending)}`);
  }
  return { type: ending.failureType, message: ending.message, details: ending.details };
}

/** Waits until the run has ended Canceled. @throws Error when it ends otherwise */
export async function cancelled({ client }: Stack, phoneNumberId: string): Promise<void> {
  const ending = await client.result(phoneNumberId).then(
    (result: OnboardingResult) => result,
    (error: unknown) => error,
  );
  if (!(ending instanceof OnboardingCancelledError)) {
    throw new Error(`The run was not cancelled: ${JSON.stringify(ending)} ${String(ending)}`);
  }
}

/** Asks the run to stop, and waits until the worker has heard of it where it can. */
export async function requestCancel(stack: Stack, phoneNumberId: string): Promise<void> {
  await stack.client.cancel(phoneNumberId);
  const handle = stack.temporal.workflow.getHandle(workflowIdOf(phoneNumberId));
  await until('the worker to have heard of the cancel', async () => {
    const events = await eventsOf(handle);
    const asked = events.findIndex(
      (event) => event.workflowExecutionCancelRequestedEventAttributes,
    );
    return events.slice(asked + 1).some((event) => event.workflowTaskCompletedEventAttributes);
  });
}

export async function eventsOf(handle: WorkflowHandle) {
  return (await handle.fetchHistory()).events ?? [];
}

/** Waits until the run is parked, and gives its progress. */
export function parked(stack: Stack, phoneNumberId: string): Promise<OnboardingProgress> {
  return progressWhere(
    stack,
    phoneNumberId,
    'the run to be parked',
    ({ stage }) => stage === 'Parked',
  );
}

/** Tells the run what an operator decided. */
export async function decide(
  { temporal }: Stack,
  phoneNumberId: string,
  decision: Decision,
): Promise<void> {
  await temporal.workflow.getHandle(workflowIdOf(phoneNumberId)).signal(decision);
}

/** Waits until the run is parked, cancels it, and gives what it shows when it has undone what it could. */
export async function cancelParked(
  stack: Stack,
  phoneNumberId: string,
): Promise<OnboardingProgress & { undone: string[]; notUndone: string[] }> {
  await parked(stack, phoneNumberId);
  await stack.client.cancel(phoneNumberId);
  await cancelled(stack, phoneNumberId);
  const progress = await stack.client.progress(phoneNumberId);
  return { ...progress, ...(progress.compensation ?? { undone: [], notUndone: [] }) };
}

/** Holds the next request of a number to an endpoint: before Meta acts, or between that and the answer. */
export function hold(
  simulator: Simulator,
  phoneNumberId: string,
  endpoint: Endpoint,
  when: 'before' | 'after' = 'before',
): { reached(): Promise<void>; release(): void } {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  simulator.faults.add({ kind: 'hold', until: released, when, endpoint, phoneNumberId, times: 1 });
  return {
    release,
    async reached() {
      await until(`a request to ${endpoint} to be held`, () =>
        simulator.requests.some(
          (request) =>
            request.phoneNumberId === phoneNumberId &&
            request.endpoint === endpoint &&
            request.faults?.includes('hold') &&
            (when === 'before' || request.executed),
        ),
      );
    },
  };
}

/** Waits until the progress of a run is as wanted, and gives it. */
export function progressWhere(
  { client }: Stack,
  phoneNumberId: string,
  what: string,
  wanted: (progress: OnboardingProgress) => boolean,
): Promise<OnboardingProgress> {
  return until(what, async () => {
    const progress = await progressNow(client, phoneNumberId);
    return progress !== undefined && wanted(progress) ? progress : undefined;
  });
}
