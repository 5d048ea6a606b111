import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { EXIT, exitCodeOfError, exitCodeOfStatus } from '../../client/cli/exit-codes.js';
import { nextCommands } from '../../client/cli/next-commands.js';
import { renderChanges } from '../../client/cli/render-changes.js';
import { renderList } from '../../client/cli/render-list.js';
import { renderStatus } from '../../client/cli/render-status.js';
import type { View } from '../../client/cli/view.js';
import { NoCodeAwaitedError, NotParkedError } from '../../client/index.js';
import {
  awaitingCode,
  live,
  NOW,
  nameReview,
  parkedForFormerPin,
  parkedForPin,
  parkedForRefusedPin,
  parkedForStore,
  parkedForToken,
  registered,
  unanswered,
} from './statuses.js';

const ID = '106540352242922';
const VIEW: View = { now: NOW, colors: pc.createColors(false), columns: 90 };
const shown = (...args: Parameters<typeof renderStatus>) =>
  `\n${renderStatus(...args).join('\n')}\n`;
const PARKED = [
  parkedForPin,
  parkedForFormerPin,
  parkedForToken,
  parkedForRefusedPin,
  parkedForStore,
];

describe('status', () => {
  test('a parked run shows first what is wrong and what cures it, then until when, then what to type', () => {
    expect(shown(parkedForPin(), VIEW)).toMatchInlineSnapshot(`
      "
      106540352242922 · Support Berlin · parked, needs an operator
      started 14:32:03 UTC, 3m 14s ago

        ● Register                     3m 3s
        – Request code                        skipped: the number is verified already
        – Wait for the code                   skipped: the number is verified already
        – Verify code                         skipped: the number is verified already
        ○ Set two-step verification
        ○ Store the PIN

        Problem      Two step verification PIN Mismatch
                     Meta's code 133005, fbtrace_id A1b2C3
                     What to do: Find the PIN the number was last registered with, or turn
                     two-step verification off in WhatsApp Manager.
        Parked       for an operator, since 14:32:17 UTC, 3m ago
                     until 2026-12-07 14:32:17 UTC, in 13d 23h
                     then what can be undone is undone, and it fails
        Requests     register 2 of 10 · deregister 0 of 10 (Meta's limits in 72 h)
                     the next of each is allowed now
        Next         npx wa-onboard pin provide 106540352242922
                     npx wa-onboard retry 106540352242922
                     npx wa-onboard cancel 106540352242922
      "
    `);
  });

  test('a run that may be accepted says what accepting means, and what happens when nobody decides', () => {
    expect(shown(parkedForRefusedPin(), VIEW)).toMatchInlineSnapshot(`
      "
      106540352242922 · Support Berlin · parked, needs an operator
      started 14:32:03 UTC, 3m 14s ago

        ✔ Register                        1s
        – Request code                        skipped: the number is verified already
        – Wait for the code                   skipped: the number is verified already
        – Verify code                         skipped: the number is verified already
        ● Set two-step verification    3m 2s
        ○ Store the PIN

        Problem      Two-step verification is no longer used for this number.
                     Meta's code 100, fbtrace_id A1b2C3
                     What to do: Meta will not do this as things are; its text says why.
        Parked       for an operator, since 14:32:17 UTC, 3m ago
                     until 2026-11-30 14:32:17 UTC, in 6d 23h
                     then it finishes with the PIN unconfirmed
                     accept finishes it at once: registered, with the PIN unconfirmed
        Requests     register 2 of 10 · deregister 0 of 10 (Meta's limits in 72 h)
                     the next of each is allowed now
        Next         npx wa-onboard retry 106540352242922
                     npx wa-onboard accept 106540352242922
                     npx wa-onboard cancel 106540352242922
      "
    `);
  });

  test('a run that waits for Meta and takes a retry offers it, and is not called parked', () => {
    expect(shown(nameReview(), VIEW)).toMatchInlineSnapshot(`
      "
      106540352242922 · Support Berlin · registering
      started 14:32:03 UTC, 3m 14s ago

        ● Register                     3m 3s
        – Request code                        skipped: the number is verified already
        – Wait for the code                   skipped: the number is verified already
        – Verify code                         skipped: the number is verified already
        ○ Set two-step verification
        ○ Store the PIN

        Waiting for  Meta’s review of the display name
                     until 15:32:17 UTC, in 57m
                     Nothing to do: a review takes a day or two.
        Requests     register 2 of 10 · deregister 0 of 10 (Meta's limits in 72 h)
                     the next of each is allowed now
        Problem      No certificate.
                     Meta's code 100/2388001
                     What to do: Wait for Meta.
        Next         npx wa-onboard retry 106540352242922
      "
    `);
  });

  test.each([
    [parkedForPin(), 'then what can be undone is undone, and it fails'],
    [parkedForRefusedPin(), 'then it finishes with the PIN unconfirmed'],
    [parkedForStore(), 'then it reminds and waits on, since Meta has the PIN already'],
  ])('the end of a park is told in words: $progress.waiting.onExpiry', (status, text) => {
    expect(shown(status, VIEW)).toContain(text);
  });

  test('a cure is told once where Meta’s advice is the cure, and apart where it is another', () => {
    const status = parkedForToken();
    const cure = 'Make a new access token';
    expect(shown(status, VIEW).split(cure)).toHaveLength(2);
    if (status.progress.waiting !== undefined) status.progress.waiting.cure = 'Ask Ana.';
    expect(shown(status, VIEW)).toMatch(/Parked(.*\n)* {15}Ask Ana\.\n/);
  });

  test('who decided what is shown', () => {
    const status = awaitingCode();
    status.progress.decided = { decision: 'retry', by: 'ana', at: '2026-11-23T14:34:17Z' };
    expect(shown(status, VIEW)).toMatch(/Decided +retry at 14:34:17 UTC, 1m ago, by ana\n/);
  });

  test('a parked run shows the code that was sent, and no tries that nobody can take', () => {
    const status = parkedForToken();
    const { code } = awaitingCode().progress;
    if (code === undefined) throw new Error('awaitingCode() has a code');
    status.progress.code = code;
    expect(shown(status, VIEW)).toMatch(/Code +sent by SMS/);
    expect(shown(status, VIEW)).not.toMatch(/tries left|may be asked for/);
  });

  test('nothing moves while a run is parked', () => {
    expect(shown(parkedForToken(), { ...VIEW, runningMark: '⠋' })).not.toContain('⠋');
    expect(shown(awaitingCode(), { ...VIEW, runningMark: '⠋' })).toContain('⠋');
  });

  test('no line is wider than the terminal, in a narrow one too', () => {
    for (const columns of [70, 100]) {
      for (const status of [...PARKED, nameReview].map((make) => make())) {
        for (const line of renderStatus(status, { ...VIEW, columns })) {
          expect(line.length, line).toBeLessThanOrEqual(columns);
        }
      }
    }
  });
});

