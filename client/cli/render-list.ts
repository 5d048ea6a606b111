import type { OnboardingSummary } from '../onboarding-status.js';
import { maskedDigits } from './masked-digits.js';
import { lasting } from './render-claim.js';
import { operationStand } from './stand-text.js';
import { table } from './table.js';
import { durationText } from './time-text.js';
import type { View } from './view.js';

/**
 * A table of onboardings, one line each, by the label where there is one, else by the business.
 *
 * @param filtered whether only some were asked for
 */
export function renderList(
  summaries: OnboardingSummary[],
  { now, colors }: View,
  filtered = false,
): string[] {
  if (summaries.length === 0) {
    return [
      filtered ? 'None that match.' : 'No onboardings. Start one with npx wa-onboard start <id>.',
    ];
  }
  const rows = summaries.map((summary) => [
    summary.phoneNumberId,
    summary.card?.lastDigits === undefined ? '' : maskedDigits(summary.card.lastDigits),
    summary.label ?? summary.card?.businessName ?? '',
    standOf(summary, now),
    age(summary, now),
  ]);
  return table(['NUMBER', 'ENDS IN', 'NAME', 'STANDS', 'WHEN'], rows, colors.dim);
}

/** Where it stands, and who has taken it. */
function standOf(summary: OnboardingSummary, now: Date): string {
  const claim = summary.run === 'running' ? lasting(summary.card?.claim, now) : undefined;
  return `${operationStand(summary)}${claim === undefined ? '' : `, taken by ${claim.by}`}`;
}

function age({ startedAt, endedAt }: OnboardingSummary, now: Date): string {
  return endedAt === undefined
    ? `started ${durationText(now.getTime() - Date.parse(startedAt))} ago`
    : `ended ${durationText(now.getTime() - Date.parse(endedAt))} ago`;
}
