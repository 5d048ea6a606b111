/** What is wrong with a PIN, and what to do: the decision for each combination of what is known. */
import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { numberFacts } from '../../activities/number-facts.js';
import type { PinDescription } from '../../activities/pin-store/pin-store.js';
import { pinFindings } from '../../client/cli/pin-checks.js';
import { type PinFacts, pinVerdict } from '../../client/cli/pin-trouble.js';
import { renderPinTrouble } from '../../client/cli/render-pin-trouble.js';
import type { View } from '../../client/cli/view.js';
import type { OnboardingStatus } from '../../client/index.js';
import { awaitingCode, live, NOW, parkedForPin, parkedForToken } from './statuses.js';

const ID = '106540352242922';
const VERSION = { version: 'v1', createdAt: '2026-11-20T14:00:00Z' };
const CURRENT = { ...VERSION, lastRotated: '2026-11-20T14:01:00Z' };

function record(
  versions: PinDescription['versions'],
  about: Partial<PinDescription> = {},
): PinDescription {
  return { phoneNumberId: ID, store: 'local', record: ID, versions, ...about };
}

const REGISTERED = {
  id: ID,
  status: 'CONNECTED',
  platform_type: 'CLOUD_API',
  is_pin_enabled: true,
};
const DEREGISTERED = { ...REGISTERED, status: 'DISCONNECTED', platform_type: 'NOT_APPLICABLE' };

interface Case {
  number?: object;
  meta?: PinFacts['meta'];
  record?: PinDescription;
  sameNumber?: PinDescription[];
  store?: PinFacts['store'];
  status?: OnboardingStatus;
}

function factsOf({
  number = REGISTERED,
  meta,
  sameNumber = [],
  store,
  status,
  ...known
}: Case): PinFacts {
  return {
    phoneNumberId: ID,
    now: NOW,
    meta: meta ?? { answer: 'number', facts: numberFacts({ id: ID, ...number }) },
    store: store ?? {
      answer: 'read',
      sameNumber,
      ...(known.record === undefined ? {} : { record: known.record }),
    },
    runs: { answer: 'read', ...(status === undefined ? {} : { status }) },
  };
}

function lockedRun(stage: 'Parked' | 'Registering'): OnboardingStatus {
  const status = parkedForPin();
  status.stage = stage;
  status.progress.stage = stage;
  status.progress.problem = {
    code: 133008,
    text: 'Too many two-step verification PIN guesses.',
    advice: 'Nothing to do.',
  };
  return status;
}

function spentRun(): OnboardingStatus {
  const status = awaitingCode();
  status.run = 'failed';
  status.progress.budget.register = { used: 10, limit: 10, nextAt: '2026-11-25T09:00:00Z' };
  return status;
}

