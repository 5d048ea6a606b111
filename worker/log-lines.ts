/**
 * What the worker logs, for people: an outcome that is part of onboarding numbers is one line, and only a defect shows
 * its stack. Pure.
 */
import { inspect } from 'node:util';
import { ApplicationFailure } from '@temporalio/common';
import type { LogEntry, LogLevel } from '@temporalio/worker';
import { FAILURE_TYPE_OF, NOTHING_SENT, type ProblemVerdict } from '../activities/failures.js';
import { NOT_TAKEN } from '../activities/notify/post-notification.js';
import {
  FAILURE_TYPES,
  HANDLE_NUMBER_EVENT,
  OFFBOARD_NUMBER,
  RECONCILE,
  REREGISTER_NUMBER,
  ROTATE_DUE_PINS,
  ROTATE_LATER,
  ROTATE_PIN,
  SEND_NOTIFICATION,
  workflowIdOf,
} from '../workflows/messages.js';

/** Severities, the least first. */
const LEVELS: readonly LogLevel[] = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'];

const EXPECTED_TYPES: ReadonlySet<string> = new Set([
  ...Object.values(FAILURE_TYPE_OF),
  ...Object.values(FAILURE_TYPES),
  NOT_TAKEN,
]);

/** A mistyped code is the most ordinary outcome of all, and whoever typed it is told. */
const CODE_REFUSED: ProblemVerdict = 'codeRefused';

/** What the SDK warns of where a worker is to post notifications only. */
const NO_WORKFLOWS = 'No workflows registered, not polling for workflow tasks';

/** What the SDK adds that may hold the code in the clear, or is worth something to others: never shown. */
const NEVER_SHOWN: ReadonlySet<string> = new Set(['taskToken', 'task', 'taskEncoded']);

/** What every entry of a workflow or an activity has, of which the line shows what a person needs. */
const SHOWN_OTHERWISE: ReadonlySet<string> = new Set(['error', 'sdkComponent', 'workflowId']);

type Meta = NonNullable<LogEntry['meta']>;

/**
 * One entry as text, without a line end: `time [LEVEL] number: sentence`.
 *
 * @param least entries below it are not shown. At DEBUG and TRACE every entry shows all there is, stacks too.
 * @returns undefined where the entry is not shown
 */
export function logText(entry: LogEntry, least: LogLevel): string | undefined {
  const { message, timestampNanos, meta = {} } = entry;
  const level = isRefusedCode(meta) || message === NO_WORKFLOWS ? 'INFO' : entry.level;
  if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return undefined;
  const detailed = LEVELS.indexOf(least) < LEVELS.indexOf('INFO');
  const about = numberIn(meta);
  const line = [
    new Date(Number(timestampNanos / 1_000_000n)).toISOString(),
    `[${level}]`,
    ...(about === undefined ? [] : [`${about}:`]),
    onOneLine(sentenceOf(message, meta)),
    // What is about no number has all it says in what it adds.
    ...(detailed || about === undefined ? [restOf(meta)] : []),
  ];
  const stack =
    'error' in meta && (detailed || !isExpected(meta)) ? `\n${stackOf(meta['error'])}` : '';
  return line.filter((part) => part !== '').join(' ') + stack;
}

function isRefusedCode(meta: Meta): boolean {
  return typeOf(meta) === FAILURE_TYPE_OF[CODE_REFUSED] || meta['verdict'] === CODE_REFUSED;
}

function typeOf({ error }: Meta): string | undefined {
  return error instanceof ApplicationFailure ? (error.type ?? undefined) : undefined;
}

/**
 * An outcome that this product has a type for. From a workflow, whose errors lose their class and type on the way here,
 * it is any `ApplicationFailure`: workflow code makes them only to end a run with a sentence.
 */
function isExpected(meta: Meta): boolean {
  const type = typeOf(meta);
  if (type !== undefined) {
    return EXPECTED_TYPES.has(
      type.startsWith(NOTHING_SENT) ? type.slice(NOTHING_SENT.length) : type,
    );
  }
  const { error, activityType } = meta;
  return (
    activityType === undefined &&
    error instanceof Error &&
    error.stack?.startsWith(`${ApplicationFailure.name}: `) === true
  );
}

function numberIn({ workflowId }: Meta): string | undefined {
  if (typeof workflowId !== 'string') return undefined;
  const prefix = workflowIdOf('');
  return workflowId.startsWith(prefix) ? workflowId.slice(prefix.length) : workflowId;
}

const WHAT_FAILED: Readonly<Record<string, string>> = {
  [SEND_NOTIFICATION]: 'a notification',
  [ROTATE_PIN]: 'the rotation',
  [REREGISTER_NUMBER]: 'the re-registration',
  [OFFBOARD_NUMBER]: 'the offboarding',
  [ROTATE_DUE_PINS]: 'the sweep',
  [ROTATE_LATER]: 'the later rotation',
  [RECONCILE]: 'the reconcile',
  [HANDLE_NUMBER_EVENT]: 'an event of Meta',
};

function sentenceOf(message: string, meta: Meta): string {
  const { error, activityType, workflowType, attempt } = meta;
  const said = 'error' in meta ? `: ${error instanceof Error ? error.message : String(error)}` : '';
  const again = typeof attempt === 'number' && attempt > 1 ? ` (attempt ${attempt})` : '';
  if (message === 'Activity failed') return `${activityType} failed${again}${said}`;
  if (message === 'Workflow failed') {
    const what = typeof workflowType === 'string' ? WHAT_FAILED[workflowType] : undefined;
    return `${what ?? 'the onboarding'} failed${said}`;
  }
  return said === '' || message.endsWith(said) ? message : `${message}${said}`;
}

function onOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

function restOf(meta: Meta): string {
  const rest = Object.entries(meta).filter(
    ([name]) => !NEVER_SHOWN.has(name) && !SHOWN_OTHERWISE.has(name),
  );
  if (rest.length === 0) return '';
  return inspect(Object.fromEntries(rest), { breakLength: Number.POSITIVE_INFINITY });
}

/** The stack alone: an error's other properties may hold what was sent. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined || error.cause === null
    ? own
    : `${own}\nCaused by ${stackOf(error.cause)}`;
}
