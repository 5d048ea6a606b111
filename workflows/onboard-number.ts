import type { RawValue } from '@temporalio/common';
import { ApplicationFailure, defineWorkflowOptions } from '@temporalio/workflow';
import { confirm, missingFrom } from './confirm.js';
import { parseOnboardingInput } from './input.js';
import { answerMessages } from './message-handlers.js';
import {
  FAILURE_TYPES,
  type OnboardingInput,
  type OnboardingResult,
  type StepName,
} from './messages.js';
import { nextStep, type Plan } from './plan.js';
import { prepare, stage } from './prepare.js';
import { stepsOf } from './progress.js';
import { RAW, readRaw } from './raw-payload.js';
import { follow, openRun, type Run } from './run.js';
import { shielded } from './shielded.js';
import { stands } from './stands.js';
import { awaitCode } from './steps/await-code.js';
import { register } from './steps/register.js';
import { requestCode } from './steps/request-code.js';
import { setTwoStepPin } from './steps/set-two-step-pin.js';
import { storePin } from './steps/store-pin.js';
import { verifyCode } from './steps/verify-code.js';
import { perform, toTheEnd } from './to-the-end.js';

const PERFORM: Record<StepName, (run: Run) => Promise<void>> = {
  register,
  requestCode,
  awaitCode,
  verifyCode,
  setTwoStepPin,
  storePin,
};

/**
 * Onboards one WhatsApp Business number: register → request code → wait for the code → verify → set two-step verification →
 * store the PIN, as far as the number needs it, and undoes what it can when it cannot finish.
 *
 * @param input an {@link OnboardingInput}, raw
 * @returns what the number is now, and where its PIN lies; never the PIN
 * @throws `ApplicationFailure` of a type in {@link FAILURE_TYPES}, with `OnboardingFailureDetails`; a cancelled run ends
 * Canceled
 */
export async function onboardNumber(input: RawValue<OnboardingInput>): Promise<OnboardingResult> {
  const parsed = readRaw(input, parseOnboardingInput);
  if (!parsed.ok)
    throw ApplicationFailure.nonRetryable(parsed.sentence, FAILURE_TYPES.invalidInput);
  const run = openRun(parsed.value);
  answerMessages(run);
  return toTheEnd(run, async () => {
    const plan = await prepare(run);
    if (plan.kind === 'nothingToDo') return nothingToDo(run, plan);
    await stage(run);
    for (let step = nextStep(run.steps); step !== undefined; step = nextStep(run.steps)) {
      await perform(run, PERFORM[step]);
    }
    return shielded(async () => stands(run, await confirm(run)));
  });
}

defineWorkflowOptions(onboardNumber, { staticOptions: RAW });

function nothingToDo(run: Run, plan: Extract<Plan, { kind: 'nothingToDo' }>): OnboardingResult {
  const skipped = { state: 'skipped', reason: 'nothing to do' } as const;
  follow(run, Object.fromEntries(stepsOf(run).map(({ name }) => [name, skipped])) as Run['steps']);
  const number = run.number;
  const missing = number === undefined ? [] : missingFrom({ number, subscribed: 'unknown' });
  return { ...stands(run, missing), changed: false, summary: plan.reason };
}
