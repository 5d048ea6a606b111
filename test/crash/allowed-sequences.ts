/**
 * What Meta may see of a number whose worker was killed once, written down before any run. Of the reads, which change nothing,
 * only those right before a write that must not be repeated blindly stand in it. A write that Meta did not do is `lost-`.
 */
import type { RequestLogEntry } from '../../simulator/simulator.js';
import type { Hit } from './spots.js';

/**
 * The steps, and the looks before and after them, in the order in which a run takes them. Then the look at the deadline of a code
 * that nobody submitted, and the undoing of a register.
 */
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
  'deadline',
  'deregister',
] as const;

export type Moment = (typeof MOMENTS)[number];

type Phase = Hit['phase'];

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
  deadline: '',
  deregister: 'deregister',
};

const SILENT: Record<Phase, readonly string[]> = { before: [''], during: [''], after: [''] };

const KILLED_IN: Record<Exclude<Moment, 'requestCode'>, Record<Phase, readonly string[]>> = {
  prepare: SILENT,
  stage: SILENT,
  awaitCode: SILENT,
  // Repeated only where it was not done, after a read.
  verifyCode: {
    before: ['verifyCode'],
    during: ['verifyCode', 'lost-verifyCode read verifyCode'],
    after: ['verifyCode'],
  },
  // The same; and each has its own read right before it.
  register: {
    before: ['read register'],
    during: ['read register', 'read lost-register read register'],
    after: ['read register'],
  },
  // Repeated with the same PIN, which is harmless.
  setTwoStepPin: {
    before: ['setPin'],
    during: ['setPin', 'setPin setPin', 'lost-setPin setPin'],
    after: ['setPin setPin'],
  },
  storePin: SILENT,
  confirm: SILENT,
  deadline: SILENT,
  deregister: {
    before: ['deregister'],
    during: ['deregister', 'lost-deregister read deregister'],
    after: ['deregister'],
  },
};

/** What a run's number was like, and what people did. */
export interface Course {
  /** The number was verified before the run, so that no code was needed. */
  verified: boolean;
  /** A code that was asked for, or was to be, never came: somebody asked again, or cancelled. */
  codeLost?: 'askedAgain' | 'cancelled';
  /** How the run was to end, where it was not to go on to its end. */
  cutShort?: 'deadline' | 'cancelled while registering';
}

/** Every sequence of requests that is allowed for a number whose worker was killed while its run was there. */
export function allowedSequences(killedIn: Moment, phase: Phase, course: Course): string[] {
  return pathOf(course)
    .map((moment) => {
      if (moment === 'requestCode' && course.codeLost !== undefined) return codesAskedFor(course);
      if (moment !== killedIn || moment === 'requestCode') return [UNDISTURBED[moment]];
      return KILLED_IN[moment][phase];
    })
    .reduce<string[]>(
      (heads, tails) => heads.flatMap((head) => tails.map((tail) => `${head} ${tail}`)),
      [''],
    )
    .map((sequence) => sequence.trim().replaceAll(/ +/g, ' '));
}

/** Where the first request never left, or left and was lost. It is never repeated by itself. */
function codesAskedFor({ codeLost }: Course): readonly string[] {
  return codeLost === 'askedAgain'
    ? ['requestCode', 'lost-requestCode read requestCode']
    : ['', 'lost-requestCode'];
}

function pathOf({ verified, codeLost, cutShort }: Course): readonly Moment[] {
  if (cutShort === 'deadline') return ['prepare', 'stage', 'requestCode', 'awaitCode', 'deadline'];
  if (cutShort !== undefined) return ['prepare', 'stage', 'register', 'deregister'];
  if (codeLost === 'cancelled') return ['prepare', 'stage', 'requestCode', 'awaitCode'];
  return MOMENTS.slice(0, MOMENTS.indexOf('deadline')).filter(
    (moment) => !(verified && CODE_MOMENTS.has(moment)),
  );
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
