/** What Meta posts, as far as it is about PINs and display names. Pure. */
import { z } from 'zod';
import type { NumberEvent } from '../../../workflows/messages.js';

/** The fields of the app's subscription that lead to something here. */
export const HANDLED_FIELDS = ['security', 'phone_number_name_update'] as const;

export type HandledField = (typeof HANDLED_FIELDS)[number];

/** A change of one of these fields. */
export type MetaChange =
  | { field: HandledField; notUnderstood: true }
  | {
      field: HandledField;
      /** Of the WhatsApp Business account. */
      wabaId: string;
      /** When it happened, in milliseconds. */
      at: number;
      /** As Meta wrote it. It stays in this process. */
      displayPhoneNumber: string;
      /** Undefined where Meta has decided nothing yet. */
      said: NumberEvent | undefined;
      /** What Meta said, but for the telephone number: equal where the same was said. */
      text: string;
    };

const payloadSchema = z.object({
  object: z.literal('whatsapp_business_account'),
  entry: z.array(z.unknown()),
});

const entrySchema = z.object({
  id: z.union([z.string(), z.int().transform(String)]).pipe(z.string().regex(/^[0-9]{1,25}$/)),
  time: z.union([
    z.number(),
    z
      .string()
      .regex(/^[0-9]{1,16}$/)
      .transform(Number),
  ]),
});

const changesSchema = z.object({ changes: z.array(z.unknown()) });
const changeSchema = z.object({ field: z.enum(HANDLED_FIELDS), value: z.unknown() });
const aboutSchema = z.object({ display_phone_number: z.string().max(50) });

/** Source: Meta's reference page on the `security` webhook. `requester` comes with requests to reset alone. */
const securitySchema = z.object({
  event: z.enum(['PIN_CHANGED', 'PIN_RESET_REQUEST', 'PIN_REQUEST_SUCCESS']),
  requester: z
    .union([z.string(), z.int().transform(String)])
    .nullish()
    .catch(undefined),
});

/**
 * Source: Meta's reference page on the `phone_number_name_update` webhook, which has APPROVED, DEFERRED, PENDING and REJECTED.
 * Elsewhere Meta calls a refused name DECLINED.
 */
const nameSchema = z.object({
  decision: z.enum(['APPROVED', 'DEFERRED', 'PENDING', 'REJECTED', 'DECLINED']),
  requested_verified_name: z.string().nullish().catch(undefined),
  rejection_reason: z.string().nullish().catch(undefined),
});

const LONGEST_TEXT = 200;
/** Seconds since 1970 stay below this until the year 5138; milliseconds have been above it since 1973. */
const MOST_SECONDS = 1e11;
const LATEST_DATE_MS = 8.64e15;

/**
 * The changes that lead to something here, in the order in which Meta lists them. Other fields, such as messages, are passed
 * over; one change that makes no sense does not keep the others from being understood.
 *
 * @param rotate what a PIN that somebody changed is to lead to
 */
export function changesIn(payload: unknown, rotate: 'offer' | 'automatic'): MetaChange[] {
  const { entry: entries = [] } = payloadSchema.safeParse(payload).data ?? {};
  return entries.flatMap((entry) => {
    const { changes = [] } = changesSchema.safeParse(entry).data ?? {};
    return changes.flatMap((raw): MetaChange[] => {
      const change = changeSchema.safeParse(raw).data;
      return change === undefined ? [] : [understood(entry, change, rotate)];
    });
  });
}

function understood(
  entry: unknown,
  { field, value }: z.output<typeof changeSchema>,
  rotate: 'offer' | 'automatic',
): MetaChange {
  const of = entrySchema.safeParse(entry).data;
  const about = aboutSchema.safeParse(value).data;
  const at = of === undefined ? Number.NaN : of.time > MOST_SECONDS ? of.time : of.time * 1_000;
  if (of === undefined || about === undefined || !(at >= 0 && at <= LATEST_DATE_MS)) {
    return { field, notUnderstood: true };
  }
  const said = (field === 'security' ? securityEvent : nameEvent)(
    value,
    new Date(at).toISOString(),
    rotate,
  );
  if (said === 'notUnderstood') return { field, notUnderstood: true };
  const { display_phone_number: _, ...rest } = value as Record<string, unknown>;
  return {
    ...{ field, wabaId: of.id, at, displayPhoneNumber: about.display_phone_number, said },
    text: JSON.stringify(sorted(rest)),
  };
}

function securityEvent(
  value: unknown,
  at: string,
  rotate: 'offer' | 'automatic',
): NumberEvent | 'notUnderstood' {
  const security = securitySchema.safeParse(value).data;
  switch (security?.event) {
    case 'PIN_CHANGED':
      return { event: 'pinChanged', at, rotate };
    case 'PIN_REQUEST_SUCCESS':
      return { event: 'pinReset', at, rotate };
    case 'PIN_RESET_REQUEST': {
      const requester = shortened(security.requester);
      return { event: 'pinResetRequested', at, ...(requester === undefined ? {} : { requester }) };
    }
    default:
      return 'notUnderstood';
  }
}

function nameEvent(value: unknown, at: string): NumberEvent | 'notUnderstood' | undefined {
  const update = nameSchema.safeParse(value).data;
  if (update === undefined) return 'notUnderstood';
  const { decision } = update;
  if (decision === 'DEFERRED' || decision === 'PENDING') return undefined;
  const name = shortened(update.requested_verified_name);
  const named = name === undefined ? {} : { name };
  if (decision === 'APPROVED') return { event: 'nameDecided', at, decision: 'approved', ...named };
  const reason =
    update.rejection_reason === 'NONE' ? undefined : shortened(update.rejection_reason);
  return {
    ...{ event: 'nameDecided', at, decision: 'declined', ...named },
    ...(reason === undefined ? {} : { reason }),
  };
}

function shortened(text: string | null | undefined): string | undefined {
  return text === null || text === undefined || text === ''
    ? undefined
    : text.slice(0, LONGEST_TEXT);
}

/** The same with the members of every object in the order of their names. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, member]) => [name, sorted(member)]);
}
