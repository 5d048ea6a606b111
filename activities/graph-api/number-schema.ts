/** A number as Meta describes it, in a read of its own and in its account's list. */
import { z } from 'zod';

const text = z.string().optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);

/**
 * What every read asks for. Every field may be missing and every enum may hold a value not known here.
 * Source: Meta's phone number reference; `is_pin_enabled` is seen in the field only.
 */
const readAlways = {
  id: z.string(),
  display_phone_number: text,
  verified_name: text,
  code_verification_status: text,
  is_pin_enabled: flag,
  status: text,
  name_status: text,
  quality_rating: text,
  platform_type: text,
  is_on_biz_app: flag,
  account_mode: text,
};

const healthErrorSchema = z.looseObject({
  error_code: z.number().optional().catch(undefined),
  error_description: text,
  possible_solution: text,
});

/** A part of what sending depends on: the number, its account, the business, the app. */
const healthEntitySchema = z.looseObject({
  entity_type: text,
  id: text,
  /** AVAILABLE, LIMITED or BLOCKED. */
  can_send_message: text,
  errors: z.array(healthErrorSchema).optional().catch(undefined),
});

/** What is read only where it is asked for by name, as people want it and no run does. */
const readWhereAsked = {
  health_status: z
    .looseObject({
      can_send_message: text,
      entities: z.array(healthEntitySchema).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
  throughput: z.looseObject({ level: text }).optional().catch(undefined),
  /** An instant as Meta writes it, such as `2026-11-20T09:14:00+0000`. */
  last_onboarded_time: text,
};

export const numberSchema = z.looseObject({ ...readAlways, ...readWhereAsked });

/** A number as Meta describes it. Every field may be missing and every enum may hold a value not known here. */
export type GraphNumber = z.infer<typeof numberSchema>;

/** The fields that a read asks for where none are named. */
export const NUMBER_FIELDS: readonly string[] = Object.keys(readAlways);

/** All fields known here, for those who show a number to people. */
export const ALL_NUMBER_FIELDS: readonly string[] = [
  ...NUMBER_FIELDS,
  ...Object.keys(readWhereAsked),
];

/** What a list gives in place of `platform_type`. */
export const LISTED_PLATFORM = 'host_platform';

/** A row of an account's list, as a read of the number would give it. */
export const listedNumberSchema = numberSchema
  .extend({ [LISTED_PLATFORM]: text })
  .transform(({ [LISTED_PLATFORM]: platform, ...number }): GraphNumber => {
    const shown = LINKED.get(number.status);
    return {
      ...number,
      ...(platform === undefined ? {} : { platform_type: number.platform_type ?? platform }),
      ...shown?.(number.platform_type ?? platform),
    };
  });

/**
 * A list may give as `status` whether the number is linked to the Cloud API. LINKED is a number in use. UNLINKED says no more
 * than that it is not registered, which a read tells by the platform NOT_APPLICABLE.
 */
const LINKED = new Map<string | undefined, (platform: string | undefined) => Partial<GraphNumber>>([
  ['LINKED', () => ({ status: 'CONNECTED' })],
  ['UNLINKED', (platform) => ({ status: undefined, platform_type: platform ?? 'NOT_APPLICABLE' })],
]);
