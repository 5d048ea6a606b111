/** What is looked at, in order, when a PIN does not work. Reads only, and tells no PIN. */
import { digitsOf, numberFacts } from '../../activities/number-facts.js';
import { isPin, weaknessOf } from '../../activities/pin.js';
import {
  type PinDescription,
  PinNotFoundError,
  type PinStore,
  type PinVersionState,
} from '../../activities/pin-store/pin-store.js';
import type { Finding } from './doctor.js';
import { DAY_MS } from './duration-option.js';
import type { MetaAnswer, NumberPicture, StoreAnswer } from './number-picture.js';
import { OPERATION_WORDS } from './operation-words.js';
import { holdsPin, type PinFacts } from './pin-trouble.js';
import { versionTexts } from './render-number.js';
import { standText } from './stand-text.js';
import { instantAndAge } from './time-text.js';
import type { View } from './view.js';

/** What the PINs in the store look like, by state; never the PIN. */
export type PinForms = Partial<Record<PinVersionState, 'good' | 'malformed' | { weak: string }>>;

export async function pinForms(store: PinStore, record: PinDescription): Promise<PinForms> {
  const states = Object.keys(record.versions) as PinVersionState[];
  const forms = await Promise.all(
    states.map(async (state) => {
      try {
        const { pin } = await store.read(record.phoneNumberId, state);
        if (!isPin(pin.reveal())) return [state, 'malformed'] as const;
        const weak = weaknessOf(pin.reveal());
        return [state, weak === undefined ? 'good' : { weak }] as const;
      } catch (error) {
        if (error instanceof PinNotFoundError) return undefined; // it became another meanwhile
        throw error;
      }
    }),
  );
  return Object.fromEntries(forms.filter((form) => form !== undefined));
}

/** Records of a telephone number under other ids than this one. */
export async function sameNumberRecords(
  store: PinStore,
  phoneNumberId: string,
  telephoneNumber: string | undefined,
): Promise<PinDescription[]> {
  const digits = digitsOf(telephoneNumber);
  const found: PinDescription[] = [];
  if (digits === '') return found;
  for await (const record of store.list()) {
    if ('unreadable' in record || record.phoneNumberId === phoneNumberId) continue;
    if (digitsOf(record.displayPhoneNumber) === digits) found.push(record);
  }
  return found;
}

/** What the verdict is drawn from. */
export function pinFacts(
  { phoneNumberId, meta, store, runs }: NumberPicture,
  sameNumber: PinDescription[],
  now: Date,
): PinFacts {
  return {
    ...{ phoneNumberId, now, runs },
    meta: meta.answer === 'number' ? { answer: 'number', facts: numberFacts(meta.number) } : meta,
    store:
      store.answer === 'read'
        ? {
            answer: 'read',
            sameNumber,
            ...(store.record === undefined ? {} : { record: store.record }),
          }
        : store,
  };
}

/** A line for each thing that was looked at. */
export function pinFindings(
  picture: NumberPicture,
  forms: PinForms,
  sameNumber: PinDescription[],
  view: View,
): Finding[] {
  return [
    formFinding(forms),
    storeFinding(picture.store, view),
    ...(picture.store.answer === 'read' ? [otherIdFinding(picture, sameNumber)] : []),
    metaFinding(picture.meta),
    runFinding(picture, view),
    budgetFinding(picture, view),
  ];
}

function formFinding(forms: PinForms): Finding {
  const check = 'PIN format';
  const entries = Object.entries(forms);
  if (entries.length === 0) return { check, outcome: 'warn', text: 'no PIN to look at' };
  const malformed = entries.filter(([, form]) => form === 'malformed').map(([state]) => state);
  if (malformed.length > 0) {
    return {
      check,
      outcome: 'fail',
      text: `the ${malformed.join(' and ')} PIN is not six digits`,
      cure: 'somebody changed the record by hand: bring it back from a backup, or give the PIN with npx wa-onboard pin provide',
    };
  }
  const weak = entries.flatMap(([state, form]) =>
    typeof form === 'object' ? [`the ${state} PIN is weak (${form.weak})`] : [],
  );
  return weak.length > 0
    ? {
        check,
        outcome: 'warn',
        text: weak.join('; '),
        cure: 'have it rotated: it is guessed early',
      }
    : { check, outcome: 'ok', text: 'six digits, and no pattern that is guessed early' };
}

