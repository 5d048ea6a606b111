import pc from 'picocolors';
import { expect, test } from 'vitest';
import { effectText } from '../../client/cli/commands/cancel.js';
import { repeatCommand, verdictLines } from '../../client/cli/commands/code.js';
import { workerFinding } from '../../client/cli/doctor-temporal.js';
import { EXIT, exitCodeOfStatus } from '../../client/cli/exit-codes.js';
import { nextCommands } from '../../client/cli/next-commands.js';
import { renderChanges } from '../../client/cli/render-changes.js';
import { renderList } from '../../client/cli/render-list.js';
import { renderStatus } from '../../client/cli/render-status.js';
import { durationText, instantAndAge } from '../../client/cli/time-text.js';
import type { View } from '../../client/cli/view.js';
import { hang, wrap } from '../../client/cli/wrap.js';
import { NoWorkerAnswerError } from '../../client/index.js';
import { awaitingCode, failed, live, NOW, registered, steps, unanswered } from './statuses.js';

const VIEW: View = { now: NOW, colors: pc.createColors(false), columns: 90 };
const shown = (...args: Parameters<typeof renderStatus>) =>
  `\n${renderStatus(...args).join('\n')}\n`;

test('a run that waits for a code shows steps, code, budget, problem and what to type', () => {
  expect(shown(awaitingCode(), VIEW)).toMatchInlineSnapshot(`
    "
    106540352242922 · Support Berlin · waiting for the code
    started 14:32:03 UTC, 3m 14s ago

      ↷ Register                            deferred: Meta wants the number verified first
      ✔ Request code                    1s
      ● Wait for the code           3m 12s
      ○ Verify code
      ○ Set two-step verification
      ○ Store the PIN

      Waiting for  the code
                   until 2026-11-24 14:32:05 UTC, in 23h 56m
                   Get the code from whoever holds the SIM and submit it, or ask for a new
                   one.
      Code         sent by SMS at 14:32:05 UTC, 3m 12s ago
                   good for another 6m 48s
                   a new one may be asked for now
                   tries left 4 of 5
                   1 refused since the newest was sent
                   refused at 14:34:00 UTC, 1m 17s ago, typed by ana
      Requests     register 0 of 10 · deregister 0 of 10 (Meta's limits in 72 h)
                   the next of each is allowed now
      Problem      The code could not be verified.
                   Meta's code 136025, fbtrace_id A1b2C3
                   What to do: Read the newest code again.
      Next         npx wa-onboard code 106540352242922
                   npx wa-onboard resend 106540352242922
    "
  `);
});

test('a code past its ten minutes is shown as expired, an uncertain one as perhaps sent', () => {
  const status = awaitingCode();
  status.progress.code = {
    method: 'VOICE',
    sentAt: '2026-11-23T14:20:00Z',
    expiresAt: '2026-11-23T14:30:00Z',
    sentCount: 2,
    refusedCount: 0,
    triesLeft: 5,
    nextSendAt: '2026-11-23T14:36:00Z',
    maybe: true,
  };
  expect(shown(status, VIEW)).toMatchInlineSnapshot(`
    "
    106540352242922 · Support Berlin · waiting for the code
    started 14:32:03 UTC, 3m 14s ago

      ↷ Register                            deferred: Meta wants the number verified first
      ✔ Request code                    1s
      ● Wait for the code           3m 12s
      ○ Verify code
      ○ Set two-step verification
      ○ Store the PIN

      Waiting for  the code
                   until 2026-11-24 14:32:05 UTC, in 23h 56m
                   Get the code from whoever holds the SIM and submit it, or ask for a new
                   one.
      Code         may have been sent by call at 14:20:00 UTC, 15m 17s ago
                   expired 5m 17s ago
                   a new one may be asked for at 14:36:00 UTC, in 43s
                   tries left 5 of 5
                   asked for 2 times
      Requests     register 0 of 10 · deregister 0 of 10 (Meta's limits in 72 h)
                   the next of each is allowed now
      Problem      The code could not be verified.
                   Meta's code 136025, fbtrace_id A1b2C3
                   What to do: Read the newest code again.
      Next         npx wa-onboard code 106540352242922
                   npx wa-onboard resend 106540352242922 (allowed at 14:36:00 UTC, in 43s)
    "
  `);
});

