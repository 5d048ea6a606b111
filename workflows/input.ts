/**
 * What people and programs hand to a run, made usable or refused with one sentence that says what to do.
 * Pure, so that a client refuses at once what the workflow would refuse too.
 */
import { msOptionalToNumber } from '@temporalio/common/lib/time.js';
import type {
  AgentReady,
  ClaimRequest,
  CodeMethod,
  CodeSubmission,
  DecisionRequest,
  ExtendRequest,
  OnboardingInput,
  ReleaseRequest,
  ResendRequest,
} from './messages.js';

/** Either the value, or the sentence that tells a person what to hand over instead. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; sentence: string };

export const accepted = <T>(value: T): Parsed<T> => ({ ok: true, value });
export const refused = (sentence: string): Parsed<never> => ({ ok: false, sentence });

/** The input of a run with its defaults filled in. */
export type CompleteInput = Required<
  Pick<
    OnboardingInput,
    | 'phoneNumberId'
    | 'codeMethod'
    | 'language'
    | 'codeDeadline'
    | 'takeOver'
    | 'onPinRefused'
    | 'startCode'
  >
> &
  Pick<OnboardingInput, 'requestedBy' | 'label' | 'previousRunId'> & {
    /** `codeDeadline` in milliseconds. */
    codeDeadlineMs: number;
  };

const LONGEST_DEADLINE_MS = 30 * 24 * 3_600_000;
const LONGEST_TEXT = 200;

export function parsePhoneNumberId(raw: unknown): Parsed<string> {
  if (typeof raw === 'number') {
    return refused(
      'Give the phone number id as a string of digits: as a number it loses its last digits.',
    );
  }
  if (typeof raw === 'string' && /^[0-9]{5,25}$/.test(raw)) return accepted(raw);
  return refused(
    `The phone number id must be Meta's id of the number, digits only, such as 106540352242922 (not the telephone number)${shown(raw)}.`,
  );
}

/** A code as a hurried person types or pastes it: `"123-830"`, `"123 830"`, `"WhatsApp code 123-830"`, `123830`, `{ code }`. */
export function parseCode(raw: unknown): Parsed<CodeSubmission> {
  const submission = isRecord(raw) ? raw : { code: raw };
  const { code, submittedBy } = submission;
  if (submittedBy !== undefined && !isShortText(submittedBy)) {
    return refused(`submittedBy must be a text of at most ${LONGEST_TEXT} characters.`);
  }
  if (typeof code === 'number' && !(Number.isInteger(code) && code >= 100_000 && code <= 999_999)) {
    return refused(
      'The code must have six digits; write it in quotes, as a number loses its leading zeros.',
    );
  }
  if (typeof code !== 'string' && typeof code !== 'number') {
    return refused('Give the six digits of the code, such as "123-830".');
  }
  const typed = String(code)
    .normalize('NFKC')
    .replaceAll(/(?<=[0-9])[\s.\u2010-\u2015-]+(?=[0-9])/g, '');
  const digits = typed.replaceAll(/[^0-9]/g, '');
  if (digits.length !== 6) {
    return refused(`The code must have six digits, such as "123-830"; this has ${digits.length}.`);
  }
  if (!/(?<!\p{L})[0-9]{6}(?!\p{L})/u.test(typed)) {
    return refused('The code must be six digits, such as "123-830", with no letter next to them.');
  }
  return accepted({ code: digits, ...(submittedBy === undefined ? {} : { submittedBy }) });
}

export function parseResend(raw: unknown): Parsed<ResendRequest> {
  const request = raw ?? {};
  if (!isRecord(request)) {
    return refused(
      'Give resendCode nothing, or { "method": "SMS" | "VOICE", "language": "en_US" }.',
    );
  }
  const { method, language, requestedBy } = request;
  const problem =
    (method === undefined ? undefined : codeMethodProblem(method)) ??
    (language === undefined ? undefined : languageProblem(language)) ??
    textProblem('requestedBy', requestedBy);
  if (problem !== undefined) return refused(problem);
  return accepted(
    defined({
      method: method as CodeMethod | undefined,
      language: language as string | undefined,
      requestedBy: requestedBy as string | undefined,
    }),
  );
}