const CASES: [what: string, given: Case, verdict: string, next: string[]][] = [
  [
    'the PIN store cannot be read',
    { store: { answer: 'none', why: 'Locked.' } },
    'storeUnreadable',
    ['npx wa-onboard doctor', `npx wa-onboard pin troubleshoot ${ID}`],
  ],
  [
    'Meta does not answer',
    { meta: { answer: 'none', why: 'No answer.' } },
    'metaSilent',
    ['npx wa-onboard doctor', `npx wa-onboard pin troubleshoot ${ID}`],
  ],
  [
    'Meta has no such number',
    { meta: { answer: 'noSuchNumber', why: 'No.' } },
    'noSuchNumber',
    ['npx wa-onboard reconcile'],
  ],
  [
    'the number is banned',
    { number: { status: 'BANNED' } },
    'notUsable',
    [`npx wa-onboard number ${ID}`],
  ],
  [
    'a run works on it',
    { status: awaitingCode(), record: record({ current: CURRENT }) },
    'atWork',
    [`npx wa-onboard watch ${ID}`],
  ],
  [
    'guesses have locked it, and the run waits',
    { number: DEREGISTERED, status: lockedRun('Registering') },
    'locked',
    [`npx wa-onboard watch ${ID}`],
  ],
  [
    'guesses have locked it, and the run is parked',
    { number: DEREGISTERED, status: lockedRun('Parked') },
    'locked',
    [`npx wa-onboard retry ${ID}`],
  ],
  [
    'registered, nothing known',
    {},
    'noPinOfRegistered',
    [`npx wa-onboard start ${ID} --take-over`],
  ],
  [
    'registered, an empty record',
    { record: record({}) },
    'noPinOfRegistered',
    [`npx wa-onboard start ${ID} --take-over`],
  ],
  [
    'registered, a PIN that somebody gave',
    { record: record({ provided: VERSION }) },
    'noPinOfRegistered',
    [`npx wa-onboard start ${ID} --take-over`],
  ],
  [
    'registered, a rotation that was cut short',
    { record: record({ current: CURRENT, pending: VERSION }) },
    'rollForward',
    [`npx wa-onboard rotate ${ID}`],
  ],
  [
    'registered, an onboarding that was cut short',
    { record: record({ pending: VERSION }) },
    'rollForward',
    [`npx wa-onboard start ${ID}`],
  ],
  [
    'registered, changed outside',
    {
      record: record(
        { current: CURRENT },
        { stale: { since: '2026-11-22T00:00:00Z', why: 'Meta said so' } },
      ),
    },
    'stale',
    [`npx wa-onboard rotate ${ID}`],
  ],
  [
    'registered, a current PIN',
    { record: record({ current: CURRENT }), status: live() },
    'inOrder',
    [`npx wa-onboard rotate ${ID}`],
  ],
  [
    'registered, a run parked',
    { record: record({ current: CURRENT }), status: parkedForToken() },
    'parkedOnRegistered',
    [`npx wa-onboard status ${ID}`, `npx wa-onboard retry ${ID}`],
  ],
  [
    'not registered, the limit spent',
    { number: DEREGISTERED, record: record({ current: CURRENT }), status: spentRun() },
    'budgetSpent',
    [`npx wa-onboard start ${ID}`],
  ],
  [
    'not registered, two-step verification off',
    { number: { ...DEREGISTERED, is_pin_enabled: false } },
    'twoStepOff',
    [`npx wa-onboard start ${ID}`],
  ],
  [
    'not registered, on, no PIN known',
    { number: DEREGISTERED },
    'pinUnknown',
    [`npx wa-onboard pin provide ${ID}`, `npx wa-onboard start ${ID}`],
  ],
  [
    'not registered, every PIN refused',
    { number: DEREGISTERED, record: record({ current: CURRENT }), status: parkedForPin() },
    'pinUnknown',
    [`npx wa-onboard pin provide ${ID}`, `npx wa-onboard retry ${ID}`],
  ],
  [
    'not registered, parked for another reason',
    { number: DEREGISTERED, record: record({ current: CURRENT }), status: parkedForToken() },
    'parkedOtherwise',
    [`npx wa-onboard status ${ID}`, `npx wa-onboard retry ${ID}`],
  ],
  [
    'not registered, PINs not tried yet',
    { number: DEREGISTERED, record: record({ current: CURRENT }) },
    'tryStored',
    [`npx wa-onboard start ${ID}`],
  ],
  [
    'not registered, a PIN under a former id',
    { number: DEREGISTERED, sameNumber: [record({ current: CURRENT })] },
    'tryStored',
    [`npx wa-onboard start ${ID}`],
  ],
  [
    'Meta tells nothing',
    { number: { status: undefined, platform_type: undefined } },
    'unclear',
    [`npx wa-onboard start ${ID}`],
  ],
];

