import type { Onboarding } from './schemas.js';

/** Where an onboarding stands in the desk's list: places compare element by element. */
export type DeskPlace = readonly [rank: number, since: string, phoneNumberId: string];

/**
 * Numbers that wait for a code come first, the oldest code before all, because a code lives ten minutes; then those that
 * wait for an agent and the parked ones, the longest wait first; then the rest, in the order in which they were started.
 */
export function placeOf({ stage, code, waiting, startedAt, phoneNumberId }: Onboarding): DeskPlace {
  const waitingSince = waiting?.since ?? startedAt;
  switch (stage) {
    case 'AwaitingCode':
      return [0, code?.sentAt ?? waitingSince, phoneNumberId];
    case 'AwaitingAgent':
      return [1, waitingSince, phoneNumberId];
    case 'Parked':
      return [2, waitingSince, phoneNumberId];
    default:
      return [3, startedAt, phoneNumberId];
  }
}

/** Negative where `a` comes before `b`. */
export function comparePlaces(a: DeskPlace, b: DeskPlace): number {
  return a[0] - b[0] || Date.parse(a[1]) - Date.parse(b[1]) || compareTexts(a[2], b[2]);
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
