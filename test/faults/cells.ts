/** Runs of which one step is struck by one fault, and what was seen of each. */
import { setTimeout as sleep } from 'node:timers/promises';
import { OnboardingCancelledError, OnboardingFailedError } from '../../client/index.js';
import type { NumberSeed } from '../../simulator/simulator.js';
import {
  FAILURE_TYPES,
  type OnboardingProgress,
  type OnboardingResult,
  SEARCH_ATTRIBUTES,
  workflowIdOf,
} from '../../workflows/messages.js';
import { progressNow, type Stack, until } from '../workflow/stack.js';
import { MINUTE, type TimeSkippingStack } from '../workflow/time-skipping.js';
import {
  type Course,
  FAULTS,
  type FaultName,
  FORMS,
  type Form,
  STEPS,
  STRIKES_AGAIN,
  type Step,
} from './expected.js';
import type { FaultyPinStore, StruckCall } from './faulty-pin-store.js';
import { brokenInvariants } from './invariants.js';

export interface Cell {
  step: Step;
  fault: FaultName;
  form: Form;
}

export interface Seen extends Course {
  /** The invariants that do not hold, in words. */
  broken: string[];
}

export const CELLS: readonly Cell[] = STEPS.flatMap((step) =>
  FORMS.flatMap((form) => FAULTS.map((fault) => ({ step, fault, form }))),
);

const isStored = (step: Step): step is 'stage' | 'promote' =>
  step === 'stage' || step === 'promote';
/** Does the fault keep whoever calls waiting? */
export const isHeld = (fault: FaultName) => fault === 'timeout' || fault === 'executedTimeout';

const PRESETS: Partial<Record<Step, NumberSeed['preset']>> = {
  requestCode: 'fresh',
  verifyCode: 'fresh',
  // Its PIN is refused, so that the run is parked and can be cancelled after its register.
  deregister: 'pinRetired',
};

/** Long enough for a code that Meta has sent to be typed, on a busy machine too. */
const CODE_DEADLINE = '12 seconds';

/** The number of a cell, with the fault that waits for it. */
function armed(stack: Stack, faulty: FaultyPinStore | undefined, { step, fault, form }: Cell) {
  const id = stack.number({ preset: PRESETS[step] ?? 'verified' });
  const again = isHeld(fault) ? 2 : STRIKES_AGAIN[step];
  const strikes = { kind: fault, phoneNumberId: id, times: form === 'once' ? 1 : again };
  if (!isStored(step))
    return { id, mend: stack.simulator.faults.add({ ...strikes, endpoint: step }) };
  if (faulty === undefined) throw new Error('This stack has no PIN store to break.');
  return { id, mend: faulty.faults.add({ ...strikes, method: step }) };
}

/** Runs a cell to its end. Whoever holds the SIM types each code at once, and again when it is handed back. */
export async function runCell(stack: Stack, faulty: FaultyPinStore, cell: Cell): Promise<Seen> {
  const { id, mend } = armed(stack, faulty, cell);
  let typed: Promise<void> | undefined;
  const stopListening = stack.simulator.onCode(({ phoneNumberId, code }) => {
    if (phoneNumberId !== id) return;
    typed = typeCode(stack, id, code, mend);
    typed.catch(() => undefined); // awaited below
  });
  await stack.start(id, cell.step === 'requestCode' ? { codeDeadline: CODE_DEADLINE } : {});
  const wasParked = (await parkedOrEnded(stack, id)) === 'parked';
  if (wasParked) {
    mend();
    await stack.client.retry(id);
  }
  const ending = await endOf(stack, id);
  stopListening();
  await typed;
  return seenOf(stack, id, ending, wasParked, faulty.struck);
}

async function typeCode(stack: Stack, id: string, code: string, mend: () => void): Promise<void> {
  const { verdict } = await stack.client.tryCode(id, code);
  if (verdict !== 'refused') return;
  mend();
  await stack.client.tryCode(id, code);
}

/** Runs the cells of `deregister` side by side, as five minutes lie between two requests and time is everybody's. */
export async function runDeregisterCells(
  the: TimeSkippingStack,
  cells: readonly Cell[],
): Promise<Seen[]> {
  const { stack } = the;
  const ids = cells.map((cell) => armed(stack, undefined, cell).id);
  await Promise.all(
    ids.map(async (id) => {
      await stack.start(id);
      await parkedOrEnded(stack, id);
      await stack.client.cancel(id);
    }),
  );
  for (let pause = 1; pause <= 2; pause += 1) {
    await Promise.all(ids.map((id) => pausedOrEnded(the, id)));
    await the.pass(5 * MINUTE + 1_000);
  }
  return Promise.all(ids.map(async (id) => seenOf(stack, id, await endOf(stack, id), false, [])));
}

