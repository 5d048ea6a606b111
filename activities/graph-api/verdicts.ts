import type { GraphCall, GraphErrorEnvelope } from './errors.js';

/** What an answer of Meta means for a run. */
export type Verdict =
  /** Passing trouble: the same request again after a while. */
  | 'retryLater'
  /** Meta's rate limits: the same request again when the window given is over. */
  | 'rateLimited'
  /** The number must be verified by a code first. */
  | 'verifyFirst'
  /** What was asked for is so already. */
  | 'alreadyDone'
  /** No code was sent; reading the number tells whether because it is verified. */
  | 'codeNotSent'
  /** The code is wrong, expired or came too fast. */
  | 'codeRefused'
  /** The PIN sent is not the number's PIN. */
  | 'pinMismatch'
  /** Too many wrong PINs; wait. */
  | 'pinGuessLimit'
  /** The number is not registered. */
  | 'notRegistered'
  /** An earlier deregistration is incomplete: deregister again. */
  | 'deregisterFirst'
  /** Meta's 72-hour limit of register or deregister requests is exceeded. */
  | 'budgetExceeded'
  /** The display name is not approved yet. */
  | 'nameNotApproved'
  /** A person can cure it. */
  | 'operatorNeeded'
  /** Refused for good: the same request will never work. */
  | 'refused';

