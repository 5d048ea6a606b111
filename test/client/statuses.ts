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
  operation: 'onboardNumber',
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
      operation: RUN.operation,
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
        triesLeft: 4,
        nextSendAt: '2026-11-23T14:34:05Z',
        submissions: [{ by: 'ana', at: '2026-11-23T14:34:00Z', verdict: 'refused' }],
      },
      budget: structuredClone(BUDGET),
      problem: {
        code: 136025,
        text: 'The code could not be verified.',
        advice: 'Read the newest code again.',
        fbtraceId: 'A1b2C3',
      },
    },
  };
}

type RunningStatus = ReturnType<typeof awaitingCode>;
type Waiting = NonNullable<RunningStatus['progress']['waiting']>;

/** A run that waits for an operator: parked three minutes ago, for a week. */
function parked(
  problem: NonNullable<RunningStatus['progress']['problem']>,
  known: KnownSteps,
  waiting: Partial<Waiting>,
): RunningStatus {
  return {
    ...RUN,
    run: 'running',
    stage: 'Parked',
    progress: {
      phoneNumberId: RUN.phoneNumberId,
      operation: RUN.operation,
      stage: 'Parked',
      label: RUN.label,
      steps: steps(known),
      waiting: {
        for: 'an operator',
        since: '2026-11-23T14:32:17Z',
        until: '2026-11-30T14:32:17Z',
        cure: problem.advice,
        decisions: ['retry'],
        onExpiry: 'compensate',
        ...waiting,
      },
      budget: { register: { used: 2, limit: 10 }, deregister: { used: 0, limit: 10 } },
      problem,
    },
  };
}

const VERIFIED_ALREADY = { state: 'skipped', reason: 'the number is verified already' } as const;
const NO_CODE = {
  requestCode: VERIFIED_ALREADY,
  awaitCode: VERIFIED_ALREADY,
  verifyCode: VERIFIED_ALREADY,
};
const REGISTERED = {
  state: 'done',
  startedAt: '2026-11-23T14:32:14Z',
  endedAt: '2026-11-23T14:32:15Z',
} as const;

/** Meta has refused every PIN in the PIN store. */
export function parkedForPin(): RunningStatus {
  return parked(
    {
      code: 133005,
      text: 'Two step verification PIN Mismatch',
      advice:
        'Find the PIN the number was last registered with, or turn two-step verification off in WhatsApp Manager.',
      fbtraceId: 'A1b2C3',
    },
    { ...NO_CODE, register: { state: 'running', startedAt: '2026-11-23T14:32:14Z' } },
    { until: '2026-12-07T14:32:17Z' },
  );
}

/** Two-step verification is on before the run has sent anything, and the PIN store holds no PIN. */
export function parkedForFormerPin(): RunningStatus {
  return parked(
    {
      text: 'Two-step verification is on with a PIN that the PIN store does not know.',
      advice:
        'Give the PIN of whoever ran the number before (npx wa-onboard pin provide); then say retry.',
    },
    {},
    { until: '2026-12-07T14:32:17Z' },
  );
}

/** The token has expired in the middle of it. */
export function parkedForToken(): RunningStatus {
  return parked(
    {
      code: 190,
      subcode: 463,
      text: 'Error validating access token: Session has expired.',
      advice: 'Make a new access token and give it to the worker as CLOUD_API_ACCESS_TOKEN.',
      fbtraceId: 'A1b2C3',
    },
    { register: DEFERRED, requestCode: { state: 'running', startedAt: '2026-11-23T14:32:14Z' } },
    {},
  );
}

/** Meta has registered the number and then refused to set its PIN. */
export function parkedForRefusedPin(): RunningStatus {
  return parked(
    {
      code: 100,
      text: 'Two-step verification is no longer used for this number.',
      advice: 'Meta will not do this as things are; its text says why.',
      fbtraceId: 'A1b2C3',
    },
    {
      ...NO_CODE,
      register: REGISTERED,
      setTwoStepPin: { state: 'running', startedAt: '2026-11-23T14:32:15Z' },
    },
    { decisions: ['retry', 'accept'], onExpiry: 'accept' },
  );
}

/** Meta has the PIN, and the PIN store does not take it. */
export function parkedForStore(): RunningStatus {
  return parked(
    {
      text: 'The PIN store cannot use /pins (EROFS): the file system is read-only; make it writable.',
      advice: 'Give the worker access to the PIN store again.',
    },
    {
      ...NO_CODE,
      register: REGISTERED,
      setTwoStepPin: REGISTERED,
      storePin: { state: 'running', startedAt: '2026-11-23T14:32:15Z' },
    },
    { onExpiry: 'alertAgain' },
  );
}

/** Not parked: Meta is reviewing the display name, and may be looked at earlier. */
export function nameReview(): RunningStatus {
  const status = parked(
    { code: 100, subcode: 2388001, text: 'No certificate.', advice: 'Wait for Meta.' },
    { ...NO_CODE, register: { state: 'running', startedAt: '2026-11-23T14:32:14Z' } },
    {},
  );
  status.stage = 'Registering';
  status.progress.stage = 'Registering';
  status.progress.waiting = {
    for: 'Meta’s review of the display name',
    since: '2026-11-23T14:32:17Z',
    until: '2026-11-23T15:32:17Z',
    cure: 'Nothing to do: a review takes a day or two.',
    decisions: ['retry'],
  };
  return status;
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
