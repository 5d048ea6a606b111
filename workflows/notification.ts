/** What people are notified of, and in which words. Pure. */
import type { Reminder } from './code-rules.js';
import { EXPIRY_TEXTS } from './current-details.js';
import type { Parsed } from './input.js';
import {
  type CodeMethod,
  type Decision,
  FAILURE_TYPES,
  type NumberOperation,
  type OnboardingProgress,
  type OnboardingResult,
  type OnboardingStage,
  type ParkExpiry,
  type ProblemReport,
} from './messages.js';

/** What becomes of an operation on a number that people are told of. */
export type OperationEvent = 'parked' | 'done' | 'failed';

export const EVENTS_OF_OPERATION = {
  onboardNumber: {
    parked: 'onboarding.parked',
    done: 'onboarding.live',
    failed: 'onboarding.failed',
  },
  rotatePin: { parked: 'rotation.parked', done: 'rotation.done', failed: 'rotation.failed' },
  reregisterNumber: {
    parked: 'reregistration.parked',
    done: 'reregistration.done',
    failed: 'reregistration.failed',
  },
  offboardNumber: {
    parked: 'offboarding.parked',
    done: 'offboarding.done',
    failed: 'offboarding.failed',
  },
} as const satisfies Record<NumberOperation, Record<OperationEvent, string>>;

/** Events that no operation on a number tells of. */
export const NOTICE_TYPES = [
  'pin.revealed',
  'pin.changedOutside',
  'pin.resetRequested',
  'pin.reset',
  'name.decided',
  'sweep.halted',
  'sweep.finished',
  'reconcile.findings',
] as const;

export type NoticeType = (typeof NOTICE_TYPES)[number];

type EventOfOperation = (typeof EVENTS_OF_OPERATION)[NumberOperation][OperationEvent];

/** Events of a run that works on a number. */
export type RunEvent = 'code.needed' | 'code.reminder' | EventOfOperation;

export type NotificationType = RunEvent | NoticeType;

export const NOTIFICATION_TYPES: readonly NotificationType[] = [
  'code.needed',
  'code.reminder',
  ...Object.values(EVENTS_OF_OPERATION).flatMap((events) => Object.values(events)),
  ...NOTICE_TYPES,
];

/**
 * One event, as it is posted. Instants are ISO 8601 in UTC. Holds no telephone number, PIN, code or token.
 *
 * What happened is named `event` and not `type`: Mattermost, whose webhooks take Slack's format, refuses a post whose `type`
 * does not begin with `custom_`. Source: Mattermost's page on incoming webhooks.
 */
export interface Notification {
  /** The same for every time this event is posted, also as the header `webhook-id`. */
  id: string;
  event: NotificationType;
  /** When it happened. */
  at: string;
  /** Counts the events of one run from 1, as two may arrive in the other order. */
  sequence: number;
  /** For people. Slack and what takes its format show this. */
  text: string;
  /** Absent where it is not about one number. */
  phoneNumberId?: string;
  /** Absent where no run tells of it. */
  runId?: string;
  label?: string;
  /** The last four digits of the telephone number. */
  lastDigits?: string;
  businessName?: string;
  /** Of the events of an operation. */
  stage?: OnboardingStage;
  /** Of `code.needed` and `code.reminder`: a code, or an agent who says that one is ready for it. */
  waitingFor?: 'code' | 'agent';
  /** Of `code.reminder`: half of the code's life is over, or half of the time until the deadline. */
  reminder?: Reminder;
  /** Of `code.needed` and `code.reminder`: the newest code that Meta was asked for. */
  code?: {
    method: CodeMethod;
    sentAt: string;
    expiresAt: string;
    /** How many more may be tried before a new one has to be sent. */
    triesLeft: number;
    /** When the next may be asked for. */
    nextSendAt: string;
    requestedBy?: string;
    /** True where Meta's answer was lost, so that the code may or may not have been sent. */
    maybe?: boolean;
  };
  /** When the run stops waiting by itself. */
  until?: string;
  /** Of `….parked`: what happens at `until` where nobody has decided. */
  onExpiry?: ParkExpiry;
  /** Of `….parked`: what may be decided, beside cancelling. */
  decisions?: Decision[];
  problem?: ProblemReport;
  /** Of `onboarding.live`, `rotation.done`, …: `registered` where something is still missing. */
  outcome?: OnboardingResult['outcome'];
  /** Of `onboarding.live` and `reregistration.done`: what a registered number still lacks, in words. */
  missing?: string[];
  /** Of `….failed`: a type in `FAILURE_TYPES`, or `Cancelled`. */
  failureType?: string;
  /** Of `….failed`, in words. */
  undone?: string[];
  notUndone?: string[];
  /** Who did or asked for what this tells of. */
  requestedBy?: string;
  /** Why, as that person said. */
  reason?: string;
  /** Of `sweep.halted` and `sweep.finished`: how many numbers had which outcome. Of `reconcile.findings`: findings by kind. */
  counts?: Record<string, number>;
}

