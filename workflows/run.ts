/** What one run knows and shows: its steps, the newest code, what it waits for, what it has done that may have to be undone. */
import {
  ApplicationFailure,
  log,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Problem } from '../activities/failures.js';
import type { LimitUseReport } from '../activities/number-access.js';
import type { NumberFacts } from '../activities/number-facts.js';
import type { StagedPin } from '../activities/pin-store/pin-store.js';
import type { Preparation } from '../activities/steps/looks.js';
import { reportOf, type Tries } from './attempts.js';
import { READY_MS, type Reminder } from './code-rules.js';
import { currentDetails } from './current-details.js';
import { deskCardOf } from './desk-card.js';
import type { CompleteInput } from './input.js';
import {
  type Claim,
  type CodeMethod,
  DESK_MEMO,
  type Decision,
  FAILURE_TYPES,
  type NumberOperation,
  ONBOARD_NUMBER,
  type OnboardingProgress,
  type OnboardingStage,
  type ProblemReport,
  type ResendRequest,
  SEARCH_ATTRIBUTES,
  STEP_NAMES,
  type StepName,
  type StepState,
} from './messages.js';
import { codeIsOpen, type Steps } from './plan.js';
import { progressOf } from './progress.js';
import { createSubmissions, type Submission, type Submissions } from './submissions.js';

/** The newest code that Meta was asked for. Instants in milliseconds since the epoch. */
export interface SentCode {
  method: CodeMethod;
  sentAt: number;
  /** True where Meta's answer was lost. */
  maybe: boolean;
  requestedBy?: string;
}

/** A pin version this run uses, and where it lies. */
export interface UsedPin {
  store: string;
  record: string;
  version: string;
}

/** A register that this run has sent. */
export interface OwnRegister {
  /** A read just before showed the number as not registered. */
  wasFree: boolean;
  /** A read just before told nothing at all of the number. */
  wasStateless: boolean;
}

export interface Run {
  readonly input: CompleteInput;
  readonly operation: NumberOperation;
  /** One of many that nobody looks at: it ends where others wait for a person, as long as Meta has not accepted a PIN. */
  readonly unattended: boolean;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly submissions: Submissions;
  steps: Steps;
  stage: OnboardingStage;
  /** The stage that the search attribute holds. */
  listedStage: OnboardingStage;
  number: NumberFacts | undefined;
  pin: UsedPin | undefined;
  pinSince: string | undefined;
  /**
   * The version that was current when this run looked (`null`: none), where only that one may be followed by the run's PIN: if
   * somebody changes the record meanwhile, a person is to see it.
   */
  currentBefore: string | null | undefined;
  /** The PIN store has made the PIN the current one right after Meta accepted it. */
  stored: StagedPin | undefined;
  /** Sent although the number is registered. */
  registerAgain: { unlessSince?: string } | undefined;
  code: SentCode | undefined;
  /** Codes that Meta refused since this run last had one sent. In memory only: shown nowhere. */
  refusedCodes: Set<string>;
  sentCount: number;
  /** How often Meta would not send a code. */
  refusedRequests: number;
  /** How often the next code was asked for in vain. */
  codeTries: Tries | undefined;
  /** Instant from which the next code may be asked for. */
  nextSendAt: number;
  /** A new code that somebody, or the plan, wants. */
  resend: ResendRequest | undefined;
  /** When an agent last said to be ready for the code, or somebody wished for one. Milliseconds since the epoch. */
  agentReadyAt: number | undefined;
  /** The code is asked for once an agent is ready. */
  agentAwaited: boolean;
  claim: Claim | undefined;
  /** What lists of waiting numbers show, as last published. */
  published: string | undefined;
  /** Whether people are notified; undefined until a worker has told. */
  notifies: boolean | undefined;
  /** The agent or the sent code that people were last notified of. */
  needed: string | undefined;
  /** How many notifications were handed over. */
  notifications: number;
  /** The submission being verified. */
  submission: Submission | undefined;
  lastSubmittedAt: number | undefined;
  history: NonNullable<NonNullable<OnboardingProgress['code']>['submissions']>;
  /** When the wait for a code began; the deadline counts from then. */
  waitStartedAt: number | undefined;
  /** What `extend` added, and what waits that Meta imposed took. */
  extraMs: number;
  reminded: Set<Reminder>;
  waiting: OnboardingProgress['waiting'] | undefined;
  problem: ProblemReport | undefined;
  ignored: OnboardingProgress['ignored'];
  /** What an operator has decided on the present wait. */
  decision: Decision | undefined;
  decided: OnboardingProgress['decided'];
  /** Versions of the PIN that Meta has refused in this run. */
  refusedPins: Set<string>;
  /** How often Meta refused to register for the name's review although the name read approved. */
  lateApprovals: number;
  compensation: OnboardingProgress['compensation'];
  budget: { register: LimitUseReport; deregister: LimitUseReport };
  /** Set once this run has sent a register whose outcome is accepted or unknown. */
  ownRegister: OwnRegister | undefined;
  /** Set once a code of this run was accepted; the steps may have been planned anew since. */
  verifiedNumber: boolean;
  /** How often an answer of Meta contradicted the plan. */
  contradictions: number;
  /** Past the pivot: Meta has accepted the PIN, so the run only goes forward. */
  pinAccepted: boolean;
  /** Until then (milliseconds since the epoch) a request to set a PIN whose outcome is unknown may still be on its way. */
  maybeSettingUntil: number;
  /** Parked until the PIN is known, or two-step verification is off. */
  parkedForPin: boolean;
  /** The number, as Meta says it is, forbids the operation. */
  unfit: boolean;
  /** Grows with each message, so that a wait can tell that something came. */
  messages: number;
  /** When steps began and ended. */
  times: Partial<Record<StepName, { startedAt?: string; endedAt?: string }>>;
}

