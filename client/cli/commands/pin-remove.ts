import type { Command } from 'commander';
import {
  type PinDescription,
  PinNotFoundError,
  PinRecordChangedError,
  type PinStore,
} from '../../../activities/pin-store/pin-store.js';
import { OnboardingClientError } from '../../errors.js';
import { AuditTrailError, type CommandEntry, cliAudit } from '../cli-audit.js';
import { examples, type Run } from '../command.js';
import { type ConfirmedAct, confirmId, refuseUnconfirmed } from '../confirm-id.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { askMeta, askTemporal, type MetaAnswer } from '../number-picture.js';
import { type RemovalObjection, removalObjections, wayBack } from '../pin-removal.js';
import { openPinStoreInUse } from '../pin-store-in-use.js';
import { versionTexts } from '../render-number.js';
import type { Session } from '../session.js';

interface RemoveFlags {
  confirm?: string;
  force?: boolean;
}

export function addPinRemove(pin: Command, session: Session, run: Run): void {
  pin
    .command('remove')
    .summary('delete the PIN record of a number that is gone')
    .description(
      'Delete all PINs that the PIN store has of a number, for one that was deleted at Meta. It says what the record holds, never a PIN. It is refused while a run works on the number, or while Meta says that the number is registered or that its two-step verification is on. A terminal asks for the last four characters of the id; programs give --confirm. It is written to the audit trail before anything is deleted; where that cannot be done nothing is. Exit code: 0 removed; 1 not removed; 2 not confirmed; 3 there is no record; 4 refused.',
    )
    .argument('[id]', 'phone number id (default: WA_PHONE_NUMBER_ID)')
    .option('--confirm <id>', 'the same id once more, in place of the question')
    .option('--force', 'remove it also where it would be refused; audited as such')
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard pin export --recipient age1… --out pins.age',
        'npx wa-onboard pin remove 106540352242922',
        'npx wa-onboard pin remove 106540352242922 --confirm 106540352242922 --json',
      ),
    )
    .action((givenId: string | undefined, flags: RemoveFlags) =>
      run(() => {
        const phoneNumberId = session.phoneNumberId(givenId);
        return remove(session, flags.force === true, {
          phoneNumberId,
          given: flags.confirm,
          does: 'This deletes PINs that nobody can read back from Meta',
          question: `Delete the PIN record of ${phoneNumberId}?`,
          otherwise: 'leaves the record as it is',
        });
      }),
    );
}

/** Something speaks against removing the record. Nothing was removed. */
export class PinStillNeededError extends OnboardingClientError {
  override readonly name = 'PinStillNeededError';

  constructor(
    readonly phoneNumberId: string,
    { why, cure }: RemovalObjection,
  ) {
    super(`${why}: ${cure}, or give --force.`);
  }
}

async function remove(session: Session, force: boolean, act: ConfirmedAct): Promise<ExitCode> {
  const { phoneNumberId } = act;
  refuseUnconfirmed(session, act); // before anybody is asked for anything
  const { store, place, remarks } = await openPinStoreInUse(session.configuration);
  session.remark(remarks);
  const record = await recordOf(store, phoneNumberId);
  session.remark(held(session, record, place));
  let look = await lookAt(session, phoneNumberId);
  const [first] = look.objections;
  if (first !== undefined && !force) return refuse(session, phoneNumberId, first);
  session.remark([
    ...(look.meta.answer === 'none' && look.meta.unasked
      ? [`Meta was not asked whether the number still needs its PIN. ${look.meta.why}`]
      : []),
    ...(look.meta.answer === 'noSuchNumber'
      ? ['Meta has no such number for this access token.']
      : []),
    ...look.objections.map(({ why }) => `Passed over, by --force: ${why}.`),
    wayBack(record).text,
  ]);
  if (await confirmId(session, act)) {
    // A person may think for a while, and a run that began meanwhile may have staged the PIN that Meta is about to have.
    look = await lookAt(session, phoneNumberId);
    const [since] = look.objections;
    if (since !== undefined && !force) return refuse(session, phoneNumberId, since);
    if (!sameVersions(record, await recordOf(store, phoneNumberId))) {
      return session.fail(
        new PinRecordChangedError(
          `Somebody changed the PIN record of ${phoneNumberId} meanwhile, so it was not removed: look at it again.`,
        ),
        EXIT.refused,
      );
    }
  }
  const forced = look.objections.map(({ why }) => `${why}.`);
  const { auditFile, auditMissing } = await removeAudited(session, store, record, forced);
  const back = wayBack(record);
  session.tell(
    [
      `Removed the PIN record of ${phoneNumberId} from the PIN store (${place}).`,
      auditMissing ?? `Audited in ${auditFile}.`,
    ],
    {
      ...{ phoneNumberId, store: record.store, record: record.record, removed: record.versions },
      ...{ meta: saysOf(look.meta), forced, auditFile },
      ...(auditMissing === undefined ? {} : { auditMissing }),
      ...(back.restorableDays === undefined ? {} : { restorableDays: back.restorableDays }),
    },
  );
  if (back.command !== undefined) {
    session.remark(['It comes back with:']);
    session.remarkCommand(back.command);
  }
  return EXIT.done;
}