/** What a notification tells that no operation on a number tells of. */
export type Notice = Pick<
  Notification,
  | 'text'
  | 'phoneNumberId'
  | 'label'
  | 'lastDigits'
  | 'businessName'
  | 'runId'
  | 'requestedBy'
  | 'reason'
  | 'problem'
  | 'counts'
> & { event: NoticeType };

/** @param id unlike any other's, of letters, digits and `-` */
export function notificationOfNotice(notice: Notice, id: string, at: string): Notification {
  const { text, reason, ...told } = notice;
  return {
    id,
    at,
    sequence: 1,
    ...told,
    text: plain(text, LONGEST_NOTICE),
    ...(reason === undefined ? {} : { reason: plain(reason) }),
  };
}

/** What a progress does not tell. */
export interface NotificationExtra {
  /** Unlike any other's, of letters, digits and `-`: it goes into a header and a workflow id. */
  id: string;
  runId: string;
  /** Which notification of the run this is, from 1. */
  sequence: number;
  /** When it happened, ISO 8601 in UTC. */
  at: string;
  /** Of `code.reminder`. */
  reminder?: Reminder;
  /** Of `onboarding.live`. */
  result?: Pick<OnboardingResult, 'outcome' | 'changed' | 'missing'> & {
    pin: Pick<OnboardingResult['pin'], 'confirmed'>;
  };
  /** Of `onboarding.failed`: a type in `FAILURE_TYPES`, or {@link CANCELLED}. */
  failureType?: string;
}

/** `failureType` of a run that somebody cancelled. */
export const CANCELLED = 'Cancelled';

/**
 * What to tell people of a run now.
 *
 * @param progress as the run shows it at this moment
 */
export function notificationOf(
  type: RunEvent,
  progress: OnboardingProgress,
  extra: NotificationExtra,
): Notification {
  const { phoneNumberId, label, number, stage } = progress;
  const { id, runId, sequence, at } = extra;
  return {
    id,
    event: type,
    at,
    sequence,
    text: TEXTS[kindOf(type)](progress, extra),
    phoneNumberId,
    runId,
    ...(label === undefined ? {} : { label }),
    ...number,
    stage,
    ...PARTS[kindOf(type)](progress, extra),
  };
}

/** The id of the workflow that sends a notification. */
export function notificationWorkflowIdOf({ id }: Pick<Notification, 'id'>): string {
  return `notification-${id}`;
}

/** The task queue of the posts, beside that of the onboardings. */
export function notificationQueueOf(taskQueue: string): string {
  return `${taskQueue}-notifications`;
}

/** A notification that somebody may have typed by hand: usable where it can be posted and understood. */
export function parseNotification(raw: unknown): Parsed<Notification> {
  const given = (typeof raw === 'object' && raw !== null ? raw : {}) as Partial<Notification>;
  const { id, event, text } = given;
  // An id goes into a header and is signed with a dot behind it.
  if (typeof id !== 'string' || !/^[A-Za-z0-9_-]{1,200}$/.test(id)) {
    return refused('an id of letters, digits, "-" and "_"');
  }
  if (!NOTIFICATION_TYPES.some((known) => known === event)) {
    return refused(`an event, one of ${NOTIFICATION_TYPES.join(', ')}`);
  }
  if (typeof text !== 'string' || text.trim() === '') return refused('a text');
  return { ok: true, value: given as Notification };
}

const refused = (what: string): Parsed<never> => ({
  ok: false,
  sentence: `Start sendNotification with one object that has ${what}.`,
});

type Told<T> = (progress: OnboardingProgress, extra: NotificationExtra) => T;

type Kind = 'code.needed' | 'code.reminder' | OperationEvent;

/** What an event tells of, whichever operation it is of. */
function kindOf(type: RunEvent): Kind {
  if (type === 'code.needed' || type === 'code.reminder') return type;
  if (type.endsWith('.parked')) return 'parked';
  return type.endsWith('.failed') ? 'failed' : 'done';
}

