import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPace, type Pace } from '../../activities/graph-api/pace.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A pace whose clock the test moves, without chance unless it is given some. */
function paceAt(callsPerHour: number, random: () => number = () => 0) {
  let at = 0;
  const pace = createPace(callsPerHour, { now: () => at, random });
  return {
    pace,
    now: () => at,
    pass(ms: number) {
      at += ms;
    },
    goTo(instant: number) {
      at = instant;
    },
  };
}

/** Sends writes of so many numbers that nobody else asks for. */
function write(pace: Pace, howMany: number): void {
  for (let sent = 0; sent < howMany; sent += 1) {
    if (!pace.ask('setPin', `another ${sent}`).granted) throw new Error('No write is left.');
  }
}

/** A pace that has sent all it may. */
function emptied(callsPerHour: number, random?: () => number) {
  const clock = paceAt(callsPerHour, random);
  write(clock.pace, clock.pace.burst);
  return clock;
}

const caps = fc.oneof(
  fc.integer({ min: 1, max: 400 }),
  fc.integer({ min: 1000, max: 9999 }),
  fc.integer({ min: 10_000, max: 2_000_000 }),
);

interface Ask {
  afterMs: number;
  call: 'read' | 'setPin';
  number: number;
  /** Gives the call up while it waits for its turn. */
  givesUp: boolean;
}

const asks: fc.Arbitrary<Ask[]> = fc.array(
  fc.record({
    afterMs: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 2000 }),
      fc.integer({ min: 0, max: HOUR }),
    ),
    call: fc.constantFrom('read', 'setPin'),
    number: fc.integer({ min: 0, max: 30 }),
    givesUp: fc.boolean(),
  }),
  { minLength: 1, maxLength: 150 },
);

/** The instants at which calls are sent. */
function sendings(callsPerHour: number, sequence: Ask[]) {
  const { pace, pass, now } = paceAt(callsPerHour);
  const instants: number[] = [];
  for (const { afterMs, call, number, givesUp } of sequence) {
    pass(afterMs);
    const turn = pace.ask(call, String(number));
    if (!turn.granted) continue;
    if (givesUp && turn.waitMs > 0) pace.giveBack();
    else instants.push(now() + turn.waitMs);
  }
  return { instants: instants.sort((a, b) => a - b), pace };
}

/** The most that any span of time holds beyond its share of the cap. */
function mostBeyond(callsPerHour: number, instants: number[]): number {
  let most = 0;
  for (const [from, first] of instants.entries()) {
    for (const [between, last] of instants.slice(from).entries()) {
      most = Math.max(most, between + 1 - ((last - first) * callsPerHour) / HOUR);
    }
  }
  return most;
}

test('in no span of time more calls are sent than the burst and that time’s share of the cap', () => {
  fc.assert(
    fc.property(caps, asks, (callsPerHour, sequence) => {
      const { instants, pace } = sendings(callsPerHour, sequence);
      expect(mostBeyond(callsPerHour, instants)).toBeLessThanOrEqual(pace.burst + 1e-6);
    }),
    { numRuns: 500 },
  );
});

test('reads alone never use what is kept for writes, in whatever span of time', () => {
  fc.assert(
    fc.property(caps, asks, (callsPerHour, sequence) => {
      const onlyReads = sequence.map((ask) => ({ ...ask, call: 'read' as const }));
      const { instants, pace } = sendings(callsPerHour, onlyReads);
      const most = pace.burst - pace.reserve + 1e-6;
      expect(mostBeyond(callsPerHour, instants)).toBeLessThanOrEqual(most);
    }),
    { numRuns: 500 },
  );
});

test('after any number of reads, what is kept for writes may be sent at once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3600 }), asks, (callsPerHour, sequence) => {
      const { pace, pass } = paceAt(callsPerHour);
      for (const { afterMs, number } of sequence) {
        pass(afterMs);
        pace.ask('read', String(number));
      }
      for (let left = pace.reserve; left > 0; left -= 1) {
        const turn = pace.ask('verifyCode', `another ${left}`);
        expect(turn.granted).toBe(true);
        // Reads that wait for their turn hold less than one call in advance.
        expect(turn.waitMs).toBeLessThanOrEqual(left === 1 ? SECOND : 0);
      }
    }),
  );
});

test('the default of 180 calls keeps any hour within the 200 that Meta allows, 5 of them for writes', () => {
  const { burst, reserve, callsPerHour } = createPace(180);
  expect({ burst, reserve, inAnHour: burst + callsPerHour }).toEqual({
    burst: 20,
    reserve: 5,
    inAnHour: 200,
  });
});

test.each([
  [1, 3, 1],
  [18, 3, 1],
  [60, 6, 1],
  [90, 10, 2],
  [4_900, 20, 5],
])(
  'of %i calls per hour %i may be sent at once, %i of them writes only',
  (callsPerHour, burst, reserve) => {
    expect(createPace(callsPerHour)).toMatchObject({ burst, reserve });
  },
);

