/** Who may enter codes for a number: one person at a time, for some minutes. Pure. */
import { instantText } from './instant-text.js';
import type { Claim, ClaimAnswer, ClaimRequest, ReleaseAnswer } from './messages.js';

/** How long a claim lasts without a sign of its holder. */
export const CLAIM_MS = 5 * 60_000;

/**
 * Takes a number, or goes on holding it.
 *
 * @param now milliseconds since the epoch
 */
export function claimed(
  claim: Claim | undefined,
  { by, takeOver }: ClaimRequest,
  now: number,
): ClaimAnswer {
  const until = new Date(now + CLAIM_MS).toISOString();
  if (lasts(claim, now) && claim.by === by) return { verdict: 'held', claim: { ...claim, until } };
  const other = heldByOther(claim, by, now);
  if (other !== undefined && takeOver === undefined) {
    return { verdict: 'heldByOther', claim: other, reason: heldText(other) };
  }
  const takenFrom =
    other === undefined || takeOver === undefined
      ? {}
      : { takenFrom: { by: other.by, reason: takeOver } };
  return {
    verdict: 'held',
    claim: { by, since: new Date(now).toISOString(), until, ...takenFrom },
  };
}

export function released(claim: Claim | undefined, by: string, now: number): ReleaseAnswer {
  const other = heldByOther(claim, by, now);
  return other === undefined
    ? { verdict: 'released' }
    : { verdict: 'heldByOther', claim: other, reason: heldText(other) };
}

/** The claim that keeps `by`, or somebody who does not say who they are, from entering codes. */
export function heldByOther(
  claim: Claim | undefined,
  by: string | undefined,
  now: number,
): Claim | undefined {
  return lasts(claim, now) && claim.by !== by ? claim : undefined;
}

function lasts(claim: Claim | undefined, now: number): claim is Claim {
  return claim !== undefined && Date.parse(claim.until) > now;
}

export function heldText({ by, until }: Claim): string {
  return `${by} has taken this number until ${instantText(Date.parse(until))}: leave it to them, or take it over and say why.`;
}