describe('the verdict', () => {
  test.each(CASES)('where %s', (_what, given, verdict, next) => {
    const found = pinVerdict(factsOf(given));
    expect({ verdict: found.verdict, next: found.commands }).toEqual({ verdict, next });
    expect(found.ways.length).toBeGreaterThan(0);
  });

  test('says when to go on, where time is what helps', () => {
    expect(pinVerdict(factsOf({ number: DEREGISTERED, status: spentRun() })).notBefore).toBe(
      '2026-11-25T09:00:00Z',
    );
    const locked = factsOf({ number: DEREGISTERED, status: lockedRun('Registering') });
    expect(pinVerdict(locked).notBefore).toBe('2026-12-07T14:32:17Z');
  });

  test('never sends people to Meta’s support before they have tried what helps', () => {
    for (const [, given] of CASES) {
      expect(pinVerdict(factsOf(given)).ways.join(' ')).not.toMatch(/support/i);
    }
  });
});

const VIEW: View = { now: NOW, colors: pc.createColors(false), columns: 80 };

test('a lost PIN of a number that is not registered: what was looked at, and both ways out', () => {
  const facts = factsOf({
    number: DEREGISTERED,
    record: record({ current: CURRENT }),
    status: parkedForPin(),
  });
  const stored = record({ current: CURRENT });
  const lines = renderPinTrouble(
    ID,
    pinFindings(
      {
        phoneNumberId: ID,
        meta: { answer: 'number', number: DEREGISTERED },
        store: {
          answer: 'read',
          store: neverUsed(),
          place: 'local, .onboarding-pins',
          record: stored,
        },
        runs: { answer: 'read', status: parkedForPin(), runs: [] },
      },
      { current: 'good' },
      [],
      VIEW,
    ),
    pinVerdict(facts),
    VIEW,
  );
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
  expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
    "
    The PIN of 106540352242922

    ✔ PIN format         six digits, and no pattern that is guessed early
    ✔ PIN store          current since 2026-11-20 14:01:00 UTC, 3d ago
    ✔ former ids         no other record of this telephone number
    ! Meta               not registered (DISCONNECTED); two-step verification is on
    ! runs               onboarding: parked, needs an operator, started 14:32:03
                         UTC, 3m 14s ago. Two step verification PIN Mismatch
                         (133005)
    ✔ registrations      2 of 10 in 72 hours

    The number is not registered, and Meta refused every PIN that the PIN store has:
    two-step verification is on with another one.

    1. Find the PIN that it was last registered with (a former provider, another
       tool, a colleague) and give it.
    2. Nobody knows it? Turn two-step verification off: WhatsApp Manager, Account
       tools, Phone numbers, the number’s settings, Two-step verification, Turn off.
       Meta mails a link to the owner of the account, and may take up to 7 days.
       Then let it go on: a new PIN is set.

      npx wa-onboard pin provide 106540352242922
      npx wa-onboard retry 106540352242922

    Each of these may be repeated.
    "
  `);
});

test('what could not be had is told in its place', () => {
  const why = 'Temporal at 127.0.0.1:1 does not answer.';
  const findings = pinFindings(
    {
      phoneNumberId: ID,
      meta: { answer: 'none', why: 'No access token is set.' },
      store: { answer: 'none', why: 'The PIN store cannot use /pins.' },
      runs: { answer: 'none', why },
    },
    {},
    [],
    VIEW,
  );
  expect(findings.map(({ check, outcome }) => `${outcome} ${check}`)).toEqual([
    'warn PIN format',
    'fail PIN store',
    'fail Meta',
    'warn runs',
    'ok registrations',
  ]);
});

test('a stored PIN that is weak, or no PIN at all, is told without being shown', () => {
  const stored = record({ current: CURRENT, previous: VERSION });
  const look = (forms: Parameters<typeof pinFindings>[1]) =>
    pinFindings(
      {
        phoneNumberId: ID,
        meta: { answer: 'number', number: REGISTERED },
        store: { answer: 'read', store: neverUsed(), place: 'local', record: stored },
        runs: { answer: 'read', runs: [] },
      },
      forms,
      [],
      VIEW,
    )[0];
  expect(look({ current: { weak: 'sequence' }, previous: 'good' })).toMatchObject({
    outcome: 'warn',
    text: 'the current PIN is weak (sequence)',
  });
  expect(look({ current: 'malformed' })).toMatchObject({
    outcome: 'fail',
    text: 'the current PIN is not six digits',
  });
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