test('those refused are told times as far apart as the cap lets calls out, and from two minutes on any time up to three', () => {
  let chances = 0;
  const { pace } = paceAt(180, () => (chances++ % 100) / 100);
  for (let read = 0; read < 15; read += 1) pace.ask('read', `first ${read}`);
  const told = Array.from({ length: 100 }, (_, index) => pace.ask('read', `run ${index}`).waitMs);
  for (const [place, waitMs] of told.slice(0, 6).entries()) {
    expect(waitMs).toBeGreaterThanOrEqual((place + 1) * 20 * SECOND);
    expect(waitMs).toBeLessThan((place + 1) * 20 * SECOND + 10 * SECOND);
  }
  const later = told.slice(6);
  expect(Math.min(...later)).toBeGreaterThanOrEqual(2 * MINUTE);
  expect(Math.max(...later)).toBeLessThan(3 * MINUTE);
  expect(new Set(later).size).toBe(later.length);
});

test('who comes back too early keeps the place in line', () => {
  const { pace, pass } = emptied(3000);
  const toldOf = (number: string) => pace.ask('register', number).waitMs;
  const [first, second, third] = [toldOf('1'), toldOf('2'), toldOf('3')];
  expect([first, second, third]).toEqual([1200, 2400, 3600]);
  pass(100);
  expect([toldOf('3'), toldOf('2'), toldOf('1')]).toEqual([3500, 2300, 1100]);
});

test('what was begun is finished before more is begun: a new number leaves its turn to one that had a call before', () => {
  const { pace, pass } = paceAt(180);
  pace.ask('read', 'begun');
  write(pace, 19);
  expect(pace.ask('read', 'begun').granted).toBe(false);
  pass(2 * MINUTE); // six calls, of which reads may use one
  expect(pace.ask('read', 'new').granted).toBe(false);
  expect(pace.ask('read', 'begun').granted).toBe(true);
  pass(20 * SECOND);
  expect(pace.ask('read', 'new').granted).toBe(true);
});

test('a number begun that asks elsewhere holds up no new one for long: one call is kept, and none after eight minutes', () => {
  const waiting = () => {
    const clock = paceAt(180);
    clock.pace.ask('read', 'begun');
    write(clock.pace, 19);
    clock.pace.ask('read', 'begun');
    return clock;
  };
  const soon = waiting();
  soon.pass(2 * MINUTE + 20 * SECOND);
  expect(soon.pace.ask('read', 'new').granted).toBe(true);

  const later = waiting();
  later.pass(8 * MINUTE);
  write(later.pace, 14);
  expect(later.pace.ask('read', 'new').granted).toBe(false);

  const gone = waiting();
  gone.pass(8 * MINUTE + 1);
  write(gone.pace, 14);
  expect(gone.pace.ask('read', 'new').granted).toBe(true);
});

test.each([27, 60, 180, 4900])(
  'under a cap of %i, however many wait of those begun, a full bucket lets a new number begin',
  (callsPerHour) => {
    const { pace, pass } = paceAt(callsPerHour);
    const readAll = () =>
      Array.from({ length: 40 }, (_, number) => {
        pass(callsPerHour < 100 ? 10 * MINUTE : MINUTE);
        return pace.ask('read', String(number)).granted;
      });
    expect(readAll()).not.toContain(false);
    write(pace, Math.floor(pace.burst / 2));
    const waiting = Array.from({ length: 40 }, (_, number) => pace.ask('read', String(number)));
    expect(waiting.filter(({ granted }) => !granted).length).toBeGreaterThan(10);
    pass(7 * MINUTE);
    expect(pace.ask('read', 'new').granted).toBe(true);
  },
);

test('writes do not wait for the reads that stand in line', () => {
  const { pace } = paceAt(180);
  for (let read = 0; read < 40; read += 1) pace.ask('read', `number ${read}`);
  write(pace, 5);
  expect(pace.ask('verifyCode', 'one more')).toEqual({ granted: false, waitMs: 20 * SECOND });
});

test('a turn within a second is granted in advance; one that is not until later is refused', () => {
  const { pace } = emptied(3600);
  expect(pace.ask('register', '1')).toEqual({ granted: true, waitMs: SECOND });
  expect(pace.ask('register', '2')).toEqual({ granted: false, waitMs: 2 * SECOND });
  pace.giveBack();
  expect(pace.ask('register', '3').granted).toBe(false);
  expect(pace.ask('register', '2')).toEqual({ granted: true, waitMs: SECOND });
});

test('turns granted in advance do not add up to more than the cap, although those before never come', () => {
  const perSecond = 36;
  const callsPerHour = (perSecond * HOUR) / SECOND;
  const { pace, pass, now } = paceAt(callsPerHour);
  const sent: number[] = [];
  const ask = (call: 'read' | 'setPin', numbers: string, from: number, to: number) => {
    for (let number = from; number < to; number += 1) {
      const turn = pace.ask(call, `${numbers} ${number}`);
      if (turn.granted) sent.push(now() + turn.waitMs);
    }
  };
  ask('setPin', 'early', 0, 20 + perSecond - 1);
  ask('read', 'any', 0, 30);
  pass(SECOND);
  ask('read', 'any', 29, 30);
  pass((SECOND * 21) / perSecond);
  ask('setPin', 'next', 0, 20);
  pass((SECOND * 14) / perSecond);
  ask('setPin', 'last', 0, 15);
  sent.sort((a, b) => a - b);
  expect(mostBeyond(callsPerHour, sent)).toBeLessThanOrEqual(20 + 1e-6);
});

test('a clock that runs backwards gives nothing away and takes nothing away', () => {
  const { pace, goTo } = paceAt(180);
  goTo(HOUR);
  write(pace, 20);
  goTo(0);
  expect(pace.ask('register', '1')).toEqual({ granted: false, waitMs: 20 * SECOND });
});
