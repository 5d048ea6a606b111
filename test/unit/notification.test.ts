import { expect, test } from 'vitest';
import type { OnboardingProgress } from '../../workflows/messages.js';
import {
  type NotificationExtra,
  notificationOf,
  notificationWorkflowIdOf,
  parseNotification,
  type RunEvent,
} from '../../workflows/notification.js';

const ID = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';
const RUN_ID = '01a20690-089c-7cc4-8af7-d2638ba95900';
const AT = '2026-11-23T14:32:05.120Z';

const CODE = {
  method: 'SMS',
  sentAt: '2026-11-23T14:32:05.000Z',
  expiresAt: '2026-11-23T14:42:05.000Z',
  sentCount: 1,
  refusedCount: 0,
  triesLeft: 5,
  nextSendAt: '2026-11-23T14:34:05.000Z',
} as const;

const WAITING = {
  for: 'the code',
  since: '2026-11-23T14:32:05.000Z',
  until: '2026-11-24T14:32:05.000Z',
};

const progress: OnboardingProgress = {
  phoneNumberId: '106540352242922',
  operation: 'onboardNumber',
  stage: 'AwaitingCode',
  label: 'Shop Lisbon',
  number: { lastDigits: '4567', businessName: 'Lisbon Shoes Lda' },
  steps: [],
  waiting: WAITING,
  code: CODE,
  budget: { register: { used: 0, limit: 10 }, deregister: { used: 0, limit: 10 } },
};

const PROBLEM = {
  code: 133005,
  text: 'Two step verification PIN Mismatch',
  advice: 'Give the PIN of the former holder, then retry.',
  fbtraceId: 'A1b2',
};

const parked: OnboardingProgress = {
  ...progress,
  stage: 'Parked',
  problem: PROBLEM,
  waiting: {
    for: 'an operator',
    since: AT,
    until: '2026-11-30T14:32:05.000Z',
    decisions: ['retry'],
    onExpiry: 'compensate',
  },
};

const ended = { ...without(progress, 'waiting', 'code'), stage: 'Live' } as OnboardingProgress;
const RESULT: NonNullable<NotificationExtra['result']> = {
  ...{ outcome: 'live', changed: true, missing: [] },
  pin: { confirmed: true },
};

function without<T extends object, K extends keyof T>(value: T, ...keys: K[]): Omit<T, K> {
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => !keys.some((each) => each === key)),
  ) as Omit<T, K>;
}

function told(type: RunEvent, known: OnboardingProgress, extra: Partial<NotificationExtra> = {}) {
  return notificationOf(type, known, { id: ID, runId: RUN_ID, sequence: 1, at: AT, ...extra });
}

test('a code that is needed is told with how it was sent, when, and until when it is good', () => {
  expect(told('code.needed', progress)).toEqual({
    id: ID,
    event: 'code.needed',
    at: AT,
    sequence: 1,
    text: 'Shop Lisbon (•••• 4567) waits for the code that Meta sent by SMS at 14:32 UTC; it expires at about 14:42 UTC.',
    phoneNumberId: '106540352242922',
    runId: RUN_ID,
    label: 'Shop Lisbon',
    lastDigits: '4567',
    businessName: 'Lisbon Shoes Lda',
    stage: 'AwaitingCode',
    waitingFor: 'code',
    code: {
      ...{ method: 'SMS', sentAt: CODE.sentAt, expiresAt: CODE.expiresAt },
      ...{ triesLeft: 5, nextSendAt: CODE.nextSendAt },
    },
    until: WAITING.until,
  });
});

const agent: OnboardingProgress = {
  ...without(progress, 'code'),
  stage: 'AwaitingAgent',
};

