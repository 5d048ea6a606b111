/** Faults of Meta, of the way there, and of the PIN store. */
import fc from 'fast-check';
import type { Endpoint } from '../../../simulator/request-log.js';
import { FAULTY_METHODS, type StoreFaultKind } from '../../faults/faulty-pin-store.js';
import type { Command, MetaFault } from './case.js';
import { META_ERRORS } from './meta-errors.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Where faults strike; doubled ones twice as often. */
export type Places = readonly Endpoint[];

export const ANYWHERE: Places = [
  'read',
  'read',
  'register',
  'register',
  'requestCode',
  'requestCode',
  'verifyCode',
  'verifyCode',
  'setPin',
  'setPin',
  'deregister',
  'subscribedApps',
];

/** An error where it is likely; one in ten somewhere else. */
const likelyError = (places: Places) => {
  const likely = META_ERRORS.filter(({ from }) => from.some((each) => places.includes(each)));
  return fc
    .tuple(fc.constantFrom(...likely), fc.nat({ max: 99 }), fc.constantFrom(...places))
    .map(([{ from, error }, draw, elsewhere]) => {
      const there = from.filter((each) => places.includes(each));
      // What Meta answers after having done it is true there only.
      const anywhere = draw < 10 && !error.executed;
      return { error, endpoint: anywhere ? elsewhere : (there[draw % there.length] ?? elsewhere) };
    });
};

const NO_ERROR = { code: 1 };

const kindAndPlace = (places: Places) =>
  fc.oneof(
    {
      weight: 5,
      arbitrary: likelyError(places).map((likely) => ({ kind: 'error' as const, ...likely })),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constantFrom<MetaFault['kind']>(
          'executedTimeout',
          'executedReset',
          'timeout',
          'reset',
          'brokenJson',
          'html502',
          'empty200',
          'successFalse',
          'slow',
          'hold',
        ),
        endpoint: fc.constantFrom(...places),
        error: fc.constant(NO_ERROR),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('tokenRevoked' as const),
        endpoint: fc.constantFrom(...places),
        error: fc.constant(NO_ERROR),
      }),
    },
  );

interface HowOften {
  times: number | undefined;
  probability: number;
  forMs: number;
}

const aFewTimes: fc.Arbitrary<HowOften> = fc.record({
  times: fc.integer({ min: 1, max: 5 }),
  probability: fc.constant(1),
  forMs: fc.constant(48 * HOUR),
});

const forAWhile: fc.Arbitrary<HowOften> = fc.record({
  times: fc.constant(undefined),
  probability: fc.constantFrom(0.3, 0.6, 0.9),
  forMs: fc.integer({ min: 10 * SECOND, max: 3 * HOUR }),
});

const howOften = fc.oneof({ weight: 3, arbitrary: aFewTimes }, { weight: 1, arbitrary: forAWhile });

/** Requests that have a limit. Only these are worth failing for days: elsewhere a run waits patiently, to no purpose here. */
const LIMITED: Places = ['register', 'deregister', 'requestCode'];

/** Always, for days: what spends limits. */
export const lastingFault = (places: Places): fc.Arbitrary<Command> =>
  fc
    .tuple(
      fc.constantFrom<MetaFault['kind']>(
        'error',
        'executedTimeout',
        'executedReset',
        'timeout',
        'reset',
        'brokenJson',
        'html502',
        'successFalse',
      ),
      fc.constantFrom(...places.filter((place) => LIMITED.includes(place))),
      fc.constantFrom(131000, 133004, 133015, 1),
      fc.integer({ min: HOUR, max: 80 * HOUR }),
    )
    .map(([kind, endpoint, code, forMs]) => ({
      do: 'fault',
      fault: {
        kind,
        endpoint,
        error: { code },
        times: undefined,
        probability: 1,
        forMs,
        ms: SECOND,
        when: 'before',
      },
    }));

export const metaFault = (places: Places): fc.Arbitrary<Command> =>
  fc
    .tuple(
      kindAndPlace(places),
      howOften,
      fc.integer({ min: SECOND, max: 20 * SECOND }),
      fc.constantFrom('before' as const, 'after' as const),
    )
    .map(([place, often, ms, when]) => ({ do: 'fault', fault: { ...place, ...often, ms, when } }));

export const storeFault: fc.Arbitrary<Command> = fc
  .record({
    kind: fc.constantFrom<StoreFaultKind>(
      'executedTimeout',
      'executedReset',
      'timeout',
      'reset',
      'brokenJson',
      'html502',
      'successFalse',
      'slow',
    ),
    method: fc.constantFrom(...FAULTY_METHODS, 'promote' as const, 'stage' as const),
    times: fc.integer({ min: 1, max: 8 }),
    probability: fc.constantFrom(1, 1, 0.5),
    ms: fc.integer({ min: SECOND, max: 6 * SECOND }),
  })
  .map((fault) => ({ do: 'storeFault', fault }));

export const connectionFault: fc.Arbitrary<Command> = fc
  .record({ times: fc.integer({ min: 1, max: 6 }), probability: fc.constantFrom(1, 0.5) })
  .map((fault) => ({ do: 'connectionFault', ...fault }));
