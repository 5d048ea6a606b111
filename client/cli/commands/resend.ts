import { parseResend } from '../../../workflows/input.js';
import type { CodeMethod } from '../../../workflows/messages.js';
import { NoCodeAwaitedError } from '../../errors.js';
import { tellCodeRequest } from '../after-code-request.js';
import { type AddCommand, examples } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { usableOption } from '../option-names.js';
import { requireRunning } from '../require-running.js';
import { instantAndAge } from '../time-text.js';
import { userName } from '../user-name.js';

interface ResendFlags {
  method?: string;
  language?: string;
  requestedBy?: string;
}

export const addResend: AddCommand = (program, session, run) => {
  program
    .command('resend')
    .summary('ask Meta for a new code')
    .description(
      'Ask Meta for a new code. Meta gets such requests at least 2 minutes apart, and at most 5 in 24 hours: one that comes early is sent when it may be. Exit code: 0 sent or to be sent; 4 refused, or no code is awaited.',
    )
    .argument('[id]', 'phone number id (default: WA_PHONE_NUMBER_ID)')
    .option('--method <method>', 'SMS or VOICE (default: as at the start)')
    .option('--language <ll_CC>', 'language of the message (default: as at the start)')
    .option('--requested-by <name>', 'who asks for it (default: your user name)')
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard resend 106540352242922',
        'npx wa-onboard resend 106540352242922 --method VOICE',
      ),
    )
    .action((givenId: string | undefined, flags: ResendFlags) =>
      run(async () => {
        const id = session.phoneNumberId(givenId);
        const requestedBy = flags.requestedBy ?? userName();
        const request = usableOption(
          parseResend({
            ...(flags.method === undefined
              ? {}
              : { method: flags.method.toUpperCase() as CodeMethod }),
            ...(flags.language === undefined ? {} : { language: flags.language }),
            ...(requestedBy === undefined ? {} : { requestedBy }),
          }),
        );
        return session.withClient(async (client): Promise<ExitCode> => {
          await requireRunning(client, id);
          const before = await client.progress(id);
          if (before.stage !== 'AwaitingCode' && before.stage !== 'AwaitingAgent') {
            throw new NoCodeAwaitedError(id, before.stage);
          }
          await client.resendCode(id, request);
          const now = session.terminal.now();
          const at = before.code?.nextSendAt;
          if (at !== undefined && Date.parse(at) > now.getTime()) {
            session.tell(
              [`A new code will be asked for at ${instantAndAge(at, now)}. Meta wants them apart.`],
              { phoneNumberId: id, requested: true, sendAt: at },
            );
            return EXIT.done;
          }
          return tellCodeRequest(session, client, id, before);
        });
      }),
    );
};
