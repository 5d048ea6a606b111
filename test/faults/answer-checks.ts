/** What a run has to do when Meta gives an answer, held against what it does. */
import { expect } from 'vitest';
import type { Endpoint } from '../../simulator/simulator.js';
import {
  FAILURE_TYPES,
  type OnboardingProgress,
  type OnboardingResult,
  workflowIdOf,
} from '../../workflows/messages.js';
import {
  cancelled,
  endState,
  failureOf,
  liveAfter,
  parked,
  progressWhere,
} from '../workflow/end-state.js';
import {
  codeAwaited,
  type Stack,
  stepStates,
  until,
  writesTo,
  wrongCode,
} from '../workflow/stack.js';
import { CALL_AT, type MetaAnswer, rowOf } from './meta-answers.js';
import type { Moment, Reaction } from './reactions.js';

const DAY_MS = 24 * 3_600_000;

/** Waits up to this long are waited out by the test. */
const LONGEST_WAITED_MS = 30_000;

/** A run that meets an answer. */
export interface Met {
  stack: Stack;
  id: string;
  answer: MetaAnswer;
}

export const CHECKS: Record<Reaction, (met: Met) => Promise<void>> = {
  async endsRefused({ stack, id, answer }) {
    const { type, message, details } = await failureOf(stack, id);
    expect(type).toBe(FAILURE_TYPES.refused);
    expect(message).toContain(rowOf(answer).advice);
    expectProblem(details, answer);
    expect(await endState(stack, id)).toMatchObject({ registered: false, stored: [], writes: [] });
  },

  async endsFailed({ stack, id, answer }) {
    if (answer.at === 'verifyCode') {
      const code = await codeAwaited(stack, id);
      expect(await stack.client.tryCode(id, code)).toMatchObject({ verdict: 'ended' });
    }
    const { type, message, details } = await failureOf(stack, id);
    expect(type).toBe(FAILURE_TYPES.failed);
    expect(message).toContain(rowOf(answer).advice);
    expectProblem(details, answer);
    expect(await endState(stack, id)).toMatchObject({
      registered: false,
      stored: ['pending'],
      writes: WRITES_UNTIL[answer.at],
    });
  },

  async parks({ stack, id, answer }) {
    const { at } = answer;
    if (at === 'verifyCode') {
      const code = await codeAwaited(stack, id);
      expect(await stack.client.tryCode(id, code)).toMatchObject({ verdict: 'notWaiting' });
    }
    const shown = await parked(stack, id);
    expectParked(shown, answer, { days: 7, decisions: ['retry'], onExpiry: 'compensate' });
    expect(writesTo(stack.simulator, id)).toEqual(WRITES_UNTIL[at]);
    // Asking for a code again takes two minutes, and a code takes somebody who types it.
    if (at === 'requestCode' || at === 'verifyCode') return cancel(stack, id);
    await stack.client.retry(id);
    await expectLive(
      stack,
      id,
      ...(at === 'register' ? ['register' as const] : []),
      'register',
      'setPin',
    );
  },

  parksAcceptable: (met) => parksAtThePin(met, 7),
  parksAcceptableForPin: (met) => parksAtThePin(met, 14),

  async triesOtherPins({ stack, id, answer }) {
    const shown = await parked(stack, id);
    expectParked(shown, answer, { days: 14, decisions: ['retry'], onExpiry: 'compensate' });
    expect(writesTo(stack.simulator, id)).toEqual(['register']);
    await cancel(stack, id);
  },

  async waits({ stack, id, answer }) {
    if (answer.at === 'deregister') await cancelWhenParked(stack, id);
    const sent = () => requestsOf(stack, id, CALL_AT[answer.at]);
    const shown = await waitShown(stack, id);
    expectProblem(shown, answer);
    expect(waitMsOf(shown)).toBe(answer.waitMs);
    await stopWaiting(stack, id, answer.at);
    expect(sent()).toBe(READS_UNTIL[answer.at] ?? 1);
  },

  async again({ stack, id, answer }) {
    const { at, waitMs = 0 } = answer;
    if (at === 'verifyCode') {
      const code = await codeAwaited(stack, id);
      expect(await stack.client.tryCode(id, code)).toEqual({ verdict: 'verified' });
    }
    if (at === 'register') {
      const shown = await waitShown(stack, id);
      expectProblem(shown, answer);
      expect(waitMsOf(shown)).toBe(waitMs);
      if (waitMs > LONGEST_WAITED_MS) return cancel(stack, id);
    }
    await expectLive(stack, id, ...WRITES_AGAIN[at]);
    expectReadBetween(stack, id, CALL_AT[at]);
  },

  async undoesLater({ stack, id, answer }) {
    await cancelWhenParked(stack, id);
    const shown = await waitShown(stack, id);
    expect(shown.stage).toBe('Compensating');
    expectProblem(shown, answer);
    expect(waitMsOf(shown)).toBe(5 * 60_000);
    expect(requestsOf(stack, id, 'deregister')).toBe(1);
    await terminate(stack, id);
  },

  async maybeSent({ stack, id, answer }) {
    const shown = await progressWhere(
      stack,
      id,
      'the wait for the code',
      ({ waiting, code }) => waiting !== undefined && code !== undefined,
    );
    expect(shown.code).toMatchObject({ maybe: true, sentCount: 1 });
    expectProblem(shown, answer);
    expect(shown.steps[1]?.reason).toMatch(/may have been sent/);
    await cancel(stack, id);
    expect(writesTo(stack.simulator, id)).toEqual(['requestCode']);
  },

  asksLater: asksInTime,
  asksWhenAllowed: asksInTime,

  async handsBack({ stack, id }) {
    const code = await codeAwaited(stack, id);
    expect(await stack.client.tryCode(id, code)).toMatchObject({
      verdict: 'refused',
      triesLeft: 5,
    });
    expect(await stack.client.tryCode(id, code)).toEqual({ verdict: 'verified' });
    await expectLive(stack, id, 'requestCode', 'verifyCode', 'verifyCode', 'register', 'setPin');
  },

  async nextCode({ stack, id, answer }) {
    const code = await codeAwaited(stack, id);
    const verdict = await stack.client.tryCode(id, wrongCode(code));
    expect(verdict).toMatchObject({
      verdict: 'refused',
      triesLeft: 4,
      advice: rowOf(answer).advice,
    });
    expect(await stack.client.tryCode(id, code)).toEqual({ verdict: 'verified' });
    await expectLive(stack, id, 'requestCode', 'verifyCode', 'verifyCode', 'register', 'setPin');
  },

  async codeFirst({ stack, id }) {
    // The number reads verified, which Meta says of it too when a code is asked for.
    await expectLive(stack, id, 'register', 'requestCode', 'register', 'setPin');
    expect(stepStates(await stack.client.progress(id))).toMatchObject({ requestCode: 'skipped' });
  },

  async deregistersFirst({ stack, id, answer }) {
    const shown = await waitShown(stack, id);
    expectProblem(shown, answer);
    expect(shown.waiting?.for).toMatch(/finish an earlier deregistration/);
    expect(waitMsOf(shown)).toBe(answer.waitMs);
    expect(writesTo(stack.simulator, id)).toEqual(['register', 'deregister']);
    await cancel(stack, id);
  },

  async registersAgain({ stack, id }) {
    // The number reads registered, so that register has nothing to send.
    await expectLive(stack, id, 'register', 'setPin', 'setPin');
    expectReadBetween(stack, id, 'setPin');
  },

  async watchesName({ stack, id, answer }) {
    const shown = await waitShown(stack, id);
    expectProblem(shown, answer);
    expect(shown.stage).toBe('Registering');
    expect(shown.waiting?.decisions).toEqual(['retry']);
    expect(Date.parse(shown.waiting?.until ?? '') - Date.now()).toBeLessThanOrEqual(
      answer.waitMs ?? 0,
    );
    await cancel(stack, id);
    expect(writesTo(stack.simulator, id)).toEqual(['register']);
  },

  async undone({ stack, id }) {
    await cancelWhenParked(stack, id);
    await cancelled(stack, id);
    const { compensation } = await stack.client.progress(id);
    expect(compensation?.undone).toEqual(['The number is not registered.']);
    expect(requestsOf(stack, id, 'deregister')).toBe(1);
  },

  async notUndone({ stack, id, answer }) {
    await cancelWhenParked(stack, id);
    await cancelled(stack, id);
    const { compensation } = await stack.client.progress(id);
    expect(compensation?.undone).toEqual([]);
    expect(compensation?.notUndone.join()).toMatch(/still registered.*could not be deregistered/);
    expect(compensation?.notUndone.join()).toContain(rowOf(answer).advice);
    expect(requestsOf(stack, id, 'deregister')).toBe(1);
  },

  async endsUnread({ stack, id }) {
    const result = await stack.client.result(id);
    expect(result.outcome).toBe('registered');
    expect(result.missing.join()).toMatch(/could not be read in the end/);
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
  },
};

