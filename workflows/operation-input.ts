/**
 * What the workflows beside the onboarding are started with, made usable or refused with one sentence that says what to do.
 * Pure, so that a client refuses at once what the workflow would refuse too.
 */
import {
  accepted,
  defined,
  durationMs,
  holdsSixDigits,
  isRecord,
  isRunId,
  type Parsed,
  parsePhoneNumberId,
  REASON_WITHOUT_DIGITS,
  refused,
  textProblem,
} from './input.js';
import type {
  LaterRotation,
  NumberEvent,
  NumberEventInput,
  OffboardingInput,
  ReconcileInput,
  ReregistrationInput,
  RotationInput,
  SweepInput,
} from './messages.js';

const DAY_MS = 24 * 3_600_000;
const TEN_YEARS_MS = 3_653 * DAY_MS;

export const DEFAULT_AGE = '90 days';

type Raw<T> = Partial<Record<keyof T, unknown>>;

/** What every operation on a number is given. */
function common(raw: unknown, workflow: string): Parsed<Raw<RotationInput> & { id: string }> {
  if (!isRecord(raw)) {
    return refused(
      `Start ${workflow} with one object, such as { "phoneNumberId": "106540352242922" }.`,
    );
  }
  const id = parsePhoneNumberId(raw['phoneNumberId']);
  if (!id.ok) return id;
  const { reason, requestedBy, label, previousRunId } = raw;
  const problem =
    reasonProblem(reason) ??
    textProblem('requestedBy', requestedBy) ??
    textProblem('label', label) ??
    (previousRunId === undefined || isRunId(previousRunId)
      ? undefined
      : 'previousRunId must be the run id that Temporal gave, or be left out.');
  return problem === undefined ? accepted({ ...raw, id: id.value }) : refused(problem);
}

/** A reason is shown to many: whoever writes a PIN into it has it changed, and says so without it. */
function reasonProblem(reason: unknown): string | undefined {
  return (
    textProblem('reason', reason) ??
    (typeof reason === 'string' && holdsSixDigits(reason) ? REASON_WITHOUT_DIGITS : undefined)
  );
}

const isInstant = (raw: unknown): raw is string =>
  typeof raw === 'string' && /^\d{4}-\d\d-\d\dT/.test(raw) && !Number.isNaN(Date.parse(raw));

const instantProblem = (name: string, raw: unknown): string | undefined =>
  raw === undefined || isInstant(raw)
    ? undefined
    : `${name} must be an instant such as "2026-11-23T14:32:05Z".`;

export type CompleteRotation = RotationInput & { onRefused: 'park' | 'fail' };

export function parseRotationInput(raw: unknown): Parsed<CompleteRotation> {
  const given = common(raw, 'rotatePin');
  if (!given.ok) return given;
  const { id, dueBefore, replace, onRefused = 'park', ...rest } = given.value;
  const problem =
    instantProblem('dueBefore', dueBefore) ??
    textProblem('replace', replace) ??
    (onRefused === 'park' || onRefused === 'fail'
      ? undefined
      : 'onRefused must be "park" or "fail".');
  if (problem !== undefined) return refused(problem);
  return accepted(
    defined({
      ...commonOf(id, rest),
      dueBefore: dueBefore as string | undefined,
      replace: replace as string | undefined,
      onRefused: onRefused as 'park' | 'fail',
    }),
  );
}

export function parseReregistrationInput(raw: unknown): Parsed<ReregistrationInput> {
  const given = common(raw, 'reregisterNumber');
  if (!given.ok) return given;
  const { id, ...rest } = given.value;
  const { unlessSince } = rest as Raw<ReregistrationInput>;
  const problem = instantProblem('unlessSince', unlessSince);
  if (problem !== undefined) return refused(problem);
  return accepted(
    defined({ ...commonOf(id, rest), unlessSince: unlessSince as string | undefined }),
  );
}

export type CompleteOffboarding = OffboardingInput & {
  pinRecord: NonNullable<OffboardingInput['pinRecord']>;
};

export function parseOffboardingInput(raw: unknown): Parsed<CompleteOffboarding> {
  const given = common(raw, 'offboardNumber');
  if (!given.ok) return given;
  const { id, ...rest } = given.value;
  const { confirm, pinRecord = 'ifTwoStepOff' } = rest as Raw<OffboardingInput>;
  if (confirm !== id) {
    return refused(
      'confirm must repeat the phone number id: an offboarded number neither sends nor receives until it is registered again.',
    );
  }
  if (pinRecord !== 'keep' && pinRecord !== 'ifTwoStepOff' && pinRecord !== 'delete') {
    return refused('pinRecord must be "keep", "ifTwoStepOff" or "delete".');
  }
  return accepted(
    defined({
      ...commonOf(id, rest),
      confirm: id,
      pinRecord: pinRecord as CompleteOffboarding['pinRecord'],
    }),
  );
}

export function parseLaterRotation(raw: unknown): Parsed<LaterRotation & { afterMs: number }> {
  const given = common(raw, 'rotateLater');
  if (!given.ok) return given;
  const { id, replace, dueBefore, ...rest } = given.value;
  const { after } = rest as Raw<LaterRotation>;
  const afterMs = after === undefined ? 0 : durationMs(after);
  const problem =
    textProblem('replace', replace) ??
    instantProblem('dueBefore', dueBefore) ??
    (afterMs === undefined
      ? 'after must be a duration such as "1 hour", at most 30 days.'
      : undefined);
  if (problem !== undefined) return refused(problem);
  const { previousRunId: _previous, ...who } = commonOf(id, rest);
  return accepted(
    defined({
      ...who,
      after: after as LaterRotation['after'],
      afterMs: afterMs as number,
      replace: replace as string | undefined,
      dueBefore: dueBefore as string | undefined,
    }),
  );
}

