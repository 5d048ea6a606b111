/** What is a finding about a number: one row per kind, the gravest first. Pure. */
import type { Compared, ListedNumber } from './compared.js';
import { hasNewName, reregisterBy } from './display-name.js';
import { currentSince, isPendingForLong } from './due.js';
import type { Finding, FindingKind } from './report.js';

/** What the comparison is made with. */
export interface Look {
  now: Date;
  wabaId: string;
  /** PINs older than this many milliseconds are a finding. */
  ageMs: number;
  /** Whether Meta's list, and the PIN store's, could be read. What is not known to be there is not known to be missing either. */
  numbersRead: boolean;
  recordsRead: boolean;
}

interface FindingRow {
  kind: FindingKind;
  matches(each: Compared, look: Look): boolean;
  /** One sentence. */
  text(each: Compared, look: Look): string;
  cure(each: Compared, look: Look): string;
}

const DAY_MS = 24 * 60 * 60_000;

const isRegistered = ({ number }: Compared) => number?.registered === 'yes';
const isOffTheCloudApi = ({ number }: Compared) => number?.registered === 'no';
const isIdle = ({ run }: Compared) => run === undefined;
const isWorkedOnBy = ({ run }: Compared, operation: string) => run?.operation === operation;
/** Deregistered on purpose, and not registered since. */
const isOffboarded = ({ number, record }: Compared) =>
  record?.offboardedAt !== undefined && number?.registered !== 'yes';
const hasCurrent = ({ record }: Compared) => record?.versions.current !== undefined;

/**
 * Numbers that this product onboards. Neither Meta's test numbers nor those of the WhatsApp Business app can be registered,
 * so nobody can have their PIN in the PIN store.
 */
const isOurs = (number: ListedNumber) => number.accountMode !== 'SANDBOX' && !number.onBusinessApp;

const RESTRICTIONS = new Map<string | undefined, string>([
  ['BANNED', 'has banned'],
  ['RESTRICTED', 'has restricted'],
  ['FLAGGED', 'has flagged'],
  ['RATE_LIMITED', 'limits the messages of'],
]);

const day = (instant: string | Date) => new Date(instant).toISOString().slice(0, 10);
const command = (words: string) => `"npx wa-onboard ${words}"`;

