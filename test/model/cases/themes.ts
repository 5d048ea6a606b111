/** What a case is mostly about. Each mixes all there is, by other weights, so that no corner stays unvisited. */
import type { PresetName } from '../../../simulator/number-presets.js';
import type { Pauses, Weights } from './arbitrary-commands.js';
import { ANYWHERE, type Places } from './arbitrary-faults.js';
import { ONBOARDABLE } from './arbitrary-number.js';

export interface Theme {
  /** What Meta hides of the number, where it hides anything; one in two numbers of the theme. @default nothing */
  hides?: readonly string[];
  /** How often it comes, against the others. */
  weight: number;
  presets: readonly PresetName[];
  places: Places;
  /** How often a fault that is there from the beginning lasts for days, against four others. */
  lasting: number;
  commands: Weights;
  pauses: Pauses;
  count: { minLength: number; maxLength: number };
}

const EVERYTHING: Required<Weights> = {
  fault: 12,
  storeFault: 4,
  connectionFault: 1,
  submit: 10,
  resend: 3,
  extend: 1,
  agentReady: 1,
  claim: 1,
  release: 0.5,
  cancel: 2,
  retry: 3,
  accept: 2,
  providePin: 2,
  nonsense: 1,
  killWorker: 3,
  terminate: 2,
  start: 4,
  wait: 3,
  world: 4,
};

const AT_ANY_PACE: Pauses = {
  none: 3,
  withinARequest: 6,
  seconds: 6,
  minutes: 3,
  hours: 2,
  days: 1,
};
const QUICKLY: Pauses = {
  none: 2,
  withinARequest: 10,
  seconds: 10,
  minutes: 3,
  hours: 0.5,
  days: 0.1,
};

export const THEMES: Readonly<Record<string, Theme>> = {
  anything: {
    weight: 3,
    presets: ONBOARDABLE,
    places: ANYWHERE,
    lasting: 0,
    commands: EVERYTHING,
    pauses: AT_ANY_PACE,
    count: { minLength: 4, maxLength: 20 },
  },
  codes: {
    weight: 3,
    presets: ['fresh', 'fresh', 'fresh', 'expiredVerification', 'askedTooOften', 'codeRefused'],
    places: ['read', 'requestCode', 'requestCode', 'verifyCode', 'verifyCode', 'register'],
    lasting: 0,
    commands: {
      ...EVERYTHING,
      submit: 25,
      resend: 8,
      extend: 2,
      agentReady: 4,
      claim: 4,
      release: 2,
      accept: 0,
      terminate: 1,
      start: 1,
    },
    pauses: { ...QUICKLY, minutes: 8, hours: 1 },
    count: { minLength: 6, maxLength: 24 },
  },
  registration: {
    weight: 3,
    presets: [
      'verified',
      'verified',
      'former',
      'nameUnderReview',
      'deregistrationIncomplete',
      'pinRetired',
      'expiredVerification',
    ],
    places: ['read', 'register', 'register', 'register', 'setPin', 'setPin', 'deregister'],
    lasting: 1,
    commands: { ...EVERYTHING, fault: 18, submit: 1, resend: 0.5, retry: 8, accept: 4, cancel: 4 },
    pauses: QUICKLY,
    count: { minLength: 6, maxLength: 24 },
  },
  /** Runs are begun and cut off one after the other, while Meta registers and does not answer. */
  restless: {
    weight: 2,
    presets: ['verified', 'verified', 'verified', 'fresh'],
    places: ['register', 'register', 'register', 'requestCode', 'setPin'],
    lasting: 4,
    commands: { fault: 8, start: 24, terminate: 20, cancel: 5, retry: 8, killWorker: 2, submit: 3 },
    pauses: { none: 0.5, withinARequest: 8, seconds: 14, minutes: 6, hours: 0.3, days: 0 },
    count: { minLength: 24, maxLength: 60 },
  },
  /** PINs that nobody knows, that were given, changed, lost; a PIN store that fails. */
  pins: {
    weight: 3,
    presets: ['former', 'former', 'verified', 'live', 'liveWithout2sv', 'shared', 'pinRetired'],
    places: ['read', 'register', 'register', 'setPin', 'setPin'],
    lasting: 0,
    commands: {
      ...EVERYTHING,
      storeFault: 12,
      providePin: 8,
      retry: 8,
      world: 8,
      submit: 1,
      resend: 0.5,
      start: 6,
    },
    pauses: QUICKLY,
    count: { minLength: 6, maxLength: 24 },
  },
  /** Meta does not say whether a number is registered; runs are given up after they have registered it. */
  unknowns: {
    weight: 2,
    hides: ['status', 'platform_type'],
    presets: ['fresh', 'verified', 'verified', 'expiredVerification', 'live', 'pinRetired'],
    places: ['read', 'register', 'register', 'setPin', 'setPin', 'setPin', 'deregister'],
    lasting: 0,
    commands: { ...EVERYTHING, fault: 16, cancel: 10, terminate: 3, start: 8, retry: 4 },
    pauses: QUICKLY,
    count: { minLength: 6, maxLength: 24 },
  },
  /** Workers die in the middle of what they do. */
  deaths: {
    weight: 2,
    presets: ['fresh', 'verified', 'verified', 'expiredVerification'],
    places: ['register', 'requestCode', 'verifyCode', 'setPin', 'deregister', 'read'],
    lasting: 0,
    commands: { ...EVERYTHING, killWorker: 20, terminate: 6, start: 10, cancel: 5 },
    pauses: { ...QUICKLY, none: 1, withinARequest: 20 },
    count: { minLength: 6, maxLength: 24 },
  },
};
