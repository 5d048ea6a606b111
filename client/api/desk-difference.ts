import type { DeskEvent } from './desk.js';
import type { Listed } from './desk-onboarding.js';
import type { Onboarding } from './schemas.js';

/** What is listed, by `phoneNumberId`: a number has one open run at most. */
export type View = ReadonlyMap<string, Listed>;

/**
 * The events that lead from one view to the next. A number whose run was followed by another has changed, and is not gone,
 * unless it has another label now: who may see the old one alone would keep what it showed.
 */
export function differenceOf(before: View, after: View): DeskEvent[] {
  const events: DeskEvent[] = [];
  for (const [id, { onboarding, text }] of after) {
    const was = before.get(id);
    if (was?.text === text) continue;
    if (was !== undefined && was.onboarding.label !== onboarding.label) {
      events.push(gone(was.onboarding));
    }
    events.push({ event: 'onboarding', data: onboarding });
  }
  for (const [id, { onboarding }] of before) {
    if (!after.has(id)) events.push(gone(onboarding));
  }
  return events;
}

function gone({ phoneNumberId, runId, label }: Onboarding): DeskEvent {
  return {
    event: 'gone',
    data: { phoneNumberId, runId },
    ...(label === undefined ? {} : { label }),
  };
}
