import { RawValue, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  ChildWorkflowFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineWorkflowOptions,
  isCancellation,
  log,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  sleep,
  startChild,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { DuePins } from '../activities/fleet/list-due-pins.js';
import { listDuePins } from './activity-options.js';
import { handOver, tellsPeople } from './announce.js';
import { reportOf, settled } from './attempts.js';
import { parseDecision } from './input.js';
import {
  FAILURE_TYPES,
  MESSAGES,
  type OnboardingFailureDetails,
  type OnboardingResult,
  type OnboardingStage,
  type ProblemReport,
  ROTATE_PIN,
  type RotationInput,
  SEARCH_ATTRIBUTES,
  type SweepInput,
  type SweepProgress,
  workflowIdOf,
} from './messages.js';
import { notificationOfNotice } from './notification.js';
import { type CompleteSweep, parseSweepInput } from './operation-input.js';
import { RAW, readRaw } from './raw-payload.js';
import { shielded } from './shielded.js';
import { attributesOf } from './start-when-free.js';
import {
  failedOnes,
  haltReason,
  newSweep,
  record,
  type SweepState,
  type Swept,
  stateIn,
  sweepDetails,
  sweepText,
} from './sweep-state.js';

type DueNumber = DuePins['due'][number];

/** `type` of the failure of a sweep that halted and was not resumed. */
export const SWEEP_HALTED = 'SweepHalted';

const MINUTE_MS = 60_000;
const HALT_MS = 7 * 24 * 60 * MINUTE_MS;

/** Numbers on a page: one activity of the sweep. */
const PAGE = 100;

/** Rotations begun between two pauses: each pause is a billed timer. */
const BATCH = 10;

/** A rotation that takes longer goes on without being waited for. */
const UNDER_WAY_MS = 30 * MINUTE_MS;

/** The sweep goes on in a new run before its history has grown beyond this. */
const MOST_EVENTS = 4_000;

interface Sweep {
  readonly given: CompleteSweep;
  readonly state: SweepState;
  /** Rotations that are waited for, with the instant (milliseconds since the epoch) at which they were begun. */
  readonly underWay: Map<string, number>;
  /** Somebody has said to go on. */
  resumed: boolean;
  /** When the next rotations may begin, in milliseconds since the epoch. */
  nextAt: number;
}

const retry = defineSignal<[RawValue]>(MESSAGES.retry, RAW);
const progress = defineQuery<SweepProgress>(MESSAGES.progress);

/**
 * Rotates the PINs that are older than a given age: pages of the PIN store's records, a child `rotatePin` for each that is due, at
 * a given rate. Children live on when the sweep ends. A sweep of which more than a given share fails halts, and goes on where it
 * stopped after the signal `retry`, beginning with the numbers that failed.
 *
 * @param input a {@link SweepInput}, raw
 * @param state of the run before, where the sweep goes on in a new one
 * @returns what became of each number
 * @throws `ApplicationFailure` of type `InvalidInput`; of type `SweepHalted` where it halted and nobody resumed it for 7 days
 */
export async function rotateDuePins(
  input: RawValue<SweepInput>,
  state?: RawValue<SweepState>,
): Promise<SweepProgress> {
  const parsed = readRaw(input, parseSweepInput);
  if (!parsed.ok)
    throw ApplicationFailure.nonRetryable(parsed.sentence, FAILURE_TYPES.invalidInput);
  const sweep = openSweep(parsed.value, stateIn(state));
  setHandler(progress, () => sweep.state.progress, { description: 'How the sweep stands.' });
  setHandler(
    retry,
    (raw) => {
      if (readRaw(raw, parseDecision).ok) sweep.resumed = true;
    },
    { description: 'Go on with a halted sweep.' },
  );
  for (let page = await nextPage(sweep); ; page = await nextPage(sweep)) {
    for (const { phoneNumberId, why } of page.unreadable) {
      record(sweep.state, { phoneNumberId, outcome: 'unreadable', why });
    }
    await rotateAll(sweep, page.due);
    if (page.next === undefined) break;
    sweep.state.cursor = page.next;
    if (workflowInfo().continueAsNewSuggested || workflowInfo().historyLength > MOST_EVENTS) {
      await settle(sweep);
      // The input of this workflow is raw, also where it is handed on.
      await continueAsNew<typeof rotateDuePins>(
        new RawValue(inputAgain(parsed.value)),
        new RawValue(sweep.state),
      );
    }
  }
  await finishHalted(sweep);
  return finished(sweep);
}

defineWorkflowOptions(rotateDuePins, { staticOptions: RAW });

/** The input of the run that goes on. */
function inputAgain({
  ageMs,
  perMinute,
  atOnce,
  haltShare,
  requestedBy,
}: CompleteSweep): SweepInput {
  return {
    age: `${ageMs} ms`,
    perMinute,
    atOnce,
    haltShare,
    ...(requestedBy === undefined ? {} : { requestedBy }),
  };
}

function openSweep(given: CompleteSweep, before: SweepState | undefined): Sweep {
  const now = Date.now();
  const state = before ?? newSweep(now, given.ageMs);
  return { given, state, underWay: new Map(), resumed: false, nextAt: 0 };
}

/** The next page of numbers that are due. Where the PIN store does not list them, the sweep halts until somebody resumes it. */
async function nextPage(sweep: Sweep): Promise<DuePins> {
  const { state } = sweep;
  for (;;) {
    const { dueBefore } = state.progress;
    const cursor = state.cursor === undefined ? {} : { cursor: state.cursor };
    const page = await settled(listDuePins({ dueBefore, ...cursor, limit: PAGE }));
    if (page.ok) return page.value;
    await halt(sweep, reportOf(page.problem));
    // The place may have been forgotten meanwhile; what was rotated since is not due any more.
    delete state.cursor;
  }
}

/** Begins a rotation of each number, at the rate of the sweep. */
async function rotateAll(sweep: Sweep, due: readonly DueNumber[]): Promise<void> {
  const { atOnce, haltShare } = sweep.given;
  const done = new Set(sweep.state.progress.rotated);
  let queue = due.filter(({ phoneNumberId }) => !done.has(phoneNumberId));
  while (queue.length > 0) {
    await turn(sweep);
    const reason = haltReason(sweep.state, haltShare);
    if (reason !== undefined) {
      await settle(sweep);
      await halt(sweep, reason);
      const failed = failedOnes(sweep.state);
      const again = new Set(failed.map(({ phoneNumberId }) => phoneNumberId));
      queue = [...failed, ...queue.filter(({ phoneNumberId }) => !again.has(phoneNumberId))];
      continue;
    }
    for (const number of queue.splice(0, BATCH)) {
      await waitFor(sweep, () => sweep.underWay.size < atOnce);
      void rotate(sweep, number);
    }
  }
}

/** After the last page: as long as too many have failed, halts, and tries those again that did. */
async function finishHalted(sweep: Sweep): Promise<void> {
  for (;;) {
    await settle(sweep);
    const reason = haltReason(sweep.state, sweep.given.haltShare);
    if (reason === undefined) return;
    await halt(sweep, reason);
    await rotateAll(sweep, failedOnes(sweep.state));
  }
}

/**
 * Waits until the next rotations may begin. Neither all at the same moment nor in the same rhythm: between half of the time that
 * the rate gives them and half as much again.
 */
async function turn(sweep: Sweep): Promise<void> {
  const { perMinute } = sweep.given;
  const waitMs = sweep.nextAt - Date.now();
  if (waitMs > 0) await sleep(waitMs, { summary: 'Until the next rotations' });
  sweep.nextAt = Date.now() + (BATCH / perMinute) * MINUTE_MS * (0.5 + Math.random());
}

/**
 * Rotates the PIN of one number, in a run of its own that outlives this one and its cancellation. What becomes of it is recorded.
 */
async function rotate(sweep: Sweep, number: DueNumber): Promise<void> {
  const { phoneNumberId, label } = number;
  const { state, underWay, given } = sweep;
  underWay.set(phoneNumberId, Date.now());
  try {
    const swept = await shielded(async () => {
      const input: RotationInput = {
        phoneNumberId,
        dueBefore: state.progress.dueBefore,
        onRefused: 'fail',
        reason: 'it is due',
        ...(label === undefined ? {} : { label }),
        ...(given.requestedBy === undefined ? {} : { requestedBy: given.requestedBy }),
      };
      const child = await startChild(ROTATE_PIN, {
        workflowId: workflowIdOf(phoneNumberId),
        args: [input],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        typedSearchAttributes: attributesOf(label),
      });
      const { changed }: OnboardingResult = await child.result();
      return { outcome: changed ? 'rotated' : 'notDue' } as const;
    });
    record(state, { ...number, ...swept });
  } catch (error) {
    record(state, { ...number, ...failedOutcome(error) });
  } finally {
    underWay.delete(phoneNumberId);
    show(sweep);
  }
}

/** Meta says of these that there is no such number, or that the token may not see it. */
const NO_SUCH_NUMBER = new Set(['33', '803', '100/33']);

function failedOutcome(error: unknown): Omit<Swept, 'phoneNumberId'> {
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return { outcome: 'busy', why: 'Another run of the number is open.' };
  }
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (isCancellation(cause)) return { outcome: 'failed', why: 'The rotation was cancelled.' };
  if (cause instanceof ApplicationFailure) {
    const { unfit, problem } = (cause.details?.[0] ?? {}) as Partial<OnboardingFailureDetails>;
    const codes = [problem?.code, problem?.subcode].filter((code) => code !== undefined).join('/');
    const unknown = NO_SUCH_NUMBER.has(codes);
    const refused = unfit === true || unknown;
    return { outcome: refused ? 'refused' : 'failed', why: cause.message, unknown };
  }
  return { outcome: 'failed', why: 'The rotation was terminated.' };
}

