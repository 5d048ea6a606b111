import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidInputError } from '../../errors.js';
import { audited, type CommandEntry, cliAudit } from '../cli-audit.js';
import { examples, type Run } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { needWebhook, notifyFirst } from '../notice.js';
import { collectBackup } from '../pin-backup.js';
import { encryptBackup, encrypterFor } from '../pin-backup-file.js';
import { openPinStoreMeant } from '../pin-store-in-use.js';
import { createPrivateFile, fileNameOf } from '../private-file.js';
import { reasonOption } from '../reason-option.js';
import { remarkAfter } from '../remark-after.js';
import type { Session } from '../session.js';
import { userName } from '../user-name.js';

interface ExportFlags {
  recipient: string[];
  out: string;
  reason: string;
  withoutNotice?: boolean;
  armor?: boolean;
  format: string;
}

/** From when on a person would wonder. */
const LONG_MS = 3_000;

export function addPinExport(pin: Command, session: Session, run: Run): void {
  pin
    .command('export')
    .summary('back up all PIN records, encrypted')
    .description(
      'Write all PIN records into one file that only the holders of the given keys can open: encrypted with age to each recipient. The PINs are never on a disk in plain text. It is written to the audit trail with the reason, and notified, before there is a file; where either cannot be done there is none. A file that is there already is not overwritten. The records are those of the PIN store that the environment names, also while npm start uses another. Exit code: 0 all are in it; 1 some could not be read, the file holds the others; 3 there are none.',
    )
    .requiredOption(
      '--recipient <key>',
      'public key of age (age1…) of who may open it; may be given more than once',
      (key: string, keys: string[] | undefined) => [...(keys ?? []), key],
    )
    .requiredOption('--out <file>', 'the file to make, readable for you alone')
    .requiredOption('--reason <text>', 'why: kept in the audit trail and notified')
    .option('--without-notice', 'also where nobody can be notified; audited as such')
    .option('--armor', 'as text, for mail and copying')
    .option('--format <format>', 'age', 'age')
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard pin keygen --out backup-key.txt',
        'npx wa-onboard pin export --recipient age1… --out pins.age --reason "monthly backup"',
        'npx wa-onboard pin export --recipient age1… --recipient age1… --out pins.txt --armor --reason moving',
      ),
    )
    .action((flags: ExportFlags) => run(() => exportRecords(session, flags)));
}

const NOT_DONE = 'nothing is backed up';

async function exportRecords(session: Session, flags: ExportFlags): Promise<ExitCode> {
  if (flags.format !== 'age') throw new InvalidInputError('--format must be age.');
  const encrypter = encrypterFor(flags.recipient);
  const file = resolve(fileNameOf('--out', flags.out));
  const reason = reasonOption(flags.reason) ?? '';
  await refuseExisting(file); // before the whole store is read
  const { store, place, remarks } = await openPinStoreMeant(session.configuration);
  session.remark(remarks);
  const audit = cliAudit(session.configuration, session.terminal.now, NOT_DONE);
  const entry: Omit<CommandEntry, 'outcome'> = {
    ...{ action: 'exportPins', reason, store: place, recipients: flags.recipient },
  };
  return audited(audit, entry, { doing: 'exporting', failed: 'notExported' }, async () => {
    const isSilent = flags.withoutNotice === true;
    if (!isSilent) needWebhook(session, NOT_DONE);
    const backup = await remarkAfter(
      LONG_MS,
      () => session.remark(['Reading the PIN records; with many this takes a while.']),
      () => collectBackup(store, session.terminal.now()),
    );
    const { records, notBackedUp } = backup;
    const counts = { records: records.length, notBackedUp: notBackedUp.length };
    if (counts.records + counts.notBackedUp === 0) {
      await audit.write({ ...entry, status: 404, outcome: 'nothingToExport', counts });
      session.tell([`The PIN store (${place}) holds no records: nothing was written.`], {
        ...{ store: place, records: 0, notBackedUp: [] },
      });
      return EXIT.notFound;
    }
    const encrypted = await encryptBackup(backup, encrypter, flags.armor === true);
    if (!isSilent) await notifyOfBackup(session, { ...flags, reason, place, counts });
    // Before the file is there, so that there is none without a line.
    const outcome = isSilent ? 'exportedWithoutNotice' : 'exported';
    await audit.write({ ...entry, status: 200, outcome, counts });
    await createPrivateFile(file, encrypted);
    session.tell(
      [
        `Backed up ${recordsText(counts.records)} of the PIN store (${place}) to ${flags.out}.`,
        ...notBackedUp.map(({ phoneNumberId, why }) => `✖ ${phoneNumberId}: ${why}`),
        `Only ${flags.recipient.length === 1 ? 'its recipient' : 'its recipients'} can open it. Try it now and then, into an empty PIN store, with "npx wa-onboard pin import".`,
        `Audited in ${audit.file}.`,
      ],
      { file, store: place, records: records.length, notBackedUp },
    );
    return notBackedUp.length === 0 ? EXIT.done : EXIT.failed;
  });
}

const recordsText = (count: number) => `${count} ${count === 1 ? 'record' : 'records'}`;

/** Each PIN is in the hands of the recipients from now on, so people hear of it as of one that was shown. */
async function notifyOfBackup(
  session: Session,
  {
    recipient,
    reason,
    place,
    counts,
  }: {
    recipient: readonly string[];
    reason: string;
    place: string;
    counts: { records: number; notBackedUp: number };
  },
): Promise<void> {
  const requestedBy = userName();
  const who = requestedBy ?? 'Somebody';
  await notifyFirst(
    session,
    {
      event: 'pin.revealed',
      text: `${who} backs up all ${recordsText(counts.records)} of the PIN store (${place}) on the command line, for ${recipient.length === 1 ? 'recipient' : 'recipients'} ${recipient.join(', ')}: ${reason}`,
      ...{ reason, counts },
      ...(requestedBy === undefined ? {} : { requestedBy }),
    },
    NOT_DONE,
  );
}

async function refuseExisting(file: string): Promise<void> {
  const there = await access(file).then(
    () => true,
    () => false,
  );
  if (there) {
    throw new InvalidInputError(`${file} is there already: give another name, or move it away.`);
  }
}
