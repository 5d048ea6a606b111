import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type NumberFacts, numberFacts } from '../../activities/number-facts.js';
import { STEP_NAMES, type StepName } from '../../workflows/messages.js';
import {
  codeIsOpen,
  nextStep,
  type Plan,
  type PlanRowName,
  type PlanState,
  planSteps,
  type Steps,
  withCodeFirst,
  withCodeSkipped,
  withRegisterAgain,
  withRegisterSkipped,
} from '../../workflows/plan.js';

const SILENT: NumberFacts = {
  verified: 'unknown',
  registered: 'unknown',
  twoStepOn: 'unknown',
  onBusinessApp: false,
  stateless: true,
};

type PinState = 'pending' | 'current' | 'previous' | 'provided';

const pins = (...states: PinState[]): PlanState['pins'] => ({
  store: 'local',
  record: 'r',
  versions: Object.fromEntries(
    states.map((state) => [
      state,
      {
        version: `v-${state}`,
        createdAt: '2026-01-01T00:00:00.000Z',
        ...(state === 'current' ? { lastRotated: '2026-02-03T00:00:00.000Z' } : {}),
      },
    ]),
  ),
});

const planned = (number: Partial<NumberFacts>, more: Partial<PlanState> = {}): Plan =>
  planSteps({ number: { ...SILENT, ...number }, pins: undefined, takeOver: false, ...more });

/** The steps in the order in which a run would do them, each answered by success. */
function walk(steps: Steps): StepName[] {
  const done: StepName[] = [];
  let now = steps;
  for (let step = nextStep(now); step !== undefined; step = nextStep(now)) {
    if (done.length > 20) throw new Error(`goes round: ${done.join(' ')}`);
    done.push(step);
    now = { ...now, [step]: { state: 'done' } };
  }
  return done;
}

const stepsOf = (plan: Plan): Steps => {
  if (plan.kind !== 'steps') throw new Error(`${plan.row} plans no steps`);
  return plan.steps;
};

const statesOf = (steps: Steps) => STEP_NAMES.map((name) => steps[name].state).join(' ');

const CODE_SKIPPED = 'skipped skipped skipped pending pending';

const WITH_STEPS: [
  string,
  Partial<NumberFacts>,
  Partial<PlanState>,
  PlanRowName,
  string,
  string,
][] = [
  [
    'registered with a pending PIN',
    { registered: 'yes' },
    { pins: pins('pending', 'current') },
    'rollForward',
    `skipped ${CODE_SKIPPED}`,
    'setTwoStepPin storePin',
  ],
  [
    'registered, no PIN known, to be taken over',
    { registered: 'yes' },
    { takeOver: true },
    'takeOver',
    `skipped ${CODE_SKIPPED}`,
    'setTwoStepPin storePin',
  ],
  [
    'verified',
    { registered: 'no', verified: 'yes' },
    {},
    'verified',
    `pending ${CODE_SKIPPED}`,
    'register setTwoStepPin storePin',
  ],
  [
    'not verified',
    { registered: 'no', verified: 'no' },
    {},
    'notVerified',
    'deferred pending pending pending pending pending',
    'requestCode awaitCode verifyCode register setTwoStepPin storePin',
  ],
  [
    'of which nothing is known',
    {},
    {},
    'unknown',
    'pending pending pending pending pending pending',
    'register requestCode awaitCode verifyCode setTwoStepPin storePin',
  ],
  [
    'with an expired verification',
    { registered: 'no', codeVerificationStatus: 'EXPIRED' },
    {},
    'unknown',
    'pending pending pending pending pending pending',
    'register requestCode awaitCode verifyCode setTwoStepPin storePin',
  ],
];

test.each(WITH_STEPS)(
  'a number %s: the row, all six steps as shown, and the order they are done in',
  (...row) => {
    const [, number, more, name, states, order] = row;
    const plan = planned(number, more);
    expect(plan).toMatchObject({ row: name, kind: 'steps' });
    const steps = stepsOf(plan);
    expect(Object.keys(steps).sort()).toEqual([...STEP_NAMES].sort());
    expect(statesOf(steps)).toBe(states);
    expect(walk(steps).join(' ')).toBe(order);
    for (const step of STEP_NAMES) {
      if (steps[step].state !== 'pending') expect(steps[step].reason).toMatch(/\w{3}/);
    }
  },
);

