/** What a run tells of itself, from what it knows. Pure. */
import { CODE_LIFETIME_MS, TRIES_PER_CODE } from './code-rules.js';
import {
  type OnboardingFailureDetails,
  type OnboardingProgress,
  STEP_NAMES,
  type StepProgress,
} from './messages.js';
import type { Run } from './run.js';

export function stepsOf(run: Run): StepProgress[] {
  return STEP_NAMES.map((name) => {
    const step = run.steps[name];
    return { name, ...step, ...(step.state === 'pending' ? {} : run.times[name]) };
  });
}

export function progressOf(run: Run): OnboardingProgress {
  const { code, input } = run;
  const { lastDigits, businessName } = run.number ?? {};
  const number = {
    ...(lastDigits === undefined ? {} : { lastDigits }),
    ...(businessName === undefined ? {} : { businessName }),
  };
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    phoneNumberId: input.phoneNumberId,
    operation: run.operation,
    stage: run.stage,
    ...(input.label === undefined ? {} : { label: input.label }),
    ...(Object.keys(number).length === 0 ? {} : { number }),
    steps: stepsOf(run),
    ...(run.waiting === undefined ? {} : { waiting: run.waiting }),
    ...(code === undefined
      ? {}
      : {
          code: {
            method: code.method,
            sentAt: iso(code.sentAt),
            expiresAt: iso(code.sentAt + CODE_LIFETIME_MS),
            sentCount: run.sentCount,
            refusedCount: run.refusedCodes.size,
            triesLeft: Math.max(0, TRIES_PER_CODE - run.refusedCodes.size),
            ...(code.requestedBy === undefined ? {} : { requestedBy: code.requestedBy }),
            nextSendAt: iso(run.nextSendAt),
            ...(code.maybe ? { maybe: true } : {}),
            ...(run.history.length === 0 ? {} : { submissions: run.history }),
          },
        }),
    ...(run.claim === undefined ? {} : { claim: run.claim }),
    budget: run.budget,
    ...(run.problem === undefined ? {} : { problem: run.problem }),
    ...(run.decided === undefined ? {} : { decided: run.decided }),
    ...(run.ignored === undefined ? {} : { ignored: run.ignored }),
    ...(run.compensation === undefined ? {} : { compensation: run.compensation }),
  };
}

export function failureDetails(run: Run): OnboardingFailureDetails {
  const { undone = [], notUndone = [] } = run.compensation ?? {};
  return {
    phoneNumberId: run.input.phoneNumberId,
    steps: stepsOf(run),
    ...(run.problem === undefined ? {} : { problem: run.problem }),
    undone,
    notUndone,
    ...(run.unfit ? { unfit: true } : {}),
  };
}