/** The writes that Meta has seen when it has answered. */
const WRITES_UNTIL: Record<Moment, Endpoint[]> = {
  firstRead: [],
  laterRead: [],
  requestCode: ['requestCode'],
  verifyCode: ['requestCode', 'verifyCode'],
  register: ['register'],
  setPin: ['register', 'setPin'],
  deregister: ['register', 'setPin', 'deregister'],
  lastRead: ['register', 'setPin'],
};

/** The reads of the number that Meta has seen then: first, for a new PIN record, before register, last. */
const READS_UNTIL: Partial<Record<Moment, number>> = { firstRead: 1, laterRead: 3, lastRead: 4 };

/** All writes of a run that sends the same once more. */
const WRITES_AGAIN: Record<Moment, Endpoint[]> = {
  firstRead: ['register', 'setPin'],
  laterRead: ['register', 'setPin'],
  requestCode: [],
  verifyCode: ['requestCode', 'verifyCode', 'verifyCode', 'register', 'setPin'],
  register: ['register', 'register', 'setPin'],
  setPin: ['register', 'setPin', 'setPin'],
  deregister: [],
  lastRead: ['register', 'setPin'],
};

async function parksAtThePin({ stack, id, answer }: Met, days: number): Promise<void> {
  const shown = await parked(stack, id);
  expectParked(shown, answer, { days, decisions: ['retry', 'accept'], onExpiry: 'accept' });
  expect(writesTo(stack.simulator, id)).toEqual(['register', 'setPin']);
  await stack.client.retry(id);
  await expectLive(stack, id, 'register', 'setPin', 'setPin');
}