const REFUSED: [string, Partial<NumberFacts>, Partial<PlanState>, PlanRowName, RegExp][] = [
  ['on the business app', { onBusinessApp: true }, {}, 'businessApp', /Business app/],
  ['for tests', { registered: 'yes', accountMode: 'SANDBOX' }, {}, 'notOnboardable', /test number/],
  ['that is banned', { status: 'BANNED' }, {}, 'notOnboardable', /banned/],
  ['that was deleted', { status: 'DELETED' }, {}, 'notOnboardable', /deleted/],
  ['that was moved', { status: 'MIGRATED' }, {}, 'notOnboardable', /moved/],
  ['on premise', { platform: 'ON_PREMISE' }, {}, 'notOnboardable', /On-Premises/],
  ['registered, PIN unknown', { registered: 'yes' }, {}, 'takeOver', /somebody else/],
  [
    'registered, only a former PIN known',
    { registered: 'yes' },
    { pins: pins('previous') },
    'takeOver',
    /somebody else/,
  ],
];

test.each(REFUSED)('a number %s is refused, with a cure', (_, number, more, row, text) => {
  expect(planned(number, more)).toEqual({
    row,
    kind: 'refused',
    text: expect.stringMatching(text),
    advice: expect.stringMatching(/\w{4}.*\.$/),
  });
});

test('a number free, with two-step verification on and no PIN known is parked, and goes on when told to', () => {
  const state = { registered: 'no', twoStepOn: 'yes', verified: 'yes' } as const;
  expect(planned(state)).toEqual({
    row: 'formerPin',
    kind: 'parked',
    text: expect.stringMatching(/Two-step verification is on/),
    advice: expect.stringMatching(/pin provide.*WhatsApp Manager/),
  });
  expect(planned(state, { goOn: true })).toMatchObject({ row: 'verified', kind: 'steps' });
});

test('a registered number whose PIN is current has nothing to do, and since when that PIN is known is said', () => {
  expect(
    planned({ registered: 'yes' }, { pins: pins('current', 'previous'), takeOver: true }),
  ).toEqual({
    row: 'nothingToDo',
    kind: 'nothingToDo',
    reason: expect.stringMatching(/2026-02-03.*cannot be asked/),
    pinVersion: 'v-current',
    since: '2026-02-03T00:00:00.000Z',
  });
});

test('a sandbox number that is not registered is onboarded', () => {
  expect(planned({ registered: 'no', accountMode: 'SANDBOX', verified: 'yes' }).row).toBe(
    'verified',
  );
});

test.each(['UNKNOWN', 'LEVITATING', 'constructor', 'toString', '__proto__', ''])(
  'a status %s that no row knows forbids nothing',
  (status) => {
    expect(planned({ status, verified: 'no' }).row).toBe('notVerified');
  },
);

/** Each row, with a state that it matches; in the order of the table. */
const IN_ORDER: [PlanRowName, Partial<NumberFacts>, Partial<PlanState>][] = [
  ['businessApp', { onBusinessApp: true }, {}],
  ['notOnboardable', { status: 'BANNED' }, {}],
  ['rollForward', { registered: 'yes' }, { pins: pins('pending') }],
  ['nothingToDo', { registered: 'yes' }, { pins: pins('current') }],
  ['takeOver', { registered: 'yes' }, { takeOver: true }],
  ['formerPin', { registered: 'no', twoStepOn: 'yes' }, {}],
  ['verified', { verified: 'yes' }, {}],
  ['notVerified', { verified: 'no' }, {}],
];

const PAIRS = IN_ORDER.flatMap((first, i) =>
  IN_ORDER.slice(i + 1).map((later) => [first, later] as const),
)
  // Two rows can match one state only where they do not ask for opposite things.
  .filter(([[, a], [, b]]) =>
    Object.entries(a).every(([key, value]) => {
      const other = Object.entries(b).find(([name]) => name === key);
      return other === undefined || other[1] === value;
    }),
  );

test.each(PAIRS.map(([a, b]) => [a[0], b[0], a, b] as const))(
  'where %s and %s both match, the first wins',
  (first, _, [, factsA, moreA], [, factsB, moreB]) => {
    const states = [
      ...Object.keys(moreA.pins?.versions ?? {}),
      ...Object.keys(moreB.pins?.versions ?? {}),
    ];
    const both = {
      ...moreB,
      ...moreA,
      ...(states.length === 0 ? {} : { pins: pins(...(states as PinState[])) }),
    };
    expect(planned({ ...factsB, ...factsA }, both).row).toBe(first);
  },
);

