import type { OnboardingStatus } from '../../client/index.js';
import type { StepName, StepProgress } from '../../workflows/messages.js';
import { STEP_NAMES } from '../../workflows/messages.js';

/** When the tests of rendering take place. */
export const NOW = new Date('2026-11-23T14:35:17Z');

type KnownSteps = Partial<Record<StepName, Omit<StepProgress, 'name'>>>;

/** All six steps: the given ones, the others pending. */
export function steps(known: KnownSteps): StepProgress[] {
  return STEP_NAMES.map((name) => ({ name, ...(known[name] ?? { state: 'pending' }) }));
}

const DEFERRED = { state: 'deferred', reason: 'Meta wants the number verified first' } as const;
const REQUESTED = {
  state: 'done',
  startedAt: '2026-11-23T14:32:04Z',
  endedAt: '2026-11-23T14:32:05Z',
} as const;
const BUDGET = { register: { used: 0, limit: 10 }, deregister: { used: 0, limit: 10 } };

const RUN = {
  phoneNumberId: '106540352242922',
  workflowId: 'whatsapp-number-106540352242922',
  runId: '01a20690-089c-7cc4-8af7-d2638ba95900',
  label: 'Support Berlin',
  startedAt: '2026-11-23T14:32:03Z',
} as const;

/** A run that waits for a code, one of which was refused. */
export function awaitingCode(): OnboardingStatus & Required<Pick<OnboardingStatus, 'progress'>> {
  return {
    ...RUN,
    run: 'running',
    stage: 'AwaitingCode',
    progress: {
      phoneNumberId: RUN.phoneNumberId,
      stage: 'AwaitingCode',
      label: RUN.label,
      steps: steps({
        register: DEFERRED,
        requestCode: REQUESTED,
        awaitCode: { state: 'running', startedAt: '2026-11-23T14:32:05Z' },
      }),
      waiting: {
        for: 'the code',
        since: '2026-11-23T14:32:05Z',
        until: '2026-11-24T14:32:05Z',
        cure: 'Get the code from whoever holds the SIM and submit it, or ask for a new one.',
      },
      code: {
        method: 'SMS',
        sentAt: '2026-11-23T14:32:05Z',
        expiresAt: '2026-11-23T14:42:05Z',
        sentCount: 1,
        refusedCount: 1,
        nextSendAt: '2026-11-23T14:34:05Z',
        submissions: [{ by: 'ana', at: '2026-11-23T14:34:00Z', verdict: 'refused' }],
      },
      budget: BUDGET,
      problem: {
        code: 136025,
        text: 'The code could not be verified.',
        advice: 'Read the newest code again.',
        fbtraceId: 'A1b2C3',
      },
    },
  };
}

export function live(): OnboardingStatus {
  const done = steps({
    register: {
      state: 'done',
      startedAt: '2026-11-23T14:34:31Z',
      endedAt: '2026-11-23T14:34:33Z',
    },
    requestCode: { state: 'skipped', reason: 'already verified' },
    awaitCode: { state: 'skipped', reason: 'already verified' },
    verifyCode: { state: 'skipped', reason: 'already verified' },
    setTwoStepPin: { state: 'done' },
    storePin: { state: 'done' },
  });
  return {
    ...RUN,
    run: 'completed',
    stage: 'Live',
    endedAt: '2026-11-23T14:34:35Z',
    result: {
      phoneNumberId: RUN.phoneNumberId,
      outcome: 'live',
      summary: 'The number is live.',
      changed: true,
      missing: [],
      steps: done,
      pin: { store: 'local', record: RUN.phoneNumberId, version: 'v1', confirmed: true },
    },
  };
}

/** Registered, but the display name is under review, and somebody cancelled too late. */
export function registered(): OnboardingStatus {
  const status = live();
  if (status.result === undefined) throw new Error('live() has a result');
  return {
    ...status,
    result: {
      ...status.result,
      outcome: 'registered',
      missing: ['the display name is still under review at Meta'],
      cancelRequested: true,
    },
  };
}

export function failed(): OnboardingStatus {
  return {
    ...RUN,
    run: 'failed',
    stage: 'Failed',
    endedAt: '2026-11-23T14:33:06Z',
    failure: {
      type: 'CodeDeadlinePassed',
      message: 'No right code came within 24 hours.',
      details: {
        phoneNumberId: RUN.phoneNumberId,
        steps: steps({
          register: { state: 'compensated', reason: 'deregistered' },
          requestCode: REQUESTED,
          awaitCode: { state: 'failed', reason: 'no code came' },
        }),
        problem: { text: 'The last code was refused.', advice: 'Start again.' },
        undone: ['The number was deregistered.'],
        notUndone: ['A code was sent.'],
      },
    },
  };
}

/** A run that no worker answers for. */
export function unanswered(): OnboardingStatus {
  return {
    ...RUN,
    run: 'running',
    stage: 'Preparing',
    progressMissing: 'No worker is running: start one with "npm start".',
  };
}
