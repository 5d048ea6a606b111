import { isVerified, type NumberState, type SentCode } from './number-state.js';
import { done, type Outcome, outOfUse, refused, standingRefusal } from './outcome.js';

/** A code is worth ten minutes and one use. */
export const CODE_LIFETIME_MS = 10 * 60_000;

/** So many wrong codes within a minute and even the right one is refused, until a minute is over or a new code is sent. */
export const WRONG_CODES_PER_MINUTE = 5;

const MINUTE_MS = 60_000;

/**
 * `POST /{id}/request_code`. A new code makes the former useless.
 *
 * @param newCode the six digits to send
 */
export function requestCode(
  number: NumberState,
  body: Record<string, unknown>,
  now: number,
  newCode: string,
): Outcome {
  const { code_method: method, language } = body;
  if (method !== 'SMS' && method !== 'VOICE') {
    return refused(number, {
      code: 100,
      message: 'Invalid parameter: code_method must be SMS or VOICE',
    });
  }
  if (typeof language !== 'string' || !/^[a-z]{2,3}_[A-Z]{2}$/.test(language)) {
    return refused(number, {
      code: 100,
      message: 'Invalid parameter: language must look like en_US',
    });
  }
  const problem = outOfUse(number);
  if (problem !== undefined) return refused(number, problem);
  if (isVerified(number)) {
    return refused(number, {
      code: 136024,
      details: 'The phone number is verified already.',
      userTitle: 'Verification Code Not Sent',
      userMessage: 'You have already verified the ownership of this phone number.',
    });
  }
  const refusal = standingRefusal(number.refusals.requestCode, now);
  if (refusal !== undefined) return refused(number, refusal);
  return done(withCode(number, { code: newCode, method, language }, now));
}

export function withCode(
  number: NumberState,
  sent: Pick<SentCode, 'code' | 'method' | 'language'>,
  now: number,
): NumberState {
  const code = { ...sent, sentAt: now, expiresAt: now + CODE_LIFETIME_MS, used: false };
  return { ...number, codes: [...number.codes, code], wrongCodesAt: [] };
}

/** `POST /{id}/verify_code`. Meta has one answer for wrong, expired, used and too fast. */
export function verifyCode(
  number: NumberState,
  body: Record<string, unknown>,
  now: number,
): Outcome {
  const code = body.code;
  if (typeof code !== 'string' || !/^[0-9]{6}$/.test(code)) {
    return refused(number, { code: 100, message: 'Invalid verification code format' });
  }
  const problem = outOfUse(number) ?? standingRefusal(number.refusals.verifyCode, now);
  if (problem !== undefined) return refused(number, problem);

  const lately = number.wrongCodesAt.filter((at) => at > now - MINUTE_MS);
  const newest = number.codes.at(-1);
  const right =
    newest !== undefined && !newest.used && now < newest.expiresAt && code === newest.code;
  if (!right || lately.length >= WRONG_CODES_PER_MINUTE) {
    return refused(
      { ...number, wrongCodesAt: [...lately, now] },
      {
        code: 136025,
        details: 'The code could not be verified. Please try again or request a new code.',
        userTitle: 'Verification Failed',
        userMessage: 'The verification code you entered is invalid or has expired',
      },
    );
  }
  return done({
    ...number,
    verification: 'VERIFIED',
    codes: [...number.codes.slice(0, -1), { ...newest, used: true }],
    wrongCodesAt: [],
  });
}

/** A code as its receiver sees or hears it, such as `WhatsApp code 123-830`. */
export function messageWith(sent: Pick<SentCode, 'code' | 'method'>): string {
  return sent.method === 'SMS'
    ? `WhatsApp code ${sent.code.slice(0, 3)}-${sent.code.slice(3)}`
    : `Your WhatsApp code is ${[...sent.code].join(' ')}`;
}
