import { beforeAll, describe, expect, test } from 'vitest';
import { stackForFile } from '../workflow/stack.js';
import { timeSkippingStackForFile } from '../workflow/time-skipping.js';
import { CELLS, type Cell, isHeld, runCell, runDeregisterCells, type Seen } from './cells.js';
import { EXPECTED, FORMS } from './expected.js';
import { type FaultyPinStore, faultyPinStore } from './faulty-pin-store.js';
import { BUSY_AT_A_TIME, turns } from './turns.js';

let faulty: FaultyPinStore | undefined;
const the = stackForFile({
  wrapStore: (store) => {
    faulty = faultyPinStore(store);
    return faulty.store;
  },
});
const skipping = timeSkippingStackForFile();

declare module 'vitest' {
  interface TaskMeta {
    /** A cell of the fault matrix and what was seen of it, for the table that is printed. */
    faultCell?: Cell & { seen?: Seen };
  }
}

/** All cells together take less than a minute where nothing else runs. */
const LONGEST_MS = 240_000;

const LONGER_FIRST = [...CELLS].sort((a, b) => FORMS.indexOf(b.form) - FORMS.indexOf(a.form));

const nameOf = ({ step, fault, form }: Cell) => `${step} ${fault} ${form}`;
const runs = new Map<string, Promise<Seen>>();

// Those that wait for answers which never come are idle, so they need no turn.
beforeAll(() => {
  const store = faulty;
  if (store === undefined) throw new Error('The stack starts before the first cell.');
  const undoing = CELLS.filter(({ step }) => step === 'deregister');
  const undone = runDeregisterCells(skipping, undoing);
  const inTurn = turns(BUSY_AT_A_TIME);
  for (const cell of LONGER_FIRST) {
    const nth = undoing.indexOf(cell);
    const begin = () => runCell(the.stack, store, cell);
    const run =
      nth >= 0
        ? undone.then((seen) => seenAt(seen, nth))
        : isHeld(cell.fault)
          ? begin()
          : inTurn(begin);
    run.catch(() => undefined); // its own test reports it
    runs.set(nameOf(cell), run);
  }
});

function seenAt(seen: readonly Seen[], nth: number): Seen {
  const one = seen[nth];
  if (one === undefined) throw new Error('Each cell has a run of its own.');
  return one;
}

describe.each(FORMS)('a fault that strikes %s', { timeout: LONGEST_MS }, (form) => {
  test.for(CELLS.filter((cell) => cell.form === form))(
    '$step, as $fault, ends as was written down before, every invariant held',
    async (cell, { task }) => {
      task.meta.faultCell = cell;
      const seen = await runs.get(nameOf(cell));
      task.meta.faultCell = { ...cell, ...(seen && { seen }) };
      const [once, again] = EXPECTED[cell.step][cell.fault];
      expect(seen).toEqual({ ...(form === 'once' ? once : again), broken: [] });
    },
  );
});
