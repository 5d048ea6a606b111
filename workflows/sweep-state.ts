/** What a sweep knows of its numbers, when it halts, and how it is told. Pure. */
import type { RawValue } from '@temporalio/common';
import { accepted } from './input.js';
import type { ProblemReport, SweepProgress, SweptOutcome } from './messages.js';
import { readRaw } from './raw-payload.js';

/** What a sweep that goes on in a new run takes along. */
export interface SweepState {
  progress: SweepProgress;
  /** Where the next page of the PIN store's records begins. */
  cursor?: string;
  /** The last rotations, oldest first: did they fail? */
  window: boolean[];
  /** How many numbers in a row Meta does not know, or the token may not see. */
  unknownInARow: number;
}

export interface Swept {
  phoneNumberId: string;
  label?: string | undefined;
  outcome: SweptOutcome;
  why?: string;
  /** Of a refused one: Meta says that there is no such number, or that the token may not see it. */
  unknown?: boolean;
}

/** How many of the last rotations the halt share is of. */
export const WINDOW = 20;

/** What else becomes of a number says nothing of whether rotations work. */
const COUNTS_TO_HALT = new Set<SweptOutcome>(['rotated', 'failed', 'underWay']);

const LONGEST_WHY = 300;

const NONE: Record<SweptOutcome, number> = {
  rotated: 0,
  busy: 0,
  notDue: 0,
  refused: 0,
  failed: 0,
  underWay: 0,
  unreadable: 0,
};

/** @param now milliseconds since the epoch */
export function newSweep(now: number, ageMs: number): SweepState {
  return {
    progress: {
      state: 'sweeping',
      startedAt: new Date(now).toISOString(),
      dueBefore: new Date(now - ageMs).toISOString(),
      counts: { ...NONE },
      rotated: [],
      others: [],
    },
    window: [],
    unknownInARow: 0,
  };
}

/** The state that the run before has handed over. */
export function stateIn(raw: RawValue<SweepState> | undefined): SweepState | undefined {
  const parsed = readRaw(raw, (value) => accepted(value as SweepState | undefined));
  return parsed.ok ? parsed.value : undefined;
}

/** Records what became of a number, in place of what was recorded of it before. */
export function record(
  state: SweepState,
  { phoneNumberId, label, outcome, why, unknown = false }: Swept,
): void {
  const { progress, window } = state;
  const { rotated, counts } = progress;
  const before = progress.others.find((other) => other.phoneNumberId === phoneNumberId);
  if (before !== undefined) {
    counts[before.outcome] -= 1;
    progress.others = progress.others.filter((other) => other !== before);
  }
  counts[outcome] += 1;
  if (outcome === 'rotated') {
    if (rotated.length < MOST_NAMED_ROTATED) rotated.push(phoneNumberId);
  } else {
    progress.others.push({
      phoneNumberId,
      ...(label === undefined ? {} : { label }),
      outcome,
      ...(why === undefined ? {} : { why: why.slice(0, LONGEST_WHY) }),
    });
    if (progress.others.length > MOST_NAMED_OTHERS) forgetOne(progress);
  }
  if (unknown) state.unknownInARow += 1;
  else if (outcome === 'rotated') state.unknownInARow = 0;
  // What fails once more after somebody has resumed the sweep is not to keep it from the others.
  if (!COUNTS_TO_HALT.has(outcome) || (outcome === 'failed' && before?.outcome === 'failed'))
    return;
  window.push(outcome !== 'rotated');
  if (window.length > WINDOW) window.shift();
}

/** A sweep is handed on from run to run as one payload, which Temporal bounds at 2 MB: what matters least is not named. */
const MOST_NAMED_ROTATED = 40_000;
const MOST_NAMED_OTHERS = 2_000;

const LEAST_FIRST: readonly SweptOutcome[] = [
  'notDue',
  'busy',
  'refused',
  'unreadable',
  'underWay',
];

function forgetOne(progress: SweepProgress): void {
  const least = LEAST_FIRST.find((outcome) =>
    progress.others.some((other) => other.outcome === outcome),
  );
  const at = Math.max(
    0,
    progress.others.findIndex((other) => other.outcome === least),
  );
  progress.others.splice(at, 1);
}

/** Some numbers were deleted at Meta and have a record still; so many in a row were not. */
const TOKEN_LOST_THEM: ProblemReport = {
  text: `Meta says of ${WINDOW} numbers in a row that there is no such number, or that the token may not see it`,
  advice:
    'Assign the account to the system user of the access token, then let the sweep go on (npx wa-onboard sweep resume).',
};

/** Why the sweep is to halt: more than the share of the last {@link WINDOW} rotations failed. */
export function haltReason(
  { window, progress, unknownInARow }: SweepState,
  haltShare: number,
): ProblemReport | undefined {
  if (unknownInARow >= WINDOW) return TOKEN_LOST_THEM;
  const failed = window.filter(Boolean).length;
  if (failed <= haltShare * WINDOW) return undefined;
  const last = progress.others.findLast(({ outcome }) => outcome === 'failed');
  return {
    text: `${failed} of the last ${window.length} rotations failed${last?.why === undefined ? '' : `, the last one: ${last.why}`}`,
    advice:
      'Cure the cause, then let the sweep go on (npx wa-onboard sweep resume): it begins with those that failed, and no PIN is rotated twice.',
  };
}

/** The numbers whose rotation failed. */
export function failedOnes({ progress }: SweepState): { phoneNumberId: string; label?: string }[] {
  return progress.others
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ phoneNumberId, label }) => ({
      phoneNumberId,
      ...(label === undefined ? {} : { label }),
    }));
}

const OUTCOME_WORDS: Record<SweptOutcome, string> = {
  rotated: 'rotated',
  failed: 'failed',
  underWay: 'still under way',
  refused: 'that Meta gives no PIN as they are',
  busy: 'busy with something else',
  unreadable: 'with a record that cannot be read',
  notDue: 'not due any more',
};

/** One sentence for people. */
export function sweepText({ state, counts, halted }: SweepProgress): string {
  const parts = (Object.keys(OUTCOME_WORDS) as SweptOutcome[])
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${counts[outcome]} ${OUTCOME_WORDS[outcome]}`);
  const numbers = parts.length === 0 ? 'no PIN was due' : parts.join(', ');
  return halted === undefined
    ? `PIN rotation ${state === 'finished' ? 'finished' : 'under way'}: ${numbers}.`
    : `PIN rotation has halted: ${numbers}. ${halted.text} What to do: ${halted.advice}`;
}

const SHOWN_OTHERS = 30;

/** For the Temporal UI, as Markdown. */
export function sweepDetails(progress: SweepProgress): string {
  const plain = (text: string) =>
    text.replaceAll(/[\\`*_[\]<>|!#]/g, '\\$&').replaceAll(/\s+/g, ' ');
  const others = progress.others.filter(({ outcome }) => outcome !== 'notDue');
  const more = others.length - SHOWN_OTHERS;
  return [
    plain(sweepText(progress)),
    ...(progress.halted === undefined ? [] : ['Signal `retry` to let it go on.']),
    ...(others.length === 0 ? [] : ['| number | outcome | why |\n|---|---|---|']),
    ...others
      .slice(-SHOWN_OTHERS)
      .map(
        ({ phoneNumberId, outcome, why = '' }) =>
          `| ${phoneNumberId} | ${OUTCOME_WORDS[outcome]} | ${plain(why)} |`,
      ),
    ...(more > 0 ? [`…and ${more} more.`] : []),
  ]
    .join('\n\n')
    .replaceAll('|\n\n|', '|\n|');
}
