/** What people see of a rotation, of other operations, and of one number. */
import pc from 'picocolors';
import { expect, test } from 'vitest';
import { EXIT, exitCodeOfStatus } from '../../client/cli/exit-codes.js';
import type { NumberPicture } from '../../client/cli/number-picture.js';
import { renderChanges } from '../../client/cli/render-changes.js';
import { renderList } from '../../client/cli/render-list.js';
import { renderNumber } from '../../client/cli/render-number.js';
import { renderStatus } from '../../client/cli/render-status.js';
import type { View } from '../../client/cli/view.js';
import type { OnboardingStatus } from '../../client/index.js';
import { live, NOW, parkedForToken, steps } from './statuses.js';

const VIEW: View = { now: NOW, colors: pc.createColors(false), columns: 80 };
const shown = (lines: string[]) => {
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
  return `\n${lines.join('\n')}\n`;
};

const NEEDLESS = { state: 'skipped', reason: 'not needed to set another PIN' } as const;
const NOT_NEEDED = {
  register: NEEDLESS,
  requestCode: NEEDLESS,
  awaitCode: NEEDLESS,
  verifyCode: NEEDLESS,
};
const DONE = {
  state: 'done',
  startedAt: '2026-11-23T14:34:33Z',
  endedAt: '2026-11-23T14:34:34Z',
} as const;

function rotated(): OnboardingStatus {
  const { progress: _, ...run } = live();
  return {
    ...run,
    operation: 'rotatePin',
    result: {
      phoneNumberId: run.phoneNumberId,
      operation: 'rotatePin',
      outcome: 'rotated',
      summary: 'The number has another PIN, and the PIN store keeps it.',
      changed: true,
      missing: [],
      steps: steps({ ...NOT_NEEDED, setTwoStepPin: DONE, storePin: DONE }),
      pin: { store: 'local', record: run.phoneNumberId, version: 'v2', confirmed: true },
    },
  };
}

function parkedRotation(): OnboardingStatus {
  const status = parkedForToken();
  const { progress } = status;
  return {
    ...status,
    operation: 'rotatePin',
    progress: {
      ...progress,
      operation: 'rotatePin',
      steps: steps({
        ...NOT_NEEDED,
        setTwoStepPin: { state: 'running', startedAt: '2026-11-23T14:32:14Z' },
      }),
    },
  };
}

test('a rotation that is done shows its own steps and where the PIN lies', () => {
  expect(shown(renderStatus(rotated(), VIEW))).toMatchInlineSnapshot(`
    "
    106540352242922 · Support Berlin · rotation: done
    ended 14:34:35 UTC, 42s ago, after 2m 32s

      ✔ Set two-step verification       1s
      ✔ Store the PIN                   1s

      Result       The number has another PIN, and the PIN store keeps it.
      PIN          in local: 106540352242922, version v2
                   accepted by Meta in this run
    "
  `);
  expect(exitCodeOfStatus(rotated())).toBe(EXIT.done);
});

test('a parked rotation shows cause and cure, and ends a command with exit code 5', () => {
  expect(shown(renderStatus(parkedRotation(), VIEW))).toMatchInlineSnapshot(`
    "
    106540352242922 · Support Berlin · rotation: parked, needs an operator
    started 14:32:03 UTC, 3m 14s ago

      ● Set two-step verification    3m 3s
      ○ Store the PIN

      Problem      Error validating access token: Session has expired.
                   Meta's code 190/463, fbtrace_id A1b2C3
                   What to do: Make a new access token and give it to the worker as
                   CLOUD_API_ACCESS_TOKEN.
      Parked       for an operator, since 14:32:17 UTC, 3m ago
                   until 2026-11-30 14:32:17 UTC, in 6d 23h
                   then what can be undone is undone, and it fails
      Next         npx wa-onboard retry 106540352242922
                   npx wa-onboard cancel 106540352242922
    "
  `);
  expect(exitCodeOfStatus(parkedRotation())).toBe(EXIT.waiting);
});

