/** What to do about a PIN that does not work, from what is known of the number. Pure: the same facts give the same advice. */
import type { NumberFacts } from '../../activities/number-facts.js';
import type { PinDescription } from '../../activities/pin-store/pin-store.js';
import type { OnboardingStatus } from '../onboarding-status.js';
import { wantsPin } from './next-commands.js';

/** What is known. A part that could not be had says why. */
export interface PinFacts {
  phoneNumberId: string;
  now: Date;
  meta:
    | { answer: 'number'; facts: NumberFacts }
    | { answer: 'noSuchNumber'; why: string }
    | { answer: 'none'; why: string };
  store:
    | {
        answer: 'read';
        record?: PinDescription;
        /** Records of the same telephone number under other ids. */
        sameNumber: PinDescription[];
      }
    | { answer: 'none'; why: string };
  runs: { answer: 'read'; status?: OnboardingStatus } | { answer: 'none'; why: string };
}

export type PinVerdictName =
  | 'storeUnreadable'
  | 'noSuchNumber'
  | 'metaSilent'
  | 'notUsable'
  | 'atWork'
  | 'locked'
  | 'parkedOnRegistered'
  | 'noPinOfRegistered'
  | 'rollForward'
  | 'stale'
  | 'inOrder'
  | 'budgetSpent'
  | 'twoStepOff'
  | 'pinUnknown'
  | 'tryStored'
  | 'parkedOtherwise'
  | 'unclear';

/** What is wrong with the PIN of a number, and what to do. */
export interface PinVerdict {
  verdict: PinVerdictName;
  /** In one or two sentences. */
  text: string;
  /** What to do, the first way first. */
  ways: string[];
  /** What to type next, in order. Each may be repeated. */
  commands: string[];
  /** When it makes sense to go on, ISO 8601. */
  notBefore?: string;
}

/** What is looked at more than once. */
interface Known extends PinFacts {
  meta: Extract<PinFacts['meta'], { answer: 'number' }>;
  store: Extract<PinFacts['store'], { answer: 'read' }>;
  /** The run that is open, where there is one. */
  open?: OnboardingStatus;
  parked: boolean;
}

interface Row {
  verdict: PinVerdictName;
  when(known: Known): boolean;
  says(known: Known): Omit<PinVerdict, 'verdict'>;
}

const WHATSAPP_MANAGER =
  'Nobody knows it? Turn two-step verification off: WhatsApp Manager, Account tools, Phone numbers, the number’s settings, Two-step verification, Turn off. Meta mails a link to the owner of the account, and may take up to 7 days. Then let it go on: a new PIN is set.';

const UNUSABLE: ReadonlySet<string | undefined> = new Set(['BANNED', 'DELETED', 'MIGRATED']);

const GUESS_LIMITS: ReadonlySet<number | undefined> = new Set([133008, 133009]);

