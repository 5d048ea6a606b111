import type { GraphNumber } from './graph-api/graph-client.js';

/** An answer to a question about a number. A failed or empty read says `unknown`, never `no`. */
export type Answer = 'yes' | 'no' | 'unknown';

/** What Meta says of a number, as far as a run and people need it. Holds no telephone number, so it may stand in a history. */
export interface NumberFacts {
  /** Was ownership proven by a code? */
  verified: Answer;
  /** Is the number registered for the Cloud API? */
  registered: Answer;
  /** Is two-step verification on? */
  twoStepOn: Answer;
  onBusinessApp: boolean;
  /** True where the server gives neither a status, nor a platform, nor a verification: it can tell nothing about a number. */
  stateless: boolean;
  status?: string;
  platform?: string;
  codeVerificationStatus?: string;
  nameStatus?: string;
  qualityRating?: string;
  accountMode?: string;
  /** The last four digits of the telephone number: enough for a person to know it by. */
  lastDigits?: string;
  /** The name of the business as Meta shows it to customers. */
  businessName?: string;
}

const VERIFIED = new Map<string | undefined, Answer>([
  ['VERIFIED', 'yes'],
  ['NOT_VERIFIED', 'no'],
  ['UNVERIFIED', 'no'],
]);

const IN_USE = new Set(['CONNECTED', 'FLAGGED', 'RESTRICTED', 'RATE_LIMITED']);
const NOT_IN_USE = new Set(['PENDING', 'UNVERIFIED', 'DISCONNECTED']);

/**
 * Draws the three answers from Meta's fields. No field says "registered": it is concluded, and any sign of use counts as
 * `yes` before any sign of the contrary, since taking a number in use for a free one is the worse mistake.
 *
 * `code_verification_status` EXPIRED is seen on live numbers, so it says nothing. Platform NOT_APPLICABLE is how a number
 * reads that was never registered (seen in the field).
 */
export function numberFacts(number: GraphNumber): NumberFacts {
  const {
    status,
    platform_type: platform,
    code_verification_status: codeVerificationStatus,
  } = number;
  const fields = {
    status,
    platform,
    codeVerificationStatus,
    nameStatus: number.name_status,
    qualityRating: number.quality_rating,
    accountMode: number.account_mode,
    lastDigits: lastDigitsOf(number.display_phone_number),
    businessName: number.verified_name,
  };
  return {
    verified: VERIFIED.get(codeVerificationStatus) ?? 'unknown',
    registered: registeredOf(status, platform),
    twoStepOn:
      number.is_pin_enabled === undefined ? 'unknown' : number.is_pin_enabled ? 'yes' : 'no',
    onBusinessApp: number.is_on_biz_app ?? false,
    stateless:
      status === undefined && platform === undefined && codeVerificationStatus === undefined,
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
  };
}

const SHOWN_DIGITS = 4;

/** A telephone number without what people and Meta write between its digits. */
export function digitsOf(telephoneNumber: string | undefined): string {
  return telephoneNumber?.replaceAll(/[^0-9]/g, '') ?? '';
}

/** Undefined where the telephone number is so short that these digits would be all of it, or nearly. */
export function lastDigitsOf(telephoneNumber: string | undefined): string | undefined {
  const digits = digitsOf(telephoneNumber);
  return digits.length >= 2 * SHOWN_DIGITS ? digits.slice(-SHOWN_DIGITS) : undefined;
}

function registeredOf(status: string | undefined, platform: string | undefined): Answer {
  if (IN_USE.has(status ?? '') || platform === 'CLOUD_API') return 'yes';
  if (NOT_IN_USE.has(status ?? '') || platform === 'NOT_APPLICABLE') return 'no';
  return 'unknown';
}