function storeFinding(store: StoreAnswer, view: View): Finding {
  const check = 'PIN store';
  if (store.answer === 'none') return { check, outcome: 'fail', text: store.why };
  const { record, place } = store;
  if (!holdsPin(record) || record === undefined) {
    return { check, outcome: 'fail', text: `no PIN of this number in ${place}` };
  }
  const has = versionTexts(record, view).join('; ');
  const { pending, current } = record.versions;
  const age = pending === undefined ? 0 : view.now.getTime() - Date.parse(pending.createdAt);
  if (record.stale !== undefined) {
    return {
      check,
      outcome: 'fail',
      text: `${has}. It was changed outside, as known since ${instantAndAge(record.stale.since, view.now)}: ${record.stale.why}`,
    };
  }
  if (pending !== undefined && age > DAY_MS) {
    return {
      check,
      outcome: 'warn',
      text: `${has}. The pending one was begun more than a day ago, so its run did not finish`,
    };
  }
  return current === undefined
    ? { check, outcome: 'warn', text: `${has}. Meta has accepted none of them yet` }
    : { check, outcome: 'ok', text: has };
}

function otherIdFinding({ meta }: NumberPicture, sameNumber: PinDescription[]): Finding {
  const check = 'former ids';
  if (sameNumber.length > 0) {
    const ids = sameNumber.map(({ phoneNumberId }) => phoneNumberId).join(', ');
    return {
      check,
      outcome: 'warn',
      text: `the PIN store has this telephone number under ${ids} too: it had another id before, and that PIN may be the one`,
    };
  }
  return meta.answer === 'number'
    ? { check, outcome: 'ok', text: 'no other record of this telephone number' }
    : { check, outcome: 'warn', text: 'not looked for: that needs the telephone number from Meta' };
}

function metaFinding(meta: MetaAnswer): Finding {
  const check = 'Meta';
  if (meta.answer !== 'number') return { check, outcome: 'fail', text: meta.why };
  const { registered, twoStepOn, status } = numberFacts(meta.number);
  const says = {
    yes: 'registered',
    no: 'not registered',
    unknown: 'not told whether it is registered',
  }[registered];
  const pin = {
    yes: 'two-step verification is on',
    no: 'two-step verification is off',
    unknown: 'not told whether two-step verification is on',
  }[twoStepOn];
  return {
    check,
    outcome: registered === 'yes' && twoStepOn !== 'no' ? 'ok' : 'warn',
    text: `${says}${status === undefined ? '' : ` (${status})`}; ${pin}`,
  };
}

function runFinding({ runs }: NumberPicture, { now }: View): Finding {
  const check = 'runs';
  if (runs.answer === 'none') return { check, outcome: 'warn', text: runs.why };
  const { status } = runs;
  if (status === undefined) return { check, outcome: 'ok', text: 'none that Temporal knows' };
  const text = `${OPERATION_WORDS[status.operation]}: ${standText(status)}, ${
    status.endedAt === undefined
      ? `started ${instantAndAge(status.startedAt, now)}`
      : `ended ${instantAndAge(status.endedAt, now)}`
  }`;
  const problem = status.progress?.problem ?? status.failure?.details?.problem;
  const trouble = status.run !== 'completed' && problem !== undefined;
  return {
    check,
    outcome: status.run === 'running' || trouble ? 'warn' : 'ok',
    text: trouble
      ? `${text}. ${problem.text}${problem.code === undefined ? '' : ` (${problem.code})`}`
      : text,
  };
}

function budgetFinding({ runs }: NumberPicture, { now }: View): Finding {
  const check = 'registrations';
  const budget = runs.answer === 'read' ? runs.status?.progress?.budget : undefined;
  if (budget === undefined) {
    return { check, outcome: 'ok', text: 'none counted; the next run counts them' };
  }
  const { used, limit, nextAt } = budget.register;
  const spent = nextAt !== undefined && Date.parse(nextAt) > now.getTime();
  return {
    check,
    outcome: spent ? 'fail' : 'ok',
    text: `${used} of ${limit} in 72 hours${spent ? `; the next is allowed at ${instantAndAge(nextAt, now)}` : ''}`,
  };
}
