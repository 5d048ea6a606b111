import fc from 'fast-check';
import { commands } from './arbitrary-commands.js';
import { lastingFault, metaFault, storeFault } from './arbitrary-faults.js';
import { number, stored } from './arbitrary-number.js';
import type { ModelCase } from './case.js';
import { THEMES, type Theme } from './themes.js';

const start: fc.Arbitrary<ModelCase['start']> = fc.record(
  {
    codeMethod: fc.constantFrom('SMS' as const, 'VOICE' as const),
    codeDeadline: fc.constantFrom('20 minutes' as const, '24 hours' as const, '3 days' as const),
    takeOver: fc.boolean(),
    onPinRefused: fc.constantFrom('park' as const, 'compensate' as const),
    label: fc.constant('Support line'),
    startCode: fc.constantFrom('now' as const, 'whenAgentReady' as const),
  },
  { requiredKeys: [] },
);

/** Faults that are there from the beginning. */
const firstFaults = ({ places, lasting }: Theme) =>
  fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: metaFault(places) },
        { weight: 1, arbitrary: storeFault },
        { weight: lasting, arbitrary: lastingFault(places) },
      ),
      { minLength: 1, maxLength: 6, size: 'max' },
    )
    .map((faults) => faults.map((command) => ({ afterMs: 0, command })));

const caseAbout = (theme: Theme): fc.Arbitrary<ModelCase> =>
  fc
    .record({
      seed: fc.nat({ max: 2 ** 31 - 1 }),
      number: number(theme.presets, theme.hides),
      stored,
      start,
      listingLagMs: fc.constantFrom(0, 2_000, 15_000),
      notifies: fc.boolean(),
      first: firstFaults(theme),
      later: commands(theme.commands, theme.pauses, theme.places, theme.count),
      helped: fc.boolean(),
    })
    .map(({ first, later, ...rest }) => ({
      ...rest,
      commands: [...first, { afterMs: 0, command: { do: 'start' } as const }, ...later],
    }));

/** Any case. */
export const modelCase: fc.Arbitrary<ModelCase> = fc.oneof(
  ...Object.values(THEMES).map((theme) => ({ weight: theme.weight, arbitrary: caseAbout(theme) })),
);
