/**
 * What a run will do, decided from what Meta and the PIN store say of a number. Pure functions over data; the sequence in
 * `onboard-number.ts` follows them.
 */

import type { NumberFacts } from '../activities/number-facts.js';
import type { Preparation } from '../activities/steps/looks.js';
import { instantText } from './instant-text.js';
import { STEP_NAMES, type StepName, type StepState } from './messages.js';

/** A step as planned. */
export interface PlannedStep {
  state: StepState;
  reason?: string;
}

export type Steps = Readonly<Record<StepName, PlannedStep>>;

/** What a run plans from. */
export interface PlanState {
  number: NumberFacts;
  pins: Preparation['pins'];
  takeOver: boolean;
  /** An operator said to go on although a PIN of a former holder is not known. @default false */
  goOn?: boolean;
}

export type Plan =
  /** The number must not, or need not, be touched. */
  | { row: PlanRowName; kind: 'refused'; text: string; advice: string }
  /** A person can cure it: the run is parked before a request is spent. */
  | { row: PlanRowName; kind: 'parked'; text: string; advice: string }
  | { row: PlanRowName; kind: 'nothingToDo'; reason: string; pinVersion: string; since?: string }
  /** `pinVersion` is the version to use; undefined where one has to be staged first. */
  | { row: PlanRowName; kind: 'steps'; steps: Steps; pinVersion?: string };

export type PlanRowName =
  | 'businessApp'
  | 'notOnboardable'
  | 'rollForward'
  | 'nothingToDo'
  | 'takeOver'
  | 'formerPin'
  | 'verified'
  | 'notVerified'
  | 'unknown';

interface PlanRow {
  name: PlanRowName;
  matches(state: PlanState): boolean;
  plan(state: PlanState): Plan;
}

const REGISTERED = 'the number is registered already';
const VERIFIED = 'the number is verified already';
const AFTER_VERIFICATION =
  'Meta registers a number only after it is verified; register comes after the code';

/** The first row that matches wins. */
const PLAN_ROWS: readonly PlanRow[] = [
  {
    name: 'businessApp',
    matches: ({ number }) => number.onBusinessApp,
    plan: () => refused('businessApp', ON_BUSINESS_APP.text, ON_BUSINESS_APP.advice),
  },
  {
    name: 'notOnboardable',
    matches: ({ number }) => notOnboardable(number) !== undefined,
    plan: ({ number }) => {
      const { text, advice } = notOnboardable(number) ?? { text: '', advice: '' };
      return refused('notOnboardable', text, advice);
    },
  },
  {
    name: 'rollForward',
    matches: ({ number, pins }) =>
      number.registered === 'yes' && pins?.versions.pending !== undefined,
    plan: ({ pins }) => secure('rollForward', pins?.versions.pending?.version),
  },
  {
    name: 'nothingToDo',
    matches: ({ number, pins }) =>
      number.registered === 'yes' && pins?.versions.current !== undefined,
    plan: ({ pins }) => {
      const { version = '', lastRotated } = pins?.versions.current ?? {};
      const since =
        lastRotated === undefined ? '' : ` since ${instantText(Date.parse(lastRotated))}`;
      return {
        row: 'nothingToDo',
        kind: 'nothingToDo',
        reason: `The number is registered and its PIN is known${since} (Meta cannot be asked whether it is still right). Nothing to do.`,
        pinVersion: version,
        ...(lastRotated === undefined ? {} : { since: lastRotated }),
      };
    },
  },
  {
    name: 'takeOver',
    matches: ({ number }) => number.registered === 'yes',
    plan: ({ takeOver }) =>
      takeOver
        ? secure('takeOver', undefined)
        : refused(
            'takeOver',
            'The number is registered already and the PIN store does not know its PIN, so somebody else may run it.',
            'If it is yours to take, start again with takeOver (--take-over): its two-step-verification PIN will be changed.',
          ),
  },
  {
    name: 'formerPin',
    matches: ({ number, pins, goOn = false }) =>
      number.registered === 'no' &&
      number.twoStepOn === 'yes' &&
      usablePin(pins) === undefined &&
      !goOn,
    plan: () => ({
      row: 'formerPin',
      kind: 'parked',
      text: 'Two-step verification is on with a PIN that the PIN store does not know; registering would be refused.',
      advice:
        'Give the PIN of whoever ran the number before ("npx wa-onboard pin provide"), or turn two-step verification off in WhatsApp Manager; then say retry.',
    }),
  },
  {
    name: 'verified',
    matches: ({ number }) => number.verified === 'yes',
    plan: ({ pins }) => go('verified', withCodeSkipped(ALL_PENDING, VERIFIED), usablePin(pins)),
  },
  {
    name: 'notVerified',
    matches: ({ number }) => number.verified === 'no',
    plan: ({ pins }) => go('notVerified', withCodeFirst(ALL_PENDING), usablePin(pins)),
  },
  {
    name: 'unknown',
    matches: () => true,
    plan: ({ pins }) => go('unknown', ALL_PENDING, usablePin(pins)),
  },
];

const ALL_PENDING = Object.fromEntries(
  STEP_NAMES.map((name) => [name, { state: 'pending' }]),
) as Record<StepName, PlannedStep>;

const CODE_STEPS = ['requestCode', 'awaitCode', 'verifyCode'] as const satisfies StepName[];

/** Why a number must not be touched by any operation, where that is so. */
export function refusalOf(number: NumberFacts): { text: string; advice: string } | undefined {
  return number.onBusinessApp ? ON_BUSINESS_APP : notOnboardable(number);
}

