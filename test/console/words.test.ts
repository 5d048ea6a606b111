import { describe, expect, test } from 'vitest';
import {
  cancelTexts,
  mayCancel,
  newestCodeText,
  notSentText,
  operationTitle,
  verdictText,
} from '../../client/console/words.js';
import { type OnboardingProgress, STEP_NAMES, type StepName } from '../../workflows/messages.js';

const NOW = Date.parse('2026-11-24T12:00:00Z');

describe('a verdict begins with a word that says it', () => {
  test('refused, with Meta’s text, advice, the age of the code and the tries left', () => {
    expect(
      verdictText(
        {
          verdict: 'refused',
          text: 'The code is wrong.',
          advice: 'Read it again.',
          codeAgeSeconds: 83,
          triesLeft: 1,
          fbtraceId: 'A1b2',
        },
        NOW,
      ),
    ).toEqual({
      tone: 'bad',
      heading: 'Refused',
      lines: [
        'The code is wrong. Read it again.',
        'The newest code was 1 min 23 s old. 1 try left.',
      ],
      fbtraceId: 'A1b2',
    });
  });

  test('refused for the last time: a new code is needed', () => {
    const { lines } = verdictText(
      { verdict: 'refused', text: 'Wrong.', advice: '', triesLeft: 0 },
      NOW,
    );
    expect(lines.join(' ')).toContain('No tries left: ask for a new code');
  });

  test('held by somebody, by name', () => {
    const heldBy = { by: 'Ben', since: '2026-11-24T11:58:00Z', until: '2026-11-24T12:03:00Z' };
    expect(verdictText({ verdict: 'notWaiting', reason: 'Taken.', heldBy }, NOW).heading).toBe(
      'Held by Ben',
    );
  });

  test.each([
    [{ verdict: 'verified' } as const, 'Verified'],
    [{ verdict: 'notWaiting', reason: 'No code is awaited.' } as const, 'Not tried'],
    [{ verdict: 'ended', reason: 'It is over.' } as const, 'Ended'],
    [{ verdict: 'pending', reason: 'It is kept.', statusUrl: '/' } as const, 'Not known yet'],
  ])('%j', (verdict, heading) => {
    expect(verdictText(verdict, NOW).heading).toBe(heading);
  });

  test('not sent, with the reason', () => {
    expect(notSentText(new Error('Too many codes.'))).toMatchObject({
      heading: 'Not sent',
      lines: ['Too many codes.'],
    });
  });
});

test('the newest code is pointed out only where several were sent', () => {
  const sent = { sentAt: '2026-11-24T11:58:00Z', requestedBy: 'Ana' };
  expect(newestCodeText({ ...sent, sentCount: 1 }, NOW)).toBeUndefined();
  expect(newestCodeText({ ...sent, sentCount: 2 }, NOW)).toMatch(
    /^use the newest, sent \d\d:\d\d by Ana$/,
  );
});

describe('what is done with a number', () => {
  test('is named where it is no onboarding', () => {
    expect(operationTitle('onboardNumber')).toBeUndefined();
    expect(operationTitle('rotatePin')).toBe('Rotation of the PIN');
    expect(operationTitle('reregisterNumber')).toBe('Registering again');
    expect(operationTitle('offboardNumber')).toBe('Offboarding');
  });
});

describe('cancelling', () => {
  const progress = (done: StepName[], more: Partial<OnboardingProgress> = {}) =>
    ({
      phoneNumberId: '106540352242922',
      operation: 'onboardNumber',
      stage: 'Parked',
      steps: STEP_NAMES.map((name) => ({ name, state: done.includes(name) ? 'done' : 'pending' })),
      budget: { register: { used: 0, limit: 10 }, deregister: { used: 0, limit: 10 } },
      ...more,
    }) satisfies OnboardingProgress;

  test('of a rotation says that the PIN made for it is kept, and nothing of a registration', () => {
    const texts = cancelTexts(progress(['register'], { operation: 'rotatePin' })).join(' ');
    expect(texts).toContain('The rotation stops');
    expect(texts).toContain('stays in the PIN store');
    expect(texts).not.toMatch(/onboarding|deregister/);
  });

  test('says that a registered number is deregistered, and that nothing is where nothing was done', () => {
    expect(cancelTexts(progress(['register'])).join(' ')).toContain('deregistered at Meta again');
    expect(cancelTexts(progress([])).join(' ')).toContain('Nothing was registered');
  });

  test('says what cannot be undone', () => {
    expect(cancelTexts(progress(['verifyCode'])).join(' ')).toContain('stays verified');
    expect(cancelTexts(undefined).join(' ')).toContain('PIN store');
  });

  test('is not offered once Meta has the PIN, nor while things are being undone', () => {
    expect(mayCancel(progress(['register']))).toBe(true);
    expect(mayCancel(progress(['register', 'setTwoStepPin']))).toBe(false);
    expect(mayCancel(progress([], { stage: 'Compensating' }))).toBe(false);
    expect(mayCancel(undefined)).toBe(true);
  });
});
