/** Waits that people see: for something that passes, or for an operator's decision. */
import { condition } from '@temporalio/workflow';
import { reportOf } from './attempts.js';
import { instantText } from './instant-text.js';
import type { Decision, OnboardingStage, ParkExpiry, ProblemReport } from './messages.js';
import { cannotFinish, publish, type Run, show, showInLists, takeCodes } from './run.js';

/** Who looks at a list during a wait as long as this is to see the stage as it is. */
const LISTED_WAIT_MS = 5 * 60_000;

/** Stages in which lists say that a person is awaited. */
const NEEDS_PERSON = new Set<OnboardingStage>(['AwaitingAgent', 'AwaitingCode', 'Parked']);

/** A wait as long as this is shown in lists where they say that a person is awaited, who is not. */
const OUTDATED_WAIT_MS = 30_000;

/** Who tries a code during a wait longer than this is told so instead of waiting for a verdict. */
const ANSWERED_WAIT_MS = 60_000;

/** Whoever starts a thousand runs is to hear soon of those that cannot finish. */
const UNATTENDED_PATIENCE_MS = 20 * 60_000;

/** A wait as it is shown. Instants in milliseconds since the epoch. */
export interface Wait {
  for: string;
  since: number;
  until: number;
  cure?: string;
  /** Decisions of an operator that end it. */
  takes?: Decision[];
  onExpiry?: ParkExpiry;
}

/** Shows a wait, which takes decisions from now on. */
export function beginWait(run: Run, { since, until, takes, ...shown }: Wait): void {
  run.waiting = {
    ...shown,
    since: new Date(since).toISOString(),
    until: new Date(until).toISOString(),
    ...(takes === undefined ? {} : { decisions: takes }),
  };
  run.decision = undefined;
  const longEnough = NEEDS_PERSON.has(run.listedStage) ? OUTDATED_WAIT_MS : LISTED_WAIT_MS;
  if (until - Date.now() >= longEnough) {
    showInLists(run);
    publish(run);
  }
  show(run);
}

/** A wait is over. It does not count towards the deadline for a code. */
export function endWait(run: Run, since: number): void {
  run.waiting = undefined;
  if (run.waitStartedAt !== undefined) run.extraMs += Date.now() - since;
  show(run);
}

/** Waits until an operator decides what the shown wait takes, at most until the instant `at`. */
export async function decisionBy(
  run: Run,
  at: number,
  summary: string,
): Promise<Decision | undefined> {
  await condition(() => run.decision !== undefined, Math.max(1, at - Date.now()), { summary });
  return run.decision;
}

/**
 * Waits visibly for something that passes by itself.
 *
 * @param takes decisions of an operator that end it sooner
 */
export async function waitFor(
  run: Run,
  what: string,
  ms: number,
  problem?: ProblemReport,
  takes?: Decision[],
): Promise<void> {
  const since = Date.now();
  const until = since + ms;
  if (problem !== undefined) {
    run.problem = reportOf(problem);
    const tooLong = until - run.startedAt > UNATTENDED_PATIENCE_MS;
    if (run.unattended && !run.pinAccepted && tooLong) cannotFinish(run, run.problem);
  }
  beginWait(run, {
    for: what,
    since,
    until,
    ...(problem === undefined ? {} : { cure: problem.advice }),
    ...(takes === undefined ? {} : { takes }),
  });
  if (ms > ANSWERED_WAIT_MS) {
    run.submissions.close({
      verdict: 'notWaiting',
      reason: `The run waits for ${what}, until ${instantText(until)}.`,
    });
  }
  try {
    await decisionBy(run, until, what);
  } finally {
    endWait(run, since);
    takeCodes(run);
  }
}
