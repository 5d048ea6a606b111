/**
 * What Meta may see of a number whose worker was killed once, written down before any run. Of the reads, which change nothing,
 * only those right before a write that must not be repeated blindly stand in it. A write that Meta did not do is `lost-`.
 */
import type { RequestLogEntry } from '../../simulator/simulator.js';

/** The steps, and the looks before and after them, in the order in which a run takes them. */
export const MOMENTS = [
  'prepare',
  'stage',
  'requestCode',
  'awaitCode',
  'verifyCode',
  'register',
  'setTwoStepPin',
  'storePin',
  'confirm',
] as const;

export type Moment = (typeof MOMENTS)[number];

const UNDISTURBED: Record<Moment, string> = {
  prepare: '',
  stage: '',
  requestCode: 'requestCode',
  awaitCode: '',
  verifyCode: 'verifyCode',
  register: 'read register',
  setTwoStepPin: 'setPin',
  storePin: '',
  confirm: '',
};

const KILLED_IN: Record<Moment, readonly string[]> = {
  prepare: [''],
  stage: [''],
  // Never repeated by itself.
  requestCode: ['requestCode'],
  awaitCode: [''],
  // Repeated only where it was not done, after a read.
  verifyCode: ['verifyCode', 'lost-verifyCode read verifyCode'],
  // The same; and each has its own read right before it.
  register: ['read register', 'read lost-register read register'],
  // Repeated with the same PIN, which is harmless.
  setTwoStepPin: ['setPin', 'setPin setPin', 'lost-setPin setPin'],
  storePin: [''],
  confirm: [''],
};

/** Where a person asked for a new code, because none came. */
const KILLED_AND_ASKED_AGAIN = ['requestCode', 'lost-requestCode read requestCode'] as const;

export interface Course {
  /** Was the number verified before the run, so that no code was needed? */
  verified: boolean;
  /** Did a person ask for a new code? */
  askedAgain: boolean;
}

/** Every sequence of requests that is allowed for a number whose worker was killed while its run was in that moment. */
export function allowedSequences(killedIn: Moment, { verified, askedAgain }: Course): string[] {
  const steps = MOMENTS.filter((moment) => !(verified && CODE_MOMENTS.has(moment)));
  const parts = steps.map((moment) => {
    if (askedAgain && moment === 'requestCode') return KILLED_AND_ASKED_AGAIN;
    return moment === killedIn ? KILLED_IN[moment] : [UNDISTURBED[moment]];
  });
  return parts
    .reduce<string[]>(
      (heads, tails) => heads.flatMap((head) => tails.map((tail) => `${head} ${tail}`)),
      [''],
    )
    .map((sequence) => sequence.trim().replaceAll(/ +/g, ' '));
}

const CODE_MOMENTS = new Set<Moment>(['requestCode', 'awaitCode', 'verifyCode']);

/** The requests of one number in the words of the lists above. */
export function sequenceOf(requests: readonly RequestLogEntry[], phoneNumberId: string): string {
  const all = requests.filter((request) => request.phoneNumberId === phoneNumberId);
  const words = all.map(({ endpoint, executed }, index): string[] => {
    if (endpoint === 'read') return [];
    const isRepeated = all.slice(0, index).some((earlier) => earlier.endpoint === endpoint);
    const needsRead = endpoint === 'register' || (endpoint !== 'setPin' && isRepeated);
    const write = executed ? endpoint : `lost-${endpoint}`;
    return needsRead && all[index - 1]?.endpoint === 'read' ? ['read', write] : [write];
  });
  return words.flat().join(' ');
}
