import type { Claim } from '../../workflows/messages.js';
import { block } from './block.js';
import { instantAndAge } from './time-text.js';
import type { View } from './view.js';

/** The claim, unless it is over: nobody tells when one is. */
export function lasting(claim: Claim | undefined, now: Date): Claim | undefined {
  return claim !== undefined && Date.parse(claim.until) > now.getTime() ? claim : undefined;
}

/** Who has taken the number to enter its codes, until when, and from whom. */
export function renderClaim(claim: Claim | undefined, view: View): string[] {
  const held = lasting(claim, view.now);
  if (held === undefined) return [];
  const { by, until, takenFrom } = held;
  return block(
    'Taken',
    [
      [`by ${by}, until ${instantAndAge(until, view.now)}`, view.colors.yellow],
      ...(takenFrom === undefined ? [] : [`from ${takenFrom.by}: ${takenFrom.reason}`]),
    ],
    view,
  );
}
