import type { BudgetUse, OnboardingProgress } from '../../workflows/messages.js';
import { block } from './block.js';
import { instantAndAge } from './time-text.js';
import type { View } from './view.js';

/** How much of Meta's 72-hour limits is used, as far as the run has counted, and when more is allowed. */
export function renderBudget({ budget }: OnboardingProgress, view: View): string[] {
  const { register, deregister } = budget;
  const next = [
    nextText('register', register, view.now),
    nextText('deregister', deregister, view.now),
  ];
  return block(
    'Requests',
    [
      `${used('register', register)} · ${used('deregister', deregister)} (Meta's limits in 72 h)`,
      ...(next.every((text) => text.endsWith(NOW)) ? [`the next of each${NOW}`] : next),
    ],
    view,
  );
}

const NOW = ' is allowed now';

const used = (name: string, { used, limit }: BudgetUse) => `${name} ${used} of ${limit}`;

function nextText(name: string, { nextAt }: BudgetUse, now: Date): string {
  return nextAt === undefined || Date.parse(nextAt) <= now.getTime()
    ? `the next ${name}${NOW}`
    : `the next ${name} is allowed at ${instantAndAge(nextAt, now)}`;
}
