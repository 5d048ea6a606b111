import { EXPIRY_TEXTS } from '../../workflows/current-details.js';
import type { OnboardingProgress } from '../../workflows/messages.js';
import { block, type Line } from './block.js';
import { instantAndAge } from './time-text.js';
import type { View } from './view.js';

/** What the run waits for; of a parked run also since when, and what happens when nobody decides. */
export function renderWaiting(
  { waiting, stage, problem }: OnboardingProgress,
  view: View,
): string[] {
  if (waiting === undefined) return [];
  const { now, colors } = view;
  const until = `until ${instantAndAge(waiting.until, now)}`;
  return block(
    stage === 'Parked' ? 'Parked' : 'Waiting for',
    [
      ...(stage === 'Parked'
        ? [`for ${waiting.for}, since ${instantAndAge(waiting.since, now)}`, until]
        : [[waiting.for, colors.bold] satisfies Line, until]),
      ...(waiting.onExpiry === undefined ? [] : [EXPIRY_TEXTS[waiting.onExpiry]]),
      ...(waiting.cure === undefined || waiting.cure === problem?.advice ? [] : [waiting.cure]),
      ...(waiting.decisions?.includes('accept') ? [ACCEPT_TEXT] : []),
      ...(waiting.reminder === undefined ? [] : [[waiting.reminder, colors.yellow] satisfies Line]),
    ],
    view,
  );
}

const ACCEPT_TEXT = 'accept finishes it at once: registered, with the PIN unconfirmed';
