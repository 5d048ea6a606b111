import { type AddCommand, examples } from '../command.js';
import { exitCodeOfStatus } from '../exit-codes.js';
import { renderStatus } from '../render-status.js';

export const addStatus: AddCommand = (program, session, run) => {
  program
    .command('status')
    .summary('show how an onboarding stands')
    .description(
      'Show how the newest run of a number stands, running or ended: its onboarding, or a rotation, re-registration or offboarding after it. Exit code: 0 live or done, or at work and in need of nobody; 5 waiting for a code or an agent, parked, or ended registered and not yet live; 4 refused; 1 ended otherwise; 3 never started.',
    )
    .argument('[id]', 'phone number id (default: WA_PHONE_NUMBER_ID)')
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard status 106540352242922',
        'npx wa-onboard status 106540352242922 --json',
      ),
    )
    .action((id: string | undefined) =>
      run(async () => {
        const phoneNumberId = session.phoneNumberId(id);
        return session.withClient(async (client) => {
          const status = await client.status(phoneNumberId);
          session.answer(renderStatus(status, session.view), status);
          return exitCodeOfStatus(status);
        });
      }),
    );
};