test.each<[string, OnboardingProgress, string]>([
  [
    'a call',
    { ...progress, code: { ...CODE, method: 'VOICE' } },
    'Shop Lisbon (•••• 4567) waits for the code that Meta told by a call at 14:32 UTC; it expires at about 14:42 UTC.',
  ],
  [
    'a code whose sending is not certain',
    { ...progress, code: { ...CODE, maybe: true } },
    'Shop Lisbon (•••• 4567) waits for the code that Meta may have sent by SMS at 14:32 UTC; it expires at about 14:42 UTC.',
  ],
  [
    'a code of the day before',
    {
      ...progress,
      code: { ...CODE, sentAt: '2026-11-22T23:55:05.000Z', expiresAt: '2026-11-23T00:05:05.000Z' },
    },
    'Shop Lisbon (•••• 4567) waits for a code, and the one that Meta sent by SMS at 2026-11-22 23:55 UTC has expired: ask for a new one.',
  ],
  [
    'too many refused codes',
    { ...progress, code: { ...CODE, refusedCount: 5, triesLeft: 0 } },
    'Shop Lisbon (•••• 4567) needs a new code, as too many were refused: one may be asked for from 14:34 UTC.',
  ],
  [
    'a code that Meta did not send',
    {
      ...without(progress, 'code'),
      problem: { text: 'Try later.', advice: 'Wait.', code: 136024 },
    },
    'Shop Lisbon (•••• 4567) waits for a code, which Meta has not sent yet: Try later (136024).',
  ],
  [
    'a run that waits for an agent',
    agent,
    'Shop Lisbon (•••• 4567) waits for an agent: once one is ready, Meta sends the code, which lives ten minutes.',
  ],
  [
    'no label',
    without(progress, 'label') as OnboardingProgress,
    'Lisbon Shoes Lda (•••• 4567) waits for the code that Meta sent by SMS at 14:32 UTC; it expires at about 14:42 UTC.',
  ],
  [
    'a number of which nothing is known',
    without(progress, 'label', 'number') as OnboardingProgress,
    'Number 106540352242922 waits for the code that Meta sent by SMS at 14:32 UTC; it expires at about 14:42 UTC.',
  ],
])('a person can act on what is said of %s', (_, known, text) => {
  expect(told('code.needed', known).text).toBe(text);
});

test('a run that waits for an agent says that it does', () => {
  expect(told('code.needed', agent)).toMatchObject({ waitingFor: 'agent', stage: 'AwaitingAgent' });
});

test('a reminder says whether the code or the time for it runs out', () => {
  const code = told('code.reminder', progress, { reminder: 'code', at: '2026-11-23T14:37:05Z' });
  expect(code).toMatchObject({ event: 'code.reminder', reminder: 'code', waitingFor: 'code' });
  expect(code.text).toBe(
    'Nobody has submitted a code yet: Shop Lisbon (•••• 4567) waits for the code that Meta sent by SMS at 14:32 UTC; it expires at about 14:42 UTC.',
  );
  const deadline = told('code.reminder', progress, {
    reminder: 'deadline',
    at: '2026-11-24T02:32:05Z',
  });
  expect(deadline).toMatchObject({ reminder: 'deadline', until: WAITING.until });
  expect(deadline.text).toBe(
    'Half of the time is over: Shop Lisbon (•••• 4567) waits for a code, and the one that Meta sent by SMS at 2026-11-23 14:32 UTC has expired: ask for a new one; it waits until 14:32 UTC, then what can be undone is undone.',
  );
  expect(told('code.reminder', agent, { reminder: 'deadline' }).text).toBe(
    'Half of the time is over: Shop Lisbon (•••• 4567) waits for an agent: once one is ready, Meta sends the code, which lives ten minutes; it waits until 2026-11-24 14:32 UTC, then what can be undone is undone.',
  );
});

test('a parked number is told with Meta’s words, the cure, and what happens when nobody decides', () => {
  const notification = told('onboarding.parked', parked);
  expect(notification).toMatchObject({
    event: 'onboarding.parked',
    stage: 'Parked',
    problem: PROBLEM,
    decisions: ['retry'],
    onExpiry: 'compensate',
    until: '2026-11-30T14:32:05.000Z',
  });
  expect(notification).not.toHaveProperty('waitingFor');
  expect(notification).not.toHaveProperty('code');
  expect(notification.text).toBe(
    'Shop Lisbon (•••• 4567) is parked: Two step verification PIN Mismatch (133005). What to do: Give the PIN of the former holder, then retry. It waits for an operator until 2026-11-30 14:32 UTC; then what can be undone is undone, and it fails.',
  );
});

test('a number that stays parked is not told as parked anew', () => {
  const later = told('onboarding.parked', parked, { at: '2026-11-30T14:32:05Z' });
  expect(later.text).toMatch(/^Shop Lisbon \(•••• 4567\) is still parked: /);
});

