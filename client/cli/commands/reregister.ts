import { type AddCommand, examples } from '../command.js';
import { beginOperation, OPERATION_EXIT_CODES } from '../number-operation.js';
import { reasonOption } from '../reason-option.js';
import { userName } from '../user-name.js';

interface ReregisterFlags {
  reason?: string;
  requestedBy?: string;
  wait: boolean;
}

export const addReregister: AddCommand = (program, session, run) => {
  program
    .command('reregister')
    .summary('register a number again, as after a new display name')
    .description(
      `Register a number again with the PIN that it has. Meta wants this within 14 days of approving another display name; until then customers see the former one. It counts as one of Meta's 10 registrations in 72 hours. ${OPERATION_EXIT_CODES}`,
    )
    .argument('[id]', 'phone number id (default: WA_PHONE_NUMBER_ID)')
    .option('--reason <text>', 'why, for people to read')
    .option('--requested-by <name>', 'who asks for it (default: your user name)')
    .option('--no-wait', 'end at once; "watch" shows what becomes of it')
    .addHelpText(
      'after',
      examples('npx wa-onboard reregister 106540352242922 --reason "new display name"'),
    )
    .action((givenId: string | undefined, flags: ReregisterFlags) =>
      run(async () => {
        const phoneNumberId = session.phoneNumberId(givenId);
        const reason = reasonOption(flags.reason);
        const requestedBy = flags.requestedBy ?? userName();
        return beginOperation(session, {
          phoneNumberId,
          begun: `Registering ${phoneNumberId} again.`,
          wait: flags.wait,
          begin: (client) =>
            client.reregister(phoneNumberId, {
              ...(reason === undefined ? {} : { reason }),
              ...(requestedBy === undefined ? {} : { requestedBy }),
            }),
        });
      }),
    );
};
