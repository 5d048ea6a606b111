import { parseResend } from '../../../workflows/input.js';
import type { CodeMethod, OnboardingProgress } from '../../../workflows/messages.js';
import { NoCodeAwaitedError } from '../../errors.js';
import { METHOD_TEXTS } from '../../method-text.js';
import { type AddCommand, examples } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { usableOption } from '../option-names.js';
import { requireRunning } from '../require-running.js';
import { watchUntil } from '../settle.js';
import { instantAndAge } from '../time-text.js';
import { userName } from '../user-name.js';

interface ResendFlags {
  method?: string;
  language?: string;
  requestedBy?: string;
}

/** How long to look for what became of the request. */
const SETTLE_MS = 20_000;

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
          if (before.stage !== 'AwaitingCode') {
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
          const status = await watchUntil(
            client,
            id,
            ({ progress }) => progress !== undefined && outcomeOf(before, progress) !== undefined,
            SETTLE_MS,
          );
          const after = status?.progress;
          const outcome = after === undefined ? undefined : outcomeOf(before, after);
          if (outcome === 'refused') {
            const { text = '', advice = '' } = after?.problem ?? {};
            session.tell([`No new code was sent: ${text}`, advice], {
              phoneNumberId: id,
              requested: true,
              problem: after?.problem,
            });
            return EXIT.refused;
          }
          session.tell(
            outcome === 'sent' && after?.code !== undefined
              ? [
                  `A new code ${after.code.maybe ? 'may have been' : 'was'} sent by ${METHOD_TEXTS[after.code.method]}; the former one is useless now.`,
                  `Give it:   npx wa-onboard code ${id}`,
                ]
              : [
                  `A new code was asked for; see what became of it:`,
                  `  npx wa-onboard status ${id}`,
                ],
            { phoneNumberId: id, requested: true, ...(after?.code && { code: after.code }) },
          );
          return EXIT.done;
        });
      }),
    );
};

/** What became of the request, once that shows. */
function outcomeOf(
  before: OnboardingProgress,
  after: OnboardingProgress,
): 'sent' | 'refused' | undefined {
  if (after.code?.sentAt !== before.code?.sentAt) return 'sent';
  const problem = JSON.stringify(after.problem);
  return problem !== undefined && problem !== JSON.stringify(before.problem)
    ? 'refused'
    : undefined;
}