const ON_BUSINESS_APP = {
  text: 'The number is in use on the WhatsApp Business app, where register and deregister do not apply.',
  advice:
    'Onboard it through Embedded Signup for business app users, or remove it from the app first.',
};

/** What the run for a number is to be. */
export function planSteps(state: PlanState): Plan {
  const row = PLAN_ROWS.find(({ matches }) => matches(state));
  return (row ?? LAST_ROW).plan(state);
}

const LAST_ROW = PLAN_ROWS[PLAN_ROWS.length - 1] as PlanRow;

/** The step to do next: the first pending one; a deferred register once the code is verified. */
export function nextStep(steps: Steps): StepName | undefined {
  const open = (name: StepName) => steps[name].state === 'pending';
  if (open('register')) return 'register';
  const code = CODE_STEPS.find(open);
  if (code !== undefined) return code;
  if (steps.register.state === 'deferred') return 'register';
  return (['setTwoStepPin', 'storePin'] as const).find(open);
}

/** Is a code still of use to this run? */
export function codeIsOpen(steps: Steps): boolean {
  return CODE_STEPS.some((name) => ['pending', 'running', 'deferred'].includes(steps[name].state));
}

/** The number turned out to be verified: what is left of the code steps is skipped. */
export function withCodeSkipped(steps: Steps, reason: string): Steps {
  return withEach(steps, CODE_STEPS, (step) =>
    step.state === 'done' ? step : { state: 'skipped', reason },
  );
}

/** Meta wants the number verified first: register waits for the code steps. */
export function withCodeFirst(steps: Steps): Steps {
  return withEach(
    { ...steps, register: { state: 'deferred', reason: AFTER_VERIFICATION } },
    CODE_STEPS,
    () => ({ state: 'pending' }),
  );
}

/** The number turned out to be registered by somebody else meanwhile. */
export function withRegisterSkipped(steps: Steps): Steps {
  return withCodeSkipped(
    {
      ...steps,
      register: { state: 'skipped', reason: 'found registered already when it came to it' },
    },
    REGISTERED,
  );
}

/**
 * The number was read during the run and needs no code any more.
 *
 * @param ownRegister true where this run has registered it, or may have
 */
export function withFound(steps: Steps, number: NumberFacts, ownRegister: boolean): Steps {
  if (number.registered !== 'yes') {
    return withCodeSkipped(steps, 'the number turned out to be verified already');
  }
  return ownRegister
    ? withCodeSkipped(steps, 'Meta registered the number without a code')
    : withRegisterSkipped(steps);
}

/** Meta says the number is not registered after all: register (again) before the PIN is set. */
export function withRegisterAgain(steps: Steps): Steps {
  return { ...steps, register: { state: 'pending' }, setTwoStepPin: { state: 'pending' } };
}

/** Meta refused to set the PIN, and the number is to be left as it is. */
export function withoutPinSet(steps: Steps, reason: string): Steps {
  return {
    ...steps,
    setTwoStepPin: { state: 'skipped', reason },
    storePin: {
      state: 'skipped',
      reason: 'the PIN stays in the PIN store as it was: Meta has not confirmed it',
    },
  };
}

/** The steps of an operation that has only some of them. */
export function onlySteps(names: readonly StepName[], reason: string): Steps {
  const others = STEP_NAMES.filter((name) => !names.includes(name));
  return withEach(ALL_PENDING, others, () => ({ state: 'skipped', reason }));
}

function withEach(
  steps: Steps,
  names: readonly StepName[],
  change: (step: PlannedStep) => PlannedStep,
): Steps {
  return { ...steps, ...Object.fromEntries(names.map((name) => [name, change(steps[name])])) };
}

/** Set the PIN and store it; the number is registered. */
function secure(row: PlanRowName, pinVersion: string | undefined): Plan {
  const register = { state: 'skipped', reason: REGISTERED } as const;
  return go(row, withCodeSkipped({ ...ALL_PENDING, register }, REGISTERED), pinVersion);
}

function go(row: PlanRowName, steps: Steps, pinVersion: string | undefined): Plan {
  return { row, kind: 'steps', steps, ...(pinVersion === undefined ? {} : { pinVersion }) };
}

function refused(row: PlanRowName, text: string, advice: string): Plan {
  return { row, kind: 'refused', text, advice };
}

/** The version that register sends: the current PIN, else the pending one, else what an operator gave. */
function usablePin(pins: Preparation['pins']): string | undefined {
  const { current, pending, provided } = pins?.versions ?? {};
  return (current ?? pending ?? provided)?.version;
}

const STATUS_CURES = new Map(
  Object.entries({
    BANNED: {
      text: 'Meta has banned the number.',
      advice: 'Appeal in WhatsApp Manager, or onboard another number.',
    },
    DELETED: {
      text: 'The number was deleted from its WhatsApp Business account.',
      advice: 'Add it to the account again and start with its new phone number id.',
    },
    MIGRATED: {
      text: 'The number was moved to another WhatsApp Business account.',
      advice: 'Start with the phone number id it has there.',
    },
  }),
);

function notOnboardable({ registered, status, platform, accountMode }: NumberFacts) {
  if (registered === 'yes' && accountMode === 'SANDBOX') {
    return {
      text: 'This is one of Meta’s test numbers, which comes registered.',
      advice: 'Use it as it is, or onboard a number of your own.',
    };
  }
  if (platform === 'ON_PREMISE') {
    return {
      text: 'The number runs on the On-Premises API.',
      advice: 'Move it to the Cloud API first, following Meta’s migration guide.',
    };
  }
  return STATUS_CURES.get(status ?? '');
}
