/**
 * Cases that a real server can play in real time: each command waits until the run does nothing for a while, and nothing in
 * them takes long. The same case on virtual time must end the same way, which is what shows that the driver is true.
 */
import fc from 'fast-check';
import type { OnboardingProgress } from '../../../workflows/messages.js';
import type { StoreFaultKind } from '../../faults/faulty-pin-store.js';
import { commandOf, type Weights } from './arbitrary-commands.js';
import { ANYWHERE } from './arbitrary-faults.js';
import { number, ONBOARDABLE, stored } from './arbitrary-number.js';
import type { Command, MetaFault, ModelCase } from './case.js';

/** A wait that is planned for longer is one that a command may come into. Shorter ones pass in real time too. */
const LONG_WAIT_MS = 5_500;

/** Does the run do nothing before somebody does something? */
export function isCalm(progress: OnboardingProgress): boolean {
  const { waiting } = progress;
  if (waiting === undefined) return false;
  return Date.parse(waiting.until) - Date.parse(waiting.since) > LONG_WAIT_MS;
}

const WEIGHTS: Weights = {
  fault: 14,
  storeFault: 4,
  submit: 12,
  resend: 3,
  extend: 1,
  cancel: 2,
  retry: 6,
  accept: 2,
  providePin: 2,
  nonsense: 2,
  terminate: 2,
  start: 5,
  world: 5,
};

/** Faults that are over at once, and of one number only. */
const QUICK_FAULTS: ReadonlySet<MetaFault['kind']> = new Set([
  'error',
  'executedReset',
  'reset',
  'brokenJson',
  'html502',
  'empty200',
  'successFalse',
]);
const QUICK_STORE_FAULTS: ReadonlySet<StoreFaultKind> = new Set([
  'reset',
  'executedReset',
  'brokenJson',
  'html502',
  'successFalse',
]);

function isQuick(command: Command): boolean {
  switch (command.do) {
    case 'fault': {
      const { kind, times = 99, endpoint } = command.fault;
      return QUICK_FAULTS.has(kind) && times <= 2 && endpoint !== 'subscribedApps';
    }
    case 'storeFault':
      return QUICK_STORE_FAULTS.has(command.fault.kind) && command.fault.times <= 2;
    case 'world':
      return command.change !== 'tokenRevoked' && command.change !== 'tokenRenewed';
    default:
      return true;
  }
}

const quickCommand = commandOf(WEIGHTS, ANYWHERE).filter(isQuick);

export const calmCase: fc.Arbitrary<ModelCase> = fc
  .record({
    seed: fc.nat({ max: 2 ** 31 - 1 }),
    number: number(ONBOARDABLE),
    stored,
    start: fc.record({ takeOver: fc.boolean() }),
    first: fc.array(quickCommand, { maxLength: 2 }),
    later: fc.array(quickCommand, { minLength: 7, maxLength: 12, size: 'max' }),
  })
  .map(({ first, later, ...rest }) => ({
    ...rest,
    listingLagMs: 0,
    notifies: false,
    helped: false,
    commands: [...first, { do: 'start' } as const, ...later].map((command) => ({
      afterMs: 0,
      command,
    })),
  }));

/** What a case came to, as far as it does not depend on the clock. */
export interface CalmEnd {
  /** Of each run. */
  endings: string[];
  /** What Meta was asked for, and what it answered. */
  requests: string[];
  /** What became of the codes handed in by the update. */
  verdicts: string[];
  /** The newest run's steps, stage and wait. */
  shown: string[];
  number: { registered: boolean; verified: boolean; twoStepOn: boolean };
  /** What the PIN store holds, and whether it is what Meta has. */
  pins: Record<string, 'the PIN at Meta' | 'another PIN'>;
}

/** What a run shows, without instants and ids. */
export function shownBy(progress: OnboardingProgress | undefined): string[] {
  if (progress === undefined) return [];
  const { stage, steps, waiting, problem, ignored } = progress;
  const undated = (text = '') =>
    text.replaceAll(/[0-9]{4}-[0-9-]{5}[ T][0-9:.]+Z?/g, 'then').replaceAll(/[0-9]{15,}/g, 'N');
  return [
    `stage ${stage}`,
    ...steps.map(({ name, state }) => `${name} ${state}`),
    `waits for ${undated(waiting?.for)}`,
    `problem ${problem?.code ?? ''} ${undated(problem?.text)}`,
    `ignored ${ignored?.message ?? ''}`,
  ];
}
