import type { NumberFacts } from '../activities/number-facts.js';
import type { Confirmation } from '../activities/steps/looks.js';
import { look } from './activity-options.js';
import { lookAt } from './attempts.js';
import { lookPatiently } from './look-patiently.js';
import { note, type Run } from './run.js';
import { waitFor } from './waits.js';

/** Meta connects a number within minutes of its registration: looks after 1, 3, 7 and 15 minutes. */
const PAUSES_MS = [1, 2, 4, 8].map((minutes) => minutes * 60_000);

/**
 * What a number still lacks, in words; nothing where it is live. One that is registered and not connected yet is watched
 * for a quarter of an hour.
 */
export async function confirm(run: Run): Promise<string[]> {
  const { phoneNumberId } = run.input;
  for (let looks = 0; ; looks += 1) {
    const confirmed = await lookPatiently(run, () => lookAt(look.confirmNumber, { phoneNumberId }));
    if (!confirmed.ok) {
      note(run, confirmed.problem);
      return [`The number could not be read in the end: ${confirmed.problem.text}`];
    }
    run.number = confirmed.value.number;
    const pauseMs = PAUSES_MS[looks];
    if (pauseMs === undefined || !isConnecting(confirmed.value.number)) {
      return missingFrom(confirmed.value);
    }
    await waitFor(run, 'Meta to connect the number', pauseMs);
  }
}

const CONNECTING = new Set<string | undefined>(['PENDING', 'UNVERIFIED', 'DISCONNECTED']);

/** May Meta still be about to connect a number that was just registered? */
function isConnecting({ status }: NumberFacts): boolean {
  return CONNECTING.has(status);
}

const NAME_REVIEW = new Map(
  Object.entries({
    PENDING_REVIEW: 'Meta is still reviewing the display name',
    DECLINED: 'Meta declined the display name: choose another in WhatsApp Manager',
    EXPIRED: 'the display name’s approval has expired: ask for a new one in WhatsApp Manager',
    NONE: 'no display name is set: set one in WhatsApp Manager',
  }),
);

const STATUS = new Map(
  Object.entries({
    FLAGGED: 'Meta has flagged the number for low quality',
    RESTRICTED: 'Meta restricts what the number may send',
    RATE_LIMITED: 'Meta limits the number’s rate for now',
    PENDING: 'Meta has not connected the number yet (PENDING)',
  }),
);

/** What stands between a registered number and being live. Pure. */
export function missingFrom({ number, subscribed }: Confirmation): string[] {
  return [
    ...statusMissing(number),
    ...(subscribed === 'no'
      ? [
          'no app is subscribed to the account’s webhooks, so inbound messages are lost: subscribe yours',
        ]
      : []),
  ];
}

function statusMissing({ status, nameStatus, registered }: NumberFacts): string[] {
  if (status === 'CONNECTED') return [];
  if (registered === 'no' && status !== 'PENDING') {
    return ['Meta shows the number as not registered (any more): start the onboarding again'];
  }
  if (status === undefined) return ['Meta does not say whether the number is connected'];
  const name = NAME_REVIEW.get(nameStatus ?? '');
  return [
    STATUS.get(status) ?? `Meta gives the number’s status as ${status}`,
    ...(name === undefined ? [] : [name]),
  ];
}