export function parseExtend(raw: unknown): Parsed<ExtendRequest & { byMs: number }> {
  const request = isRecord(raw) ? raw : { by: raw };
  const byMs = durationMs(request['by']);
  if (byMs === undefined) {
    return refused(
      `Say by how long to extend, such as "24 hours", at most 30 days${shown(request['by'])}.`,
    );
  }
  const problem = textProblem('requestedBy', request['requestedBy']);
  if (problem !== undefined) return refused(problem);
  return accepted(
    defined({
      by: request['by'] as ExtendRequest['by'],
      byMs,
      requestedBy: request['requestedBy'] as string | undefined,
    }),
  );
}

/** What comes with `retry` or `accept`: nothing, or who decided. */
export function parseDecision(raw: unknown): Parsed<DecisionRequest> {
  return parseRequestedBy(raw);
}

/** What comes with `agentReady`: nothing, or who is ready. */
export function parseAgentReady(raw: unknown): Parsed<AgentReady> {
  return parseRequestedBy(raw);
}

export function parseClaim(raw: unknown): Parsed<ClaimRequest> {
  const who = parseRelease(raw);
  if (!who.ok) return who;
  const takeOver = isRecord(raw) ? raw['takeOver'] : undefined;
  if (takeOver !== undefined && (!isShortText(takeOver) || takeOver.trim() === '')) {
    return refused(
      `takeOver must say why the claim of somebody else is to end, in at most ${LONGEST_TEXT} characters.`,
    );
  }
  return accepted(defined({ ...who.value, takeOver }));
}

export function parseRelease(raw: unknown): Parsed<ReleaseRequest> {
  const by = isRecord(raw) ? raw['by'] : undefined;
  return isShortText(by) && by.trim() !== ''
    ? accepted({ by })
    : refused('Say who: { "by": "Ana" }.');
}

function parseRequestedBy(raw: unknown): Parsed<{ requestedBy?: string }> {
  const request = raw ?? {};
  if (!isRecord(request)) return refused('Give nothing, or { "requestedBy": "Ana" }.');
  const { requestedBy } = request;
  const problem = textProblem('requestedBy', requestedBy);
  if (problem !== undefined) return refused(problem);
  return accepted(defined({ requestedBy: requestedBy as string | undefined }));
}

/** An onboarding's input for an operation that asks for no code: what it shares with one, and the defaults for the rest. */
export function inputOfOperation(
  given: Pick<CompleteInput, 'phoneNumberId' | 'requestedBy' | 'label' | 'previousRunId'>,
): CompleteInput {
  const { phoneNumberId, requestedBy, label, previousRunId } = given;
  return {
    codeMethod: 'SMS',
    language: 'en_US',
    codeDeadline: '24 hours',
    codeDeadlineMs: 24 * 3_600_000,
    takeOver: false,
    onPinRefused: 'park',
    startCode: 'now',
    ...defined({ phoneNumberId, requestedBy, label, previousRunId }),
  };
}

