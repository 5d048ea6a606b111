import { createHash } from 'node:crypto';
import { InvalidInputError } from '../../errors.js';
import type { ApiClient } from '../handlers/handler.js';
import { problemOf } from '../problem-of.js';
import type { ApiProblem } from '../problems.js';
import type { MetaChange } from './meta-payload.js';
import type { NumbersByTelephone } from './numbers-by-telephone.js';

export interface ChangeParts {
  client: Pick<ApiClient, 'handleNumberEvent'>;
  numbers: NumbersByTelephone;
  /** The only WhatsApp Business account whose changes count. @default every one */
  wabaId?: string;
  clock: () => Date;
}

/** What became of a change, in a word, for the audit trail; and of which number it was. */
export interface HandledChange {
  outcome: string;
  /** Where it could not be handled now, so that Meta is to send it again. */
  failure?: ApiProblem;
  /** What happened, by its name here. */
  event?: string;
  phoneNumberId?: string;
  label?: string;
}

/** Meta sends what it could not deliver again for so long. */
const OLDEST_MS = 7 * 24 * 3_600_000;
/** How far Meta's clock may be ahead of this machine's. */
const AHEAD_MS = 600_000;

/** Hands a change over to Temporal, once however often it is sent. Never rejects. */
export async function handleChange(
  change: MetaChange,
  { client, numbers, wabaId, clock }: ChangeParts,
): Promise<HandledChange> {
  if ('notUnderstood' in change) return { event: change.field, outcome: 'notUnderstood' };
  const { said, at } = change;
  const event = { event: said?.event ?? change.field };
  const now = clock().getTime();
  if (wabaId !== undefined && change.wabaId !== wabaId)
    return { ...event, outcome: 'otherAccount' };
  if (now - at > OLDEST_MS) return { ...event, outcome: 'tooOld' };
  if (at - now > AHEAD_MS) return { ...event, outcome: 'inTheFuture' };
  if (said === undefined) return { ...event, outcome: 'undecided' };
  let of: Pick<HandledChange, 'event' | 'phoneNumberId' | 'label'> = event;
  try {
    const number = await numbers.find(change.displayPhoneNumber, change.wabaId, at);
    if (number === undefined) return { ...of, outcome: 'unknownNumber' };
    of = { ...event, ...number };
    const outcome = await client.handleNumberEvent(
      { ...number, said },
      keyOf(change, number.phoneNumberId),
    );
    return { ...of, outcome };
  } catch (error) {
    // Sent again it would be refused again.
    if (error instanceof InvalidInputError) return { ...of, outcome: 'notUnderstood' };
    const failure = problemOf(error);
    return { ...of, outcome: failure.type, failure };
  }
}

/**
 * The same for the same change, whenever and to which process of the API Meta sends it. It is made of the number's id and not
 * of its telephone number, which could be found out from a digest by trying all there are.
 */
function keyOf(
  { wabaId, at, field, text }: Exclude<MetaChange, { notUnderstood: true }>,
  phoneNumberId: string,
): string {
  return createHash('sha256')
    .update(JSON.stringify([wabaId, at, field, phoneNumberId, text]))
    .digest('hex');
}
