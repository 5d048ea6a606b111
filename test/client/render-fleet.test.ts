/** What people see of sweeps, schedules and comparisons. */
import pc from 'picocolors';
import { expect, test } from 'vitest';
import { exitCodeOfReport } from '../../client/cli/commands/reconcile.js';
import { exitCodeOfSweep } from '../../client/cli/commands/sweep.js';
import { EXIT } from '../../client/cli/exit-codes.js';
import { openFindings, renderFindings } from '../../client/cli/render-findings.js';
import { renderLastSweep, renderSchedule } from '../../client/cli/render-schedules.js';
import { renderSweep } from '../../client/cli/render-sweep.js';
import type { View } from '../../client/cli/view.js';
import type { SweepStatus } from '../../client/fleet.js';
import type { ScheduleStatus } from '../../client/schedules.js';
import type { ReconcileReport, SweepProgress } from '../../workflows/messages.js';
import { NOW } from './statuses.js';

const VIEW: View = { now: NOW, colors: pc.createColors(false), columns: 80 };
const shown = (lines: string[]) => {
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
  return `\n${lines.join('\n')}\n`;
};

const PROGRESS: SweepProgress = {
  state: 'finished',
  startedAt: '2026-11-23T13:00:00Z',
  endedAt: '2026-11-23T14:30:00Z',
  dueBefore: '2026-08-25T13:00:00Z',
  counts: { rotated: 940, failed: 1, refused: 0, busy: 1, unreadable: 1, underWay: 0, notDue: 3 },
  rotated: [],
  others: [
    {
      phoneNumberId: '106540352242922',
      outcome: 'busy',
      why: 'Another run of the number is open.',
    },
    {
      phoneNumberId: '106540352242923',
      label: 'Zoo',
      outcome: 'failed',
      why: 'Meta refused to set the two-step-verification PIN of number 106540352242923: (#10) Application does not have permission for this action (10).',
    },
    {
      phoneNumberId: '106540352242924',
      outcome: 'unreadable',
      why: 'The record is not a PIN record: restore it from a backup.',
    },
  ],
};

const FINISHED: SweepStatus = {
  workflowId: 'whatsapp-rotate-due-pins',
  runId: '01a20690-089c-7cc4-8af7-d2638ba95900',
  run: 'completed',
  startedAt: '2026-11-23T13:00:00Z',
  endedAt: '2026-11-23T14:30:00Z',
  progress: PROGRESS,
};

function halted(): SweepStatus {
  const { endedAt: _, ...running } = FINISHED;
  const { endedAt: __, ...progress } = PROGRESS;
  return {
    ...running,
    run: 'running',
    progress: {
      ...progress,
      state: 'halted',
      counts: {
        rotated: 20,
        failed: 5,
        refused: 0,
        busy: 0,
        unreadable: 0,
        underWay: 0,
        notDue: 0,
      },
      others: PROGRESS.others.slice(1, 2),
      halted: {
        since: '2026-11-23T14:00:00Z',
        until: '2026-11-30T14:00:00Z',
        text: '5 of the last 20 rotations failed: the access token is not good any more.',
        advice: 'Make a new access token and give it to the worker as CLOUD_API_ACCESS_TOKEN.',
      },
    },
  };
}

test('a finished sweep shows what came of the numbers, those that need somebody first', () => {
  expect(shown(renderSweep(FINISHED, VIEW))).toMatchInlineSnapshot(`
    "
    Rotation of due PINs · finished
    ended 14:30:00 UTC, 5m 17s ago, after 1h 30m
    PINs set before 2026-08-25 13:00:00 UTC are due

      Numbers      1 failed
                   1 record unreadable
                   1 busy: another run was open
                   3 not due any more
                   940 rotated

      NUMBER           NAME  WHAT CAME OF IT
      106540352242923  Zoo   failed
        Meta refused to set the two-step-verification PIN of number 106540352242923:
        (#10) Application does not have permission for this action (10).
      106540352242924        record unreadable
        The record is not a PIN record: restore it from a backup.
      106540352242922        busy: another run was open
        Another run of the number is open.

      Next         npx wa-onboard pin troubleshoot <id>
                   npx wa-onboard sweep start
    "
  `);
  expect(exitCodeOfSweep(FINISHED)).toBe(EXIT.done);
});

