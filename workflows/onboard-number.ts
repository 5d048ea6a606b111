import type { RawValue } from '@temporalio/common';
import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  defineWorkflowOptions,
  isCancellation,
} from '@temporalio/workflow';
import { announce, announceFailure } from './announce.js';
import { compensate } from './compensation.js';
import { confirm, missingFrom } from './confirm.js';
import { parseOnboardingInput } from './input.js';
import { answerMessages } from './message-handlers.js';
import {
  FAILURE_TYPES,
  type OnboardingInput,
  type OnboardingResult,
  type StepName,
} from './messages.js';
import { CANCELLED } from './notification.js';
import { nextStep, type Plan } from './plan.js';
import { prepare, stage } from './prepare.js';
import { failureDetails, stepsOf } from './progress.js';
import { RAW, readRaw } from './raw-payload.js';
import { enter, follow, mark, openRun, type Run, takeCodes } from './run.js';
import { shielded, throwIfCancelled } from './shielded.js';
import { awaitCode } from './steps/await-code.js';
import { register } from './steps/register.js';
import { requestCode } from './steps/request-code.js';
import { setTwoStepPin } from './steps/set-two-step-pin.js';
import { storePin } from './steps/store-pin.js';
import { verifyCode } from './steps/verify-code.js';

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
      if (!run.pinAccepted) await throwIfCancelled();
      await perform(run, step);
    }
    return shielded(async () => finish(run, await confirm(run)));
  });
}

defineWorkflowOptions(onboardNumber, { staticOptions: RAW });

/** One step. From the pivot on nothing is cancelled: a PIN that Meta has accepted must reach the PIN store. */
async function perform(run: Run, step: StepName): Promise<void> {
  const work = () => PERFORM[step](run);
  takeCodes(run);
  await (run.pinAccepted ? shielded(work) : work());
  takeCodes(run);
}

/** Runs the sequence; when it cannot finish, compensates; at every exit, answers those who wait. */
async function toTheEnd(
  run: Run,
  sequence: () => Promise<OnboardingResult>,
): Promise<OnboardingResult> {
  const scope = CancellationScope.current();
  try {
    const result = await sequence();
    await announce(run, 'onboarding.live', { result });
    return scope.consideredCancelled ? { ...result, cancelRequested: true } : result;
  } catch (error) {
    // Anything else is a defect of this code: the task fails and is tried again once it is mended, nothing is undone for it.
    if (!isCancellation(error) && !(error instanceof ApplicationFailure)) throw error;
    const stopped = isCancellation(error) || scope.consideredCancelled;
    if (stopped) run.problem = undefined;
    const { problem } = run;
    failOpenStep(run, stopped ? 'cancelled' : problem?.text);
    run.waiting = undefined;
    run.submissions.close({ verdict: 'ended', reason: 'The run could not finish.' });
    run.compensation = await shielded(() => compensate(run));
    run.problem = problem;
    enter(run, 'Failed');
    await announceFailure(
      run,
      scope.consideredCancelled || !(error instanceof ApplicationFailure)
        ? CANCELLED
        : (error.type ?? FAILURE_TYPES.failed),
    );
    if (scope.consideredCancelled && !isCancellation(error)) await scope.cancelRequested;
    if (!(error instanceof ApplicationFailure)) throw error;
    throw ApplicationFailure.create({
      message: [error.message, ...run.compensation.notUndone].join(' '),
      type: error.type ?? FAILURE_TYPES.failed,
      nonRetryable: true,
      details: [failureDetails(run)],
    });
  } finally {
    run.submissions.close({ verdict: 'ended', reason: 'The run has ended.' });
    await shielded(() => condition(allHandlersFinished));
  }
}

function failOpenStep(run: Run, reason: string | undefined): void {
  for (const { name, state } of stepsOf(run))
    if (state === 'running') mark(run, name, 'failed', reason);
}

function nothingToDo(run: Run, plan: Extract<Plan, { kind: 'nothingToDo' }>): OnboardingResult {
  const skipped = { state: 'skipped', reason: 'nothing to do' } as const;
  follow(run, Object.fromEntries(stepsOf(run).map(({ name }) => [name, skipped])) as Run['steps']);
  const number = run.number;
  const missing = number === undefined ? [] : missingFrom({ number, subscribed: 'unknown' });
  return { ...finish(run, missing), changed: false, summary: plan.reason };
}

function finish(run: Run, missing: string[]): OnboardingResult {
  enter(run, 'Live');
  const { phoneNumberId } = run.input;
  const live = missing.length === 0;
  return {
    phoneNumberId,
    outcome: live ? 'live' : 'registered',
    summary: [
      live
        ? 'The number is live: registered, with two-step verification on and its PIN in the PIN store.'
        : `The PIN is in the PIN store, but the number is not live yet: ${missing.join('; ')}.`,
      ...(run.pinAccepted ? [] : ['Meta has not confirmed the PIN.']),
    ].join(' '),
    changed: true,
    missing,
    steps: stepsOf(run),
    pin: {
      ...(run.pin ?? { store: '', record: '', version: '' }),
      confirmed: run.pinAccepted,
      ...(run.pinSince === undefined ? {} : { since: run.pinSince }),
    },
  };
}
