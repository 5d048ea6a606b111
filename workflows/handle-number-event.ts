import type { RawValue } from '@temporalio/common';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  defineWorkflowOptions,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  sleep,
  startChild,
  uuid4,
  WorkflowIdReusePolicy,
  workflowInfo,
} from '@temporalio/workflow';
import type { EventNoted, SaidOfNumber } from '../activities/steps/number-events.js';
import { notePinEvent } from './activity-options.js';
import { handOver, tellsPeople } from './announce.js';
import { settled } from './attempts.js';
import {
  FAILURE_TYPES,
  type LaterRotation,
  MESSAGES,
  type NumberEvent,
  type NumberEventInput,
  type NumberEventResult,
  REREGISTER_NUMBER,
  type ReregistrationInput,
  ROTATE_LATER,
  workflowIdOf,
} from './messages.js';
import { type NoticeType, notificationOfNotice } from './notification.js';
import { parseNumberEvent } from './operation-input.js';
import { RAW, readRaw } from './raw-payload.js';
import { startWhenFree } from './start-when-free.js';

/** `type` of the failure of an event that could not be noted. */
export const NOT_NOTED = 'EventNotNoted';

/** What is told and done about an event that was noted. */
interface Reaction {
  notice: NoticeType;
  /** @param begun whether something was begun about it */
  text: (begun: boolean) => string;
  /** Begins something, before people are told. @returns what was done, in words */
  begin?: () => Promise<{ begun: boolean; done: string }>;
  /** What may take days, after people were told. */
  after?: () => Promise<string>;
}

type Said<Name extends NumberEvent['event']> = Extract<NumberEvent, { event: Name }>;
type React = { [Name in NumberEvent['event']]: (said: Said<Name>, event: Told) => Reaction };

interface Told {
  phoneNumberId: string;
  /** How people know the number. */
  who: string;
  label?: string;
  lastDigits?: string;
}

const WHAT: Record<NumberEvent['event'], SaidOfNumber['what']> = {
  pinChanged: 'pinChanged',
  pinReset: 'pinReset',
  pinResetRequested: 'nothing',
  nameDecided: 'nothing',
};

/**
 * Does what is to be done about something that Meta said of a number: notes it in the PIN record, tells people, and begins what
 * follows from it. What is older than the PIN has no effect, so that a replay does no harm.
 *
 * @param input a {@link NumberEventInput}, raw
 * @throws `ApplicationFailure` of type `InvalidInput`, or {@link NOT_NOTED} where the PIN store refuses
 */
export async function handleNumberEvent(
  input: RawValue<NumberEventInput>,
): Promise<NumberEventResult> {
  const parsed = readRaw(input, parseNumberEvent);
  if (!parsed.ok)
    throw ApplicationFailure.nonRetryable(parsed.sentence, FAILURE_TYPES.invalidInput);
  const { phoneNumberId, said } = parsed.value;
  const approved = said.event === 'nameDecided' && said.decision === 'approved';
  const what = approved ? 'renamed' : WHAT[said.event];
  const done: string[] = [];
  const tellOnce = async (noted: Partial<EventNoted>, begun: boolean) => {
    if (done.includes(PEOPLE_NOTIFIED) || !(noted.notifies ?? (await tellsPeople()))) return;
    const event = toldOf(parsed.value, noted);
    await tell(reactionTo(said, event), begun, event, said);
    done.push(PEOPLE_NOTIFIED);
  };
  const noted = await noteWithPatience({ phoneNumberId, what, at: said.at }, () =>
    tellOnce({}, false),
  );
  if (noted.result === 'outdated') {
    return { done: [...done, 'Nothing: the PIN in the PIN store is newer than that.'] };
  }
  if (noted.result === 'noted' && what !== 'nothing') done.push(NOTED[what]);
  const { begin, after } = reactionTo(said, toldOf(parsed.value, noted));
  const began = await begin?.();
  if (began !== undefined) done.push(began.done);
  await tellOnce(noted, began?.begun ?? false);
  if (after !== undefined) done.push(await after());
  return { done };
}

defineWorkflowOptions(handleNumberEvent, { staticOptions: RAW });

const NOTED = {
  pinChanged: 'The PIN record was marked as stale.',
  pinReset: 'The PIN record was marked as stale.',
  renamed: 'The change of the name was noted in the PIN record.',
} as const;

const PEOPLE_NOTIFIED = 'People were notified.';

const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 6 * 3_600_000;
const PATIENCE_MS = 14 * 24 * 3_600_000;

/**
 * Notes it in the PIN record, however long the PIN store is away: Meta says it once.
 *
 * @param onTrouble called once where it takes long: people are to know all the same
 */
async function noteWithPatience(
  said: SaidOfNumber,
  onTrouble: () => Promise<unknown>,
): Promise<EventNoted> {
  const since = Date.now();
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    const noted = await settled(notePinEvent(said));
    if (noted.ok) return noted.value;
    const { text, advice } = noted.problem;
    if (Date.now() - since >= PATIENCE_MS) {
      throw ApplicationFailure.nonRetryable(`${text} ${advice}`, NOT_NOTED);
    }
    if (waitMs === FIRST_WAIT_MS) await onTrouble();
    await sleep(waitMs, { summary: `Until the PIN store can be written: ${text.slice(0, 100)}` });
  }
}