test('a live number shows its result and where the PIN lies', () => {
  expect(shown(live(), VIEW)).toMatchInlineSnapshot(`
    "
    106540352242922 · Support Berlin · live
    ended 14:34:35 UTC, 42s ago, after 2m 32s

      ✔ Register                        2s
      – Request code                        skipped: already verified
      – Wait for the code                   skipped: already verified
      – Verify code                         skipped: already verified
      ✔ Set two-step verification
      ✔ Store the PIN

      Result       The number is live.
      PIN          in local: 106540352242922, version v1
                   accepted by Meta in this run
    "
  `);
});

test('a registered number shows what is missing, and that a cancel came too late', () => {
  expect(shown(registered(), VIEW)).toMatchInlineSnapshot(`
    "
    106540352242922 · Support Berlin · registered, not yet live
    ended 14:34:35 UTC, 42s ago, after 2m 32s

      ✔ Register                        2s
      – Request code                        skipped: already verified
      – Wait for the code                   skipped: already verified
      – Verify code                         skipped: already verified
      ✔ Set two-step verification
      ✔ Store the PIN

      Result       The number is live.
                   still missing: the display name is still under review at Meta
                   A cancel came after the PIN was set, so the onboarding went on to its end.
      PIN          in local: 106540352242922, version v1
                   accepted by Meta in this run
      Next         npx wa-onboard start 106540352242922
    "
  `);
});

test('a failed run shows why, what was undone and what was not', () => {
  expect(shown(failed(), VIEW)).toMatchInlineSnapshot(`
    "
    106540352242922 · Support Berlin · failed
    ended 14:33:06 UTC, 2m 11s ago, after 1m 3s

      ↺ Register                            compensated: deregistered
      ✔ Request code                    1s
      ✖ Wait for the code                   failed: no code came
      ○ Verify code
      ○ Set two-step verification
      ○ Store the PIN

      Problem      The last code was refused.
                   What to do: Start again.
      Undone       The number was deregistered.
      Not undone   A code was sent.
      Next         npx wa-onboard start 106540352242922
    "
  `);
});

test('a run that no worker answers for shows what Temporal knows, and what to do', () => {
  expect(shown(unanswered(), VIEW)).toMatchInlineSnapshot(`
    "
    106540352242922 · Support Berlin · preparing
    started 14:32:03 UTC, 3m 14s ago

      The steps are not known at the moment.

      Note         No worker is running: start one with "npm start".
    "
  `);
});

test('no line is wider than the terminal, in a narrow one too', () => {
  for (const status of [awaitingCode(), live(), registered(), failed(), unanswered()]) {
    for (const line of renderStatus(status, { ...VIEW, columns: 72 })) {
      expect(line.length, line).toBeLessThanOrEqual(72);
    }
  }
});

test('colours change no letter', () => {
  const controlSequence = String.fromCharCode(27);
  const colored = renderStatus(awaitingCode(), { ...VIEW, colors: pc.createColors(true) }).join(
    '\n',
  );
  expect(colored).toContain(controlSequence);
  expect(colored.replaceAll(new RegExp(`${controlSequence}\\[[0-9;]*m`, 'g'), '')).toBe(
    renderStatus(awaitingCode(), VIEW).join('\n'),
  );
});

