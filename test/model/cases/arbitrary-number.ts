/** Numbers as Meta may have them, and what the PIN store may hold of them. */
import fc from 'fast-check';
import { PRESETS, type PresetName } from '../../../simulator/number-presets.js';
import type { ModelCase } from './case.js';

/** Numbers that get somewhere; doubled ones twice as often. */
export const ONBOARDABLE: readonly PresetName[] = [
  'fresh',
  'fresh',
  'fresh',
  'verified',
  'verified',
  'expiredVerification',
  'former',
  'live',
  'nameUnderReview',
  'deregistrationIncomplete',
  'pinRetired',
  'shared',
  'askedTooOften',
  'codeRefused',
  'liveWithout2sv',
];
const EVERY = Object.keys(PRESETS) as PresetName[];

const HIDEABLE = [
  'status',
  'platform_type',
  'code_verification_status',
  'is_pin_enabled',
  'name_status',
];

const traits = fc.record(
  {
    hiddenFields: fc.oneof(fc.subarray(HIDEABLE), fc.constant(HIDEABLE)),
    connectsAfterMs: fc.constantFrom(0, 40_000, 5 * 60_000, 3_600_000),
    expiredStillRegisters: fc.boolean(),
    shared: fc.boolean(),
    pin: fc.constantFrom(undefined, '739158'),
  },
  { requiredKeys: [] },
);

/**
 * Nine in ten of the given presets; three in four as the preset has it.
 *
 * @param hides fields that Meta hides of one number in two
 */
export const number = (
  presets: readonly PresetName[],
  hides: readonly string[] = [],
): fc.Arbitrary<ModelCase['number']> =>
  fc
    .tuple(
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...presets) },
        { weight: 1, arbitrary: fc.constantFrom(...EVERY) },
      ),
      traits,
      fc.nat({ max: 3 }),
      fc.boolean(),
    )
    .map(([preset, changed, draw, hidden]) => ({
      preset,
      ...(draw === 0 ? changed : {}),
      ...(hidden && hides.length > 0 ? { hiddenFields: hides } : {}),
    }));

const whichPin = fc.constantFrom('atMeta' as const, 'other' as const);

export const stored: fc.Arbitrary<ModelCase['stored']> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  {
    weight: 2,
    arbitrary: fc.record(
      { current: whichPin, pending: whichPin, provided: whichPin },
      { requiredKeys: [] },
    ),
  },
);
