import { InvalidInputError } from '../errors.js';
import { promptHidden } from './hidden-prompt.js';
import type { Session } from './session.js';

const LAST_CHARACTERS = 4;

/** What is to be confirmed, in the words of its command. */
export interface ConfirmedAct {
  phoneNumberId: string;
  /** What `--confirm` gave. */
  given: string | undefined;
  /** What the act does, as the first half of a sentence, such as `Offboarding takes a number out of use`. */
  does: string;
  /** Such as `Take 106540352242922 out of use?` */
  question: string;
  /** What Ctrl-C does instead, such as `leaves the number as it is`. */
  otherwise: string;
}

/** @throws InvalidInputError where `--confirm` names another number, or is missing where nobody can be asked */
export function refuseUnconfirmed(session: Session, act: ConfirmedAct): void {
  const { phoneNumberId: id, given, does } = act;
  if (given === id || (given === undefined && session.terminal.stdin.isTTY)) return;
  throw new InvalidInputError(
    given === undefined
      ? `${does}: confirm it with --confirm ${id}, or run it in a terminal, which asks.`
      : `--confirm must repeat the phone number id ${id}: nothing was done.`,
  );
}

/**
 * Has the person at the terminal type how the id ends, where `--confirm` did not repeat it.
 *
 * @returns whether a person was asked, which may have taken a while
 * @throws InvalidInputError when nobody confirms that this number is meant
 */
export async function confirmId(session: Session, act: ConfirmedAct): Promise<boolean> {
  refuseUnconfirmed(session, act);
  const { phoneNumberId: id, given, question, otherwise } = act;
  if (given !== undefined) return false;
  await promptHidden(session, `${question} Its last four characters:`, (typed) =>
    typed.trim() === id.slice(-LAST_CHARACTERS)
      ? undefined
      : `That is not how the id ends. Ctrl-C ${otherwise}.`,
  );
  return true;
}
