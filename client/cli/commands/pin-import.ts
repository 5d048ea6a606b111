import type { Command } from 'commander';
import { examples, type Run } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { type RestoredRecord, restoreBackup } from '../pin-backup.js';
import { decryptBackup, identitiesIn } from '../pin-backup-file.js';
import { openPinStoreInUse } from '../pin-store-in-use.js';
import { readGivenFile } from '../private-file.js';
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
      'Bring the records of a backup into the configured PIN store. A record that is there already and holds anything else is left as it is, and named. It may be repeated, also after it was cut short. Exit code: 0 all are there; 1 some differ from what is there, or could not be written.',
    )
    .argument('<file>', 'what "pin export" made')
    .requiredOption('--identity <file>', 'key file of age that opens it')
    .addHelpText('after', examples('npx wa-onboard pin import pins.age --identity backup-key.txt'))
    .action((file: string, flags: ImportFlags) =>
      run(() => importRecords(session, file, flags.identity)),
    );
}

async function importRecords(session: Session, file: string, keyFile: string): Promise<ExitCode> {
  const identities = identitiesIn((await readGivenFile(keyFile)).toString('utf8'), keyFile);
  const backup = await decryptBackup(await readGivenFile(file), identities);
  const { store, place } = await openPinStoreInUse(session.configuration);
  const records = await restoreBackup(store, backup.records);
  const count = (outcome: RestoredRecord['outcome']) =>
    records.filter((record) => record.outcome === outcome).length;
  const counts = {
    restored: count('restored'),
    unchanged: count('unchanged'),
    differs: count('differs'),
    failed: count('failed'),
  };
  const { notBackedUp } = backup;
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
    { madeAt: backup.madeAt, from: backup.store, counts, records, notBackedUp },
  );
  return counts.differs + counts.failed === 0 ? EXIT.done : EXIT.failed;
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
