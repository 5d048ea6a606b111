import type { NumberOperation } from './number-state.js';
import { type NumberState, US } from './number-state.js';
import { done, type Outcome } from './outcome.js';
import { withCode } from './verification.js';

/** What a mock does that has no rules: whatever is asked for succeeds, in any order. */
export function naiveOutcome(
  operation: NumberOperation,
  number: NumberState,
  body: Record<string, unknown>,
  now: number,
  newCode: string,
): Outcome {
  const pin = typeof body.pin === 'string' ? body.pin : number.pin;
  switch (operation) {
    case 'register':
      return done({ ...number, registered: true, registeredBy: [US], lastOnboardedAt: now, pin });
    case 'deregister':
      return done({ ...number, registered: false, registeredBy: [] });
    case 'requestCode':
      return done(
        withCode(
          number,
          {
            code: newCode,
            method: body.code_method === 'VOICE' ? 'VOICE' : 'SMS',
            language: String(body.language ?? 'en_US'),
          },
          now,
        ),
      );
    case 'verifyCode':
      return done({ ...number, verification: 'VERIFIED' });
    case 'setPin':
      return done({ ...number, pin });
  }
}
