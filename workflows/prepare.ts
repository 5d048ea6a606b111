import { look } from './activity-options.js';
import { lookAt, reportOf, type Settled } from './attempts.js';
import { lookPatiently } from './look-patiently.js';
import { FAILURE_TYPES } from './messages.js';
import { PIN_PARK_MS, park } from './park.js';
import { type Plan, planSteps } from './plan.js';
import { adopt, cannotFinish, follow, type Run, usePin } from './run.js';
import { waitFor } from './waits.js';

/**
 * Looks at Meta, the PIN store and the former runs, and plans. Nothing is written, so what forbids onboarding ends the run
 * at once with nothing to undo.
 */
export async function prepare(run: Run): Promise<Extract<Plan, { kind: 'steps' | 'nothingToDo' }>> {
  const { phoneNumberId, takeOver } = run.input;
  let goOn = false;
  for (;;) {
    const prepared = await lookOrEnd(run, () => lookAt(look.prepareNumber, { phoneNumberId }));
    const { number, pins, cutOffRun } = prepared;
    adopt(run, prepared);
    const unsafeMs = cutOffRun === undefined ? 0 : Date.parse(cutOffRun.safeAt) - Date.now();
    if (unsafeMs > 0) {
      await waitFor(
        run,
        'a request of a run that was cut off, which may still be on its way',
        unsafeMs,
      );
      continue;
    }
    const plan = planSteps({ number, pins, takeOver, goOn });
    if (plan.kind === 'refused') {
      cannotFinish(run, { text: plan.text, advice: plan.advice }, FAILURE_TYPES.refused);
    }
    if (plan.kind === 'parked') {
      const { text, advice } = plan;
      await park(run, { text, advice }, { ms: PIN_PARK_MS, failAs: FAILURE_TYPES.refused });
      goOn = true;
      continue;
    }
    if (plan.kind === 'steps') follow(run, plan.steps);
    if (plan.pinVersion !== undefined && pins !== undefined) {
      usePin(run, pins, plan.pinVersion);
    }
    return plan;
  }
}

/** Stages a PIN where the plan found none to use: from here on it lies in the PIN store, whatever happens. */
export async function stage(run: Run): Promise<void> {
  if (run.pin !== undefined) return;
  const { phoneNumberId, label } = run.input;
  const about = { phoneNumberId, ...(label === undefined ? {} : { label }) };
  const { store, record, version } = await lookOrEnd(run, () => lookAt(look.stagePin, about));
  run.pin = { store, record, version };
}

/** Nothing has been done yet, so what does not pass ends the run at once. */
async function lookOrEnd<T>(run: Run, attempt: () => Promise<Settled<T>>): Promise<T> {
  const looked = await lookPatiently(run, attempt);
  if (!looked.ok) cannotFinish(run, reportOf(looked.problem), FAILURE_TYPES.refused);
  run.problem = undefined;
  return looked.value;
}
