import { InvalidInputError } from '../errors.js';

/** Meta's ids are longer; anything shorter in their place is more likely a code or a PIN. */
const SHORTEST_ID = 9;

/**
 * Six digits in place of the id make a usable id, but not the one that was meant.
 *
 * @throws InvalidInputError that does not repeat them
 */
export function refuseShortId(given: string | undefined, whatToGive: string): void {
  if (given === undefined || given.replaceAll(/[^0-9]/g, '').length >= SHORTEST_ID) return;
  throw new InvalidInputError(
    `The first argument is too short for a phone number id: ${whatToGive}, or no argument at all with WA_PHONE_NUMBER_ID set.`,
  );
}