const UNKNOWN_BUDGET = { used: 0, limit: 10 };

export function openRun(
  input: CompleteInput,
  {
    operation = ONBOARD_NUMBER,
    unattended = false,
  }: Partial<Pick<Run, 'operation' | 'unattended'>> = {},
): Run {
  const run: Run = {
    input,
    operation,
    unattended,
    startedAt: Date.now(),
    submissions: createSubmissions(
      () => {
        run.messages += 1;
        run.lastSubmittedAt = Date.now();
      },
      (reason) => ignore(run, 'a code', reason),
    ),
    steps: Object.fromEntries(STEP_NAMES.map((name) => [name, { state: 'pending' }])) as Steps,
    stage: 'Preparing',
    listedStage: 'Preparing',
    number: undefined,
    pin: undefined,
    pinSince: undefined,
    currentBefore: undefined,
    stored: undefined,
    registerAgain: undefined,
    code: undefined,
    refusedCodes: new Set(),
    sentCount: 0,
    refusedRequests: 0,
    codeTries: undefined,
    nextSendAt: 0,
    resend: undefined,
    agentReadyAt: undefined,
    agentAwaited: false,
    claim: undefined,
    published: undefined,
    notifies: undefined,
    needed: undefined,
    notifications: 0,
    submission: undefined,
    lastSubmittedAt: undefined,
    history: [],
    waitStartedAt: undefined,
    extraMs: 0,
    reminded: new Set(),
    waiting: undefined,
    problem: undefined,
    ignored: undefined,
    decision: undefined,
    decided: undefined,
    refusedPins: new Set(),
    lateApprovals: 0,
    compensation: undefined,
    budget: { register: UNKNOWN_BUDGET, deregister: UNKNOWN_BUDGET },
    ownRegister: undefined,
    verifiedNumber: false,
    contradictions: 0,
    pinAccepted: false,
    maybeSettingUntil: 0,
    parkedForPin: false,
    unfit: false,
    messages: 0,
    times: {},
  };
  return run;
}

/** Puts a step into a state, dates it, and shows it. */
export function mark(run: Run, name: StepName, state: StepState, reason?: string): void {
  run.steps = { ...run.steps, [name]: { state, ...(reason === undefined ? {} : { reason }) } };
  const at = new Date().toISOString();
  if (state === 'running') run.times[name] = { startedAt: run.times[name]?.startedAt ?? at };
  if (state === 'done' || state === 'failed' || state === 'compensated') {
    run.times[name] = { ...run.times[name], endedAt: at };
  }
  show(run);
}

/** Takes over planned steps and shows them. */
export function follow(run: Run, steps: Steps): void {
  run.steps = steps;
  show(run);
}

/** Shows the run in the Temporal UI. */
export function show(run: Run): void {
  setCurrentDetails(currentDetails(progressOf(run)));
}

/** Stages in which a person must act, and ends. */
const NOTABLE = new Set<OnboardingStage>([
  'AwaitingAgent',
  'AwaitingCode',
  'Parked',
  'Compensating',
  'Live',
  'Offboarded',
  'Failed',
]);

/**
 * Enters a stage. Lists of runs get to know it only where a person must act or has acted, or the run ends: each change of a
 * search attribute is billed. Of an unattended run they get to know nothing but that it is parked.
 */
export function enter(run: Run, stage: OnboardingStage): void {
  if (run.stage === stage) return;
  run.stage = stage;
  const notable = run.unattended ? stage === 'Parked' : NOTABLE.has(stage);
  if (notable || run.listedStage === 'Parked') showInLists(run);
  show(run);
}