/** Waits until something is so; rotations that take too long are not waited for. */
async function waitFor(sweep: Sweep, isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    const [oldest = Date.now()] = sweep.underWay.values();
    const soon = Math.max(1, oldest + UNDER_WAY_MS - Date.now());
    if (await condition(isSo, soon, { summary: 'Until rotations are done' })) return;
    for (const [phoneNumberId, begun] of sweep.underWay) {
      if (Date.now() - begun < UNDER_WAY_MS) continue;
      sweep.underWay.delete(phoneNumberId);
      record(sweep.state, { phoneNumberId, outcome: 'underWay', why: STILL_UNDER_WAY });
    }
  }
}

const STILL_UNDER_WAY =
  'The rotation is neither done nor failed; npx wa-onboard status <id> tells what it waits for.';

async function settle(sweep: Sweep): Promise<void> {
  await waitFor(sweep, () => sweep.underWay.size === 0);
  show(sweep);
}

/**
 * Waits until somebody says to go on.
 *
 * @throws `ApplicationFailure` of type `SweepHalted` where nobody does
 */
async function halt(sweep: Sweep, { text, advice }: ProblemReport): Promise<void> {
  const { progress } = sweep.state;
  const since = Date.now();
  progress.state = 'halted';
  progress.halted = {
    since: new Date(since).toISOString(),
    until: new Date(since + HALT_MS).toISOString(),
    text,
    advice,
  };
  sweep.resumed = false;
  publishStage('Parked');
  show(sweep);
  log.warn(`The sweep has halted: ${text}`);
  await tell(sweep, 'sweep.halted');
  const resumed = await condition(() => sweep.resumed, HALT_MS, {
    summary: 'Until somebody resumes it',
  });
  if (!resumed) {
    throw ApplicationFailure.create({
      message: `The sweep was halted for 7 days and nobody resumed it: ${text} ${advice}`,
      type: SWEEP_HALTED,
      nonRetryable: true,
      details: [progress],
    });
  }
  progress.state = 'sweeping';
  delete progress.halted;
  sweep.state.window = [];
  sweep.state.unknownInARow = 0;
  publishStage('Securing');
  show(sweep);
}

async function finished(sweep: Sweep): Promise<SweepProgress> {
  const { progress } = sweep.state;
  progress.state = 'finished';
  progress.endedAt = new Date().toISOString();
  show(sweep);
  const { rotated, failed, underWay, unreadable } = progress.counts;
  const unknown = sweep.state.unknownInARow;
  if (rotated + failed + underWay + unreadable + unknown > 0) await tell(sweep, 'sweep.finished');
  return progress;
}

async function tell(sweep: Sweep, event: 'sweep.halted' | 'sweep.finished'): Promise<void> {
  if (!(await tellsPeople())) return;
  const { progress } = sweep.state;
  const notice = {
    event,
    text: sweepText(progress),
    runId: workflowInfo().runId,
    counts: progress.counts,
    ...(progress.halted === undefined ? {} : { problem: progress.halted }),
  };
  await handOver(notificationOfNotice(notice, uuid4(), new Date().toISOString()));
}

function publishStage(stage: OnboardingStage): void {
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.stage, value: stage }]);
}

function show({ state }: Sweep): void {
  setCurrentDetails(sweepDetails(state.progress));
}
