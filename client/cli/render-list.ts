import type { OnboardingSummary } from '../onboarding-status.js';
import { maskedDigits } from './masked-digits.js';
import { lasting } from './render-claim.js';
import { standText } from './stand-text.js';
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
  const head = ['NUMBER', 'ENDS IN', 'NAME', 'STANDS', 'WHEN'];
  // A column that is empty all the way down is left out.
  const widths = head.map((title, column) => {
    const widest = Math.max(...rows.map((row) => (row[column] ?? '').length));
    return widest === 0 ? 0 : Math.max(title.length, widest);
  });
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .filter((_, column) => widths[column] !== 0)
      .join('  ')
      .trimEnd();
  return [colors.dim(line(head)), ...rows.map(line)];
}

/** Where it stands, and who has taken it. */
function standOf(summary: OnboardingSummary, now: Date): string {
  const claim = summary.run === 'running' ? lasting(summary.card?.claim, now) : undefined;
  return `${standText(summary)}${claim === undefined ? '' : `, taken by ${claim.by}`}`;
}

function age({ startedAt, endedAt }: OnboardingSummary, now: Date): string {
  return endedAt === undefined
    ? `started ${durationText(now.getTime() - Date.parse(startedAt))} ago`
    : `ended ${durationText(now.getTime() - Date.parse(endedAt))} ago`;
}
