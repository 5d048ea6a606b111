import type { RawValue } from '@temporalio/common';
import { ApplicationFailure, defineWorkflowOptions } from '@temporalio/workflow';
import { removePin } from './activity-options.js';
import { passes, settled } from './attempts.js';
import { inputOfOperation } from './input.js';
import { answerMessages } from './message-handlers.js';
import {
  FAILURE_TYPES,
  OFFBOARD_NUMBER,
  type OffboardingInput,
  type OnboardingResult,
} from './messages.js';
import { type CompleteOffboarding, parseOffboardingInput } from './operation-input.js';
import { park } from './park.js';
import { onlySteps, refusalOf } from './plan.js';
import { lookSafely } from './prepare.js';
import { stepsOf } from './progress.js';
import { RAW, readRaw } from './raw-payload.js';
import { cannotFinish, enter, follow, openRun, type Run, usePin } from './run.js';
import { shielded } from './shielded.js';
import { deregisterOnPurpose } from './steps/deregister.js';
import { perform, toTheEnd } from './to-the-end.js';
import { waitFor } from './waits.js';

/**
 * Deregisters a number on purpose. Its PIN record is kept, because two-step verification outlives a deregistration and whoever
 * registers the number next needs its PIN; it is deleted only where Meta says that two-step verification is off, or where the
 * operator says so.
 *
 * @param input an {@link OffboardingInput}, raw
 * @throws `ApplicationFailure` of a type in {@link FAILURE_TYPES}, with `OnboardingFailureDetails`
 */
export async function offboardNumber(input: RawValue<OffboardingInput>): Promise<OnboardingResult> {
  const parsed = readRaw(input, parseOffboardingInput);
  if (!parsed.ok)
    throw ApplicationFailure.nonRetryable(parsed.sentence, FAILURE_TYPES.invalidInput);
  const given = parsed.value;
  const run = openRun(inputOfOperation(given), { operation: OFFBOARD_NUMBER });
  answerMessages(run);
  return toTheEnd(run, async () => {
    const { number, pins } = await lookSafely(run);
    const refusal = number.onBusinessApp ? refusalOf(number) : undefined;
    if (refusal !== undefined) cannotFinish(run, refusal, FAILURE_TYPES.refused);
    follow(run, onlySteps(['register'], 'an offboarding has no such step'));
    const current = pins?.versions.current;
    if (pins !== undefined && current !== undefined) usePin(run, pins, current.version);
    await perform(run, deregisterOnPurpose);
    // It is deregistered: what is left is done whatever comes.
    const wasOff = number.twoStepOn === 'no';
    const known = pins !== undefined;
    return shielded(async () => offboarded(run, await pinRecordOf(run, given, { known, wasOff })));
  });
}

defineWorkflowOptions(offboardNumber, { staticOptions: RAW });

type PinRecord = NonNullable<OnboardingResult['pinRecord']>;

async function pinRecordOf(
  run: Run,
  { pinRecord, phoneNumberId }: CompleteOffboarding,
  { known, wasOff }: { known: boolean; wasOff: boolean },
): Promise<PinRecord> {
  if (!known) return 'none';
  // Said twice, before and after: a PIN that is deleted is lost.
  const off = wasOff && run.number?.twoStepOn === 'no';
  if (pinRecord === 'keep' || (pinRecord === 'ifTwoStepOff' && !off)) return 'kept';
  for (;;) {
    const removed = await settled(removePin({ phoneNumberId }));
    if (removed.ok) return removed.value.removed ? 'deleted' : 'none';
    if (passes(removed.problem)) {
      const what = 'the PIN store, to delete the PIN record';
      await waitFor(run, what, NEXT_TRY_MS, removed.problem);
      continue;
    }
    if (
      (await park(run, removed.problem, { takes: ['retry', 'accept'], onExpiry: 'accept' })) !==
      'retry'
    )
      return 'kept';
  }
}

const NEXT_TRY_MS = 5 * 60_000;

const PIN_RECORD_TEXTS: Record<PinRecord, string> = {
  kept: 'Its PIN is kept: two-step verification outlives this, and who registers the number next needs it.',
  deleted: 'Its PIN record was deleted.',
  none: 'The PIN store has no PIN of it.',
};

function offboarded(run: Run, pinRecord: PinRecord): OnboardingResult {
  enter(run, 'Offboarded');
  const changed = run.steps.register.state === 'compensated';
  return {
    phoneNumberId: run.input.phoneNumberId,
    operation: OFFBOARD_NUMBER,
    outcome: 'offboarded',
    summary: `${changed ? 'The number is deregistered.' : 'The number was not registered.'} ${PIN_RECORD_TEXTS[pinRecord]}`,
    changed: changed || pinRecord === 'deleted',
    missing: [],
    steps: stepsOf(run),
    pin: {
      ...(pinRecord === 'kept' && run.pin !== undefined
        ? run.pin
        : { store: '', record: '', version: '' }),
      confirmed: false,
      ...(run.pinSince === undefined ? {} : { since: run.pinSince }),
    },
    pinRecord,
  };
}
