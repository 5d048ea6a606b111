import { CANCELLATIONS } from './cancellations.js';
import { CODES } from './codes.js';
import { DESK } from './desk.js';
import { FLEET } from './fleet.js';
import { PLAN_ROWS } from './plan-rows.js';
import type { Scenario } from './scenario.js';
import { TROUBLES } from './troubles.js';

/** Every run that is recorded: one for each row of the plan, and for each ending. */
export const SCENARIOS: readonly Scenario[] = [
  ...PLAN_ROWS,
  ...CODES,
  ...DESK,
  ...TROUBLES,
  ...CANCELLATIONS,
  ...FLEET,
];
