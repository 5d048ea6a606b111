import type { FleetActivityDependencies } from './fleet/fleet-access.js';
import { listDuePins } from './fleet/list-due-pins.js';
import { reconcileAccount } from './fleet/reconcile-account.js';

export type { FleetActivityDependencies } from './fleet/fleet-access.js';
export type { DueNumber, DuePins } from './fleet/list-due-pins.js';
export { type OpenRun, type OpenRuns, temporalOpenRuns } from './fleet/open-runs.js';
export type { Finding, FindingKind, ReconcileReport } from './fleet/report.js';

export type FleetActivities = ReturnType<typeof createFleetActivities>;

/**
 * The activities that look at all numbers. They say that they are alive at least every ten seconds; both may take minutes
 * with thousands of numbers, and may be repeated.
 *
 * They throw `ApplicationFailure` with a stable `type` (see `FAILURE_TYPE_OF`) and a `Problem` as first detail.
 */
export function createFleetActivities(dependencies: FleetActivityDependencies) {
  return {
    listDuePins: listDuePins(dependencies),
    reconcileAccount: reconcileAccount(dependencies),
  };
}
