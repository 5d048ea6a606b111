/** PIN mismatch on a number that is not registered: which PIN to try next. */
import type { Problem } from '../activities/failures.js';
import type { Preparation } from '../activities/steps/looks.js';
import { look } from './activity-options.js';
import { lookAt } from './attempts.js';
import { lookPatiently } from './look-patiently.js';
import { PIN_PARK_MS, park } from './park.js';
import { adoptedFormerPin } from './prepare.js';
import { adopt, note, type Run, usePin } from './run.js';

/** In which order the versions in the PIN store are tried, once each. */
const ORDER = ['current', 'pending', 'provided', 'previous'] as const;

const NONE: ReadonlySet<string> = new Set();

/**
 * Meta has refused this run's PIN. Takes the next version in the PIN store; where all were refused, parks until an operator
 * has given the right PIN, or has seen to it at Meta. The same PIN is sent again only when an operator says so, once.
 *
 * A number that reads registered by now gets the PIN that the PIN store holds for it set, whatever was guessed.
 */
export async function chooseOtherPin(run: Run, problem: Problem): Promise<void> {
  const { phoneNumberId } = run.input;
  if (run.pin !== undefined) run.refusedPins.add(run.pin.version);
  let cured = false;
  for (;;) {
    const seen = await lookPatiently(run, () => lookAt(look.prepareNumber, { phoneNumberId }));
    if (seen.ok) {
      const { number, pins } = seen.value;
      adopt(run, seen.value);
      const usual = nextVersion(pins, NONE);
      if (pins !== undefined && usual !== undefined && number.registered === 'yes') {
        return usePin(run, pins, usual);
      }
      const version = nextVersion(pins, run.refusedPins) ?? (cured ? usual : undefined);
      if (pins !== undefined && version !== undefined) {
        usePin(run, pins, version);
        return note(run, problem);
      }
      if (await adoptedFormerPin(run, phoneNumberId)) continue;
    }
    await park(run, seen.ok ? problem : seen.problem, { ms: PIN_PARK_MS, forPin: seen.ok });
    cured = true;
  }
}

/** The first version in the PIN store that was not refused yet. Pure. */
export function nextVersion(
  pins: Preparation['pins'],
  refused: ReadonlySet<string>,
): string | undefined {
  return ORDER.map((state) => pins?.versions[state]?.version).find(
    (version) => version !== undefined && !refused.has(version),
  );
}