function commonOf(phoneNumberId: string, raw: Raw<RotationInput>) {
  return defined({
    phoneNumberId,
    reason: raw.reason as string | undefined,
    requestedBy: raw.requestedBy as string | undefined,
    label: raw.label as string | undefined,
    previousRunId: raw.previousRunId as string | undefined,
  });
}

/** A sweep's input with its defaults filled in. */
export interface CompleteSweep {
  ageMs: number;
  perMinute: number;
  atOnce: number;
  haltShare: number;
  requestedBy?: string;
}

export function parseSweepInput(raw: unknown): Parsed<CompleteSweep> {
  const given = raw ?? {};
  if (!isRecord(given))
    return refused('Start rotateDuePins with one object, such as { "age": "90 days" }.');
  const {
    age = DEFAULT_AGE,
    perMinute = 10,
    atOnce = 20,
    haltShare = 0.2,
    requestedBy,
  } = given as Raw<SweepInput>;
  const ageMs = ageOf(age);
  const problem =
    (ageMs === undefined ? AGE_SENTENCE : undefined) ??
    wholeProblem('perMinute', perMinute, 600) ??
    wholeProblem('atOnce', atOnce, 200) ??
    (typeof haltShare === 'number' && haltShare > 0 && haltShare <= 1
      ? undefined
      : 'haltShare must be a number above 0, at most 1, such as 0.2.') ??
    textProblem('requestedBy', requestedBy);
  if (problem !== undefined) return refused(problem);
  return accepted(
    defined({
      ageMs: ageMs as number,
      perMinute: perMinute as number,
      atOnce: atOnce as number,
      haltShare: haltShare as number,
      requestedBy: requestedBy as string | undefined,
    }),
  );
}

const AGE_SENTENCE = 'The age must be a duration such as "90 days", from 1 day to 10 years.';

function ageOf(raw: unknown): number | undefined {
  const ms = durationMs(raw, TEN_YEARS_MS);
  return ms !== undefined && ms >= DAY_MS ? ms : undefined;
}

function wholeProblem(name: string, raw: unknown, most: number): string | undefined {
  return Number.isInteger(raw) && (raw as number) >= 1 && (raw as number) <= most
    ? undefined
    : `${name} must be a whole number from 1 to ${most}.`;
}

/** A reconcile's input with its defaults filled in. */
export interface CompleteReconcile {
  wabaId?: string;
  ageMs: number;
  subscribe: boolean;
  reregister: boolean;
  notify: boolean;
}

export function parseReconcileInput(raw: unknown): Parsed<CompleteReconcile> {
  const given = raw ?? {};
  if (!isRecord(given))
    return refused('Start reconcile with one object, such as { "age": "90 days" }.');
  const {
    wabaId,
    age = DEFAULT_AGE,
    subscribe = false,
    reregister = false,
    notify = true,
  } = given as Raw<ReconcileInput>;
  const ageMs = ageOf(age);
  const flag = Object.entries({ subscribe, reregister, notify }).find(
    ([, value]) => typeof value !== 'boolean',
  );
  if (wabaId !== undefined && !(typeof wabaId === 'string' && /^[0-9]{5,25}$/.test(wabaId))) {
    return refused('wabaId must be the id of the WhatsApp Business account, digits only.');
  }
  if (ageMs === undefined) return refused(AGE_SENTENCE);
  if (flag !== undefined) return refused(`${flag[0]} must be true or false.`);
  return accepted(
    defined({
      wabaId: wabaId as string | undefined,
      ageMs,
      subscribe: subscribe as boolean,
      reregister: reregister as boolean,
      notify: notify as boolean,
    }),
  );
}

/** Reads what an event says beside its instant; undefined where that is not usable. */
type ReadEvent = (said: Record<string, unknown>, at: string) => NumberEvent | undefined;

const EVENTS: Record<NumberEvent['event'], ReadEvent> = {
  pinChanged: ({ rotate }, at) =>
    rotate === 'offer' || rotate === 'automatic' ? { event: 'pinChanged', at, rotate } : undefined,
  pinReset: ({ rotate }, at) =>
    rotate === 'offer' || rotate === 'automatic' ? { event: 'pinReset', at, rotate } : undefined,
  pinResetRequested: ({ requester }, at) =>
    isTextOrAbsent(requester)
      ? { event: 'pinResetRequested', at, ...defined({ requester }) }
      : undefined,
  nameDecided: ({ decision, name, reason }, at) =>
    (decision === 'approved' || decision === 'declined') &&
    isTextOrAbsent(name) &&
    isTextOrAbsent(reason)
      ? { event: 'nameDecided', at, decision, ...defined({ name, reason }) }
      : undefined,
};

function isTextOrAbsent(raw: unknown): raw is string | undefined {
  return textProblem('', raw) === undefined;
}

function readEvent(raw: unknown): NumberEvent | undefined {
  if (!isRecord(raw) || !isInstant(raw['at'])) return undefined;
  const { event, at } = raw;
  const [, read] = Object.entries(EVENTS).find(([name]) => name === event) ?? [];
  return read?.(raw, at as string);
}

export function parseNumberEvent(raw: unknown): Parsed<NumberEventInput> {
  const given = common(raw, 'handleNumberEvent');
  if (!given.ok) return given;
  const { id, label } = given.value;
  const said = isRecord(raw) ? readEvent(raw['said']) : undefined;
  if (said === undefined) {
    return refused(
      `said must have an instant "at", an "event", one of ${Object.keys(EVENTS).join(', ')}, and what that event has.`,
    );
  }
  return accepted(defined({ phoneNumberId: id, label: label as string | undefined, said }));
}