test('watching in a pipe prints each change once', () => {
  const before = awaitingCode();
  const after = awaitingCode();
  after.progress.steps = steps({
    awaitCode: {
      state: 'done',
      startedAt: '2026-11-23T14:32:05Z',
      endedAt: '2026-11-23T14:35:17Z',
    },
    verifyCode: { state: 'running', startedAt: '2026-11-23T14:35:17Z' },
  });
  after.progress.code?.submissions?.push({
    by: 'ben',
    at: '2026-11-23T14:35:17Z',
    verdict: 'verified',
  });
  expect(renderChanges(undefined, before, VIEW)).toMatchInlineSnapshot(`
    [
      "2026-11-23 14:35:17 UTC  106540352242922  Register: deferred (Meta wants the number verified first)",
      "2026-11-23 14:35:17 UTC  106540352242922  Request code: done in 1s",
      "2026-11-23 14:35:17 UTC  106540352242922  Wait for the code: running",
      "2026-11-23 14:35:17 UTC  106540352242922  waiting for the code until 2026-11-24 14:32:05 UTC",
      "2026-11-23 14:35:17 UTC  106540352242922  code sent by SMS, good until 2026-11-23 14:42:05 UTC",
      "2026-11-23 14:35:17 UTC  106540352242922  code typed by ana: refused",
      "2026-11-23 14:35:17 UTC  106540352242922  problem: The code could not be verified (Meta's code 136025, fbtrace_id A1b2C3). What to do: Read the newest code again.",
    ]
  `);
  expect(renderChanges(before, before, VIEW)).toEqual([]);
  expect(renderChanges(before, after, VIEW)).toMatchInlineSnapshot(`
    [
      "2026-11-23 14:35:17 UTC  106540352242922  Wait for the code: done in 3m 12s",
      "2026-11-23 14:35:17 UTC  106540352242922  Verify code: running",
      "2026-11-23 14:35:17 UTC  106540352242922  code typed by ben: verified",
    ]
  `);
  expect(renderChanges(after, live(), VIEW).at(-1)).toMatchInlineSnapshot(
    `"2026-11-23 14:35:17 UTC  106540352242922  ended: live · The number is live."`,
  );
});

test('a list shows each number with its label, where it stands and since when', () => {
  const cancelled = { ...failed(), run: 'cancelled' as const, phoneNumberId: '12345' };
  expect(
    `\n${renderList([awaitingCode(), live(), cancelled], VIEW).join('\n')}\n`,
  ).toMatchInlineSnapshot(`
    "
    NUMBER           NAME            STANDS                WHEN
    106540352242922  Support Berlin  waiting for the code  started 3m 14s ago
    106540352242922  Support Berlin  live                  ended 42s ago
    12345            Support Berlin  cancelled             ended 2m 11s ago
    "
  `);
  expect(renderList([], VIEW)).toEqual([
    'No onboardings. Start one with npx wa-onboard start <id>.',
  ]);
  expect(renderList([], VIEW, true)).toEqual(['None that match.']);
});

test.each([
  [0, '0s'],
  [59_400, '59s'],
  [59_600, '1m'],
  [192_000, '3m 12s'],
  [3_600_000, '1h'],
  [7_530_000, '2h 5m'],
  [273_600_000, '3d 4h'],
  [-5_000, '0s'],
])('%i ms read as %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test('an instant carries its date unless it is of today, and its distance', () => {
  expect(instantAndAge('2026-11-23T14:32:05Z', NOW)).toBe('14:32:05 UTC, 3m 12s ago');
  expect(instantAndAge('2026-11-24T14:35:17Z', NOW)).toBe('2026-11-24 14:35:17 UTC, in 1d');
});

test('the exit code of a status says done, failed, refused or waiting for a person', () => {
  const refused = { ...failed(), failure: { type: 'OnboardingRefused', message: '' } };
  const parked = { ...awaitingCode(), stage: 'Parked' as const };
  expect([live(), unanswered()].map(exitCodeOfStatus)).toEqual([EXIT.done, EXIT.done]);
  expect(exitCodeOfStatus(registered())).toBe(EXIT.waiting);
  expect([failed(), refused].map(exitCodeOfStatus)).toEqual([EXIT.failed, EXIT.refused]);
  expect([awaitingCode(), parked].map(exitCodeOfStatus)).toEqual([EXIT.waiting, EXIT.waiting]);
});

