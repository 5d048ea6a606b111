/** Who holds a number, of what its list and one's own requests have told. Pure. */

import type { Claim } from '../../workflows/messages.js';

/** The claim that was told last: claims replace each other, and move their end while they last. */
export function newestClaim(a: Claim | undefined, b: Claim | undefined): Claim | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const order =
    Date.parse(a.since) - Date.parse(b.since) || Date.parse(a.until) - Date.parse(b.until);
  return order >= 0 ? a : b;
}

/** A claim is renewed once less than this is left of its five minutes. */
const RENEW_BELOW_MS = 150_000;
/** Somebody who has not touched the page for so long does not work on the number any more. */
const IDLE_MS = 4 * 60_000;

/** Is it time to claim again? Only for somebody who works: a number must not be held over lunch. */
export function renewalIsDue(claim: Claim, now: number, lastActiveAt: number): boolean {
  return Date.parse(claim.until) - now < RENEW_BELOW_MS && now - lastActiveAt < IDLE_MS;
}
