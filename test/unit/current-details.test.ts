import { expect, test } from 'vitest';
import { currentDetails, STEP_TITLES } from '../../workflows/current-details.js';
import { type OnboardingProgress, STEP_NAMES, type StepState } from '../../workflows/messages.js';

const STATES: StepState[] = ['deferred', 'done', 'running', 'pending', 'skipped', 'failed'];

const PROGRESS: OnboardingProgress = {
  phoneNumberId: '106540352242922',
  operation: 'onboardNumber',
  stage: 'AwaitingCode',
  label: 'Shop Lisbon',
  steps: STEP_NAMES.map((name, i) => ({ name, state: STATES[i] ?? 'pending' })),
  budget: { register: { used: 0, limit: 10 }, deregister: { used: 0, limit: 10 } },
};

const CODE: NonNullable<OnboardingProgress['code']> = {
  method: 'SMS',
  sentAt: '2026-11-23T09:14:05.000Z',
  expiresAt: '2026-11-23T09:24:05.000Z',
  sentCount: 2,
  refusedCount: 1,
  triesLeft: 4,
  nextSendAt: '2026-11-23T09:16:05.000Z',
};

const details = (more: Partial<OnboardingProgress> = {}) =>
  currentDetails({ ...PROGRESS, ...more });

/** The cells of the table's rows, split as Markdown does it: at each bar with no backslash to escape it. */
const rows = (markdown: string) =>
  markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.match(/(?:\\.|[^|\\])+/g)?.map((text) => text.trim()) ?? []);

test('the heading gives the label, or else Meta’s id of the number, and the stage in words', () => {
  expect(details().split('\n')[0]).toBe('### Shop Lisbon · waiting for the code');
  const { label: _, ...unnamed } = PROGRESS;
  expect(currentDetails(unnamed).split('\n')[0]).toBe('### 106540352242922 · waiting for the code');
});

test('the table has a row for each of the six steps, with its title and state in words', () => {
  const [head, rule, ...steps] = rows(details());
  expect(head).toHaveLength(5);
  expect(rule).toEqual(Array(5).fill('---'));
  expect(steps).toHaveLength(6);
  for (const [i, name] of STEP_NAMES.entries()) {
    expect(steps[i]?.[0]).toContain(STEP_TITLES[name]);
    expect(steps[i]?.[1]).toBe(STATES[i]);
  }
});

test('a blank line stands before and after the table, or Markdown shows none', () => {
  const lines = details({ code: CODE }).split('\n');
  const table = lines.flatMap((line, i) => (line.startsWith('|') ? [i] : []));
  expect(lines[(table[0] ?? 0) - 1]).toBe('');
  expect(lines[(table.at(-1) ?? 0) + 1]).toBe('');
  expect(table).toHaveLength(8);
});

test('a step shows since when and until when, and why', () => {
  const steps = [
    {
      name: 'register' as const,
      state: 'done' as const,
      reason: 'an earlier request had worked',
      startedAt: '2026-11-23T09:14:05.123Z',
      endedAt: '2026-11-23T09:14:06.999Z',
    },
  ];
  expect(rows(details({ steps }))[2]?.slice(2)).toEqual([
    '09:14:05',
    '09:14:06',
    'an earlier request had worked',
  ]);
});

test.each([
  ['a bar', 'a | b', 'a \\| b'],
  ['a line break', 'a\nb', 'a b'],
  ['line breaks of Windows', 'a\r\n\r\nb', 'a b'],
  ['a backslash before a bar', 'a\\|b', 'a\\\\\\|b'],
  ['a backslash at the end', 'a\\', 'a\\\\'],
  ['markup', '<b>*a*</b>', '\\<b\\>\\*a\\*\\</b\\>'],
])('%s in what people or Meta said is shown as it is and breaks nothing', (_, raw, shown) => {
  const steps = [{ name: 'register' as const, state: 'done' as const, reason: raw }];
  const problem = { text: raw, advice: raw };
  const waiting = { for: 'Meta', since: CODE.sentAt, until: CODE.sentAt, cure: raw };
  const submissions = [{ by: raw, at: CODE.sentAt, verdict: 'refused' as const }];
  const code = { ...CODE, submissions };
  const markdown = details({ steps, label: raw, problem, waiting, code });
  expect(markdown.split('\n')[0]).toBe(`### ${shown} · waiting for the code`);
  expect(rows(markdown)[2]).toHaveLength(5);
  expect(rows(markdown)[2]?.[4]).toBe(shown);
  const lines = markdown.split('\n');
  for (const start of ['**Problem**', '**What to do**', '- 09:14:05'])
    expect(lines.filter((line) => line.startsWith(start) && line.endsWith(shown))).toHaveLength(1);
});

