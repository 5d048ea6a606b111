import type { GraphError } from './error-answers.js';
import { isVerified, type NumberState, platformOf, statusOf } from './number-state.js';

type FieldTable = Readonly<Record<string, (number: NumberState, now: number) => unknown>>;

const FIELDS: FieldTable = {
  id: (number) => number.id,
  display_phone_number: (number) => number.displayPhoneNumber,
  verified_name: (number) => number.verifiedName,
  quality_rating: (number) => number.quality,
  code_verification_status: (number) => number.verification,
  is_pin_enabled: (number) => number.pin !== undefined,
  status: statusOf,
  name_status: (number) => number.nameStatus,
  platform_type: platformOf,
  throughput: (number) => ({ level: number.registered ? 'STANDARD' : 'NOT_APPLICABLE' }),
  is_on_biz_app: (number) => number.isOnBizApp,
  account_mode: (number) => number.accountMode,
  health_status: (number) => number.health ?? healthOf(number),
  last_onboarded_time: (number) =>
    number.lastOnboardedAt === undefined
      ? undefined
      : new Date(number.lastOnboardedAt).toISOString().replace(/\.[0-9]{3}Z$/, '+0000'),
  is_official_business_account: () => false,
  messaging_limit_tier: () => 'TIER_250',
  country_dial_code: () => '1',
};

const LIST_FIELDS: FieldTable = {
  ...FIELDS,
  host_platform: platformOf,
  status: (number, now) =>
    number.listedAsLinked && number.status === undefined
      ? number.registered
        ? 'LINKED'
        : 'UNLINKED'
      : statusOf(number, now),
};

const DEFAULT_FIELDS = ['id', 'display_phone_number', 'verified_name', 'quality_rating'];
const DEFAULT_LIST_FIELDS = [
  ...DEFAULT_FIELDS,
  'code_verification_status',
  'status',
  'host_platform',
];

/** The names in a `fields` parameter; undefined when there is none. */
export function fieldNames(parameter: string | null): string[] | undefined {
  const names = parameter
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names === undefined || names.length === 0 ? undefined : names;
}

/**
 * A field that fails the whole read, as Meta does for a field its version does not know.
 *
 * @param unknownFields fields that this Meta is not to know
 */
export function fieldRefusal(
  names: readonly string[] | undefined,
  unknownFields: readonly string[],
  inList: boolean,
): GraphError | undefined {
  const known = inList ? LIST_FIELDS : FIELDS;
  const stranger = names?.find(
    (name) => !Object.hasOwn(known, name) || unknownFields.includes(name),
  );
  if (stranger === undefined) return undefined;
  return { code: 100, message: `Tried accessing nonexistent field (${stranger})` };
}

/** A number as a read shows it. */
export function shownNumber(
  number: NumberState,
  names: readonly string[] | undefined,
  now: number,
): Record<string, unknown> {
  return pick(FIELDS, number, names ?? DEFAULT_FIELDS, now);
}

/** A number as a row of its account's list: `host_platform` stands in place of `platform_type`. */
export function listedNumber(
  number: NumberState,
  names: readonly string[] | undefined,
  now: number,
): Record<string, unknown> {
  const asked = names ?? DEFAULT_LIST_FIELDS;
  return pick(
    LIST_FIELDS,
    number,
    asked.map((name) => (name === 'platform_type' ? 'host_platform' : name)),
    now,
  );
}

/** A number as a naive mock shows it: nothing that tells its state. */
export function nakedNumber(number: NumberState): Record<string, unknown> {
  return pick(FIELDS, number, DEFAULT_FIELDS, 0);
}

function pick(
  table: FieldTable,
  number: NumberState,
  names: readonly string[],
  now: number,
): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const name of new Set(['id', ...names])) {
    const value = number.hiddenFields.includes(name) ? undefined : table[name]?.(number, now);
    if (value !== undefined) shown[name] = value;
  }
  return shown;
}

function healthOf(number: NumberState): object {
  const canSend = number.registered && isVerified(number) && number.standing === 'CONNECTED';
  const health = canSend ? 'AVAILABLE' : number.registered ? 'LIMITED' : 'BLOCKED';
  return {
    can_send_message: health,
    entities: [{ entity_type: 'PHONE_NUMBER', id: number.id, can_send_message: health }],
  };
}
