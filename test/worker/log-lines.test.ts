import { ApplicationFailure } from '@temporalio/common';
import type { LogEntry } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { failure, notSent, type ProblemVerdict } from '../../activities/failures.js';
import { logText } from '../../worker/log-lines.js';

const AT = '2026-11-23T05:08:09.525Z';
const ID = '106540352242922';

function refusal(verdict: ProblemVerdict): ApplicationFailure {
  return failure('Meta refused.\nTry later.', {
    verdict,
    outcome: 'refused',
    text: '',
    advice: '',
  });
}

function entry(message: string, meta: NonNullable<LogEntry['meta']>): LogEntry {
  const timestampNanos = BigInt(Date.parse(AT)) * 1_000_000n;
  return { level: 'WARN', message, timestampNanos, meta };
}

const ofActivity = (error: unknown, attempt = 1) =>
  entry('Activity failed', {
    ...{ sdkComponent: 'worker', taskToken: 'dG9rZW4', activityType: 'register', attempt, error },
    ...{ workflowId: `whatsapp-number-${ID}`, workflowRunId: 'run' },
  });

/** As it arrives from a workflow's thread: a copy, without class and type. */
const ofWorkflow = (error: Error) =>
  entry('Workflow failed', {
    ...{ sdkComponent: 'worker', workflowId: `whatsapp-number-${ID}`, runId: 'run' },
    error: structuredClone(error),
  });

test.each([refusal('budgetSpent'), refusal('pinStoreRefused'), notSent(refusal('rateLimited'))])(
  'an activity that failed as activities may is one line with its number and its sentence (%#)',
  (error) => {
    expect(logText(ofActivity(error), 'WARN')).toBe(
      `${AT} [WARN] ${ID}: register failed: Meta refused. Try later.`,
    );
  },
);

test('a further attempt says which it was', () => {
  expect(logText(ofActivity(refusal('retryLater'), 3), 'WARN')).toContain(
    'register failed (attempt 3): Meta refused.',
  );
});

test('a run that ended with a sentence is one line', () => {
  const error = ApplicationFailure.nonRetryable('The number is banned.', 'OnboardingRefused');
  expect(logText(ofWorkflow(error), 'WARN')).toBe(
    `${AT} [WARN] ${ID}: the onboarding failed: The number is banned.`,
  );
});

test('a notification that was not taken is a line, and is not called an onboarding', () => {
  const id = 'notification-01a20690-089c-7cc4-8af7-d2638ba95900-1';
  const notTaken = ApplicationFailure.create({
    message: 'HTTP 500.',
    type: 'NotificationNotTaken',
  });
  const about = { workflowId: id, workflowType: 'sendNotification' };
  const [activity, run] = [
    entry('Activity failed', {
      ...{ ...about, activityType: 'postNotification', attempt: 2, error: notTaken },
    }),
    entry('Workflow failed', { ...about, error: structuredClone(notTaken) }),
  ];
  expect(logText(activity, 'WARN')).toBe(
    `${AT} [WARN] ${id}: postNotification failed (attempt 2): HTTP 500.`,
  );
  expect(logText(run, 'WARN')).toBe(`${AT} [WARN] ${id}: a notification failed: HTTP 500.`);
});

test('a problem that a run notes is one line without what the SDK adds', () => {
  const noted = entry('Too many requests.', {
    ...{ sdkComponent: 'workflow', workflowId: `whatsapp-number-${ID}`, taskQueue: 'queue' },
    ...{ phoneNumberId: ID, verdict: 'rateLimited' },
  });
  expect(logText(noted, 'WARN')).toBe(`${AT} [WARN] ${ID}: Too many requests.`);
});

test('a refused code is news at info, of the activity and of the run alike, and nothing at warn', () => {
  const noted = entry('Wrong code.', {
    workflowId: `whatsapp-number-${ID}`,
    verdict: 'codeRefused',
  });
  for (const each of [ofActivity(refusal('codeRefused')), noted]) {
    expect(logText(each, 'WARN')).toBeUndefined();
    expect(logText(each, 'INFO')).toContain(`${AT} [INFO] ${ID}: `);
  }
});

test('that the worker for notifications takes no workflows is nothing to warn of', () => {
  const each = entry('No workflows registered, not polling for workflow tasks', {});
  expect(logText(each, 'WARN')).toBeUndefined();
  expect(logText(each, 'INFO')).toContain('[INFO]');
});

test.each([
  ofActivity(new TypeError('x is not a function', { cause: new Error('below') })),
  ofActivity(ApplicationFailure.create({ message: 'made elsewhere', type: 'Error' })),
  ofWorkflow(new TypeError('x is not a function')),
])('a defect keeps its stack and the number it met (%#)', (each) => {
  const text = logText(each, 'WARN') ?? '';
  expect(text).toContain(`[WARN] ${ID}: `);
  expect(text).toMatch(/\n {4}at .*log-lines\.test\.ts/);
});

test('what caused a defect is told with it', () => {
  const error = new TypeError('above', { cause: new RangeError('below') });
  expect(logText(ofActivity(error), 'WARN')).toContain('\nCaused by RangeError: below\n');
});

test('at debug an expected failure shows its stack and what the SDK adds', () => {
  const text = logText(ofActivity(refusal('budgetSpent')), 'DEBUG') ?? '';
  expect(text).toContain("workflowRunId: 'run'");
  expect(text).toMatch(/\n {4}at /);
});

test.each(['WARN', 'TRACE'] as const)(
  'at %s neither the task token nor the task, which holds the code, is shown',
  (least) => {
    const each = entry('Error while processing ActivityTask.start: broken', {
      ...{ taskToken: 'secret-token', task: '{"code":"123830"}', taskEncoded: 'secret-bytes' },
      error: Object.assign(new Error('broken'), { sent: '123830' }),
    });
    const text = logText(each, least);
    expect(text).toContain('[WARN] Error while processing ActivityTask.start: broken');
    expect(text).not.toMatch(/secret|123830/);
  },
);

test('an entry about no number shows what it adds, on its line', () => {
  expect(logText(entry('Poller died', { retries: 3 }), 'WARN')).toBe(
    `${AT} [WARN] Poller died { retries: 3 }`,
  );
});
