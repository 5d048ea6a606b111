/** The workflows with a change that runs of the real ones cannot follow: they wait a while before anything else. */
import { defineWorkflowOptions, sleep } from '@temporalio/workflow';
import * as unchanged from '../../workflows/index.js';
import { RAW } from '../../workflows/raw-payload.js';

function changed<Args extends unknown[], Result>(
  workflow: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  const late = async (...args: Args) => {
    await sleep('1 second');
    return workflow(...args);
  };
  defineWorkflowOptions(late, { staticOptions: RAW });
  return late;
}

export const handleNumberEvent = changed(unchanged.handleNumberEvent);
export const offboardNumber = changed(unchanged.offboardNumber);
export const onboardNumber = changed(unchanged.onboardNumber);
export const reconcile = changed(unchanged.reconcile);
export const reregisterNumber = changed(unchanged.reregisterNumber);
export const rotateDuePins = changed(unchanged.rotateDuePins);
export const rotateLater = changed(unchanged.rotateLater);
export const rotatePin = changed(unchanged.rotatePin);