export function parseOnboardingInput(raw: unknown): Parsed<CompleteInput> {
  if (!isRecord(raw)) {
    return refused(
      'Start onboardNumber with one object, such as { "phoneNumberId": "106540352242922" }.',
    );
  }
  const id = parsePhoneNumberId(raw['phoneNumberId']);
  if (!id.ok) return id;
  const {
    codeMethod = 'SMS',
    language = 'en_US',
    codeDeadline = '24 hours',
    takeOver = false,
    onPinRefused = 'park',
    startCode = 'now',
    label,
    requestedBy,
    previousRunId,
  } = raw as Partial<Record<keyof OnboardingInput, unknown>>;
  const codeDeadlineMs = durationMs(codeDeadline);
  const problem =
    codeMethodProblem(codeMethod) ??
    languageProblem(language) ??
    (codeDeadlineMs === undefined
      ? `codeDeadline must be a duration such as "24 hours", at most 30 days${shown(codeDeadline)}.`
      : undefined) ??
    (typeof takeOver === 'boolean' ? undefined : 'takeOver must be true or false.') ??
    (onPinRefused === 'park' || onPinRefused === 'compensate'
      ? undefined
      : 'onPinRefused must be "park" or "compensate".') ??
    (startCode === 'now' || startCode === 'whenAgentReady'
      ? undefined
      : 'startCode must be "now" or "whenAgentReady".') ??
    textProblem('label', label) ??
    textProblem('requestedBy', requestedBy) ??
    (previousRunId === undefined || isRunId(previousRunId)
      ? undefined
      : 'previousRunId must be the run id that Temporal gave, or be left out.');
  if (problem !== undefined) return refused(problem);
  return accepted(
    defined({
      phoneNumberId: id.value,
      codeMethod: codeMethod as CodeMethod,
      language: language as string,
      codeDeadline: codeDeadline as CompleteInput['codeDeadline'],
      codeDeadlineMs: codeDeadlineMs as number,
      takeOver: takeOver as boolean,
      onPinRefused: onPinRefused as 'park' | 'compensate',
      startCode: startCode as 'now' | 'whenAgentReady',
      label: label as string | undefined,
      requestedBy: requestedBy as string | undefined,
      previousRunId: previousRunId as string | undefined,
    }),
  );
}

function codeMethodProblem(method: unknown): string | undefined {
  return method === 'SMS' || method === 'VOICE'
    ? undefined
    : `The code method must be SMS or VOICE${shown(method)}.`;
}

function languageProblem(language: unknown): string | undefined {
  return typeof language === 'string' && /^[a-z]{2,3}_[A-Z]{2}$/.test(language)
    ? undefined
    : `The language must look like en_US (language, underscore, country)${shown(language)}.`;
}

export function textProblem(name: string, text: unknown): string | undefined {
  return text === undefined || isShortText(text)
    ? undefined
    : `${name} must be a text of at most ${LONGEST_TEXT} characters.`;
}

/** Milliseconds of a duration with a unit; undefined for anything else, and for one longer than `longestMs`. */
export function durationMs(
  raw: unknown,
  longestMs: number = LONGEST_DEADLINE_MS,
): number | undefined {
  if (typeof raw !== 'string') return undefined;
  // `ms` takes a text without a unit for milliseconds, and nobody who writes "24" means those.
  if (!/[a-z]/i.test(raw)) return undefined;
  try {
    const ms = msOptionalToNumber(raw as OnboardingInput['codeDeadline']);
    return ms !== undefined && ms > 0 && ms <= longestMs ? ms : undefined;
  } catch {
    return undefined; // not a duration: `ms` throws a TypeError
  }
}

/**
 * Does a text for people hold six digits that may be a PIN or a code: in a row, with up to three other characters between each,
 * in any script?
 */
export function holdsSixDigits(text: string): boolean {
  return /\p{Nd}(?:[^\p{Nd}\p{L}]{0,3}\p{Nd}){5}/u.test(text.normalize('NFKC'));
}

/** What to tell whoever writes such a text as a reason. */
export const REASON_WITHOUT_DIGITS =
  'Write the reason without six digits in a row, such as dates have them: they may be a PIN or a code, and many people read it.';

/** The refused value as part of the sentence, where it is short enough to help and cannot be a secret. */
function shown(raw: unknown): string {
  if (typeof raw !== 'string' || raw.length > 40) return '';
  const plain = raw.normalize('NFKC');
  const mayBeSecret =
    plain.replaceAll(/[^0-9]/g, '').length === 6 || /(?<!\d)\d(?:[\s-]?\d){5}(?!\d)/.test(plain);
  return mayBeSecret ? '' : `; got "${raw}"`; // six digits may be a code or a PIN
}

export function isRecord(raw: unknown): raw is Record<string, unknown> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}

export function isRunId(raw: unknown): boolean {
  return typeof raw === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(raw);
}

function isShortText(raw: unknown): raw is string {
  return typeof raw === 'string' && raw.length <= LONGEST_TEXT;
}

export type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without the keys whose value is undefined, as `exactOptionalPropertyTypes` wants it. */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Defined<T>;
}
