import { look } from './activity-options.js';
import { lookAt, noTries, reportOf, type Settled, tried, waitBeforeNext } from './attempts.js';
import { FAILURE_TYPES } from './messages.js';
import { type Plan, planSteps } from './plan.js';
import { adopt, cannotFinish, follow, type Run, waitFor } from './run.js';

/**
 * Looks at Meta, the PIN store and the former runs, and plans. Nothing is written, so what forbids onboarding ends the run
 * at once with nothing to undo.
 */
export async function prepare(run: Run): Promise<Exclude<Plan, { kind: 'refused' }>> {
  const { phoneNumberId, takeOver } = run.input;
  for (;;) {
    const prepared = await patiently(run, () => lookAt(look.prepareNumber, { phoneNumberId }));
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
    const plan = planSteps({ number, pins, takeOver });
    if (plan.kind === 'refused') {
      cannotFinish(run, { text: plan.text, advice: plan.advice }, FAILURE_TYPES.refused);
    }
    if (plan.kind === 'steps') follow(run, plan.steps);
    if (plan.pinVersion !== undefined && pins !== undefined) {
      run.pin = { store: pins.store, record: pins.record, version: plan.pinVersion };
      run.pinSince = pins.versions.current?.lastRotated;
    }
    return plan;
  }
}

/** Stages a PIN where the plan found none to use: from here on it lies in the PIN store, whatever happens. */
export async function stage(run: Run): Promise<void> {
  if (run.pin !== undefined) return;
  const { phoneNumberId, label } = run.input;
  const about = { phoneNumberId, ...(label === undefined ? {} : { label }) };
  const { store, record, version } = await patiently(run, () => lookAt(look.stagePin, about));
  run.pin = { store, record, version };
}

/** A look that waits out passing trouble, visibly. Nothing has been done yet, so anything else ends the run at once. */
async function patiently<T>(run: Run, attempt: () => Promise<Settled<T>>): Promise<T> {
  for (let tries = noTries(Date.now()); ; ) {
    const looked = await attempt();
    if (looked.ok) {
      run.problem = undefined;
      return looked.value;
    }
    tries = tried(tries, looked.problem);
    const waitMs = waitBeforeNext(looked.problem, tries, Number.POSITIVE_INFINITY, Date.now());
    if (waitMs === undefined) cannotFinish(run, reportOf(looked.problem), FAILURE_TYPES.refused);
    await waitFor(run, 'Meta or the PIN store, to look again', waitMs, looked.problem);
  }
}