async function asksInTime({ stack, id, answer }: Met): Promise<void> {
  const { waiting, code, steps, problem } = await progressWhere(
    stack,
    id,
    'the wait to ask again',
    (shown) => shown.stage === 'AwaitingCode' && shown.waiting !== undefined,
  );
  expect(code).toBeUndefined();
  expectProblem({ ...(problem && { problem }) }, answer);
  expect(stepStates({ steps }).requestCode).toBe('deferred');
  const [allowedAt = ''] = /2[0-9-]+ [0-9:]+ UTC/.exec(waiting?.for ?? '') ?? [];
  const since = Date.parse(waiting?.since ?? '');
  expect(Math.abs(Date.parse(allowedAt) - since - (answer.waitMs ?? 0))).toBeLessThan(10_000);
  await cancel(stack, id);
  expect(writesTo(stack.simulator, id)).toEqual(['requestCode']);
}

type Shown = Pick<OnboardingProgress, 'problem'>;

/** Meta's code and the advice are shown, and what Meta's support asks for. */
function expectProblem({ problem }: Shown, answer: MetaAnswer): void {
  const { code, subcode, details } = answer;
  expect(problem).toMatchObject({
    code,
    ...(subcode === undefined ? {} : { subcode }),
    text: details ?? expect.any(String),
    advice: rowOf(answer).advice,
    fbtraceId: expect.any(String),
  });
}

function expectParked(
  shown: OnboardingProgress,
  answer: MetaAnswer,
  { days, ...as }: { days: number; decisions: string[]; onExpiry: string },
): void {
  expectProblem(shown, answer);
  expect(shown.waiting).toMatchObject({ ...as, cure: rowOf(answer).advice });
  expect(waitMsOf(shown)).toBe(days * DAY_MS);
}

const waitMsOf = ({ waiting }: OnboardingProgress) =>
  Date.parse(waiting?.until ?? '') - Date.parse(waiting?.since ?? '');

/** Waits until the run shows what it waits for, a code apart. */
const waitShown = (stack: Stack, id: string) =>
  progressWhere(
    stack,
    id,
    'the wait',
    ({ waiting, stage }) => waiting !== undefined && stage !== 'AwaitingCode' && stage !== 'Parked',
  );

function requestsOf({ simulator }: Stack, id: string, endpoint: string): number {
  return simulator.requests.filter(
    (request) => request.phoneNumberId === id && request.endpoint === endpoint,
  ).length;
}

async function expectLive(stack: Stack, id: string, ...writes: Endpoint[]): Promise<void> {
  const result: OnboardingResult = await stack.client.result(id);
  expect(result.outcome).toBe('live');
  expect(await endState(stack, id)).toEqual(liveAfter(...writes));
}

/** Register and verify code are sent again only after a read. */
function expectReadBetween({ simulator }: Stack, id: string, endpoint: string): void {
  if (endpoint !== 'register' && endpoint !== 'verifyCode') return;
  const requests = simulator.requests.filter(({ phoneNumberId }) => phoneNumberId === id);
  const sent = requests.flatMap((each, index) => (each.endpoint === endpoint ? [index] : []));
  const between = requests.slice(sent[0], sent[1]);
  expect(between.some((each) => each.endpoint === 'read' && each.status === 200)).toBe(true);
}

async function cancel(stack: Stack, id: string): Promise<void> {
  await stack.client.cancel(id);
  await cancelled(stack, id);
}

async function cancelWhenParked(stack: Stack, id: string): Promise<void> {
  await parked(stack, id);
  await stack.client.cancel(id);
}

/** Ends a run that waits; one that is undoing, or has set its PIN, takes no cancel. */
async function stopWaiting(stack: Stack, id: string, at: Moment): Promise<void> {
  if (at === 'deregister' || at === 'lastRead') return terminate(stack, id);
  return cancel(stack, id);
}

async function terminate({ temporal }: Stack, id: string): Promise<void> {
  const handle = temporal.workflow.getHandle(workflowIdOf(id));
  await handle.terminate('by the test');
  await until('the run to be closed', async () => {
    return (await handle.describe()).status.name === 'TERMINATED';
  });
}
