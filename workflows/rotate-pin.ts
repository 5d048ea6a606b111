import type { RawValue } from '@temporalio/common';
import { ApplicationFailure, defineWorkflowOptions } from '@temporalio/workflow';
import { inputOfOperation } from './input.js';
import { answerMessages } from './message-handlers.js';
import {
  FAILURE_TYPES,
  type OnboardingResult,
  ROTATE_PIN,
  type RotationInput,
  type StepName,
} from './messages.js';
import { type CompleteRotation, parseRotationInput } from './operation-input.js';
import { nextStep, onlySteps } from './plan.js';
import { lookSafely, stage } from './prepare.js';
import { stepsOf } from './progress.js';
import { RAW, readRaw } from './raw-payload.js';
import { planRotation } from './rotation-plan.js';
import { cannotFinish, enter, follow, openRun, type Run, usePin } from './run.js';
import { setTwoStepPin } from './steps/set-two-step-pin.js';
import { storePin } from './steps/store-pin.js';
import { perform, toTheEnd } from './to-the-end.js';
import { waitFor } from './waits.js';

const STEPS = ['setTwoStepPin', 'storePin'] as const satisfies StepName[];

/**
 * Gives a registered number another PIN: stage → set two-step verification → store. Meta is not told the former PIN, so this works
 * as well where that one is lost or was changed by somebody. A rotation that was cut off is gone on with by the next one, with
 * the PIN that it had staged.
 *
 * @param input a {@link RotationInput}, raw
 * @returns where the PIN lies; never the PIN
 * @throws `ApplicationFailure` of a type in {@link FAILURE_TYPES}, with `OnboardingFailureDetails`; the pending PIN is kept
 */
export async function rotatePin(input: RawValue<RotationInput>): Promise<OnboardingResult> {
  const parsed = readRaw(input, parseRotationInput);
  if (!parsed.ok)
    throw ApplicationFailure.nonRetryable(parsed.sentence, FAILURE_TYPES.invalidInput);
  const given = parsed.value;
  const run = openRun(inputOfOperation(given), {
    operation: ROTATE_PIN,
    unattended: given.onRefused === 'fail',
  });
  answerMessages(run);
  return toTheEnd(run, async () => {
    do {
      const lateMs = run.maybeSettingUntil - Date.now();
      if (lateMs > 0) {
        await waitFor(
          run,
          'a request to set the former PIN, which may still be on its way',
          lateMs,
        );
      }
      const needless = await prepareRotation(run, given);
      if (needless !== undefined) return needless;
      for (let step = nextStep(run.steps); step !== undefined; step = nextStep(run.steps)) {
        if (step === 'setTwoStepPin') await perform(run, setTwoStepPin);
        else await perform(run, storePin);
      }
      // Where the pending PIN was seen by somebody, it was finished first, and now another one follows it.
    } while (run.pin?.version === given.replace && given.replace !== undefined);
    return rotated(run, true, 'The number has another PIN, and the PIN store keeps it.');
  });
}

defineWorkflowOptions(rotatePin, { staticOptions: RAW });

/** @returns the result where there is nothing to do */
async function prepareRotation(
  run: Run,
  { dueBefore }: CompleteRotation,
): Promise<OnboardingResult | undefined> {
  const { number, pins } = await lookSafely(run);
  const plan = planRotation({
    number,
    pins,
    ...(dueBefore === undefined ? {} : { dueBefore: Date.parse(dueBefore) }),
  });
  if (plan.kind === 'refused') {
    const { text, advice } = plan;
    run.unfit = true;
    cannotFinish(run, { text, advice }, FAILURE_TYPES.refused);
  }
  run.pin = undefined;
  run.pinAccepted = false;
  run.currentBefore = pins?.versions.current?.version ?? null;
  if (pins !== undefined && plan.pinVersion !== undefined) usePin(run, pins, plan.pinVersion);
  if (plan.kind === 'nothingToDo') {
    follow(run, onlySteps([], 'nothing to do'));
    return rotated(run, false, plan.reason);
  }
  follow(run, onlySteps(STEPS, 'not needed to set another PIN'));
  await stage(run);
  return undefined;
}

function rotated(run: Run, changed: boolean, summary: string): OnboardingResult {
  enter(run, 'Live');
  return {
    phoneNumberId: run.input.phoneNumberId,
    operation: ROTATE_PIN,
    outcome: 'rotated',
    summary,
    changed,
    missing: [],
    steps: stepsOf(run),
    pin: {
      ...(run.pin ?? { store: '', record: '', version: '' }),
      confirmed: run.pinAccepted,
      ...(run.pinSince === undefined ? {} : { since: run.pinSince }),
    },
  };
}