test('a verdict is told with Meta’s text, the age of the code and the tries left', () => {
  const refused = {
    verdict: 'refused',
    text: 'The code could not be verified.',
    advice: 'Read it again.',
    codeAgeSeconds: 192,
    fbtraceId: 'A1b2',
  } as const;
  expect(verdictLines({ ...refused, triesLeft: 3 }, '12345')).toEqual([
    'Meta refused the code: The code could not be verified.',
    'Read it again.',
    'The newest code was sent 3m 12s ago. Tries left: 3. fbtrace_id A1b2',
  ]);
  expect(verdictLines({ ...refused, triesLeft: 0 }, '12345').at(-1)).toContain(
    '"npx wa-onboard resend 12345"',
  );
  expect(verdictLines({ verdict: 'notWaiting', reason: 'Registered.' }, '1')[0]).toBe(
    'No code is awaited: Registered.',
  );
  expect(verdictLines({ verdict: 'ended', reason: 'Over.' }, '1')[0]).toBe(
    'No verdict on the code: Over.',
  );
});

test('without tries left, or before a code was sent, a new code comes next and none is asked for', () => {
  const status = awaitingCode();
  const { code } = status.progress;
  if (code === undefined) throw new Error('awaitingCode() has a code');
  status.progress.code = {
    ...code,
    refusedCount: 5,
    triesLeft: 0,
    nextSendAt: '2026-11-23T14:36:00Z',
  };
  expect(nextCommands(status, NOW)).toEqual([
    'npx wa-onboard resend 106540352242922 (allowed at 14:36:00 UTC, in 43s)',
  ]);
  expect(shown(status, VIEW)).toContain(
    'tries left 0 of 5: ask for a new code before you try another',
  );
  delete status.progress.code;
  expect(nextCommands(status, NOW)).toEqual(['npx wa-onboard resend 106540352242922']);
});

test.each([
  ['OnboardingRefused', 'Appeal in WhatsApp Manager.', []],
  ['OnboardingRefused', 'Start again with takeOver.', ['start 106540352242922 --take-over']],
  ['OnboardingRefused', 'Start again with --take-over.', ['start 106540352242922 --take-over']],
  ['CodeDeadlinePassed', 'Start again.', ['start 106540352242922']],
  ['OnboardingFailed', 'Renew the token.', ['start 106540352242922']],
])('after %s with the advice "%s" comes next %j', (type, advice, commands) => {
  const status = failed();
  const { failure } = status;
  if (failure?.details === undefined) throw new Error('failed() has details');
  status.failure = {
    ...failure,
    type,
    details: { ...failure.details, problem: { text: 'No.', advice } },
  };
  expect(nextCommands(status, NOW)).toEqual(commands.map((command) => `npx wa-onboard ${command}`));
});

test('a cancelled or terminated run shows no problem, may be started again, and tells what was undone', () => {
  const { progress } = awaitingCode();
  for (const [run, type] of [
    ['cancelled', 'Cancelled'],
    ['terminated', 'Terminated'],
  ] as const) {
    const status = {
      ...failed(),
      run,
      failure: { type, message: 'Over.' },
      progress: { ...progress, compensation: { undone: ['Deregistered.'], notUndone: [] } },
    };
    const text = shown(status, VIEW);
    expect(text).not.toMatch(/Problem|Waiting for|tries left/);
    expect(text).toMatch(/Undone +Deregistered\./);
    expect(renderChanges(undefined, status, VIEW).join('\n')).not.toMatch(/problem|waiting for/);
    expect(nextCommands(status, NOW)).toEqual(['npx wa-onboard start 106540352242922']);
  }
});

test('of many submissions the last five are shown, below the count of all', () => {
  const status = awaitingCode();
  if (status.progress.code !== undefined) {
    status.progress.code.submissions = Array.from({ length: 7 }, (_, index) => ({
      by: `person${index}`,
      at: '2026-11-23T14:34:00Z',
      verdict: 'refused' as const,
    }));
  }
  const text = shown(status, VIEW);
  expect(text).toContain('7 codes were submitted; the last 5:');
  expect(text.match(/typed by person\d/g)).toEqual(
    [2, 3, 4, 5, 6].map((index) => `typed by person${index}`),
  );
});