describe('budget', () => {
  test('shows how much is used, and that more is allowed', () => {
    expect(shown(parkedForPin(), VIEW)).toMatch(
      /Requests +register 2 of 10 · deregister 0 of 10 \(Meta's limits in 72 h\)\n +the next of each is allowed now\n/,
    );
  });

  test('a spent one shows the exact time from which the next is allowed, and in how long', () => {
    const status = awaitingCode();
    status.progress.budget.register = { used: 10, limit: 10, nextAt: '2026-11-25T09:00:00Z' };
    expect(shown(status, VIEW)).toMatch(
      /register 10 of 10 · deregister 0 of 10 .*\n +the next register is allowed at 2026-11-25 09:00:00 UTC, in 1d 18h\n +the next deregister is allowed now\n/,
    );
  });

  test('a time that has passed means now', () => {
    const status = awaitingCode();
    status.progress.budget.deregister = { used: 10, limit: 10, nextAt: '2026-11-23T14:35:17Z' };
    expect(shown(status, VIEW)).toContain('the next of each is allowed now');
  });
});

describe('what may be typed', () => {
  const typed = (...commands: string[]) =>
    commands.map((command) => `npx wa-onboard ${command} ${ID}`);

  test.each([
    ['a PIN mismatch', parkedForPin(), ['pin provide', 'retry', 'cancel']],
    ['the PIN of a former holder', parkedForFormerPin(), ['pin provide', 'retry', 'cancel']],
    ['an expired token', parkedForToken(), ['retry', 'cancel']],
    ['a refused PIN after register', parkedForRefusedPin(), ['retry', 'accept', 'cancel']],
    ['a store that refuses a PIN that Meta has', parkedForStore(), ['retry']],
    ['a name under review', nameReview(), ['retry']],
    ['a registered number that is not live', registered(), ['start']],
    ['a live number', live(), []],
  ])('for %s', (_name, status, commands) => {
    expect(nextCommands(status, NOW)).toEqual(typed(...commands));
  });

  test.each([
    ['131031 whose text names the PIN', 131031, 'The PIN does not match', true],
    ['131031 for a locked account', 131031, 'Account has been locked', false],
    ['133005', 133005, 'Mismatch', true],
  ])('a PIN is asked for after %s: %#', (_name, code, text, asks) => {
    const status = parkedForPin();
    status.progress.problem = { code, text, advice: 'See WhatsApp Manager.' };
    expect(nextCommands(status, NOW).includes(typed('pin provide')[0] ?? '')).toBe(asks);
  });

  test('a PIN is not asked for where setting it was refused, since Meta needs no former one there', () => {
    const status = parkedForRefusedPin();
    status.progress.problem = { code: 133005, text: 'Mismatch', advice: '' };
    expect(nextCommands(status, NOW)).toEqual(typed('retry', 'accept', 'cancel'));
  });

  test('while no worker answers, a parked run may still be told to try again, or be cancelled', () => {
    expect(nextCommands({ ...unanswered(), stage: 'Parked' }, NOW)).toEqual(
      typed('retry', 'cancel'),
    );
  });
});

describe('watching in a pipe', () => {
  const after = (...args: Parameters<typeof renderChanges>) =>
    renderChanges(...args).map((line) => line.replace(/^.* UTC {2}[0-9]+ {2}/, ''));

  test('tells that a run is parked, why, until when, and what may be typed', () => {
    expect(after(awaitingCode(), parkedForToken(), VIEW)).toMatchInlineSnapshot(`
      [
        "Request code: running",
        "problem: Error validating access token: Session has expired (Meta's code 190/463, fbtrace_id A1b2C3). What to do: Make a new access token and give it to the worker as CLOUD_API_ACCESS_TOKEN.",
        "parked until 2026-11-30 14:32:17 UTC; then what can be undone is undone, and it fails",
        "next: npx wa-onboard retry 106540352242922 · npx wa-onboard cancel 106540352242922",
      ]
    `);
  });

  test('tells who let it go on, and what it does then', () => {
    const goesOn = awaitingCode();
    goesOn.progress.decided = { decision: 'retry', by: 'ana', at: '2026-11-23T14:35:00Z' };
    expect(after(parkedForToken(), goesOn, VIEW).slice(0, 3)).toMatchInlineSnapshot(`
      [
        "decided: retry at 2026-11-23 14:35:00 UTC, by ana",
        "no longer parked: waiting for the code",
        "Request code: done in 1s",
      ]
    `);
  });

  test('tells that a run is parked again right after a decision, for the same reason', () => {
    const again = parkedForToken();
    again.progress.decided = { decision: 'retry', at: '2026-11-23T14:35:00Z' };
    expect(after(parkedForToken(), again, VIEW)).toMatchInlineSnapshot(`
      [
        "decided: retry at 2026-11-23 14:35:00 UTC",
        "still parked until 2026-11-30 14:32:17 UTC; then what can be undone is undone, and it fails",
        "next: npx wa-onboard retry 106540352242922 · npx wa-onboard cancel 106540352242922",
      ]
    `);
    expect(after(again, again, VIEW)).toEqual([]);
  });
});

test('a list shows parked runs as such, and calls finished what it cannot tell to be live', () => {
  const { result: _, ...listed } = live();
  expect(`\n${renderList([parkedForPin(), listed], VIEW).join('\n')}\n`).toMatchInlineSnapshot(`
    "
    NUMBER           NAME            STANDS                     WHEN
    106540352242922  Support Berlin  parked, needs an operator  started 3m 14s ago
    106540352242922  Support Berlin  finished                   ended 42s ago
    "
  `);
});

test('the exit code of everything that waits for an operator is 5', () => {
  expect(PARKED.map((make) => exitCodeOfStatus(make()))).toEqual(PARKED.map(() => EXIT.waiting));
  expect(exitCodeOfStatus({ ...unanswered(), stage: 'Parked' })).toBe(EXIT.waiting);
  expect(exitCodeOfStatus(nameReview())).toBe(EXIT.done);
  expect(exitCodeOfError(new NoCodeAwaitedError(ID, 'Parked'))).toBe(EXIT.waiting);
  expect(exitCodeOfError(new NoCodeAwaitedError(ID, 'Securing'))).toBe(EXIT.refused);
});

test('a decision that is not taken is refused, with what may be given instead', () => {
  const nothing = new NotParkedError(ID, 'retry', 'AwaitingCode', []);
  expect(nothing.message).toContain('is not parked (AwaitingCode), so there is nothing to retry');
  const other = new NotParkedError(ID, 'accept', 'Parked', ['retry']);
  expect(other.message).toContain('takes no accept (Parked): use "npx wa-onboard retry');
  expect([nothing, other].map(exitCodeOfError)).toEqual([EXIT.refused, EXIT.refused]);
});
