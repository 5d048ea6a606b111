import type { Command } from 'commander';
import type { PinStore } from '../../../activities/pin-store/pin-store.js';
import { audited, type CommandEntry, cliAudit, ENDS_HERE } from '../cli-audit.js';
import { examples, type Run } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { type RestoredRecord, restoreBackup } from '../pin-backup.js';
import { decryptBackup, identitiesIn, type PinBackup } from '../pin-backup-file.js';
import { openPinStoreMeant } from '../pin-store-in-use.js';
import { fileNameOf, readGivenFile } from '../private-file.js';
import type { Session } from '../session.js';
import { instantText } from '../time-text.js';

interface ImportFlags {
  identity: string;
}

export function addPinImport(pin: Command, session: Session, run: Run): void {
  pin
    .command('import')
    .summary('bring PIN records back from a backup')
    .description(
      'Bring the records of a backup into the PIN store that the environment names, also while npm start uses another. A record that is there already and holds anything else is left as it is, and named. It may be repeated, also after it was cut short. Exit code: 0 all are there; 1 some differ from what is there, could not be written, or are neither in the backup nor there.',
    )
    .argument('<file>', 'what "pin export" made')
    .requiredOption('--identity <file>', 'key file of age that opens it')
    .addHelpText('after', examples('npx wa-onboard pin import pins.age --identity backup-key.txt'))
    .action((file: string, flags: ImportFlags) =>
      run(() => importRecords(session, file, flags.identity)),
    );
}

async function importRecords(session: Session, file: string, keyFile: string): Promise<ExitCode> {
  fileNameOf('The first argument', file);
  fileNameOf('--identity', keyFile);
  const identities = identitiesIn((await readGivenFile(keyFile)).toString('utf8'), keyFile);
  const backup = await decryptBackup(await readGivenFile(file), identities);
  const { store, place, remarks } = await openPinStoreMeant(session.configuration);
  session.remark(remarks);
  const audit = cliAudit(session.configuration, session.terminal.now, ENDS_HERE);
  const entry: Omit<CommandEntry, 'outcome'> = { action: 'importPins', store: place };
  const { records, counts } = await audited(
    audit,
    entry,
    { doing: 'importing', failed: 'notImported' },
    async () => {
      const restored = await restoreBackup(store, backup.records);
      const counted = countsOf(restored);
      await audit.write({ ...entry, status: 200, outcome: 'imported', counts: counted });
      return { records: restored, counts: counted };
    },
  );
  const { notBackedUp } = backup;
  const missing = await notIn(store, notBackedUp);
  session.tell(
    [
      `Backup of ${instantText(backup.madeAt)}, made of the PIN store ${backup.store}; now in ${place}:`,
      countsText(counts),
      ...records.flatMap(({ phoneNumberId, outcome, why }) =>
        outcome === 'differs'
          ? [`! ${phoneNumberId} differs: the record that is there was left as it is.`]
          : outcome === 'failed'
            ? [`✖ ${phoneNumberId}: ${why ?? 'could not be written'}`]
            : [],
      ),
      ...notBackedUp.map(
        ({ phoneNumberId }) =>
          `! ${phoneNumberId} is not in the backup: it could not be read then.`,
      ),
    ],
    { madeAt: backup.madeAt, from: backup.store, store: place, counts, records, notBackedUp },
  );
  return counts.differs + counts.failed + missing === 0 ? EXIT.done : EXIT.failed;
}

/** How many of the records that could not be backed up are not in the store either, and lost so far. */
async function notIn(store: PinStore, records: PinBackup['notBackedUp']): Promise<number> {
  let missing = 0;
  for (const { phoneNumberId } of records) {
    const isThere = await store.describe(phoneNumberId).then(
      (record) => record !== undefined,
      () => false, // unreadable still
    );
    if (!isThere) missing += 1;
  }
  return missing;
}

function countsOf(records: readonly RestoredRecord[]): Record<RestoredRecord['outcome'], number> {
  const counts = { restored: 0, unchanged: 0, differs: 0, failed: 0 };
  for (const { outcome } of records) counts[outcome] += 1;
  return counts;
}

const COUNT_TEXTS = {
  restored: 'restored',
  unchanged: 'there already',
  differs: 'left as they are, since they differ',
  failed: 'failed',
} as const;

function countsText(counts: Record<RestoredRecord['outcome'], number>): string {
  const parts = (Object.keys(COUNT_TEXTS) as RestoredRecord['outcome'][])
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${counts[outcome]} ${COUNT_TEXTS[outcome]}`);
  return parts.length === 0 ? 'It holds no records.' : `${parts.join(', ')}.`;
}