/** The first row that matches wins. */
const ROWS: readonly Row[] = [
  {
    verdict: 'notUsable',
    when: ({ meta }) => UNUSABLE.has(meta.facts.status),
    says: ({ meta, phoneNumberId: id }) => ({
      text: `Meta has the number as ${meta.facts.status}: no PIN helps.`,
      ways: ['See in WhatsApp Manager why, and cure it there.'],
      commands: [`npx wa-onboard number ${id}`],
    }),
  },
  {
    verdict: 'locked',
    when: ({ open }) => GUESS_LIMITS.has(open?.progress?.problem?.code),
    says: ({ open, parked, phoneNumberId: id }) => ({
      text: 'Meta has locked the number against guesses: it takes no PIN, not even the right one, until the lock is over.',
      ways: [
        'Wait. The run that is open goes on by itself; every guess before makes the lock longer.',
      ],
      commands: [parked ? `npx wa-onboard retry ${id}` : `npx wa-onboard watch ${id}`],
      ...(parked || open?.progress?.waiting === undefined
        ? {}
        : { notBefore: open.progress.waiting.until }),
    }),
  },
  {
    verdict: 'budgetSpent',
    when: (known) => nextRegister(known) !== undefined,
    says: (known) => ({
      text: 'Meta’s limit of 10 registrations in 72 hours is used up: one more would lock the number for another 72 hours.',
      ways: [
        known.open === undefined
          ? 'Wait. A run that is started before then waits by itself until one is allowed.'
          : 'Wait. The run that is open sends none before one is allowed.',
        ...(known.meta.facts.twoStepOn === 'yes'
          ? [
              'Use the time to find the PIN, or to turn two-step verification off in WhatsApp Manager.',
            ]
          : []),
      ],
      commands: [
        known.open === undefined || known.parked
          ? goOn(known)
          : `npx wa-onboard watch ${known.phoneNumberId}`,
      ].flat(),
      notBefore: nextRegister(known) ?? '',
    }),
  },
  {
    verdict: 'atWork',
    when: ({ open, parked }) => open !== undefined && !parked,
    says: ({ phoneNumberId: id }) => ({
      text: 'A run works on the number at this moment: what it does decides.',
      ways: ['Wait until it has ended or is parked, then look again.'],
      commands: [`npx wa-onboard watch ${id}`],
    }),
  },
  {
    verdict: 'parkedOnRegistered',
    when: ({ meta, parked }) => meta.facts.registered === 'yes' && parked,
    says: ({ open, phoneNumberId: id }) => ({
      text: 'The number is registered, and a run of it is parked. To set its PIN, no former PIN is needed.',
      ways: [
        open?.progress?.problem?.advice ?? 'Cure what the run is parked for.',
        'Then let it try again.',
      ],
      commands: [`npx wa-onboard status ${id}`, `npx wa-onboard retry ${id}`],
    }),
  },
  {
    verdict: 'noPinOfRegistered',
    when: ({ meta, store }) => meta.facts.registered === 'yes' && !holdsPin(store.record),
    says: ({ phoneNumberId: id }) => ({
      text: 'The number is registered, and the PIN store has no PIN of it. A new one can be set without the former.',
      ways: [
        'Make sure that the number is yours to take over: whoever set the former PIN cannot use it afterwards. Then set a new one.',
      ],
      commands: [`npx wa-onboard start ${id} --take-over`],
    }),
  },
  {
    verdict: 'rollForward',
    when: ({ meta, store }) =>
      meta.facts.registered === 'yes' && store.record?.versions.pending !== undefined,
    says: ({ store, phoneNumberId: id }) => ({
      text: 'A new PIN was begun and not finished: Meta may have the pending one or the former one.',
      ways: [
        'Finish it: the pending PIN is set at Meta again, whatever it has now, and becomes the current one.',
      ],
      commands: [
        store.record?.versions.current === undefined
          ? `npx wa-onboard start ${id}`
          : `npx wa-onboard rotate ${id}`,
      ],
    }),
  },
  {
    verdict: 'stale',
    when: ({ meta, store }) => meta.facts.registered === 'yes' && store.record?.stale !== undefined,
    says: ({ phoneNumberId: id }) => ({
      text: 'Somebody changed the PIN outside of this product, so the stored one is not the PIN any more.',
      ways: ['Set a new one; the one that somebody set is not needed.'],
      commands: [`npx wa-onboard rotate ${id}`],
    }),
  },
  {
    verdict: 'inOrder',
    when: ({ meta, store }) =>
      meta.facts.registered === 'yes' && store.record?.versions.current !== undefined,
    says: ({ phoneNumberId: id }) => ({
      text: 'Nothing tells that the stored PIN is wrong. Meta cannot be asked whether it is right.',
      ways: ['If Meta or a person refused it, set a new one; the former is not needed.'],
      commands: [`npx wa-onboard rotate ${id}`],
    }),
  },
  {
    // Of a registered number whose only PIN was given by somebody, or is a former one.
    verdict: 'noPinOfRegistered',
    when: ({ meta }) => meta.facts.registered === 'yes',
    says: ({ phoneNumberId: id }) => ({
      text: 'The number is registered, and no PIN in the PIN store is known to be its own. A new one can be set without the former.',
      ways: ['Make sure that the number is yours to take over, then set a new PIN.'],
      commands: [`npx wa-onboard start ${id} --take-over`],
    }),
  },
  {
    verdict: 'twoStepOff',
    when: ({ meta }) => meta.facts.registered === 'no' && meta.facts.twoStepOn === 'no',
    says: (known) => ({
      text: 'Two-step verification is off, so no PIN can be wrong: the one that the number is registered with becomes its PIN.',
      ways: ['Let it be registered.'],
      commands: goOn(known),
    }),
  },
  {
    verdict: 'pinUnknown',
    when: (known) =>
      known.meta.facts.registered !== 'yes' &&
      (refusedForPin(known) ||
        (known.meta.facts.twoStepOn === 'yes' &&
          !holdsPin(known.store.record) &&
          !known.store.sameNumber.some(holdsPin))),
    says: (known) => ({
      text: refusedForPin(known)
        ? 'The number is not registered, and Meta refused every PIN that the PIN store has: two-step verification is on with another one.'
        : 'The number is not registered, two-step verification is on, and the PIN store has no PIN of it.',
      ways: [
        'Find the PIN that it was last registered with (a former provider, another tool, a colleague) and give it.',
        WHATSAPP_MANAGER,
      ],
      commands: [`npx wa-onboard pin provide ${known.phoneNumberId}`, ...goOn(known)],
    }),
  },
  {
    verdict: 'parkedOtherwise',
    when: ({ parked }) => parked,
    says: ({ open, phoneNumberId: id }) => ({
      text: `A run of the number is parked, and not for its PIN: ${open?.progress?.problem?.text ?? 'see its status'}`,
      ways: [
        open?.progress?.problem?.advice ?? 'Cure what it is parked for.',
        'Then let it try again.',
      ],
      commands: [`npx wa-onboard status ${id}`, `npx wa-onboard retry ${id}`],
    }),
  },
  {
    verdict: 'tryStored',
    when: ({ meta, store }) =>
      meta.facts.registered === 'no' && (holdsPin(store.record) || store.sameNumber.some(holdsPin)),
    says: (known) => ({
      text: holdsPin(known.store.record)
        ? 'The number is not registered, and the PIN store has PINs of it that Meta has not refused.'
        : 'The number is not registered. It had another id before, and the PIN store has a PIN under that one.',
      ways: [
        'Let it be registered: the PINs that the store has are tried, each once and within Meta’s limits, and it is parked where none fits.',
      ],
      commands: [`npx wa-onboard start ${known.phoneNumberId}`],
    }),
  },
];