/** Shows the stage in lists of runs. */
export function showInLists(run: Run): void {
  if (run.listedStage === run.stage) return;
  run.listedStage = run.stage;
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.stage, value: run.stage }]);
}

/**
 * Publishes what lists of waiting numbers show. Temporal bills no memo, but each is an event of the history, so it is done
 * only during waits for people and where something has changed.
 */
export function publish(run: Run): void {
  const card = deskCardOf(progressOf(run));
  const text = JSON.stringify(card);
  if (text === run.published) return;
  run.published = text;
  upsertMemo({ [DESK_MEMO]: card });
}

export function adopt(run: Run, preparation: Preparation): void {
  run.number = preparation.number;
  run.budget = preparation.budget;
  run.notifies = preparation.notifies ?? false;
}

/** Takes codes as long as the run needs one. */
export function takeCodes(run: Run): void {
  if (codeIsOpen(run.steps)) run.submissions.reopen();
  else {
    const reason = 'The number needs no code (any more).';
    run.submissions.close({ verdict: 'notWaiting', reason });
  }
}

/** Uses a version of the PIN from now on. */
export function usePin(
  run: Run,
  { store, record, versions }: NonNullable<Preparation['pins']>,
  version: string,
): void {
  run.pin = { store, record, version };
  run.pinSince = versions.current?.version === version ? versions.current.lastRotated : undefined;
}

/** The instant (milliseconds since the epoch) until which this run waits for a code. */
export function deadlineOf(run: Run): number {
  return (run.waitStartedAt ?? Date.now()) + run.input.codeDeadlineMs + run.extraMs;
}

/** The instant (milliseconds since the epoch) at which half of the time until the deadline is over. */
export function halfTimeOf(run: Run): number {
  const since = run.waitStartedAt ?? Date.now();
  return since + (deadlineOf(run) - since) / 2;
}

/** Shows that a message had no effect. */
export function ignore(run: Run, message: string, reason: string): void {
  run.ignored = { message, at: new Date().toISOString(), reason };
  log.info(`${message} was ignored: ${reason}`, { phoneNumberId: run.input.phoneNumberId });
  show(run);
}

/** Takes over what a failed request tells of the budget; where it tells nothing, Meta may have seen it. */
export function recordUse(run: Run, kind: keyof Run['budget'], problem: Problem): void {
  const { used, limit } = run.budget[kind];
  const { outcome, verdict, waitMs = 0, allowedAt } = problem;
  const blockedUntil = new Date(Date.now() + waitMs).toISOString();
  const nextAt = verdict === 'budgetExceeded' ? blockedUntil : allowedAt;
  run.budget[kind] = {
    ...(problem.budget ?? { used: used + (outcome === 'notSent' ? 0 : 1), limit }),
    ...(nextAt === undefined ? {} : { nextAt }),
  };
}

/** Is nobody at hand for the code that the run would ask Meta for now? */
export function agentIsMissing({ input, agentReadyAt = Number.NEGATIVE_INFINITY }: Run): boolean {
  return input.startCode === 'whenAgentReady' && Date.now() - agentReadyAt > READY_MS;
}

/** Somebody is at hand for a code. The time for it begins now; it does not have to share that of the agent. */
export function agentIsReady(run: Run): void {
  const now = Date.now();
  run.agentReadyAt = now;
  if (!run.agentAwaited) return;
  run.agentAwaited = false;
  run.waitStartedAt = now;
  run.extraMs = 0;
  run.reminded.delete('deadline');
  delete run.times.awaitCode;
}

/** Notes a problem for people to see; the run goes on. */
export function note(run: Run, problem: Problem): void {
  run.problem = reportOf(problem);
  log.warn(problem.text, { phoneNumberId: run.input.phoneNumberId, verdict: problem.verdict });
  show(run);
}

/**
 * Ends the run with a problem that nothing in it can cure. What was done is undone on the way out.
 *
 * @throws always, an `ApplicationFailure` of type `OnboardingFailed` unless another type is given
 */
export function cannotFinish(
  run: Run,
  problem: ProblemReport,
  type: string = FAILURE_TYPES.failed,
): never {
  run.problem = problem;
  const { text, advice, code, subcode, fbtraceId } = problem;
  const codes =
    code === undefined ? '' : ` (${subcode === undefined ? code : `${code}/${subcode}`})`;
  const trace = fbtraceId === undefined ? '' : ` fbtrace_id ${fbtraceId}.`;
  throw ApplicationFailure.create({
    message: `${text.replace(/\.$/, '')}${codes}. ${advice}${trace}`,
    type,
    nonRetryable: true,
  });
}
