import { type AddCommand, examples } from '../command.js';
import { follow } from '../follow.js';

export const addWatch: AddCommand = (program, session, run) => {
  program
    .command('watch')
    .summary('follow an onboarding until it ends')
    .description(
      'Follow an onboarding until it ends: live in a terminal, a line per change in a pipe, a JSON document per change (one a line) with --json. It goes on while the onboarding is parked or waits for a code or an agent. The exit code tells how it ended: 0 live, 5 registered and not yet live, 4 refused, 1 any other end.',
    )
    .argument('[id]', 'phone number id (default: WA_PHONE_NUMBER_ID)')
    .addHelpText('after', examples('npx wa-onboard watch 106540352242922'))
    .action((id: string | undefined) =>
      run(async () => {
        const phoneNumberId = session.phoneNumberId(id);
        return session.withClient((client) => follow(session, client, phoneNumberId));
      }),
    );
};