function toldOf(
  { phoneNumberId, label: given }: NumberEventInput,
  { label = given, lastDigits }: Partial<EventNoted>,
): Told {
  const name = label ?? `number ${phoneNumberId}`;
  return {
    phoneNumberId,
    who: lastDigits === undefined ? name : `${name} (•••• ${lastDigits})`,
    ...(label === undefined ? {} : { label }),
    ...(lastDigits === undefined ? {} : { lastDigits }),
  };
}

function reactionTo(said: NumberEvent, event: Told): Reaction {
  // Each entry takes the event of its own name.
  return (REACTIONS[said.event] as (said: NumberEvent, event: Told) => Reaction)(said, event);
}

const ROTATE = (id: string) =>
  `What to do: if that was not meant, find out who did it; then set a PIN of your own: npx wa-onboard rotate ${id}`;

const REACTIONS: React = {
  pinChanged: ({ at, rotate }, { phoneNumberId, who, label }) => ({
    notice: 'pin.changedOutside',
    text: (begun) =>
      `Somebody changed the two-step-verification PIN of ${who} in WhatsApp Manager, so the PIN store does not know it any more. ${begun ? 'Another PIN is being set.' : ROTATE(phoneNumberId)}`,
    ...(rotate === 'automatic'
      ? { begin: () => rotateOnceADay(phoneNumberId, at, 'the PIN was changed outside', label) }
      : {}),
  }),
  pinResetRequested: ({ requester }, { who }) => ({
    notice: 'pin.resetRequested',
    text: () =>
      `Somebody${requester === undefined ? '' : ` (Meta Business Suite user ${requester})`} asked Meta to turn off two-step verification of ${who}. What to do: if that was not meant, do not confirm Meta's mail, and see in Meta Business Suite who that is.`,
  }),
  pinReset: ({ at, rotate }, { phoneNumberId, who, label }) => ({
    notice: 'pin.reset',
    text: (begun) =>
      `Two-step verification of ${who} was turned off. ${begun ? 'It is being turned on again with another PIN.' : `What to do: turn it on again with another PIN: npx wa-onboard rotate ${phoneNumberId}`}`,
    begin: async () => {
      const told = await tellOpenRun(phoneNumberId);
      const next =
        rotate === 'automatic'
          ? await rotateOnceADay(phoneNumberId, at, 'two-step verification was turned off', label)
          : { begun: false, done: 'A rotation was offered.' };
      return told ? { ...next, done: `The open run of the number was told. ${next.done}` } : next;
    },
  }),
  nameDecided: ({ at, decision, name, reason }, { phoneNumberId, who, label }) => {
    const shown = name === undefined ? 'the display name' : `the display name “${name}”`;
    if (decision === 'declined') {
      const why = reason === undefined ? '' : ` (${reason})`;
      return {
        notice: 'name.decided',
        text: () =>
          `Meta has declined ${shown} of ${who}${why}. What to do: choose another in WhatsApp Manager.`,
      };
    }
    return {
      notice: 'name.decided',
      text: () =>
        `Meta has approved ${shown} of ${who}; the number will be registered again with its PIN, as Meta wants within 14 days, as soon as nothing else works on it.`,
      after: async () => {
        await startWhenFree<ReregistrationInput>(REREGISTER_NUMBER, {
          phoneNumberId,
          unlessSince: at,
          reason: 'Meta has approved its display name',
          requestedBy: 'Meta’s webhook',
          ...(label === undefined ? {} : { label }),
        });
        return 'The number is being registered again.';
      },
    };
  },
};

/** A run that is parked for its PIN goes on, now that any PIN is right. One that does not wait for that ignores it. */
async function tellOpenRun(phoneNumberId: string): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(workflowIdOf(phoneNumberId)).signal(MESSAGES.pinReset, {
      requestedBy: 'Meta: two-step verification was turned off',
    });
    return true;
  } catch {
    return false; // there is no open run
  }
}

/** Somebody who changes the PIN again and again, against a program that does so too, is to be seen by a person. */
async function rotateOnceADay(
  phoneNumberId: string,
  at: string,
  reason: string,
  label: string | undefined,
): Promise<{ begun: boolean; done: string }> {
  const rotation: LaterRotation = {
    phoneNumberId,
    reason,
    requestedBy: 'Meta’s webhook',
    // Where a run that was open sets another PIN first, that is enough.
    dueBefore: at,
    ...(label === undefined ? {} : { label }),
  };
  const day = new Date().toISOString().slice(0, 10);
  try {
    await startChild(ROTATE_LATER, {
      workflowId: `whatsapp-automatic-rotation-${phoneNumberId}-${day}`,
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      args: [rotation],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
    return { begun: true, done: `A rotation was begun (the event is of ${at}).` };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return { begun: false, done: 'No rotation was begun: one was already today.' };
  }
}

async function tell(
  { notice: event, text }: Reaction,
  begun: boolean,
  { phoneNumberId, label, lastDigits }: Told,
  said: NumberEvent,
): Promise<void> {
  const notice = {
    event,
    text: text(begun),
    phoneNumberId,
    runId: workflowInfo().runId,
    ...(label === undefined ? {} : { label }),
    ...(lastDigits === undefined ? {} : { lastDigits }),
    ...(said.event === 'pinResetRequested' && said.requester !== undefined
      ? { requestedBy: said.requester }
      : {}),
  };
  await handOver(notificationOfNotice(notice, uuid4(), new Date().toISOString()));
}
