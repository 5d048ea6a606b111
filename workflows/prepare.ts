import type { Preparation } from '../activities/steps/looks.js';
import { adoptFormerPin, look } from './activity-options.js';
import { lookAt, reportOf, type Settled, settled } from './attempts.js';
import { lookPatiently } from './look-patiently.js';
import { FAILURE_TYPES } from './messages.js';
import { PIN_PARK_MS, park } from './park.js';
import { type Plan, planSteps } from './plan.js';
import { adopt, cannotFinish, follow, note, type Run, usePin } from './run.js';
import { waitFor } from './waits.js';

/**
 * Looks at Meta, the PIN store and the former runs, and plans. Nothing is written, so what forbids onboarding ends the run
 * at once with nothing to undo.
 */
export async function prepare(run: Run): Promise<Extract<Plan, { kind: 'steps' | 'nothingToDo' }>> {
  const { phoneNumberId, takeOver } = run.input;
  let goOn = false;
  for (;;) {
    const { number, pins } = await lookSafely(run);
    const plan = planSteps({ number, pins, takeOver, goOn });
    if (plan.kind === 'refused') {
      cannotFinish(run, { text: plan.text, advice: plan.advice }, FAILURE_TYPES.refused);
    }
    if (plan.kind === 'parked') {
      if (await adoptedFormerPin(run, phoneNumberId)) continue;
      const { text, advice } = plan;
      await park(
        run,
        { text, advice },
        {
          ms: PIN_PARK_MS,
          failAs: FAILURE_TYPES.refused,
          forPin: true,
        },
      );
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

/**
 * What Meta, the PIN store and the former runs say of the number, once no request of a run that was cut off can still be on
 * its way.
 */
export async function lookSafely(run: Run): Promise<Preparation> {
  const { phoneNumberId } = run.input;
  for (;;) {
    const prepared = await lookOrEnd(run, () => lookAt(look.prepareNumber, { phoneNumberId }));
    adopt(run, prepared);
    const { cutOffRun } = prepared;
    const unsafeMs = cutOffRun === undefined ? 0 : Date.parse(cutOffRun.safeAt) - Date.now();
    if (unsafeMs <= 0) return prepared;
    await waitFor(
      run,
      'a request of a run that was cut off, which may still be on its way',
      unsafeMs,
    );
  }
}

/** Is there a PIN now that the number had under a former id? */
export async function adoptedFormerPin(run: Run, phoneNumberId: string): Promise<boolean> {
  const found = await settled(adoptFormerPin({ phoneNumberId }));
  if (!found.ok) note(run, found.problem);
  return found.ok && found.value.formerId !== undefined;
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
