import type { RawValue } from '@temporalio/common';
import { ApplicationFailure, defineWorkflowOptions, sleep } from '@temporalio/workflow';
import { FAILURE_TYPES, type LaterRotation, ROTATE_PIN, type RotationInput } from './messages.js';
import { parseLaterRotation } from './operation-input.js';
import { RAW, readRaw } from './raw-payload.js';
import { startWhenFree } from './start-when-free.js';

/**
 * Begins the rotation of one number's PIN after a while, and once nothing else works on the number.
 *
 * @param input a {@link LaterRotation}, raw
 * @throws `ApplicationFailure` of type `InvalidInput`; of type `NotBegun` where the number was busy for 15 days
 */
export async function rotateLater(input: RawValue<LaterRotation>): Promise<{ begun: true }> {
  const parsed = readRaw(input, parseLaterRotation);
  if (!parsed.ok)
    throw ApplicationFailure.nonRetryable(parsed.sentence, FAILURE_TYPES.invalidInput);
  const { after: _after, afterMs, ...rotation } = parsed.value;
  if (afterMs > 0) await sleep(afterMs, { summary: 'Until the PIN is to be rotated' });
  await startWhenFree<RotationInput>(ROTATE_PIN, rotation);
  return { begun: true };
}

defineWorkflowOptions(rotateLater, { staticOptions: RAW });