/** Where two rows say the same thing of a number, the first one excludes the second by its own condition. */
export const FINDING_ROWS: readonly FindingRow[] = [
  {
    kind: 'restricted',
    matches: ({ number }) => RESTRICTIONS.has(number?.status),
    text: ({ phoneNumberId, number }) =>
      `Meta ${RESTRICTIONS.get(number?.status)} number ${phoneNumberId} (status ${number?.status}).`,
    cure: ({ phoneNumberId }) =>
      `See in WhatsApp Manager why, and appeal or cure it there; ${command(`number ${phoneNumberId}`)} shows its health and quality.`,
  },
  {
    kind: 'disconnected',
    matches: (each) =>
      isIdle(each) &&
      !isOffboarded(each) &&
      isOffTheCloudApi(each) &&
      !RESTRICTIONS.has(each.number?.status) &&
      (each.number?.status === 'DISCONNECTED' || hasCurrent(each)),
    text: ({ phoneNumberId }) =>
      `Number ${phoneNumberId} was registered once and is not any more, so it neither sends nor gets messages.`,
    cure: ({ phoneNumberId }) =>
      `Register it again: ${command(`start ${phoneNumberId}`)}. If it is out of use on purpose, delete it in WhatsApp Manager.`,
  },
  {
    kind: 'numberWithoutPin',
    matches: (each, { recordsRead }) =>
      recordsRead &&
      isIdle(each) &&
      isRegistered(each) &&
      each.number !== undefined &&
      isOurs(each.number) &&
      each.record === undefined &&
      each.unreadable === undefined,
    text: ({ phoneNumberId }) =>
      `Number ${phoneNumberId} is registered at Meta, and the PIN store knows no PIN of it.`,
    cure: ({ phoneNumberId }) => `Set a new PIN: ${command(`start ${phoneNumberId} --take-over`)}.`,
  },
  {
    kind: 'neverConfirmed',
    matches: (each) =>
      isIdle(each) && isRegistered(each) && each.record !== undefined && !hasCurrent(each),
    text: ({ phoneNumberId }) =>
      `Number ${phoneNumberId} is registered at Meta, with a PIN that Meta has never confirmed.`,
    cure: ({ phoneNumberId, record }) =>
      `Set its PIN: ${command(`start ${phoneNumberId}${record?.versions.pending === undefined ? ' --take-over' : ''}`)}.`,
  },
  {
    kind: 'pinStale',
    matches: (each, look) =>
      each.record?.stale !== undefined &&
      !isOffTheCloudApi(each) &&
      !isGone(each, look) &&
      !isWorkedOnBy(each, 'rotatePin'),
    text: ({ phoneNumberId, record }) =>
      `Somebody changed the PIN of number ${phoneNumberId} outside of this product on ${day(record?.stale?.since ?? '')}, so the one in the PIN store may not work.`,
    cure: ({ phoneNumberId }) => `Set another one: ${command(`rotate ${phoneNumberId}`)}.`,
  },
  {
    kind: 'recordUnreadable',
    matches: ({ unreadable }) => unreadable !== undefined,
    text: ({ phoneNumberId }) => `The PIN record of number ${phoneNumberId} cannot be read.`,
    cure: ({ unreadable }) => unreadable ?? '',
  },
  {
    kind: 'nameChanged',
    matches: (each) => hasNewName(each) && !isWorkedOnBy(each, 'reregisterNumber'),
    text: (each, { now }) => {
      const { phoneNumberId, number, record } = each;
      const until = reregisterBy(each, now);
      const limit =
        until < now
          ? `the 14 days that Meta gives for registering it again ended on ${day(until)}`
          : `it has to be registered again by ${day(until)}`;
      return `Meta has approved the display name “${number?.businessName}” of number ${phoneNumberId}, which is registered as “${record?.registeredName}”; ${limit}.`;
    },
    cure: ({ phoneNumberId }) => `Register it again: ${command(`reregister ${phoneNumberId}`)}.`,
  },
  {
    kind: 'pendingOld',
    matches: (each, look) =>
      isIdle(each) &&
      !isOffboarded(each) &&
      each.record !== undefined &&
      isPendingForLong(each.record, look.now) &&
      (hasCurrent(each) || !isRegistered(each)) &&
      !isGone(each, look),
    text: ({ phoneNumberId, record }) =>
      `A PIN for number ${phoneNumberId} was staged on ${day(record?.versions.pending?.createdAt ?? '')} and has not become the current one since.`,
    cure: (each) =>
      `Finish what was begun: ${command(`${hasCurrent(each) ? 'rotate' : 'start'} ${each.phoneNumberId}`)}.`,
  },
  {
    kind: 'notVerified',
    matches: (each) =>
      isIdle(each) &&
      !isRegistered(each) &&
      each.number?.codeVerificationStatus !== undefined &&
      each.number.codeVerificationStatus !== 'VERIFIED' &&
      !each.number.onBusinessApp &&
      !RESTRICTIONS.has(each.number.status),
    text: ({ phoneNumberId, number }) =>
      `Number ${phoneNumberId} is not verified (${number?.codeVerificationStatus}) and not live.`,
    cure: ({ phoneNumberId }) => `Onboard it: ${command(`start ${phoneNumberId}`)}.`,
  },
  {
    kind: 'pinOld',
    matches: (each, look) =>
      pinAgeMs(each, look) > look.ageMs &&
      !isOffTheCloudApi(each) &&
      !isGone(each, look) &&
      !isWorkedOnBy(each, 'rotatePin'),
    text: (each, look) =>
      `The PIN of number ${each.phoneNumberId} is ${Math.floor(pinAgeMs(each, look) / DAY_MS)} days old.`,
    cure: ({ phoneNumberId }) =>
      `Rotate it: ${command(`rotate ${phoneNumberId}`)}. To have that done for all numbers: ${command('schedule rotation --every 90d')}.`,
  },
  {
    kind: 'pinWithoutNumber',
    matches: (each, look) => each.record !== undefined && isGone(each, look),
    text: ({ phoneNumberId, goneAs, idNow }, { wabaId }) => {
      const gone =
        goneAs === undefined
          ? `Account ${wabaId} does not list number ${phoneNumberId}, whose PIN is in the PIN store`
          : `Number ${phoneNumberId}, whose PIN is in the PIN store, reads ${goneAs} at Meta`;
      return idNow === undefined
        ? `${gone}.`
        : `${gone}; the number has the id ${idNow.phoneNumberId} now.`;
    },
    cure: ({ phoneNumberId, idNow }) => {
      if (idNow === undefined) {
        return `See what Meta says of it: ${command(`number ${phoneNumberId}`)}. Only if the number is gone for good, delete its record in the PIN store.`;
      }
      return idNow.hasPin
        ? `Nothing is missing, as the new id has a PIN of its own: ${command(`number ${idNow.phoneNumberId}`)} shows it. Delete the former record in the PIN store when nobody needs it any more.`
        : `Onboard it under that id, which tries this PIN too: ${command(`start ${idNow.phoneNumberId}`)}.`;
    },
  },
];

/** What the rows say of one number. */
export function findingsAbout(each: Compared, look: Look): Finding[] {
  const label = each.record?.label;
  return FINDING_ROWS.filter((row) => row.matches(each, look)).map((row) => ({
    kind: row.kind,
    phoneNumberId: each.phoneNumberId,
    ...(label === undefined ? {} : { label }),
    text: row.text(each, look),
    cure: row.cure(each, look),
  }));
}

function isGone({ number, goneAs }: Compared, { numbersRead }: Look): boolean {
  return goneAs !== undefined || (numbersRead && number === undefined);
}

/** 0 where there is no current PIN. */
function pinAgeMs({ record }: Compared, { now }: Look): number {
  const since = record && currentSince(record);
  return since === undefined ? 0 : now.getTime() - Date.parse(since);
}