test('a rotation with nothing to do says why, without steps', () => {
  const needless = rotated();
  if (needless.result !== undefined) {
    needless.result.steps = steps({ ...NOT_NEEDED, setTwoStepPin: NEEDLESS, storePin: NEEDLESS });
    needless.result.summary = 'The PIN is not due: it became current 3 days ago.';
  }
  const lines = renderStatus(needless, VIEW);
  expect(lines.join('\n')).not.toContain('skipped');
  expect(lines.join('\n')).toContain('Result       The PIN is not due');
});

test('a rotation that failed is begun anew by its own command', () => {
  const { result: _, ...run } = rotated();
  const failed: OnboardingStatus = {
    ...run,
    run: 'failed',
    failure: { type: 'OnboardingFailed', message: 'Meta refused the PIN.' },
  };
  expect(renderStatus(failed, VIEW).at(-1)).toContain(`npx wa-onboard rotate ${run.phoneNumberId}`);
  expect(exitCodeOfStatus(failed)).toBe(EXIT.failed);
});

test.each([
  ['kept' as const, 'kept in local: 106540352242922; who registers 106540352242922 next needs it'],
  ['deleted' as const, 'its record is deleted'],
  ['none' as const, 'there was no record of it'],
])('an offboarding says that the PIN record was %s', (pinRecord, says) => {
  const status = rotated();
  const { result } = status;
  if (result === undefined) throw new Error('The run has completed.');
  const lines = renderStatus(
    {
      ...status,
      operation: 'offboardNumber',
      result: { ...result, outcome: 'offboarded', pinRecord },
    },
    VIEW,
  );
  expect(lines.join('\n')).toContain(`offboarding: done`);
  expect(lines.join(' ').replaceAll(/\s+/g, ' ')).toContain(says);
});

test('lists and lines of changes tell a rotation from an onboarding', () => {
  const changes = renderChanges(undefined, rotated(), VIEW);
  expect(changes.map((line) => line.split('  ').slice(2).join('  '))).toMatchInlineSnapshot(`
    [
      "Set two-step verification: done in 1s",
      "Store the PIN: done in 1s",
      "ended: rotation: done · The number has another PIN, and the PIN store keeps it.",
    ]
  `);
  const { result: _, ...listed } = rotated();
  expect(shown(renderList([listed, live()], VIEW))).toMatchInlineSnapshot(`
    "
    NUMBER           NAME            STANDS              WHEN
    106540352242922  Support Berlin  rotation: finished  ended 42s ago
    106540352242922  Support Berlin  live                ended 42s ago
    "
  `);
});