test('a message without effect is shown with its reason while the run goes on', () => {
  const status = awaitingCode();
  status.progress.ignored = {
    message: 'submitCode',
    at: '2026-11-23T14:34:00Z',
    reason: 'The code must have six digits.',
  };
  expect(shown(status, VIEW)).toMatch(
    /Ignored +submitCode at 2026-11-23 14:34:00 UTC: The code must have six digits\./,
  );
});

test('a registered number that is not live says in a pipe what is missing', () => {
  expect(renderChanges(awaitingCode(), registered(), VIEW).at(-1)).toContain(
    'still missing: the display name is still under review at Meta',
  );
});

test.each([
  [undefined, true, 'fail', 'none polls'],
  [3_000, true, 'ok', 'last seen 3s ago'],
  [58_000, true, 'ok', 'last seen 58s ago'],
  [90_000, true, 'warn', 'last seen 1m 30s ago'],
  [3_000, false, 'warn', 'the process of npm start is gone; is it still running?'],
] as const)('a worker seen %s ms ago, npm start there: %s, is told as %s', (...given) => {
  const [silentMs, stackRuns, outcome, text] = given;
  const finding = workerFinding(silentMs, stackRuns);
  expect(finding).toMatchObject({ outcome, text: expect.stringContaining(text) });
});

test('the command that repeats an attempt has its update id and never a code', () => {
  const error = new NoWorkerAnswerError('12345', false, 'a-b-c');
  expect(repeatCommand(error, {})).toBe('npx wa-onboard code 12345 --update-id a-b-c');
  expect(repeatCommand(error, { submittedBy: "Ana O'Hara" })).toBe(
    "npx wa-onboard code 12345 --update-id a-b-c --submitted-by 'Ana O'\\''Hara'",
  );
});

test('a wrapped text hangs from its mark, and a command in it stays on one line', () => {
  expect(
    hang('✖ ', 2, 'Nothing was found here: start with "npx wa-onboard start 1", then.', 40),
  ).toEqual(['✖ Nothing was found here: start with', '  "npx wa-onboard start 1", then.']);
  expect(wrap('a "npx wa-onboard start 106540352242922"', 30)).toEqual([
    'a',
    '"npx wa-onboard start 106540352242922"',
  ]);
});

test('a cancel says beforehand what it will undo', () => {
  expect(effectText(steps({}))).toContain('Nothing is registered yet');
  expect(effectText(steps({ register: { state: 'done' } }))).toContain('it is deregistered');
  expect(
    effectText(steps({ register: { state: 'done' }, setTwoStepPin: { state: 'done' } })),
  ).toContain('goes on to its end');
});

/** A run that has its code sent only when somebody is there for it. */
function awaitingAgent(): ReturnType<typeof awaitingCode> {
  const status = awaitingCode();
  const { code: _, problem: __, ...progress } = status.progress;
  return {
    ...status,
    stage: 'AwaitingAgent',
    progress: {
      ...progress,
      stage: 'AwaitingAgent',
      waiting: {
        for: 'an agent who is ready for the code',
        since: '2026-11-23T14:32:05Z',
        until: '2026-11-24T14:32:05Z',
        cure: 'Once whoever holds the SIM is at hand, say that you are ready.',
      },
      steps: steps({
        requestCode: { state: 'deferred', reason: 'asked for when an agent is ready' },
        awaitCode: { state: 'running', startedAt: '2026-11-23T14:32:05Z' },
      }),
    },
  };
}

test('a run that waits for an agent says so, and what to type once one is ready', () => {
  const status = awaitingAgent();
  const text = shown(status, VIEW);
  expect(text).toContain('106540352242922 · Support Berlin · waiting for an agent\n');
  expect(text).toContain('Waiting for  an agent who is ready for the code\n');
  expect(text).toContain('Next         npx wa-onboard ready 106540352242922\n');
  expect(text).not.toContain('Code  ');
  expect(exitCodeOfStatus(status)).toBe(EXIT.waiting);
  expect(renderList([status], VIEW).at(-1)).toContain('  waiting for an agent  ');
  expect(renderChanges(undefined, status, VIEW).join('\n')).toContain(
    'waiting for an agent who is ready for the code until 2026-11-24 14:32:05 UTC',
  );
});