const PARTS: Record<Kind, Told<Partial<Notification>>> = {
  'code.needed': waitParts,
  'code.reminder': (progress, { reminder }) => ({
    ...waitParts(progress),
    ...(reminder === undefined ? {} : { reminder }),
  }),
  parked: ({ waiting, problem }) => ({
    ...(waiting === undefined ? {} : { until: waiting.until }),
    ...(waiting?.onExpiry === undefined ? {} : { onExpiry: waiting.onExpiry }),
    ...(waiting?.decisions === undefined ? {} : { decisions: waiting.decisions }),
    ...(problem === undefined ? {} : { problem }),
  }),
  done: (_, { result }) =>
    result === undefined ? {} : { outcome: result.outcome, missing: result.missing },
  failed: ({ problem, compensation }, { failureType }) => ({
    ...(failureType === undefined ? {} : { failureType }),
    ...(problem === undefined ? {} : { problem }),
    ...compensation,
  }),
};

function waitParts({ stage, waiting, code, problem }: OnboardingProgress): Partial<Notification> {
  return {
    waitingFor: stage === 'AwaitingAgent' ? 'agent' : 'code',
    ...(code === undefined ? {} : { code: codePart(code) }),
    ...(waiting === undefined ? {} : { until: waiting.until }),
    ...(problem === undefined ? {} : { problem }),
  };
}

type SentCode = NonNullable<OnboardingProgress['code']>;

function codePart({
  method,
  sentAt,
  expiresAt,
  triesLeft,
  nextSendAt,
  requestedBy,
  maybe,
}: SentCode): NonNullable<Notification['code']> {
  return {
    method,
    sentAt,
    expiresAt,
    triesLeft,
    nextSendAt,
    ...(requestedBy === undefined ? {} : { requestedBy }),
    ...(maybe === undefined ? {} : { maybe }),
  };
}

const TEXTS: Record<Kind, Told<string>> = {
  'code.needed': (progress, { at }) => sentence(`${who(progress)} ${need(progress, at)}`),
  'code.reminder': (progress, { at, reminder }) =>
    reminder === 'code'
      ? sentence(`Nobody has submitted a code yet: ${who(progress)} ${need(progress, at)}`)
      : sentence(
          `Half of the time is over: ${who(progress)} ${need(progress, at)}${untilText(progress, at)}`,
        ),
  parked: parkedText,
  done: (progress, extra) => DONE_TEXTS[progress.operation](progress, extra),
  failed: failedText,
};

/** How Meta's sending goes on after `Meta`. */
const SENT: Record<CodeMethod, string> = { SMS: 'sent by SMS', VOICE: 'told by a call' };
const MAYBE_SENT: Record<CodeMethod, string> = {
  SMS: 'may have sent by SMS',
  VOICE: 'may have told by a call',
};

/** What a run that waits needs of people, as it goes on after the number's name. */
function need({ stage, code, problem }: OnboardingProgress, at: string): string {
  if (stage === 'AwaitingAgent') {
    return 'waits for an agent: once one is ready, Meta sends the code, which lives ten minutes';
  }
  if (code === undefined) {
    const why = problem === undefined ? '' : `: ${saidOf(problem)}`;
    return `waits for a code, which Meta has not sent yet${why}`;
  }
  const next = clock(code.nextSendAt, at);
  if (code.triesLeft === 0) {
    return `needs a new code, as too many were refused: one may be asked for from ${next}`;
  }
  const sent = `Meta ${(code.maybe ? MAYBE_SENT : SENT)[code.method]} at ${clock(code.sentAt, at)}`;
  return Date.parse(code.expiresAt) <= Date.parse(at)
    ? `waits for a code, and the one that ${sent} has expired: ask for a new one`
    : `waits for the code that ${sent}; it expires at about ${clock(code.expiresAt, at)}`;
}

function untilText({ waiting }: OnboardingProgress, at: string): string {
  return waiting === undefined
    ? ''
    : `; it waits until ${clock(waiting.until, at)}, then what can be undone is undone`;
}

/** From then on a park that is told of is not a new one. */
const NEW_PARK_MS = 60_000;

