import { resolve } from 'node:path';
import type { Command } from 'commander';
import { examples, type Run } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { newKeyFile } from '../pin-backup-file.js';
import { createPrivateFile, fileNameOf } from '../private-file.js';
import type { Session } from '../session.js';

export function addPinKeygen(pin: Command, session: Session, run: Run): void {
  pin
    .command('keygen')
    .summary('make a pair of keys for backups')
    .description(
      'Make a pair of age keys: the secret one goes into a file that only you can read, the public one is printed, for "pin export --recipient". age-keygen makes the same. Keep the file away from the backups: together they are the PINs.',
    )
    .requiredOption('--out <file>', 'the key file to make')
    .addHelpText('after', examples('npx wa-onboard pin keygen --out backup-key.txt'))
    .action((flags: { out: string }) =>
      run(async () => {
        const file = resolve(fileNameOf('--out', flags.out));
        const { text, recipient } = await newKeyFile(session.terminal.now());
        await createPrivateFile(file, text);
        session.answer([recipient], { recipient, file });
        session.remark([
          `The secret key is in ${flags.out}: keep it safe, and away from the backups.`,
        ]);
        return EXIT.done;
      }),
    );
}
