/** The workflow with a change that runs of the real one cannot follow: it waits a while before anything else. */
import type { RawValue } from '@temporalio/common';
import { defineWorkflowOptions, sleep } from '@temporalio/workflow';
import type { OnboardingInput, OnboardingResult } from '../../workflows/messages.js';
import { onboardNumber as unchanged } from '../../workflows/onboard-number.js';
import { RAW } from '../../workflows/raw-payload.js';

export async function onboardNumber(input: RawValue<OnboardingInput>): Promise<OnboardingResult> {
  await sleep('1 second');
  return unchanged(input);
}
defineWorkflowOptions(onboardNumber, { staticOptions: RAW });
