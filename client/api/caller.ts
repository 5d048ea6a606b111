import type { Onboarding } from './schemas.js';
import type { Scope } from './scopes.js';

/** Whom a token was made for, and what it allows. */
export interface Caller {
  /** As others see it, in claims and beside codes. */
  name: string;
  scopes: ReadonlySet<Scope>;
  /** The only labels that the caller may see, where it is limited to some. */
  labels?: readonly string[];
  /** The only numbers that the caller may see, where it is limited to some. */
  phoneNumberIds?: readonly string[];
  /** When its token expires. */
  expiresAt: Date;
}

/** A caller that is limited to numbers and to labels sees what is within both. */
export function maySee(
  { labels, phoneNumberIds }: Caller,
  { phoneNumberId, label }: { phoneNumberId: string; label?: string | undefined },
): boolean {
  return (
    (phoneNumberIds === undefined || phoneNumberIds.includes(phoneNumberId)) &&
    (labels === undefined || (label !== undefined && labels.includes(label)))
  );
}

/** What of the onboardings a caller may see. */
export function viewOf(caller: Caller): (onboarding: Onboarding) => boolean {
  return (onboarding) => maySee(caller, onboarding);
}
