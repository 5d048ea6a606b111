/**
 * What was seen of single numbers by asking after them, shown in place of what Temporal's list says until that has caught up:
 * the list lags some seconds behind, and a number that somebody has just taken must not look free in between.
 */
import type { View } from './desk-difference.js';
import type { Listed } from './desk-onboarding.js';

/** A look at one number. Undefined stands for a number without an open onboarding. */
export interface Seen {
  /** When it was looked at, in milliseconds. */
  readonly at: number;
  /** What is shown meanwhile. */
  readonly shown: Listed | undefined;
  /** What the list is going to show: that which the run has published. */
  readonly coming: Listed | undefined;
  /** What the list showed when it was last compared with this. */
  readonly row: Listed | undefined;
  /** How many looks in a row found the run on its way from one wait to the next, or the list behind. */
  readonly looks: number;
}

/** A list that has caught up may, for as long, still show something older the next time. */
const LAG_MS = 5_000;
const LOOK_AGAIN_MS = 2_500;
const LOOK_AGAIN_AT_MOST_MS = 600_000;

/**
 * What to do with a look, now that the list was read again: `drop` it, as the list shows the same; `keep` it; or `look` at the
 * number again, because the list shows something else than before, or because the run was between two waits and publishes
 * nothing there.
 *
 * @param polledAt when the list was asked, in milliseconds
 */
export function standingOf(
  seen: Seen,
  row: Listed | undefined,
  polledAt: number,
): 'drop' | 'keep' | 'look' {
  const { at, shown, coming, looks } = seen;
  if (polledAt < at) return 'keep';
  const caughtUp = row?.text === coming?.text;
  if (caughtUp && shown?.text === coming?.text) return polledAt - at < LAG_MS ? 'keep' : 'drop';
  if (!caughtUp && row?.text !== seen.row?.text) return 'look';
  return polledAt - at >= Math.min(LOOK_AGAIN_MS * 2 ** looks, LOOK_AGAIN_AT_MOST_MS)
    ? 'look'
    : 'keep';
}

/** A new look, after the one before. */
export function seenAfter(
  before: Seen | undefined,
  look: Pick<Seen, 'at' | 'shown' | 'coming' | 'row'>,
): Seen {
  const same =
    before !== undefined &&
    before.shown?.text === look.shown?.text &&
    before.coming?.text === look.coming?.text;
  return { ...look, looks: same ? before.looks + 1 : 0 };
}

/** The list with the looks laid over it. */
export function overlaid(rows: View, seen: ReadonlyMap<string, Seen>): View {
  const view = new Map(rows);
  for (const [phoneNumberId, { shown }] of seen) {
    if (shown === undefined) view.delete(phoneNumberId);
    else view.set(phoneNumberId, shown);
  }
  return view;
}
