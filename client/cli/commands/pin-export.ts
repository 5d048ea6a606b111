import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidInputError } from '../../errors.js';
import { examples, type Run } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { collectBackup } from '../pin-backup.js';
import { encryptBackup, encrypterFor } from '../pin-backup-file.js';
import { openPinStoreInUse } from '../pin-store-in-use.js';
import { createPrivateFile } from '../private-file.js';
import { remarkAfter } from '../remark-after.js';
import type { Session } from '../session.js';

interface ExportFlags {
  recipient: string[];
  out: string;
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
      'Write all PIN records into one file that only the holders of the given keys can open: encrypted with age to each recipient. The PINs are never on a disk in plain text. A file that is there already is not overwritten. Exit code: 0 all are in it; 1 some could not be read, the file holds the others; 3 there are none.',
    )
    .requiredOption(
      '--recipient <key>',
      'public key of age (age1…) of who may open it; may be given more than once',
      (key: string, keys: string[] | undefined) => [...(keys ?? []), key],
    )
    .requiredOption('--out <file>', 'the file to make, readable for you alone')
    .option('--armor', 'as text, for mail and copying')
    .option('--format <format>', 'age', 'age')
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard pin keygen --out backup-key.txt',
        'npx wa-onboard pin export --recipient age1… --out pins.age',
        'npx wa-onboard pin export --recipient age1… --recipient age1… --out pins.txt --armor',
      ),
    )
    .action((flags: ExportFlags) => run(() => exportRecords(session, flags)));
}

async function exportRecords(session: Session, flags: ExportFlags): Promise<ExitCode> {
  if (flags.format !== 'age') throw new InvalidInputError('--format must be age.');
  const encrypter = encrypterFor(flags.recipient);
  const file = resolve(flags.out);
  await refuseExisting(file); // before the whole store is read
  const { store, place } = await openPinStoreInUse(session.configuration);
  const backup = await remarkAfter(
    LONG_MS,
    () => session.remark(['Reading the PIN records; with many this takes a while.']),
    () => collectBackup(store, session.terminal.now()),
  );
  const { records, notBackedUp } = backup;
  if (records.length === 0 && notBackedUp.length === 0) {
    session.tell([`The PIN store (${place}) holds no records: nothing was written.`], {
      records: 0,
      notBackedUp: [],
    });
    return EXIT.notFound;
  }
  await createPrivateFile(file, await encryptBackup(backup, encrypter, flags.armor === true));
  const count = `${records.length} ${records.length === 1 ? 'record' : 'records'}`;
  session.tell(
    [
      `Backed up ${count} of the PIN store (${place}) to ${flags.out}.`,
      ...notBackedUp.map(({ phoneNumberId, why }) => `✖ ${phoneNumberId}: ${why}`),
      `Only ${flags.recipient.length === 1 ? 'its recipient' : 'its recipients'} can open it. Try it now and then, into an empty PIN store, with "npx wa-onboard pin import".`,
    ],
    { file, records: records.length, notBackedUp },
  );
  return notBackedUp.length === 0 ? EXIT.done : EXIT.failed;
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