export interface VerdictRow {
  /** Meta's codes this row is about; a pair is a range, both ends included. */
  codes: (number | [number, number])[];
  /** Only with one of these subcodes. Rows with subcodes stand before the row of the code alone. */
  subcodes?: number[];
  /** Only for these calls. */
  calls?: GraphCall[];
  /** Only where Meta's text says this. */
  says?: RegExp;
  meaning: string;
  verdict: Verdict;
  /** How long to wait before the same request may be sent again, in milliseconds, where Meta names no time itself. */
  waitMs?: number;
  /** True where Meta may have done what it was asked, although it answered so. */
  maybeDone?: true;
  /** What a person can do. */
  advice: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const ANY_CODE: [number, number] = [-1, Number.MAX_SAFE_INTEGER];

/**
 * Meta's error codes and what they mean for a run: the first row that matches wins. Sources: Meta's Cloud API error codes
 * page and its guides on registration and on two-step verification; what only the field has shown is marked (field).
 */
export const VERDICTS: readonly VerdictRow[] = [
  {
    codes: [ANY_CODE],
    subcodes: [2388001],
    meaning: 'the display name is not approved yet',
    verdict: 'nameNotApproved',
    waitMs: HOUR,
    advice:
      'Nothing to do: the run looks at the name every hour and registers the number when Meta has approved it.',
  },
  {
    codes: [ANY_CODE],
    subcodes: [2388012, 2388093, 2388103],
    meaning: 'the number is being moved from another account or provider',
    verdict: 'operatorNeeded',
    advice: 'Finish or cancel the move of this number in WhatsApp Manager.',
  },
  {
    codes: [133000],
    meaning: 'an earlier deregistration is incomplete',
    verdict: 'deregisterFirst',
    waitMs: 5 * MINUTE,
    advice:
      'Nothing to do: the run asks Meta to finish it, then goes on. If it lasts, ask Meta’s support.',
  },
  {
    codes: [133004],
    meaning: 'the server is temporarily unavailable',
    verdict: 'retryLater',
    maybeDone: true,
    waitMs: 30 * SECOND,
    advice:
      'Nothing to do: Meta is unavailable for the moment. If it lasts, look at Meta’s status page.',
  },
  {
    codes: [133005],
    meaning: 'PIN mismatch',
    verdict: 'pinMismatch',
    advice:
      'Give the PIN the number was last registered with ("npx wa-onboard pin provide"), or turn two-step verification off in WhatsApp Manager.',
  },
  {
    codes: [131031],
    says: /\bpin\b/i,
    meaning: 'the PIN does not match',
    verdict: 'pinMismatch',
    advice:
      'Give the PIN the number was last registered with ("npx wa-onboard pin provide"), or turn two-step verification off in WhatsApp Manager.',
  },
  {
    codes: [131031],
    meaning: 'the account is locked, or data does not match',
    verdict: 'operatorNeeded',
    advice: 'See in WhatsApp Manager why the account is locked, and cure it there.',
  },
  {
    codes: [133006],
    meaning: 'the number must be verified first',
    verdict: 'verifyFirst',
    advice: 'The number has to be verified by a code first.',
  },
  {
    codes: [133008, 133009],
    meaning: 'too many, or too fast, PIN guesses',
    verdict: 'pinGuessLimit',
    waitMs: HOUR,
    advice: 'Nothing to do: the run waits as long as Meta says, then tries the PIN again.',
  },
  {
    codes: [133010],
    meaning: 'the number is not registered',
    verdict: 'notRegistered',
    advice:
      'Look at the number in WhatsApp Manager; it has to be registered before its PIN can be set.',
  },
  {
    codes: [133015],
    meaning: 'the number was deleted a moment ago and the deletion is not finished',
    verdict: 'retryLater',
    waitMs: 5 * MINUTE,
    advice: 'Nothing to do: Meta finishes deleting the number in about five minutes.',
  },
  {
    codes: [133016],
    meaning: 'the limit of 10 requests in 72 hours is exceeded',
    verdict: 'budgetExceeded',
    waitMs: 72 * HOUR,
    advice:
      'Nothing to do: the run waits 72 hours. Nobody may register or deregister this number meanwhile.',
  },
  {
    codes: [136024],
    subcodes: [2388367],
    meaning: 'codes were asked for too often',
    verdict: 'codeNotSent',
    waitMs: DAY,
    advice: 'Wait a day before asking for another code.',
  },
  {
    codes: [136024],
    subcodes: [2388091],
    meaning: 'no code for an hour, says Meta; hourly retries never cleared it (field)',
    verdict: 'codeNotSent',
    waitMs: DAY,
    advice:
      'Wait a day before asking for another code; if that is refused too, ask Meta’s support.',
  },
  {
    codes: [136024],
    meaning: 'no code was sent',
    verdict: 'codeNotSent',
    waitMs: HOUR,
    advice: 'Ask for the code by the other method, or later.',
  },
  {
    codes: [136025],
    meaning: 'the code is wrong or has expired, or codes came too fast',
    verdict: 'codeRefused',
    advice:
      'Read the code again, the newest one; if it is older than ten minutes, ask for a new one.',
  },
  {
    codes: [4, 17, 32, 613, 80007, 80008, 130429],
    meaning: 'a rate limit of Meta',
    verdict: 'rateLimited',
    waitMs: HOUR,
    advice: 'Nothing to do: requests go on when Meta’s rate limit allows.',
  },
  {
    codes: [190],
    subcodes: [463],
    meaning: 'the access token has expired',
    verdict: 'operatorNeeded',
    advice: 'Make a new access token and give it to the worker as CLOUD_API_ACCESS_TOKEN.',
  },
  {
    codes: [0, 102, 104, 190],
    meaning: 'the access token is missing, invalid or expired',
    verdict: 'operatorNeeded',
    advice: 'Give the worker a valid access token as CLOUD_API_ACCESS_TOKEN.',
  },
  {
    codes: [3, 10, [200, 299], 131005],
    meaning: 'a permission is missing, or terms are not accepted',
    verdict: 'operatorNeeded',
    advice:
      'Give the system user of the access token whatsapp_business_management, and the number and its account as assets.',
  },
  {
    codes: [368],
    meaning: 'blocked for a policy violation',
    verdict: 'operatorNeeded',
    advice: 'See the violation in WhatsApp Manager and appeal or cure it there.',
  },
  {
    codes: [100],
    subcodes: [2207051],
    calls: ['deregister'],
    meaning: 'the number is not registered',
    verdict: 'alreadyDone',
    advice: 'Nothing to do.',
  },
  {
    codes: [100],
    subcodes: [33],
    meaning: 'no such number, or the system user lacks it as an asset',
    verdict: 'operatorNeeded',
    advice:
      'Check the phone number id; if it is right, assign the number and its account to the system user of the access token.',
  },
  {
    codes: [33, 803],
    meaning: 'the number was deleted, or the system user lacks it as an asset',
    verdict: 'operatorNeeded',
    advice:
      'Check the phone number id; if it is right, assign the number and its account to the system user of the access token.',
  },
  {
    codes: [100, 131008, 131009],
    meaning: 'an invalid parameter, or a refusal told as one',
    verdict: 'refused',
    advice:
      'Meta will not do this as things are; its text says why. Cure that in WhatsApp Manager first.',
  },
  {
    codes: [1, 2, 131000, 131016, 131057],
    meaning: 'something went wrong at Meta, or it is down for maintenance',
    verdict: 'retryLater',
    maybeDone: true,
    waitMs: 10 * SECOND,
    advice: 'Nothing to do: Meta has passing trouble. If it lasts, look at Meta’s status page.',
  },
];

const UNKNOWN_TRANSIENT: VerdictRow = {
  codes: [ANY_CODE],
  meaning: 'an error that Meta does not document, said to pass',
  verdict: 'retryLater',
  maybeDone: true,
  waitMs: 10 * SECOND,
  advice: 'Nothing to do unless it lasts; then show Meta’s support the fbtrace_id.',
};

const UNKNOWN: VerdictRow = {
  codes: [ANY_CODE],
  meaning: 'an error that Meta does not document',
  verdict: 'operatorNeeded',
  advice: 'Read Meta’s text; if it does not help, show Meta’s support the fbtrace_id.',
};

/** The row for an answer of Meta to a call. An answer that no row knows passes when Meta says so, else needs a person. */
export function verdictRowOf(
  call: GraphCall,
  answer: Pick<GraphErrorEnvelope, 'code' | 'subcode' | 'text' | 'isTransient' | 'httpStatus'>,
): VerdictRow {
  return (
    VERDICTS.find((row) => matches(row, call, answer)) ??
    (answer.isTransient || answer.httpStatus >= 500 ? UNKNOWN_TRANSIENT : UNKNOWN)
  );
}

/**
 * How long to wait before the same request, in milliseconds: what Meta's text says of PIN guesses (the format is not
 * published, so numbers with a unit are taken), else the row's own figure. Meta's headers speak of its rate limits: on
 * passing trouble they decide; elsewhere, where the row's wait is Meta's own rule, they can only lengthen it.
 */
export function waitMsOf(row: VerdictRow, answer: GraphErrorEnvelope): number | undefined {
  const said = row.verdict === 'pinGuessLimit' ? saidWaitMs(answer.text) : undefined;
  const ownMs = said ?? row.waitMs;
  const { retryAfterMs } = answer;
  if (retryAfterMs === undefined || ownMs === undefined) return retryAfterMs ?? ownMs;
  const passes = row.verdict === 'retryLater' || row.verdict === 'rateLimited';
  return passes ? retryAfterMs : Math.max(retryAfterMs, ownMs);
}

function matches(
  row: VerdictRow,
  call: GraphCall,
  answer: Pick<GraphErrorEnvelope, 'code' | 'subcode' | 'text'>,
): boolean {
  return (
    row.codes.some((code) =>
      typeof code === 'number'
        ? code === answer.code
        : answer.code >= code[0] && answer.code <= code[1],
    ) &&
    (row.subcodes === undefined ||
      (answer.subcode !== undefined && row.subcodes.includes(answer.subcode))) &&
    (row.calls === undefined || row.calls.includes(call)) &&
    (row.says === undefined || row.says.test(answer.text))
  );
}

const UNIT_MS: Record<string, number> = { second: SECOND, minute: MINUTE, hour: HOUR, day: DAY };

const ONE_PART = /([0-9]+)\s*(second|minute|hour|day)s?/gi;
const SAID_WAIT = new RegExp(`(?:${ONE_PART.source}(?:,\\s*|\\s+and\\s+|\\s+)?)+`, 'i');

/** The first time span in a text, such as `90 minutes` or `1 hour and 30 minutes`. */
function saidWaitMs(text: string): number | undefined {
  const parts = [...(SAID_WAIT.exec(text)?.[0] ?? '').matchAll(ONE_PART)];
  if (parts.length === 0) return undefined;
  return parts.reduce((ms, [, count, unit = '']) => {
    return ms + Number(count) * (UNIT_MS[unit.toLowerCase()] ?? 0);
  }, 0);
}