const UNCLEAR: Row = {
  verdict: 'unclear',
  when: () => true,
  says: ({ phoneNumberId: id }) => ({
    text: 'Meta does not tell whether the number is registered, or whether two-step verification is on.',
    ways: [
      'Start an onboarding: it learns from Meta’s answers, and changes nothing on a number that is in order.',
    ],
    commands: [`npx wa-onboard start ${id}`],
  }),
};

export function pinVerdict(facts: PinFacts): PinVerdict {
  const { phoneNumberId: id, meta, store, runs } = facts;
  if (store.answer === 'none') {
    return {
      verdict: 'storeUnreadable',
      text: `What the PIN store has of the number cannot be read. ${store.why}`,
      ways: ['Cure that first: nothing that is done without the PIN store can keep a PIN.'],
      commands: ['npx wa-onboard doctor', `npx wa-onboard pin troubleshoot ${id}`],
    };
  }
  if (meta.answer === 'noSuchNumber') {
    return {
      verdict: 'noSuchNumber',
      text: 'Meta has no such number for this access token, so its PIN cannot be set.',
      ways: [
        'A number that was deleted and added again, or moved to another account, has another id: look for it in WhatsApp Manager. Its former PIN is found by the telephone number.',
        'If the id is right, assign the number and its account to the system user of the access token.',
      ],
      commands: ['npx wa-onboard reconcile'],
    };
  }
  if (meta.answer === 'none') {
    return {
      verdict: 'metaSilent',
      text: `Meta cannot be asked about the number. ${meta.why}`,
      ways: ['Cure that, then look again; a number that cannot be read is not written to.'],
      commands: ['npx wa-onboard doctor', `npx wa-onboard pin troubleshoot ${id}`],
    };
  }
  const open = runs.answer === 'read' && runs.status?.run === 'running' ? runs.status : undefined;
  const known: Known = {
    ...{ ...facts, meta, store },
    ...(open === undefined ? {} : { open }),
    parked: open?.stage === 'Parked',
  };
  const row = ROWS.find(({ when }) => when(known)) ?? UNCLEAR;
  return { verdict: row.verdict, ...row.says(known) };
}

/** Is there a PIN that might be the number's? */
export function holdsPin(record: PinDescription | undefined): boolean {
  return record !== undefined && Object.values(record.versions).length > 0;
}

const refusedForPin = ({ open, parked }: Known) =>
  parked && open?.progress !== undefined && wantsPin(open.progress);

const goOn = ({ open, phoneNumberId: id }: Known) => [
  open === undefined ? `npx wa-onboard start ${id}` : `npx wa-onboard retry ${id}`,
];

/** When a register may be sent again, where the newest run knows that none may be now. */
function nextRegister({ meta, runs, now }: Known): string | undefined {
  if (meta.facts.registered === 'yes' || runs.answer === 'none') return undefined;
  const at = runs.status?.progress?.budget.register.nextAt;
  return at !== undefined && Date.parse(at) > now.getTime() ? at : undefined;
}