test('what is waited for is told with its end, its cure and a reminder', () => {
  const waiting = {
    for: 'the code from the SIM holder',
    since: '2026-11-23T09:14:05.000Z',
    until: '2026-11-24T09:14:05.000Z',
    cure: 'Submit the code.',
    reminder: 'The code is five minutes old.',
  };
  const text = details({ waiting });
  for (const part of [waiting.for, 'until 2026-11-24 09:14:05 UTC', waiting.cure, waiting.reminder])
    expect(text).toContain(part);
});

test('of the code people read method, age, counts and when the next may be asked for', () => {
  const text = details({ code: CODE });
  for (const part of [
    'sent by SMS at 09:14:05 UTC',
    '09:24:05 UTC',
    '2 asked for',
    '1 refused',
    '2026-11-23 09:16:05 UTC',
  ])
    expect(text).toContain(part);
  expect(text).not.toContain('may have been sent');
  expect(details({ code: { ...CODE, maybe: true } })).toContain('may have been sent');
});

test('who submitted codes, when, and what became of them is listed', () => {
  const submissions = [
    { by: 'ana', at: '2026-11-23T09:15:00.000Z', verdict: 'refused' as const },
    { at: '2026-11-23T09:16:00.000Z', verdict: 'verified' as const },
  ];
  const lines = details({ code: { ...CODE, submissions } }).split('\n');
  expect(lines.filter((line) => line.startsWith('- '))).toEqual([
    expect.stringMatching(/09:15:00 UTC.*refused.*ana/),
    expect.stringMatching(/09:16:00 UTC.*verified.*somebody/),
  ]);
});

test('a problem is told with its codes, what to do, and Meta’s trace', () => {
  const problem = {
    code: 136024,
    subcode: 2388367,
    text: 'Asked too often',
    advice: 'Wait a day.',
    fbtraceId: 'A1b2',
  };
  const text = details({ problem });
  for (const part of ['Asked too often (136024/2388367)', 'Wait a day.', 'A1b2'])
    expect(text).toContain(part);
  const plain = details({ problem: { text: 'No answer', advice: 'Wait.' } });
  expect(plain).toMatch(/No answer$/m);
  expect(plain).not.toContain('fbtrace');
});

test('a run with nothing to tell shows the table alone', () => {
  expect(details()).not.toMatch(/Waiting|Code\*\*|Problem|undefined|null/);
});

test('a code or a PIN that comes along in what is shown is left out', () => {
  const code = { ...CODE, code: '412957', refused: ['412957'] };
  const submissions = [{ at: CODE.sentAt, verdict: 'refused' as const, code: '412957' }];
  const progress = { ...PROGRESS, pin: '830174', code: { ...code, submissions } };
  expect(currentDetails(progress)).not.toMatch(/412957|830174/);
});

test('a parked run shows the cure once, what may be decided, and what happens when nobody does', () => {
  const cure = 'Give the worker a new access token.';
  const shown = details({
    stage: 'Parked',
    waiting: {
      for: 'an operator',
      since: '2026-11-23T09:14:05.000Z',
      until: '2026-11-30T09:14:05.000Z',
      cure,
      decisions: ['retry', 'accept'],
      onExpiry: 'accept',
    },
    problem: { code: 190, text: 'The token has expired', advice: cure },
    decided: { decision: 'retry', by: 'Olu', at: '2026-11-22T10:00:00.000Z' },
  });
  expect(shown).toContain('· parked, waiting for an operator');
  expect(shown.split(cure)).toHaveLength(2);
  expect(shown).toMatch(/Signal `retry` .* Signal `accept`/);
  expect(shown).toMatch(/If nobody decides\*\* until 2026-11-30 .*PIN unconfirmed/);
  expect(shown).toContain('**Decided** retry at 2026-11-22 10:00:00 UTC, by Olu');
});
