import { type AddCommand, examples } from '../command.js';
import { beginOperation, OPERATION_EXIT_CODES } from '../number-operation.js';
import { reasonOption } from '../reason-option.js';
import { userName } from '../user-name.js';

interface RotateFlags {
  reason?: string;
  requestedBy?: string;
  wait: boolean;
}

export const addRotate: AddCommand = (program, session, run) => {
  program
    .command('rotate')
    .summary('give a registered number another PIN')
    .description(
      `Give a registered number another two-step-verification PIN: a new one is kept as pending, set at Meta, and becomes the current one. The former PIN is not needed, and stays in the PIN store. A rotation that was cut short goes on with the PIN it had begun with. It is shown until it is done, parked or has failed. ${OPERATION_EXIT_CODES}`,
    )
    .argument('[id]', 'phone number id (default: WA_PHONE_NUMBER_ID)')
    .option('--reason <text>', 'why, for people to read')
    .option('--requested-by <name>', 'who asks for it (default: your user name)')
    .option('--no-wait', 'end at once; "watch" shows what becomes of it')
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard rotate 106540352242922',
        'npx wa-onboard rotate 106540352242922 --reason "Ben has left"',
        'npx wa-onboard rotate 106540352242922 --no-wait --json',
      ),
    )
    .action((givenId: string | undefined, flags: RotateFlags) =>
      run(async () => {
        const phoneNumberId = session.phoneNumberId(givenId);
        const reason = reasonOption(flags.reason);
        const requestedBy = flags.requestedBy ?? userName();
        return beginOperation(session, {
          phoneNumberId,
          begun: `Rotating the PIN of ${phoneNumberId}.`,
          wait: flags.wait,
          begin: (client) =>
            client.rotatePin(phoneNumberId, {
              ...(reason === undefined ? {} : { reason }),
              ...(requestedBy === undefined ? {} : { requestedBy }),
            }),
        });
      }),
    );
};
