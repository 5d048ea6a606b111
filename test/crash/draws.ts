/** What a seed holds for the runs that one kill hits: each is to be found somewhere else in the same step. */
import type { NumberActivities } from '../../activities/number.js';
import type { Moment } from './allowed-sequences.js';
import type { Hit, RequestSpot } from './spots.js';
import type { SlowWrite } from './worker-messages.js';

/** One run of a round. */
export interface Draw {
  /** The number is verified before the run. */
  verified: boolean;
  hit: Hit;
  /** How long after the code came somebody submits it; undefined for never. */
  submitAfterMs: number | undefined;
}

type Step = Exclude<Moment, 'awaitCode'>;

const ACTIVITIES: Record<Step, keyof NumberActivities> = {
  prepare: 'prepareNumber',
  stage: 'stagePin',
  requestCode: 'requestCode',
  verifyCode: 'verifyCode',
  register: 'register',
  setTwoStepPin: 'setTwoStepPin',
  storePin: 'storePin',
  confirm: 'confirmNumber',
  deadline: 'readNumber',
  deregister: 'deregister',
};

/** What is on its way during a step. A write that counts stands twice, to be hit twice as often as the read before it. */
const ON_THE_WAY: Record<Step, readonly (RequestSpot | SlowWrite['method'])[]> = {
  prepare: [{ endpoint: 'read', nth: 1 }],
  stage: [{ endpoint: 'read', nth: 2 }, 'stage'],
  requestCode: [{ endpoint: 'requestCode', nth: 1 }],
  verifyCode: [{ endpoint: 'verifyCode', nth: 1 }],
  register: [
    { endpoint: 'read', nth: 3 },
    { endpoint: 'register', nth: 1 },
    { endpoint: 'register', nth: 1 },
  ],
  setTwoStepPin: [{ endpoint: 'setPin', nth: 1 }],
  storePin: ['promote'],
  confirm: [{ endpoint: 'read', nth: 4 }],
  deadline: [{ endpoint: 'read', nth: 3 }],
  deregister: [
    { endpoint: 'read', nth: 4 },
    { endpoint: 'deregister', nth: 1 },
    { endpoint: 'deregister', nth: 1 },
  ],
};

const NEEDS_CODE: readonly Moment[] = ['requestCode', 'awaitCode', 'verifyCode', 'deadline'];

/** When people submit: right after the code came, or spread, where the kill is to fall before, between and after. */
const SUBMIT_AFTER_MS: Partial<Record<Moment, [number, number]>> = {
  requestCode: [0, 3_000],
  awaitCode: [50, 4_000],
};

const PHASES = ['before', 'during', 'after'] as const;

/** @param random gives numbers in [0, 1) */
export function drawRuns(moment: Moment, count: number, random: () => number): Draw[] {
  const between = (least: number, most: number) => least + random() * (most - least);
  return Array.from({ length: count }, (_, index) => ({
    verified: moment === 'deregister' || (!NEEDS_CODE.includes(moment) && index % 2 === 1),
    hit: moment === 'awaitCode' ? { phase: 'during', wait: true } : drawHit(moment, index, between),
    submitAfterMs:
      moment === 'deadline' ? undefined : between(...(SUBMIT_AFTER_MS[moment] ?? [0, 0])),
  }));
}

function drawHit(step: Step, index: number, between: (least: number, most: number) => number): Hit {
  const phase = PHASES[index % PHASES.length] ?? 'during';
  if (phase !== 'during') return { phase, stop: { activity: ACTIVITIES[step], when: phase } };
  const spots = ON_THE_WAY[step];
  const spot = spots[Math.floor(between(0, spots.length))];
  if (spot === undefined) throw new Error(`Nothing is on its way during ${step}.`);
  const times = { beforeMs: between(0, 600), afterMs: between(150, 750) };
  if (typeof spot === 'string') return { phase, write: { method: spot, ...times } };
  return { phase, request: spot, slowness: { ...times, lost: between(0, 1) < 0.2 } };
}