test('a halted sweep shows why, the cure, and what to type', () => {
  expect(shown(renderSweep(halted(), VIEW))).toMatchInlineSnapshot(`
    "
    Rotation of due PINs · halted, needs an operator
    started 13:00:00 UTC, 1h 35m ago
    PINs set before 2026-08-25 13:00:00 UTC are due

      Halted       5 of the last 20 rotations failed: the access token is not good
                   any more.
                   What to do: Make a new access token and give it to the worker as
                   CLOUD_API_ACCESS_TOKEN.
                   since 14:00:00 UTC, 35m 17s ago
                   it ends by itself at 2026-11-30 14:00:00 UTC, in 6d 23h
      Numbers      5 failed
                   20 rotated

      NUMBER           NAME  WHAT CAME OF IT
      106540352242923  Zoo   failed
        Meta refused to set the two-step-verification PIN of number 106540352242923:
        (#10) Application does not have permission for this action (10).

      Next         npx wa-onboard sweep resume
    "
  `);
  expect(exitCodeOfSweep(halted())).toBe(EXIT.waiting);
});

test('a sweep that nobody answers for says so, and one that found nothing too', () => {
  const { progress: _, endedAt: __, ...bare } = FINISHED;
  const silent: SweepStatus = {
    ...bare,
    run: 'running',
    progressMissing: 'No worker is running: start one with "npm start".',
  };
  expect(shown(renderSweep(silent, VIEW))).toMatchInlineSnapshot(`
    "
    Rotation of due PINs · rotating
    started 13:00:00 UTC, 1h 35m ago

      Note         No worker is running: start one with "npm start".
    "
  `);
  const counts = {
    rotated: 0,
    failed: 0,
    refused: 0,
    busy: 0,
    unreadable: 0,
    underWay: 0,
    notDue: 0,
  };
  const idle = { ...FINISHED, progress: { ...PROGRESS, counts, others: [] } };
  expect(shown(renderSweep(idle, VIEW))).toContain('none was due');
  expect(exitCodeOfSweep({ ...bare, run: 'failed' })).toBe(EXIT.failed);
});

const ROTATION: ScheduleStatus = {
  name: 'rotation',
  scheduleId: 'whatsapp-rotation',
  paused: false,
  every: '1 day',
  input: { age: '90d', perMinute: 20, haltShare: 0.1, requestedBy: 'ana' },
  next: [
    '2026-11-24T03:00:00Z',
    '2026-11-25T03:00:00Z',
    '2026-11-26T03:00:00Z',
    '2026-11-27T03:00:00Z',
  ],
  recent: [
    { at: '2026-11-22T03:00:00Z', workflowId: 'a' },
    { at: '2026-11-23T03:00:00Z', workflowId: 'b' },
  ],
};

test('a schedule shows what it does, when it is next, and how the last sweep went', () => {
  const lines = [...renderSchedule('rotation', ROTATION, VIEW), ...renderLastSweep(halted(), VIEW)];
  expect(shown(lines)).toMatchInlineSnapshot(`
    "
    rotation · Rotation of due PINs · on
      Looks        every day
      Told         PINs older than 90d
                   20 rotations begun a minute at most
                   halts when more than 10 % fail
                   asked for by ana
      Next         2026-11-24 03:00:00 UTC, in 12h 24m
                   2026-11-25 03:00:00 UTC, in 1d 12h
                   2026-11-26 03:00:00 UTC, in 2d 12h
      Last         03:00:00 UTC, 11h 35m ago
      Last sweep   halted, needs an operator, started 13:00:00 UTC, 1h 35m ago
                   20 rotated, 5 not; see npx wa-onboard sweep
                   5 of the last 20 rotations failed: the access token is not good
                   any more.
    "
  `);
});