const claimOfAna = (until: string) => ({
  by: 'Ana',
  since: '2026-11-23T14:34:00Z',
  until,
  takenFrom: { by: 'Ben', reason: 'he is at lunch' },
});

test('a number shows who has taken it, for whom its code was sent, and how people know it', () => {
  const status = awaitingCode();
  status.progress.number = { businessName: 'Lucky Shrub GmbH', lastDigits: '4567' };
  status.progress.claim = claimOfAna('2026-11-23T14:39:00Z');
  if (status.progress.code) status.progress.code.requestedBy = 'Ana';
  const text = shown(status, VIEW);
  expect(text).toContain('· waiting for the code\nLucky Shrub GmbH · •••• 4567\n');
  expect(text).toContain(
    [
      '  Taken        by Ana, until 14:39:00 UTC, in 3m 43s',
      '               from Ben: he is at lunch',
    ].join('\n'),
  );
  expect(text).toContain('sent by SMS at 14:32:05 UTC, 3m 12s ago, for Ana\n');
});

test('a claim that is over is shown nowhere, nor that of a run that has ended', () => {
  const over = awaitingCode();
  over.progress.claim = claimOfAna('2026-11-23T14:35:17Z');
  expect(shown(over, VIEW)).not.toContain('Taken');
  const lasts = claimOfAna('2026-11-23T14:39:00Z');
  const ended = { ...live(), progress: { ...awaitingCode().progress, claim: lasts } };
  expect(shown(ended, VIEW)).not.toContain('Taken');
  const listed = { ...ended, card: { claim: lasts } };
  expect(renderList([listed, { ...over, card: { claim: over.progress.claim } }], VIEW)).toEqual(
    renderList([live(), awaitingCode()], VIEW),
  );
});

test('a list knows a number by its label or its business, by its last digits, and by who has taken it', () => {
  const { label: _, ...unlabelled } = awaitingCode();
  const card = {
    ...{ businessName: 'Lucky Shrub GmbH', lastDigits: '4567' },
    claim: claimOfAna('2026-11-23T14:39:00Z'),
  };
  expect(
    `\n${renderList([{ ...unlabelled, card }, live()], VIEW).join('\n')}\n`,
  ).toMatchInlineSnapshot(`
    "
    NUMBER           ENDS IN    NAME              STANDS                              WHEN
    106540352242922  •••• 4567  Lucky Shrub GmbH  waiting for the code, taken by Ana  started 3m 14s ago
    106540352242922             Support Berlin    live                                ended 42s ago
    "
  `);
});

test('watching in a pipe tells once who has taken a number, and that it was given back', () => {
  const free = awaitingCode();
  const taken = awaitingCode();
  taken.progress.claim = claimOfAna('2026-11-23T14:39:00Z');
  const prolonged = awaitingCode();
  prolonged.progress.claim = claimOfAna('2026-11-23T14:40:00Z');
  const lines = (...between: Parameters<typeof renderChanges>) =>
    renderChanges(...between).map((line) => line.split('  ').slice(2).join('  '));
  expect(lines(free, taken, VIEW)).toEqual([
    'taken by Ana until 2026-11-23 14:39:00 UTC, from Ben: he is at lunch',
  ]);
  expect(lines(taken, prolonged, VIEW)).toEqual([]);
  expect(lines(prolonged, free, VIEW)).toEqual(['given back by Ana']);
  const later = { ...VIEW, now: new Date('2026-11-23T14:41:00Z') };
  expect(lines(prolonged, free, later)).toEqual([]);
});

test('a code that was not tried because somebody else has the number says who has it', () => {
  const heldBy = claimOfAna('2026-11-23T14:39:00Z');
  const reason = 'Ana has taken this number until 2026-11-23 14:39:00 UTC: leave it to them.';
  expect(verdictLines({ verdict: 'notWaiting', reason, heldBy }, '1')).toEqual([
    `The code was not tried: ${reason}`,
  ]);
});
