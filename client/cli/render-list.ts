import type { OnboardingSummary } from '../onboarding-status.js';
import { standText } from './stand-text.js';
import { durationText } from './time-text.js';
import type { View } from './view.js';

/**
 * A table of onboardings, one line each.
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
    summary.label ?? '',
    standText(summary),
    age(summary, now),
  ]);
  const head = ['NUMBER', 'LABEL', 'STANDS', 'WHEN'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [colors.dim(line(head)), ...rows.map(line)];
}

function age({ startedAt, endedAt }: OnboardingSummary, now: Date): string {
  return endedAt === undefined
    ? `started ${durationText(now.getTime() - Date.parse(startedAt))} ago`
    : `ended ${durationText(now.getTime() - Date.parse(endedAt))} ago`;
}