test('a paused schedule says how to resume it, and none is told plainly', () => {
  const paused = { ...ROTATION, paused: true, note: 'moving house', next: [] };
  const lines = [
    ...renderSchedule('rotation', paused, VIEW),
    '',
    ...renderSchedule('reconcile', undefined, VIEW),
  ];
  expect(shown(lines)).toMatchInlineSnapshot(`
    "
    rotation · Rotation of due PINs · paused
      Looks        every day
      Told         PINs older than 90d
                   20 rotations begun a minute at most
                   halts when more than 10 % fail
                   asked for by ana
      Note         moving house
      Next         none: resume it with npx wa-onboard schedule resume rotation
      Last         03:00:00 UTC, 11h 35m ago

    reconcile · not scheduled
      Begin it     npx wa-onboard schedule reconcile --every 1d
    "
  `);
});

test.each(['Paused via TypeScript SDK"', 'Unpaused via TypeScript SDK"', 'resumed', ''])(
  'a note that nobody wrote (%s) is not shown',
  (note) => {
    const lines = renderSchedule('rotation', { ...ROTATION, paused: true, note }, VIEW);
    expect(lines.join('\n')).not.toContain('Note');
  },
);

const REPORT: ReconcileReport = {
  at: '2026-11-23T14:35:00Z',
  wabaId: '102290129340398',
  compared: { numbers: 812, records: 811, openRuns: 1 },
  counts: { numberWithoutPin: 1, pinOld: 1 },
  findings: [
    {
      kind: 'numberWithoutPin',
      phoneNumberId: '106540352242922',
      label: 'Support Berlin',
      text: 'Number 106540352242922 is registered, and the PIN store has no PIN of it.',
      cure: 'Take it over with "npx wa-onboard start 106540352242922 --take-over".',
    },
    {
      kind: 'nameChanged',
      phoneNumberId: '106540352242923',
      text: 'Meta has approved the display name Zoo.',
      cure: 'Register it again with "npx wa-onboard reregister 106540352242923".',
    },
    {
      kind: 'pinOld',
      phoneNumberId: '106540352242924',
      text: 'The PIN is 120 days old.',
      cure: 'Have it rotated: "npx wa-onboard rotate 106540352242924".',
    },
    {
      kind: 'appNotSubscribed',
      text: 'No app got the webhooks of account 102290129340398.',
      cure: 'Subscribe it.',
      cured: true,
    },
  ],
};

test('findings stand by how soon somebody should look, each with what to do', () => {
  expect(shown(renderFindings(REPORT, VIEW))).toMatchInlineSnapshot(`
    "
    Account 102290129340398 · 3 findings
    compared 812 numbers, 811 PIN records and 1 open run at 14:35:00 UTC, 17s ago

    Needs somebody now
      106540352242922   no PIN known · Support Berlin
          Number 106540352242922 is registered, and the PIN store has no PIN of
          it.
          → Take it over with "npx wa-onboard start 106540352242922 --take-over".

    Needs somebody soon
      106540352242923   new display name
          Meta has approved the display name Zoo.
          → Register it again with "npx wa-onboard reregister 106540352242923".

    When there is time
      106540352242924   PIN too old
          The PIN is 120 days old.
          → Have it rotated: "npx wa-onboard rotate 106540352242924".

    Cured now
      account           no webhooks
          No app got the webhooks of account 102290129340398.
    "
  `);
  expect(openFindings(REPORT)).toBe(3);
});

test('an account in order is told so in two lines', () => {
  const inOrder = { ...REPORT, findings: [], counts: {} };
  expect(shown(renderFindings(inOrder, VIEW))).toMatchInlineSnapshot(`
    "
    Account 102290129340398 · nothing to do
    compared 812 numbers, 811 PIN records and 1 open run at 14:35:00 UTC, 17s ago
    "
  `);
  expect(openFindings(inOrder)).toBe(0);
});

test('an account of which Meta lists no number is not in order: more likely it is another', () => {
  const none = { ...REPORT, findings: [], compared: { numbers: 0, records: 4, openRuns: 0 } };
  expect(renderFindings(none, VIEW)[0]).toContain('Meta lists no number: is this the account?');
  expect(exitCodeOfReport(none)).toBe(EXIT.notFound);
  expect(exitCodeOfReport(REPORT)).toBe(EXIT.waiting);
  expect(exitCodeOfReport({ ...REPORT, findings: [] })).toBe(EXIT.done);
});