test.each<[NonNullable<NotificationExtra['result']>, string]>([
  [RESULT, 'Shop Lisbon (•••• 4567) is live.'],
  [
    { ...RESULT, changed: false, pin: { confirmed: false } },
    'Shop Lisbon (•••• 4567) is live already, so nothing was done.',
  ],
  [
    { ...RESULT, pin: { confirmed: false } },
    'Shop Lisbon (•••• 4567) is live. Meta has not confirmed its PIN.',
  ],
  [
    { ...RESULT, outcome: 'registered', missing: ['the name is under review', 'no app'] },
    'Shop Lisbon (•••• 4567) is registered, but not live yet: the name is under review; no app.',
  ],
])('a number that came to its end says what it is now (%#)', (result, text) => {
  const notification = told('onboarding.live', ended, { result });
  expect(notification.text).toBe(text);
  expect(notification).toMatchObject({ outcome: result.outcome, missing: result.missing });
});

const failed: OnboardingProgress = {
  ...ended,
  stage: 'Failed',
  problem: {
    text: 'No right code came by the deadline, 2026-11-24 14:32:05 UTC',
    advice: 'Start it again.',
  },
  compensation: {
    undone: ['The number was deregistered.'],
    notUndone: ['Codes asked for: 1; they cannot be recalled.'],
  },
};

test.each<[string, string]>([
  [
    'CodeDeadlinePassed',
    'The onboarding of Shop Lisbon (•••• 4567) failed: No right code came by the deadline, 2026-11-24 14:32:05 UTC. What to do: Start it again. The number was deregistered. Codes asked for: 1; they cannot be recalled.',
  ],
  [
    'OnboardingRefused',
    'Shop Lisbon (•••• 4567) cannot be onboarded as it is: No right code came by the deadline, 2026-11-24 14:32:05 UTC. What to do: Start it again. The number was deregistered. Codes asked for: 1; they cannot be recalled.',
  ],
  [
    'Cancelled',
    'The onboarding of Shop Lisbon (•••• 4567) was cancelled. The number was deregistered. Codes asked for: 1; they cannot be recalled.',
  ],
])('a run that ended as %s says why, and what was and was not undone', (failureType, text) => {
  const notification = told('onboarding.failed', failed, { failureType });
  expect(notification.text).toBe(text);
  expect(notification).toMatchObject({ failureType, ...failed.compensation });
});

test('what a business or a label is called can call nobody in a chat, nor make a link or a line of its own', () => {
  const names = ['<!channel> <https://evil.example|Meta>', '@channel\n@here\u0007 now'];
  for (const label of names) {
    const { text } = told('code.needed', { ...progress, label });
    expect(text).not.toMatch(/[<>@\n\p{Cc}]/u);
  }
  const long = told('code.needed', { ...progress, label: 'x'.repeat(5_000) });
  expect(long.text.length).toBeLessThan(700);
});

test('no field is named as one that chat servers take for an order', () => {
  // Mattermost and Slack: where to post, as whom, and what kind of post.
  const theirs = ['type', 'channel', 'username', 'icon_url', 'icon_emoji', 'attachments', 'blocks'];
  const all = [
    told('code.needed', progress),
    told('code.reminder', progress, { reminder: 'code' }),
    told('onboarding.parked', parked),
    told('onboarding.live', ended, { result: RESULT }),
    told('onboarding.failed', failed, { failureType: 'Cancelled' }),
  ];
  for (const each of all) {
    for (const name of [...theirs, 'props', 'priority', 'mrkdwn', 'thread_ts']) {
      expect(each).not.toHaveProperty(name);
    }
    expect(JSON.stringify(each)).not.toContain('undefined');
    expect(parseNotification(JSON.parse(JSON.stringify(each)))).toEqual({ ok: true, value: each });
  }
});

test('a notification’s workflow is named by its id', () => {
  expect(notificationWorkflowIdOf(told('code.needed', progress))).toBe(`notification-${ID}`);
});

test.each([
  [undefined, 'an id'],
  ['code.needed', 'an id'],
  [{ id: 'a.b', event: 'code.needed', text: 'x' }, 'an id'],
  [{ id: 'a\r\nx: y', event: 'code.needed', text: 'x' }, 'an id'],
  [{ id: 'a', event: 'code.lost', text: 'x' }, 'an event, one of code.needed, '],
  [{ id: 'a', event: 'code.needed' }, 'a text'],
  [{ id: 'a', event: 'code.needed', text: ' ' }, 'a text'],
])('what is no notification is refused with what it lacks (%#)', (raw, lacks) => {
  const parsed = parseNotification(raw);
  expect(parsed).toMatchObject({
    ok: false,
    sentence: expect.stringContaining(
      `Start sendNotification with one object that has ${lacks}`,
    ) as unknown,
  });
});
