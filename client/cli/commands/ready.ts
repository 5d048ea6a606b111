import { parseAgentReady } from '../../../workflows/input.js';
import { NoCodeAwaitedError } from '../../errors.js';
import { tellCodeRequest } from '../after-code-request.js';
import { type AddCommand, examples } from '../command.js';
import type { ExitCode } from '../exit-codes.js';
import { usableOption } from '../option-names.js';
import { requireRunning } from '../require-running.js';
import { userName } from '../user-name.js';

interface ReadyFlags {
  requestedBy?: string;
}

export const addReady: AddCommand = (program, session, run) => {
  program
    .command('ready')
    .summary('have the code sent: somebody is there for it')
    .description(
      'Say that you are ready for the code of a number that was started with --when-agent-ready, once whoever holds the SIM is at hand: Meta then sends the code, which lives ten minutes. Exit code: 0 sent; 4 Meta sent none, or the code was asked for already, or the onboarding has ended; 5 it is parked, so that an operator has to act first; 3 never started.',
    )
    .argument('[id]', 'phone number id (default: WA_PHONE_NUMBER_ID)')
    .option('--requested-by <name>', 'who is ready (default: your user name)')
    .addHelpText('after', examples('npx wa-onboard ready 106540352242922'))
    .action((givenId: string | undefined, flags: ReadyFlags) =>
      run(async () => {
        const id = session.phoneNumberId(givenId);
        const requestedBy = flags.requestedBy ?? userName();
        const request = usableOption(
          parseAgentReady(requestedBy === undefined ? undefined : { requestedBy }),
        );
        return session.withClient(async (client): Promise<ExitCode> => {
          await requireRunning(client, id);
          const before = await client.progress(id);
          if (before.stage === 'Parked') throw new NoCodeAwaitedError(id, before.stage);
          await client.agentReady(id, request);
          return tellCodeRequest(session, client, id, before);
        });
      }),
    );
};
