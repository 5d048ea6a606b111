import { PRESETS, type PresetName } from './number-presets.js';

/** What Meta knows of a number, as far as onboarding goes. All of it can be seeded, and changed by {@link Simulator.update}. */
export interface NumberTraits {
  /** Id of the WhatsApp Business account that holds the number. */
  wabaId: string;
  displayPhoneNumber: string;
  verifiedName: string;
  /** `code_verification_status`: VERIFIED, NOT_VERIFIED, UNVERIFIED, EXPIRED, or anything else. */
  verification: string;
  registered: boolean;
  /** Who registered it: {@link US} for requests to this simulator, any other name for a partner. Empty while unregistered. */
  registeredBy: readonly string[];
  /** The two-step-verification PIN; undefined while 2SV is off. */
  pin: string | undefined;
  /** Overrides the `status` that follows from the rest, for instance BANNED; undefined for none. */
  status: string | undefined;
  /** Shown as `status` while registered, instead of CONNECTED: FLAGGED, RESTRICTED, RATE_LIMITED. */
  standing: string;
  /** Overrides the `platform_type` that follows from the rest; undefined for none. */
  platform: string | undefined;
  nameStatus: string;
  /** True where Meta refuses to register (subcode 2388001) until `nameStatus` is APPROVED or AVAILABLE_WITHOUT_REVIEW. */
  needsApprovedName: boolean;
  quality: string;
  accountMode: string;
  isOnBizApp: boolean;
  /** Several partners may register the number: registering it again succeeds without resetting the PIN. */
  shared: boolean;
  /** An EXPIRED verification is good enough to register. */
  expiredStillRegisters: boolean;
  /** The account list shows LINKED or UNLINKED as `status`. */
  listedAsLinked: boolean;
  /** Status stays PENDING for so many milliseconds after registering. */
  connectsAfterMs: number;
  /** An earlier deregistration is incomplete: register answers 133000 until the number is deregistered again. */
  deregistrationIncomplete: boolean;
  /** Instant (ms) until which register answers 133015, as the number was deleted recently; undefined for none. */
  deletionEndsAt: number | undefined;
  /** PIN guesses are refused with `code` until the instant `until` (ms), whatever the PIN. */
  pinBlock: { code: 133008 | 133009; until: number } | undefined;
  /** Operations that Meta refuses for reasons that the rest does not explain. */
  refusals: Partial<Record<NumberOperation, Refusal>>;
  /** Shown as `health_status` instead of the one that follows from the rest; undefined for none. */
  health: object | undefined;
  /** Fields that no read shows, as if Meta left them out. */
  hiddenFields: readonly string[];
}

/** Operations on a number that change something at Meta. */
export type NumberOperation = 'register' | 'deregister' | 'requestCode' | 'verifyCode' | 'setPin';

/** An answer Meta gives instead of doing what was asked. */
export interface Refusal {
  code: number;
  subcode?: number;
  details?: string;
  userMessage?: string;
  /** Instant (ms) from which the operation works again. @default never */
  until?: number;
}

/** A number to start with: a preset, and what differs from it. */
export type NumberSeed = { id: string; preset?: PresetName } & Partial<NumberTraits>;

/** A code that Meta "sent". */
export interface SentCode {
  /** Six digits. */
  code: string;
  method: 'SMS' | 'VOICE';
  language: string;
  /** Instants in milliseconds. */
  sentAt: number;
  expiresAt: number;
  used: boolean;
}

/** Requests of one kind counted against the budget, as instants (ms), and the block that an overrun earned. */
export interface BudgetLedger {
  requests: readonly number[];
  blockedUntil: number;
}

export interface NumberState extends NumberTraits {
  id: string;
  lastOnboardedAt: number | undefined;
  codes: readonly SentCode[];
  registerLedger: BudgetLedger;
  deregisterLedger: BudgetLedger;
  /** Instants (ms) of wrong PINs at register. */
  wrongPinsAt: readonly number[];
  /** Instants (ms) of wrong codes since the newest code was sent. */
  wrongCodesAt: readonly number[];
}

/** The name under which requests to the simulator register a number. */
export const US = 'this app';

export const DEFAULT_WABA_ID = '102290129340398';

const EMPTY_LEDGER: BudgetLedger = { requests: [], blockedUntil: 0 };

export function numberFrom(seed: NumberSeed): NumberState {
  const { id, preset = 'fresh', ...overrides } = seed;
  if (!/^[0-9]+$/.test(id)) {
    throw new TypeError(`The id of a number must be a digit string; got "${id}".`);
  }
  const traits: NumberTraits = {
    wabaId: DEFAULT_WABA_ID,
    displayPhoneNumber: inventedPhoneNumber(id),
    verifiedName: 'Lucky Shrub',
    verification: 'NOT_VERIFIED',
    registered: false,
    registeredBy: [],
    pin: undefined,
    status: undefined,
    standing: 'CONNECTED',
    platform: undefined,
    nameStatus: 'APPROVED',
    needsApprovedName: false,
    quality: 'GREEN',
    accountMode: 'LIVE',
    isOnBizApp: false,
    shared: false,
    expiredStillRegisters: false,
    listedAsLinked: false,
    connectsAfterMs: 0,
    deregistrationIncomplete: false,
    deletionEndsAt: undefined,
    pinBlock: undefined,
    refusals: {},
    health: undefined,
    hiddenFields: [],
    ...PRESETS[preset],
    ...overrides,
  };
  return {
    ...traits,
    id,
    registeredBy:
      traits.registered && traits.registeredBy.length === 0 ? ['another app'] : traits.registeredBy,
    lastOnboardedAt: undefined,
    codes: [],
    registerLedger: EMPTY_LEDGER,
    deregisterLedger: EMPTY_LEDGER,
    wrongPinsAt: [],
    wrongCodesAt: [],
  };
}

/** The number after somebody else changed it. */
export function changed(number: NumberState, patch: Partial<NumberTraits>): NumberState {
  const next = { ...number, ...patch };
  if (!next.registered) return { ...next, registeredBy: [] };
  return next.registeredBy.length > 0 ? next : { ...next, registeredBy: ['another app'] };
}

export const isVerified = (number: NumberState): boolean => number.verification === 'VERIFIED';

/** `status` as a read shows it at the instant `now` (ms). */
export function statusOf(number: NumberState, now: number): string {
  if (number.status !== undefined) return number.status;
  if (!number.registered) return number.lastOnboardedAt === undefined ? 'PENDING' : 'DISCONNECTED';
  const connecting = now < (number.lastOnboardedAt ?? 0) + number.connectsAfterMs;
  return connecting ? 'PENDING' : number.standing;
}

/** `platform_type` as a read shows it. */
export function platformOf(number: NumberState): string {
  return number.platform ?? (number.registered ? 'CLOUD_API' : 'NOT_APPLICABLE');
}

/** A number as tests see it: what Meta knows, and what Meta shows nobody (the PIN). */
export interface NumberSnapshot extends Omit<NumberTraits, 'status' | 'platform'> {
  id: string;
  verified: boolean;
  twoStepOn: boolean;
  status: string;
  platform: string;
  /** Register and deregister requests that count against the budget at this instant. */
  registersCounted: number;
  deregistersCounted: number;
}

/** An invented telephone number in the range kept free for fiction, the same for the same id. */
function inventedPhoneNumber(id: string): string {
  const digits = id.slice(-6).padStart(6, '0');
  return `+1 ${200 + (Number(digits.slice(0, 2)) % 800)}-555-01${digits.slice(-2)}`;
}