const LOOK_EVERY_MS = 1_000;

async function parkedOrEnded({ temporal }: Stack, id: string): Promise<'parked' | 'ended'> {
  const handle = temporal.workflow.getHandle(workflowIdOf(id));
  for (;;) {
    const { status, typedSearchAttributes } = await handle.describe();
    if (status.name !== 'RUNNING') return 'ended';
    if (typedSearchAttributes.get(SEARCH_ATTRIBUTES.stage) === 'Parked') return 'parked';
    await sleep(LOOK_EVERY_MS);
  }
}

/** Waits until the run waits between two requests, or has ended. */
async function pausedOrEnded({ stack, now }: TimeSkippingStack, id: string): Promise<void> {
  const handle = stack.temporal.workflow.getHandle(workflowIdOf(id));
  for (;;) {
    if ((await handle.describe()).status.name !== 'RUNNING') return;
    const progress = await progressNow(stack.client, id);
    const pauseEnds = Date.parse(progress?.waiting?.until ?? '');
    if (progress?.stage === 'Compensating' && pauseEnds > (await now())) return;
    await sleep(LOOK_EVERY_MS);
  }
}

type Ending = OnboardingResult | OnboardingFailedError | OnboardingCancelledError;

/** @throws Error where the run ended otherwise than by itself or by a cancel */
async function endOf({ client }: Stack, id: string): Promise<Ending> {
  try {
    return await client.result(id);
  } catch (error) {
    if (error instanceof OnboardingFailedError || error instanceof OnboardingCancelledError) {
      return error;
    }
    throw error;
  }
}

async function seenOf(
  stack: Stack,
  id: string,
  ending: Ending,
  wasParked: boolean,
  struckCalls: readonly StruckCall[],
): Promise<Seen> {
  const progress = await until('the run to tell', () => progressNow(stack.client, id));
  const ends = endsOf(ending, progress, wasParked);
  const shows = shownOf(progress);
  return {
    ends,
    requests: requestsTo(stack, struckCalls, id),
    ...(shows === undefined ? {} : { shows }),
    broken: await brokenInvariants(stack, id, ends, progress),
  };
}

const FAILED_ENDS: Record<string, Course['ends']> = {
  [FAILURE_TYPES.refused]: 'refused',
  [FAILURE_TYPES.deadline]: 'waits for a person',
};

function endsOf(ending: Ending, progress: OnboardingProgress, wasParked: boolean): Course['ends'] {
  if (ending instanceof OnboardingCancelledError) {
    const { undone = [] } = progress.compensation ?? {};
    return undone.length > 0 ? 'undone' : 'not undone';
  }
  if (ending instanceof OnboardingFailedError) {
    const ends = FAILED_ENDS[ending.failureType];
    if (ends === undefined) throw ending;
    return ends;
  }
  if (ending.outcome !== 'live') throw new Error(ending.summary);
  return wasParked ? 'parked, live after retry' : 'live';
}

function shownOf({ code }: OnboardingProgress): Course['shows'] {
  if (code?.maybe) return 'code maybe sent';
  const handedBack = code?.submissions?.some(({ verdict }) => verdict === 'unknown');
  return handedBack ? 'code handed back' : undefined;
}

/** As {@link Course.requests} says. */
function requestsTo({ simulator }: Stack, struckCalls: readonly StruckCall[], id: string): string {
  const ofNumber = ({ phoneNumberId }: { phoneNumberId?: string }) => phoneNumberId === id;
  const calls = [
    ...simulator.requests.filter(ofNumber).map(({ at, endpoint, faults = [] }) => ({
      at,
      what: endpoint as string,
      struck: faults.length > 0,
      writes: endpoint !== 'read',
    })),
    ...struckCalls
      .filter(ofNumber)
      .map(({ at, method }) => ({ at, what: method as string, struck: true, writes: false })),
  ].sort((a, b) => a.at - b.at);
  const trace: string[] = [];
  let lastWrite: string | undefined;
  let wasRead = false;
  for (const { what, struck, writes } of calls) {
    if (!writes && !struck) {
      wasRead = true;
      continue;
    }
    if (writes && wasRead && lastWrite === what) trace.push('read');
    trace.push(struck ? `${what}!` : what);
    if (writes) [lastWrite, wasRead] = [what, false];
  }
  return trace.join(' ');
}