const PICTURE: NumberPicture = {
  phoneNumberId: '106540352242922',
  meta: {
    answer: 'number',
    number: {
      id: '106540352242922',
      display_phone_number: '+1 631-555-1234',
      verified_name: 'Zoo Lisbon',
      status: 'CONNECTED',
      platform_type: 'CLOUD_API',
      account_mode: 'LIVE',
      code_verification_status: 'EXPIRED',
      is_pin_enabled: true,
      name_status: 'APPROVED',
      quality_rating: 'GREEN',
      throughput: { level: 'STANDARD' },
      last_onboarded_time: '2026-11-20T14:00:00+0000',
      health_status: {
        can_send_message: 'LIMITED',
        entities: [
          { entity_type: 'PHONE_NUMBER', id: '1', can_send_message: 'AVAILABLE' },
          {
            entity_type: 'BUSINESS',
            id: '2',
            can_send_message: 'LIMITED',
            errors: [
              {
                error_code: 141010,
                error_description: 'The business has not passed verification.',
                possible_solution: 'Visit business settings and start or resolve the verification.',
              },
            ],
          },
        ],
      },
    },
  },
  store: {
    answer: 'read',
    store: neverUsed(),
    place: 'local, .onboarding-pins',
    record: {
      phoneNumberId: '106540352242922',
      store: 'local',
      record: '106540352242922',
      label: 'Support Lisbon',
      stale: { since: '2026-11-22T00:00:00Z', why: 'Meta said that somebody changed it' },
      registeredName: 'Zoo',
      renamedAt: '2026-11-22T12:00:00Z',
      versions: {
        current: {
          version: 'v2',
          createdAt: '2026-10-01T14:00:00Z',
          lastRotated: '2026-10-01T14:00:01Z',
        },
        previous: {
          version: 'v1',
          createdAt: '2026-07-01T14:00:00Z',
          lastRotated: '2026-07-01T14:00:01Z',
        },
      },
    },
  },
  runs: {
    answer: 'read',
    status: rotated(),
    runs: [
      {
        runId: 'b',
        operation: 'rotatePin',
        run: 'completed',
        startedAt: '2026-11-23T14:32:03Z',
        endedAt: '2026-11-23T14:34:35Z',
      },
      {
        runId: 'a',
        operation: 'onboardNumber',
        run: 'failed',
        startedAt: '2026-10-01T13:00:00Z',
        endedAt: '2026-10-01T14:00:00Z',
      },
    ],
  },
};

test('a number shows what Meta, the PIN store and Temporal know, and no PIN', () => {
  expect(shown(renderNumber(PICTURE, VIEW))).toMatchInlineSnapshot(`
    "
    106540352242922 · Support Lisbon
    Zoo Lisbon · +1 631-555-1234

      Status       CONNECTED · CLOUD_API · LIVE
      Verified     EXPIRED, which is in order on a number that is live
      Two-step     on
      Name         Zoo Lisbon: APPROVED
      Quality      GREEN
                   throughput STANDARD
      Health       sending is LIMITED
                   BUSINESS is LIMITED
                   The business has not passed verification. (141010)
                   → Visit business settings and start or resolve the verification.
      Onboarded    2026-11-20 14:00:00 UTC, 3d ago
      PIN          in local, .onboarding-pins
                   current since 2026-10-01 14:00:01 UTC, 53d ago
                   previous, set at 2026-07-01 14:00:01 UTC, 145d ago
                   not the PIN any more, it seems: Meta said that somebody changed
                   it
                   Meta has approved another display name than Zoo, known since
                   2026-11-22 12:00:00 UTC, 1d 2h ago: the number is to be
                   registered again
      Runs         rotation: finished, ended 14:34:35 UTC, 42s ago, after 2m 32s
                   onboarding: failed, ended 2026-10-01 14:00:00 UTC, 53d ago, after
                   1h
      Next         npx wa-onboard rotate 106540352242922
                   npx wa-onboard reregister 106540352242922
    "
  `);
});

test('each part that could not be had says so itself', () => {
  const lines = renderNumber(
    {
      phoneNumberId: '106540352242922',
      meta: { answer: 'none', why: 'No access token is set.' },
      store: { answer: 'none', why: 'The PIN store cannot use /pins.' },
      runs: { answer: 'none', why: 'Temporal at 127.0.0.1:1 does not answer.' },
    },
    VIEW,
  );
  expect(shown(lines)).toMatchInlineSnapshot(`
    "
    106540352242922

      Meta         No access token is set.
      PIN          The PIN store cannot use /pins.
      Runs         Temporal at 127.0.0.1:1 does not answer.
    "
  `);
});

/** Rendering asks nothing of a store. */
function neverUsed() {
  const refuse = () => {
    throw new Error('Rendering reads no store.');
  };
  return {
    name: 'local',
    ...{ stage: refuse, read: refuse, promote: refuse, annotate: refuse, provide: refuse },
    ...{ describe: refuse, list: refuse, page: refuse, backUp: refuse, restore: refuse },
    ...{ remove: refuse, check: refuse },
  };
}
