/** Instants to which people move a deadline, and what the API is sent for it. Pure but for the machine's time zone. */

export interface DeadlineChoice {
  label: string;
  /** Milliseconds since the epoch. */
  at: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MONDAY = 1;
const MORNING = 9;

/** The most by which a deadline moves at once. */
export const MOST_EXTENSION_MS = 30 * DAY;

/**
 * Quick choices that lie after the present deadline, in the order of time.
 *
 * @param now milliseconds since the epoch
 * @param until the present deadline, milliseconds since the epoch
 */
export function deadlineChoices(now: number, until: number): DeadlineChoice[] {
  const choices = [
    { label: '1 hour later', at: until + HOUR },
    { label: '1 day later', at: until + DAY },
    { label: 'Tomorrow 09:00', at: morningAfter(now, 1) },
    { label: 'Monday 09:00', at: morningAfter(now, daysToMonday(now)) },
  ];
  return choices
    .filter(({ at }) => at > until && at - until <= MOST_EXTENSION_MS)
    .filter(({ at }, index, all) => all.findIndex((other) => other.at === at) === index)
    .sort((a, b) => a.at - b.at);
}

/** How much later, as the API takes it. */
export function extensionText(until: number, at: number): string {
  return `${Math.ceil((at - until) / 1_000)} seconds`;
}

/** As a field of type datetime-local has it: `2026-11-24T14:32`, in the machine's time zone. */
export function localFieldText(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

function morningAfter(now: number, days: number): number {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days, MORNING).getTime();
}

function daysToMonday(now: number): number {
  const day = new Date(now).getDay();
  return (MONDAY - day + 7) % 7 || 7;
}
