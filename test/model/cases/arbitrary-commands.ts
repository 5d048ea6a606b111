/** What people and the world do, in any order and at any time. */
import fc from 'fast-check';
import { MESSAGES } from '../../../workflows/messages.js';
import { connectionFault, metaFault, type Places, storeFault } from './arbitrary-faults.js';
import type { Command, Nonsense, TimedCommand, WhichCode, WorldChange } from './case.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const person = fc.constantFrom('Ana', 'Ben');

const submit: fc.Arbitrary<Command> = fc
  .record({
    code: fc.oneof(
      { weight: 4, arbitrary: fc.constant<WhichCode>('right') },
      { weight: 3, arbitrary: fc.constantFrom<WhichCode>('wrong', 'former', 'oddlyTyped') },
    ),
    how: fc.constantFrom('signal' as const, 'update' as const),
    twice: fc.boolean(),
    by: person,
  })
  .map((submission) => ({ do: 'submit', ...submission }));

const resend: fc.Arbitrary<Command> = fc
  .constantFrom<{ method?: 'SMS' | 'VOICE' }>({}, { method: 'SMS' }, { method: 'VOICE' })
  .map((wish) => ({ do: 'resend', ...wish }));

const extend: fc.Arbitrary<Command> = fc
  .constantFrom('30 minutes' as const, '24 hours' as const, '3 days' as const)
  .map((by) => ({ do: 'extend', by }));

const nonsense: fc.Arbitrary<Command> = fc
  .record({
    signal: fc.constantFrom(
      MESSAGES.submitCode,
      MESSAGES.resendCode,
      MESSAGES.extend,
      MESSAGES.retry,
      MESSAGES.accept,
      MESSAGES.agentReady,
      'noSuchSignal',
    ),
    payload: fc.constantFrom<Nonsense>(
      'brokenJson',
      'noEncoding',
      'unknownEncoding',
      'wrongShape',
      'nothing',
    ),
  })
  .map((what) => ({ do: 'nonsense', ...what }));

const killWorker: fc.Arbitrary<Command> = fc
  .oneof(
    { weight: 3, arbitrary: fc.integer({ min: 500, max: 30 * SECOND }) },
    { weight: 1, arbitrary: fc.integer({ min: MINUTE, max: 3 * HOUR }) },
  )
  .map((downMs) => ({ do: 'killWorker', downMs }));

const world: fc.Arbitrary<Command> = fc
  .constantFrom<WorldChange>(
    'verified',
    'verificationLost',
    'registeredBySomebody',
    'deregistered',
    'deregistered',
    'deregistered',
    'pinChanged',
    'twoStepOff',
    'tokenRevoked',
    'tokenRenewed',
    'tokenRenewed',
    'nameUnderReview',
    'nameApproved',
    'nameDeclined',
    'banned',
    'mended',
    'mended',
  )
  .map((change) => ({ do: 'world', change }));

const claim: fc.Arbitrary<Command> = fc
  .record({ by: person, takeOver: fc.boolean() })
  .map((request) => ({ do: 'claim', ...request }));

const release: fc.Arbitrary<Command> = person.map((by) => ({ do: 'release', by }));

const simply = (
  what: 'agentReady' | 'cancel' | 'retry' | 'accept' | 'terminate' | 'start' | 'wait',
) => fc.constant<Command>({ do: what });

const providePin: fc.Arbitrary<Command> = fc
  .constantFrom('atMeta' as const, 'other' as const)
  .map((pin) => ({ do: 'providePin', pin }));

/** Every kind of command, by name, to be weighed against each other. */
const KINDS = {
  storeFault,
  connectionFault,
  submit,
  resend,
  extend,
  agentReady: simply('agentReady'),
  claim,
  release,
  cancel: simply('cancel'),
  retry: simply('retry'),
  accept: simply('accept'),
  providePin,
  nonsense,
  killWorker,
  terminate: simply('terminate'),
  start: simply('start'),
  wait: simply('wait'),
  world,
} as const;

/** How often each kind comes, against the others. */
export type Weights = Partial<Record<keyof typeof KINDS | 'fault', number>>;

/** How often pauses are of each length, against the others. */
export interface Pauses {
  none: number;
  withinARequest: number;
  seconds: number;
  minutes: number;
  hours: number;
  days: number;
}

/** fast-check takes whole numbers. */
const whole = (weight: number) => Math.round(10 * weight);

const pause = ({ none, withinARequest, seconds, minutes, hours, days }: Pauses) =>
  fc.oneof(
    { weight: whole(none), arbitrary: fc.constant(0) },
    { weight: whole(withinARequest), arbitrary: fc.integer({ min: 1, max: 600 }) },
    { weight: whole(seconds), arbitrary: fc.integer({ min: SECOND, max: 60 * SECOND }) },
    { weight: whole(minutes), arbitrary: fc.integer({ min: MINUTE, max: 15 * MINUTE }) },
    { weight: whole(hours), arbitrary: fc.integer({ min: HOUR, max: DAY }) },
    { weight: whole(days), arbitrary: fc.integer({ min: DAY, max: 9 * DAY }) },
  );

/** One command; a kind without a weight never comes. */
export function commandOf(weights: Weights, places: Places): fc.Arbitrary<Command> {
  const { fault = 0, ...others } = weights;
  const weighed = (Object.keys(KINDS) as (keyof typeof KINDS)[]).map((kind) => ({
    weight: whole(others[kind] ?? 0),
    arbitrary: KINDS[kind],
  }));
  return fc.oneof({ weight: whole(fault), arbitrary: metaFault(places) }, ...weighed);
}

export function commands(
  weights: Weights,
  pauses: Pauses,
  places: Places,
  count: { minLength: number; maxLength: number },
): fc.Arbitrary<TimedCommand[]> {
  const timed = fc.record({ afterMs: pause(pauses), command: commandOf(weights, places) });
  return fc.array(timed, { ...count, size: 'max' });
}