test.each<[PinState[], string | undefined]>([
  [['current', 'pending', 'provided', 'previous'], 'v-current'],
  [['pending', 'provided', 'previous'], 'v-pending'],
  [['provided', 'previous'], 'v-provided'],
  [['previous'], undefined],
  [[], undefined],
])('of the PINs %j register sends %s', (states, version) => {
  for (const verified of ['yes', 'no', 'unknown'] as const) {
    const plan = planned({ registered: 'no', verified }, { pins: pins(...states) });
    expect(plan.kind === 'steps' && plan.pinVersion).toBe(version);
  }
});

test('an earlier run is rolled forward with its pending PIN, though a current one is there', () => {
  const plan = planned({ registered: 'yes' }, { pins: pins('pending', 'current') });
  expect(plan).toMatchObject({ row: 'rollForward', pinVersion: 'v-pending' });
});

test('two-step verification that is on forbids nothing where any PIN is known to try', () => {
  for (const state of ['current', 'pending', 'provided'] as const) {
    const plan = planned(
      { registered: 'no', twoStepOn: 'yes', verified: 'yes' },
      { pins: pins(state) },
    );
    expect(plan).toMatchObject({ row: 'verified', pinVersion: `v-${state}` });
  }
});

const answer = fc.constantFrom('yes', 'no', 'unknown');
const anyState: fc.Arbitrary<PlanState> = fc.record({
  number: fc.record(
    {
      verified: answer,
      registered: answer,
      twoStepOn: answer,
      onBusinessApp: fc.boolean(),
      stateless: fc.boolean(),
      status: fc.oneof(
        fc.constantFrom('CONNECTED', 'PENDING', 'BANNED', 'DELETED', 'MIGRATED', 'UNKNOWN'),
        fc.string(),
      ),
      platform: fc.oneof(fc.constantFrom('CLOUD_API', 'ON_PREMISE', 'NOT_APPLICABLE'), fc.string()),
      accountMode: fc.constantFrom('LIVE', 'SANDBOX'),
    },
    { requiredKeys: ['verified', 'registered', 'twoStepOn', 'onBusinessApp', 'stateless'] },
  ),
  pins: fc.option(
    fc
      .subarray<PinState>(['pending', 'current', 'previous', 'provided'])
      .map((states) => pins(...states)),
    { nil: undefined },
  ),
  takeOver: fc.boolean(),
});

test('whatever is read, no step is planned that the reading forbids', () => {
  fc.assert(
    fc.property(anyState, (state) => {
      const plan = planSteps(state);
      const { number, takeOver } = state;
      const versions = state.pins?.versions ?? {};
      const forbidden =
        number.onBusinessApp ||
        ['BANNED', 'DELETED', 'MIGRATED'].includes(number.status ?? '') ||
        number.platform === 'ON_PREMISE' ||
        (number.registered === 'yes' && number.accountMode === 'SANDBOX');
      if (forbidden) expect(plan.kind).toBe('refused');
      if (plan.kind !== 'steps') return;
      const order = walk(plan.steps);
      if (number.registered === 'yes') {
        expect(order).toEqual(['setTwoStepPin', 'storePin']);
        expect(versions.pending !== undefined || (takeOver && !versions.current)).toBe(true);
      }
      if (number.verified === 'yes') expect(order).not.toContain('requestCode');
      if (number.verified === 'no' && number.registered !== 'yes') {
        expect(order.indexOf('register')).toBeGreaterThan(order.indexOf('verifyCode'));
      }
      expect(plan.pinVersion).not.toBe('v-previous');
      expect(order.slice(-2)).toEqual(['setTwoStepPin', 'storePin']);
    }),
    { numRuns: 2000 },
  );
});

test('a failed or empty reading never counts as free: it plans no deferred register and skips nothing', () => {
  for (const states of [[], ['current'], ['pending'], ['provided']] as PinState[][]) {
    const plan = planSteps({
      number: numberFacts({ id: '1' }),
      pins: pins(...states),
      takeOver: true,
    });
    expect(plan.row).toBe('unknown');
    expect(new Set(Object.values(stepsOf(plan)).map(({ state }) => state))).toEqual(
      new Set(['pending']),
    );
  }
});

