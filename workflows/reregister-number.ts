import type { RawValue } from '@temporalio/common';
import { ApplicationFailure, defineWorkflowOptions } from '@temporalio/workflow';
import { confirm } from './confirm.js';
import { inputOfOperation } from './input.js';
import { answerMessages } from './message-handlers.js';
import {
  FAILURE_TYPES,
  type OnboardingResult,
  type ProblemReport,
  REREGISTER_NUMBER,
  type ReregistrationInput,
} from './messages.js';
import { parseReregistrationInput } from './operation-input.js';
import { onlySteps, refusalOf } from './plan.js';
import { lookSafely } from './prepare.js';
import { RAW, readRaw } from './raw-payload.js';
import { cannotFinish, follow, openRun, type Run, usePin } from './run.js';
import { securePin } from './secure-pin.js';
import { shielded } from './shielded.js';
import { stands } from './stands.js';
import { register } from './steps/register.js';
import { perform, toTheEnd } from './to-the-end.js';

const NOT_REGISTERED: ProblemReport = {
  text: 'Meta does not show the number as registered, so there is nothing to register again.',
  advice: 'Start its onboarding: npx wa-onboard start <id>.',
};

const NO_PIN: ProblemReport = {
  text: 'The PIN store has no PIN of the number, and Meta registers it only with its PIN.',
  advice:
    'Give the PIN (npx wa-onboard pin provide), or set another one: npx wa-onboard start <id> --take-over.',
};

/**
 * Registers a registered number once more with the PIN in the PIN store, inside the 72-hour budget. Meta wants that after it has
 * approved another display name. Where Meta says that the PIN is another one, the PIN of the PIN store is set first.
 *
 * @param input a {@link ReregistrationInput}, raw
 * @throws `ApplicationFailure` of a type in {@link FAILURE_TYPES}, with `OnboardingFailureDetails`; the number stays registered
 */
export async function reregisterNumber(
  input: RawValue<ReregistrationInput>,
): Promise<OnboardingResult> {
  const parsed = readRaw(input, parseReregistrationInput);
  if (!parsed.ok)
    throw ApplicationFailure.nonRetryable(parsed.sentence, FAILURE_TYPES.invalidInput);
  const { unlessSince } = parsed.value;
  const run = openRun(inputOfOperation(parsed.value), { operation: REREGISTER_NUMBER });
  run.registerAgain = unlessSince === undefined ? {} : { unlessSince };
  answerMessages(run);
  return toTheEnd(run, async () => {
    await prepareReregistration(run);
    await perform(run, register);
    const changed = run.steps.register.state === 'done';
    // Which PIN is not known to be the current one, Meta confirms only when it is set.
    if (run.steps.setTwoStepPin.state === 'pending') await perform(run, securePin);
    return shielded(async () => ({
      ...stands(run, await confirm(run)),
      changed,
      ...(changed
        ? {}
        : { summary: 'Meta has registered the number anew already: nothing to do.' }),
    }));
  });
}

defineWorkflowOptions(reregisterNumber, { staticOptions: RAW });

async function prepareReregistration(run: Run): Promise<void> {
  const { number, pins } = await lookSafely(run);
  const { current, pending, provided } = pins?.versions ?? {};
  const usable = current ?? pending ?? provided;
  const problem =
    refusalOf(number) ??
    (number.registered === 'yes' ? undefined : NOT_REGISTERED) ??
    (usable === undefined ? NO_PIN : undefined);
  if (problem !== undefined) cannotFinish(run, problem, FAILURE_TYPES.refused);
  if (pins !== undefined && usable !== undefined) usePin(run, pins, usable.version);
  const known = usable !== undefined && usable === current;
  follow(
    run,
    onlySteps(
      known ? ['register'] : ['register', 'setTwoStepPin', 'storePin'],
      'not needed to register again',
    ),
  );
}
