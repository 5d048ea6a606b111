/** What Meta's webhooks say of a number's PIN and name, in its PIN record. */
import { looking, type NumberAccess } from '../number-access.js';
import { lastDigitsOf } from '../number-facts.js';

export interface SaidOfNumber {
  phoneNumberId: string;
  /** `pinChanged`: somebody set another PIN; `pinReset`: two-step verification was turned off; `renamed`: Meta approved a name. */
  what: 'pinChanged' | 'pinReset' | 'renamed' | 'nothing';
  /** When it was so, ISO 8601. */
  at: string;
}

export interface EventNoted {
  /** `noted`; `outdated` where the PIN became current, or the number was registered, after that; `noRecord`. */
  result: 'noted' | 'outdated' | 'noRecord';
  notifies: boolean;
  label?: string;
  lastDigits?: string;
}

const WHY = {
  pinChanged: 'somebody changed the PIN in WhatsApp Manager',
  pinReset: 'somebody turned two-step verification off',
} as const;

/** Notes in the PIN record what was said. What is older than the PIN changes nothing, so that a replay does no harm. */
export function notePinEvent({ pinStore, notifies }: NumberAccess) {
  return ({ phoneNumberId, what, at }: SaidOfNumber): Promise<EventNoted> =>
    looking(async () => {
      const known = await pinStore.describe(phoneNumberId);
      if (known === undefined) return { result: 'noRecord', notifies };
      const { label, versions } = known;
      const lastDigits = lastDigitsOf(known.displayPhoneNumber);
      const told = {
        notifies,
        ...(label === undefined ? {} : { label }),
        ...(lastDigits === undefined ? {} : { lastDigits }),
      };
      const { lastRotated } = versions.current ?? {};
      const ofPin = what === 'pinChanged' || what === 'pinReset';
      if (ofPin && lastRotated !== undefined && Date.parse(lastRotated) >= Date.parse(at)) {
        return { result: 'outdated', ...told };
      }
      if (ofPin) await pinStore.annotate(phoneNumberId, { stale: { since: at, why: WHY[what] } });
      if (what === 'renamed') await pinStore.annotate(phoneNumberId, { renamedAt: at });
      return { result: 'noted', ...told };
    });
}