/** @throws PinNotFoundError when there is no record */
async function recordOf(store: PinStore, phoneNumberId: string): Promise<PinDescription> {
  const record = await store.describe(phoneNumberId);
  if (record !== undefined) return record;
  throw new PinNotFoundError(
    `The PIN store has no PIN record of number ${phoneNumberId}, so nothing was removed: check the id.`,
  );
}

function held(session: Session, record: PinDescription, place: string): string[] {
  const { phoneNumberId, label } = record;
  const versions = versionTexts(record, session.view);
  return [
    `The PIN record of ${phoneNumberId}${label === undefined ? '' : ` (${label})`} in ${place}:`,
    ...(versions.length === 0
      ? ['  no PIN with a state']
      : versions.map((version) => `  ${version}`)),
  ];
}

interface Look {
  meta: MetaAnswer;
  objections: RemovalObjection[];
}

async function lookAt(session: Session, phoneNumberId: string): Promise<Look> {
  const [meta, runs] = await Promise.all([
    askMeta(session, phoneNumberId),
    askTemporal(session, phoneNumberId),
  ]);
  return { meta, objections: removalObjections(phoneNumberId, meta, runs) };
}

function refuse(session: Session, phoneNumberId: string, objection: RemovalObjection): ExitCode {
  return session.fail(new PinStillNeededError(phoneNumberId, objection), EXIT.refused);
}

function sameVersions(shown: PinDescription, now: PinDescription): boolean {
  const idsOf = ({ versions }: PinDescription) =>
    Object.entries(versions)
      .map(([state, { version }]) => `${state} ${version}`)
      .sort()
      .join();
  return idsOf(shown) === idsOf(now);
}

/**
 * Removes the record between two lines of the audit trail. The first one decides: without it nothing is removed. What the second
 * one was to tell is done by then, so that its failure is told in place of where it is.
 *
 * @param forced what was passed over
 * @throws AuditTrailError, or what the store throws
 */
async function removeAudited(
  session: Session,
  store: PinStore,
  { phoneNumberId, label }: PinDescription,
  forced: string[],
): Promise<{ auditFile: string; auditMissing?: string }> {
  const audit = cliAudit(session.configuration, session.terminal.now, 'no PIN record is removed');
  const entry: Omit<CommandEntry, 'outcome'> = {
    ...{ action: 'removePin', phoneNumberId },
    ...(label === undefined ? {} : { label }),
  };
  const afterwards = (line: CommandEntry) =>
    audit.write(line).then(
      () => true,
      (error: unknown) => {
        if (error instanceof AuditTrailError) return false;
        throw error;
      },
    );
  await audit.write({ ...entry, outcome: 'removing' });
  try {
    await store.remove(phoneNumberId);
  } catch (error) {
    await afterwards({ ...entry, status: 503, outcome: 'notRemoved' });
    throw error;
  }
  const outcome = forced.length === 0 ? 'removed' : 'removedByForce';
  const written = await afterwards({ ...entry, status: 200, outcome });
  return {
    auditFile: audit.file,
    ...(written
      ? {}
      : {
          auditMissing: `The audit trail ${audit.file} tells that it was begun, and could not be written when it was done.`,
        }),
  };
}

function saysOf(meta: MetaAnswer): 'knowsIt' | 'noSuchNumber' | 'notAsked' | 'noAnswer' {
  if (meta.answer === 'none') return meta.unasked ? 'notAsked' : 'noAnswer';
  return meta.answer === 'number' ? 'knowsIt' : 'noSuchNumber';
}
