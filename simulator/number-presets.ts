import type { NumberTraits } from './number-state.js';

export type PresetName =
  | 'fresh'
  | 'verified'
  | 'live'
  | 'liveWithout2sv'
  | 'former'
  | 'businessApp'
  | 'test'
  | 'banned'
  | 'deleted'
  | 'migrated'
  | 'onPremise'
  | 'flagged'
  | 'restricted'
  | 'expiredVerification'
  | 'expiredButLive'
  | 'appNumber'
  | 'shared'
  | 'nameUnderReview'
  | 'pinRetired'
  | 'linked'
  | 'unlinked'
  | 'deregistrationIncomplete'
  | 'askedTooOften'
  | 'codeRefused';

/** The PIN of presets that were used by somebody before. */
export const SOMEBODYS_PIN = '739158';

const live = { verification: 'VERIFIED', registered: true, pin: SOMEBODYS_PIN } as const;

/** Numbers as Meta has them, each by what differs from a fresh one. */
export const PRESETS: Readonly<Record<PresetName, Partial<NumberTraits>>> = {
  fresh: {},
  verified: { verification: 'VERIFIED' },
  live,
  liveWithout2sv: { ...live, pin: undefined },
  /** Verified and not registered, with the 2SV PIN of whoever had it before. */
  former: { verification: 'VERIFIED', pin: SOMEBODYS_PIN },
  businessApp: { ...live, isOnBizApp: true },
  /** Meta's own test numbers. */
  test: { registered: true, accountMode: 'SANDBOX' },
  banned: { verification: 'VERIFIED', status: 'BANNED' },
  deleted: { verification: 'VERIFIED', status: 'DELETED' },
  migrated: { verification: 'VERIFIED', status: 'MIGRATED' },
  onPremise: { verification: 'VERIFIED', platform: 'ON_PREMISE', status: 'CONNECTED' },
  flagged: { ...live, standing: 'FLAGGED', quality: 'RED' },
  restricted: { ...live, standing: 'RESTRICTED', quality: 'RED' },
  expiredVerification: { verification: 'EXPIRED' },
  expiredButLive: { ...live, verification: 'EXPIRED' },
  /** In use with the WhatsApp app: Meta answers business refusals. */
  appNumber: {
    refusals: {
      register: {
        code: 100,
        details: 'This number is registered with the WhatsApp app. Delete that account first.',
      },
      requestCode: {
        code: 100,
        details: 'This number is registered with the WhatsApp app. Delete that account first.',
      },
    },
  },
  shared: { ...live, shared: true, registeredBy: ['another partner'] },
  nameUnderReview: {
    verification: 'VERIFIED',
    nameStatus: 'PENDING_REVIEW',
    needsApprovedName: true,
  },
  pinRetired: {
    verification: 'VERIFIED',
    refusals: {
      setPin: { code: 100, details: 'Two-step verification is no longer used for this number.' },
    },
  },
  linked: { ...live, listedAsLinked: true },
  unlinked: { verification: 'VERIFIED', listedAsLinked: true },
  deregistrationIncomplete: { verification: 'VERIFIED', deregistrationIncomplete: true },
  /** Codes were asked for too often. Ends when a test says so, by `update(id, { refusals: {} })` or `until`. */
  askedTooOften: {
    refusals: {
      requestCode: {
        code: 136024,
        subcode: 2388367,
        userMessage: 'You have asked for too many codes. Try again later.',
      },
    },
  },
  codeRefused: {
    refusals: {
      requestCode: {
        code: 136024,
        subcode: 2388091,
        userMessage: 'We could not send the code. Please wait 1 hour and try again.',
      },
    },
  },
};