const anySteps = fc
  .tuple(
    ...STEP_NAMES.map(() =>
      fc.constantFrom('pending', 'running', 'done', 'skipped', 'deferred', 'compensated', 'failed'),
    ),
  )
  .map(
    (states) =>
      Object.fromEntries(STEP_NAMES.map((name, i) => [name, { state: states[i] }])) as Steps,
  );

test('from any states whatever, the steps come to an end and none is done twice', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const order = walk(steps);
      expect(new Set(order).size).toBe(order.length);
      for (const name of order) expect(['pending', 'deferred']).toContain(steps[name].state);
    }),
  );
});

test('PIN and store come last, and no PIN is set while register or a code step is open', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const order = walk(steps);
      const pin = order.indexOf('setTwoStepPin');
      const store = order.indexOf('storePin');
      if (pin >= 0) expect(order.slice(pin + 1)).toEqual(store < 0 ? [] : ['storePin']);
      if (store >= 0) expect(store).toBe(order.length - 1);
    }),
  );
});

const UNKNOWN_STEPS = () => stepsOf(planned({}));

test('verify first: register is deferred with a reason until the code is verified', () => {
  const steps = withCodeFirst({ ...UNKNOWN_STEPS(), register: { state: 'running' } });
  expect(statesOf(steps)).toBe('deferred pending pending pending pending pending');
  expect(steps.register.reason).toMatch(/after it is verified/);
  expect(walk(steps)).toEqual(walk(stepsOf(planned({ verified: 'no' }))));
});

test('verify first opens code steps that were skipped or done', () => {
  const verified = stepsOf(planned({ verified: 'yes', registered: 'no' }));
  expect(walk(withCodeFirst(verified))).toContain('requestCode');
});

test('verified meanwhile: what is left of the code steps is skipped, what was done stays done', () => {
  const steps = withCodeSkipped({ ...UNKNOWN_STEPS(), requestCode: { state: 'done' } }, 'because');
  expect(statesOf(steps)).toBe('pending done skipped skipped pending pending');
  expect(steps.awaitCode.reason).toBe('because');
  const deferred = withCodeSkipped(stepsOf(planned({ verified: 'no' })), 'because');
  expect(walk(deferred)).toEqual(['register', 'setTwoStepPin', 'storePin']);
});

test('registered meanwhile: register and the open code steps are skipped, the PIN is still set', () => {
  const steps = withRegisterSkipped({ ...UNKNOWN_STEPS(), requestCode: { state: 'done' } });
  expect(statesOf(steps)).toBe('skipped done skipped skipped pending pending');
  expect(steps.register.reason).toMatch(/registered already/);
  expect(walk(steps)).toEqual(['setTwoStepPin', 'storePin']);
});

test('not registered after all: register comes again before the PIN', () => {
  const steps = withRegisterAgain({
    ...stepsOf(planned({ registered: 'yes' }, { takeOver: true })),
    setTwoStepPin: { state: 'running' },
  });
  expect(walk(steps)).toEqual(['register', 'setTwoStepPin', 'storePin']);
});

test('the transitions leave the steps they were given as they were', () => {
  const steps = UNKNOWN_STEPS();
  const before = structuredClone(steps);
  withCodeFirst(steps);
  withCodeSkipped(steps, 'x');
  withRegisterSkipped(steps);
  withRegisterAgain(steps);
  expect(steps).toEqual(before);
});

test('a code is of use while a code step is open, and no longer', () => {
  expect(codeIsOpen(stepsOf(planned({ verified: 'no' })))).toBe(true);
  expect(
    codeIsOpen({ ...withRegisterSkipped(UNKNOWN_STEPS()), awaitCode: { state: 'running' } }),
  ).toBe(true);
  expect(
    codeIsOpen({ ...withRegisterSkipped(UNKNOWN_STEPS()), requestCode: { state: 'deferred' } }),
  ).toBe(true);
  expect(codeIsOpen(stepsOf(planned({ verified: 'yes' })))).toBe(false);
  expect(codeIsOpen(withCodeSkipped(UNKNOWN_STEPS(), 'x'))).toBe(false);
});