function parkedText(progress: OnboardingProgress, { at }: NotificationExtra): string {
  const { waiting, problem } = progress;
  const lasts =
    waiting !== undefined && Date.parse(at) - Date.parse(waiting.since) > NEW_PARK_MS
      ? 'is still parked'
      : 'is parked';
  const expiry = waiting?.onExpiry === undefined ? '' : `; ${EXPIRY_TEXTS[waiting.onExpiry]}`;
  return [
    sentence(`${who(progress)} ${lasts}${problem === undefined ? '' : `: ${saidOf(problem)}`}`),
    ...(problem === undefined ? [] : [toDo(problem)]),
    ...(waiting === undefined
      ? []
      : [sentence(`It waits for an operator until ${clock(waiting.until, at)}${expiry}`)]),
  ].join(' ');
}

const DONE_TEXTS: Record<NumberOperation, Told<string>> = {
  onboardNumber: liveText,
  rotatePin: (progress, { result }) =>
    result?.changed === false
      ? sentence(`The PIN of ${who(progress)} was not due, so nothing was done`)
      : sentence(`The PIN of ${who(progress)} was rotated`),
  reregisterNumber: liveText,
  offboardNumber: (progress) =>
    sentence(`${who(progress)} is deregistered: it neither sends nor receives any more`),
};

function liveText(progress: OnboardingProgress, { result }: NotificationExtra): string {
  const name = who(progress);
  const { outcome = 'live', missing = [], changed = true, pin } = result ?? {};
  const nothingDone = changed ? '' : ' already, so nothing was done';
  const stands =
    outcome === 'live'
      ? `${name} is live${nothingDone}`
      : `${name} is registered${nothingDone}, but not live yet: ${plain(missing.join('; '))}`;
  return [
    sentence(stands),
    ...(changed && pin?.confirmed === false ? ['Meta has not confirmed its PIN.'] : []),
  ].join(' ');
}

function failedText(progress: OnboardingProgress, { failureType }: NotificationExtra): string {
  const { problem, compensation } = progress;
  const name = who(progress);
  const told = [...(compensation?.undone ?? []), ...(compensation?.notUndone ?? [])];
  const { noun, participle } = OPERATION_WORDS[progress.operation];
  const what =
    failureType === CANCELLED
      ? `The ${noun} of ${name} was cancelled`
      : failureType === FAILURE_TYPES.refused
        ? `${name} cannot be ${participle} as it is`
        : `The ${noun} of ${name} failed`;
  const cause = failureType === CANCELLED ? undefined : problem;
  return [
    sentence(`${what}${cause === undefined ? '' : `: ${saidOf(cause)}`}`),
    ...(cause === undefined ? [] : [toDo(cause)]),
    ...told.map((each) => sentence(plain(each))),
  ].join(' ');
}

const OPERATION_WORDS: Record<NumberOperation, { noun: string; participle: string }> = {
  onboardNumber: { noun: 'onboarding', participle: 'onboarded' },
  rotatePin: { noun: 'PIN rotation', participle: 'given another PIN' },
  reregisterNumber: { noun: 're-registration', participle: 'registered again' },
  offboardNumber: { noun: 'offboarding', participle: 'offboarded' },
};

/** How people know the number: its label, else the business, and the last digits of the telephone number. */
function who({ label, number, phoneNumberId }: OnboardingProgress): string {
  const given = plain(label ?? '') || plain(number?.businessName ?? '');
  const name = given === '' ? `Number ${phoneNumberId}` : given;
  return number?.lastDigits === undefined ? name : `${name} (•••• ${number.lastDigits})`;
}

function saidOf({ text, code, subcode }: ProblemReport): string {
  const codes = [code, subcode].filter((part) => part !== undefined).join('/');
  return `${plain(text).replace(/\.$/, '')}${codes === '' ? '' : ` (${codes})`}`;
}

const toDo = ({ advice }: ProblemReport) => sentence(`What to do: ${plain(advice)}`);

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

const LONGEST_PART = 500;
const LONGEST_NOTICE = 3_000;

/**
 * Text of people or of Meta, on one line. Slack takes `<…>` for links and calls such as `<!channel>`, and Mattermost takes
 * `@channel` for one, and `[text](address)` for a link: none is to come from the name of a business.
 */
function plain(text: string, longest: number = LONGEST_PART): string {
  const line = text
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  const short = line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
  return short
    .replaceAll('<', '‹')
    .replaceAll('>', '›')
    .replaceAll('@', '＠')
    .replaceAll('[', '［')
    .replaceAll(']', '］');
}

/** To the minute, with its date where that is not the event's: `14:32 UTC`, `2026-11-24 14:32 UTC`. */
function clock(iso: string, at: string): string {
  const [day, time] = [iso.slice(0, 10), `${iso.slice(11, 16)} UTC`];
  return at.startsWith(day) ? time : `${day} ${time}`;
}
