/** I5: every run ends, or visibly waits, with a deadline; and everybody who asked is answered. */
import type { OnboardingProgress, OnboardingStage } from '../../../workflows/messages.js';
import type { NumberRun } from '../driver/temporal.js';
import { Violation } from '../driver/violation.js';
import { type InvariantRule, isoAt } from './scene.js';

/** Stages that lists of runs must show: a person must act, or the run is ending. */
const LISTED: ReadonlySet<OnboardingStage> = new Set([
  'AwaitingAgent',
  'AwaitingCode',
  'Parked',
  'Compensating',
  'Live',
  'Failed',
]);

/** Timers are set to the millisecond; a wait may be shown by its rounded-up end. */
const SLACK_MS = 1_000;

/** Nobody is kept on the line for longer. */
const LONG_WAIT_MS = 15 * 60_000;

export const everyRunWaitsVisibly: InvariantRule = ({ time }) => ({
  onIdle(run, progress) {
    const { waiting, stage, steps } = progress;
    const now = time.now();
    const at = `in stage ${stage} at ${isoAt(now)}`;
    if (waiting === undefined)
      throw new Violation('I5', `a run does nothing and shows no wait, ${at}`);
    const until = Date.parse(waiting.until);
    if (!(until >= now)) {
      throw new Violation(
        'I5',
        `a run waits until ${waiting.until}, which has passed, ${at}: ${waiting.for}`,
      );
    }
    const next = run.nextTimerAt;
    if (next === undefined || next > until + SLACK_MS) {
      throw new Violation(
        'I5',
        `a run waits until ${waiting.until}, but nothing wakes it then, ${at}: ${waiting.for}`,
      );
    }
    const { stageAttribute } = run;
    if (LISTED.has(stage) ? stageAttribute !== stage : stageAttribute === 'Parked') {
      throw new Violation('I5', `lists show ${stageAttribute ?? 'nothing'} for a run ${at}`);
    }
    if (stage === 'Parked') parkSaysAll(waiting, at);
    const awaitsCode = steps.some(({ name, state }) => name === 'awaitCode' && state === 'running');
    const waitsLong = until - now > LONG_WAIT_MS;
    if (stage === 'Parked' || awaitsCode || waitsLong) everyUpdateIsAnswered(run, at);
  },
  onRunEnd(run, progress) {
    if (run.end?.kind === 'terminated') return;
    everyUpdateIsAnswered(run, 'after its end');
    if (progress !== undefined) endIsShown(run, progress);
  },
});

function parkSaysAll(
  { cure = '', decisions = [], onExpiry }: NonNullable<OnboardingProgress['waiting']>,
  at: string,
): void {
  if (cure === '' || onExpiry === undefined || !decisions.includes('retry')) {
    throw new Violation('I5', `a parked run does not say what an operator can do, ${at}`);
  }
}

function everyUpdateIsAnswered(run: NumberRun, when: string): void {
  if (run.updates.some(({ state }) => state === 'accepted' || state === 'cut')) {
    throw new Violation('I5', `somebody who tried a code has no answer, ${when}`);
  }
}

function endIsShown(run: NumberRun, { stage, waiting, steps }: OnboardingProgress): void {
  const wanted = run.end?.kind === 'completed' ? 'Live' : 'Failed';
  if (stage !== wanted || run.stageAttribute !== wanted) {
    throw new Violation('I5', `a run that has ended (${run.end?.kind}) shows the stage ${stage}`);
  }
  if (waiting !== undefined) throw new Violation('I5', 'a run that has ended shows a wait');
  const open = steps.find(({ state }) => state === 'running');
  if (open !== undefined) {
    throw new Violation('I5', `a run that has ended shows the step ${open.name} as running`);
  }
}
