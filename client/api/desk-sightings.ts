import { ONBOARD_NUMBER } from '../../workflows/messages.js';
import type { OnboardingSummary } from '../onboarding-status.js';
import type { View } from './desk-difference.js';
import { createLooks } from './desk-looks.js';
import { type Listed, listedNow, listedOf, type RunLink } from './desk-onboarding.js';
import { overlaid, type Seen, seenAfter, standingOf } from './desk-overlay.js';
import type { DeskSource } from './desk-source.js';
import { withinMs } from './within.js';

/** What was found by looking at single numbers, each kept until Temporal's list has caught up with it. */
export interface Sightings {
  /** The list with what is kept laid over it. */
  over(rows: View): View;
  /** Look at a number now. Resolves once it was looked at; never rejects. */
  look(phoneNumberId: string): Promise<void>;
  /** Look at a number when the list is read the next time, if that is soon. */
  lookLater(phoneNumberId: string): void;
  /** The list was read: what it shows now is forgotten, and what it puts in doubt is looked at again. */
  listRead(polledAt: number): void;
  /** Resolves when the numbers that were to be looked at later have been. */
  caughtUp(): Promise<unknown>;
}

export interface SightingsOptions {
  source: DeskSource;
  link: RunLink | undefined;
  /** Milliseconds. */
  now: () => number;
  /** What the list shows. */
  rows: () => View;
  /** Hears that something else was found than is shown. */
  onFound: () => void;
}

/** The list lags less than this, so that a message sent longer ago is in it. */
const LATER_MS = 60_000;
const MOST_LATER = 200;
/** Of the numbers in doubt, so many are looked at each time that the list is read. */
const AGAIN_AT_A_TIME = 20;
/** A worker that says nothing within this time is not waited for: what its run has published is shown meanwhile. */
const SAYS_SOON_MS = 1_000;

export function createSightings(options: SightingsOptions): Sightings {
  const { source, link, now, rows, onFound } = options;
  const seen = new Map<string, Seen>();
  const later = new Map<string, number>();
  const looks = createLooks(look);
  let catchingUp: Promise<unknown> = Promise.resolve();

  async function look(phoneNumberId: string): Promise<void> {
    const at = now();
    const before = seen.get(phoneNumberId);
    const keep = (found: Pick<Seen, 'shown' | 'coming'>) => {
      seen.set(phoneNumberId, seenAfter(before, { at, ...found, row: rows().get(phoneNumberId) }));
      later.delete(phoneNumberId);
      onFound();
    };
    try {
      const summary = await source.describe(phoneNumberId);
      if (summary?.run !== 'running') {
        keep({ shown: undefined, coming: undefined });
        return;
      }
      const coming = isForTheDesk(summary) ? listedOf(summary, link) : undefined;
      const unsaid = { shown: shownUnsaid(coming, before), coming };
      const saying = source.progress(phoneNumberId);
      if (!(await withinMs(SAYS_SOON_MS, saying))) keep(unsaid);
      const said = await saying;
      if (said === undefined) keep(unsaid);
      else if (!isForTheDesk({ ...summary, stage: said.stage })) keep({ shown: undefined, coming });
      else keep({ shown: listedNow(summary, said, link), coming });
    } catch {
      // Temporal does not answer, as reading the list tells: it is looked at when the list can be read again.
      if (!later.has(phoneNumberId)) lookLater(phoneNumberId);
    }
  }

  function lookLater(phoneNumberId: string): void {
    later.set(phoneNumberId, now());
    for (const [oldest] of later) {
      if (later.size <= MOST_LATER) return;
      later.delete(oldest);
    }
  }

  /** Looks at the numbers that were to be looked at later. */
  function catchUp(): void {
    for (const [phoneNumberId, at] of later) {
      if (Math.abs(now() - at) >= LATER_MS) later.delete(phoneNumberId);
    }
    const due = [...later.keys()].filter((phoneNumberId) => !looks.busyWith(phoneNumberId));
    if (due.length > 0) catchingUp = Promise.all(due.map(looks.at));
  }

  return {
    over: (list) => overlaid(list, seen),
    look: looks.at,
    lookLater,
    listRead(polledAt) {
      let again = 0;
      for (const [phoneNumberId, kept] of seen) {
        const row = rows().get(phoneNumberId);
        const standing = standingOf(kept, row, polledAt);
        if (standing === 'drop') {
          seen.delete(phoneNumberId);
        } else if (standing === 'keep') {
          seen.set(phoneNumberId, { ...kept, row });
        } else if (again < AGAIN_AT_A_TIME && !looks.busyWith(phoneNumberId)) {
          again += 1;
          void looks.at(phoneNumberId);
        }
      }
      catchUp();
    },
    caughtUp() {
      catchUp();
      return catchingUp;
    },
  };
}

/** What to show of a run that says nothing: what it has published, or what it said itself after that. */
function shownUnsaid(coming: Listed | undefined, before: Seen | undefined): Listed | undefined {
  return before?.coming?.text === coming?.text ? (before?.shown ?? coming) : coming;
}

/** The desk is for numbers that need a person: of a thousand rotations it shows those that are parked, as the list does. */
function isForTheDesk({
  operation,
  stage,
}: Pick<OnboardingSummary, 'operation' | 'stage'>): boolean {
  return operation === ONBOARD_NUMBER || stage === 'Parked';
}
