import type { Duration } from '@temporalio/common';
import { parseOnboardingInput } from '../../../workflows/input.js';
import type { CodeMethod, OnboardingInput } from '../../../workflows/messages.js';
import { type AddCommand, examples } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { follow } from '../follow.js';
import { usableOption } from '../option-names.js';
import { userName } from '../user-name.js';

interface StartFlags {
  method?: string;
  language?: string;
  label?: string;
  requestedBy?: string;
  deadline?: string;
  takeOver?: boolean;
  onPinRefused?: string;
  whenAgentReady?: boolean;
  watch?: boolean;
}

export const addStart: AddCommand = (program, session, run) => {
  program
    .command('start')
    .summary('start onboarding a number')
    .description(
      'Start onboarding a number. Safe for a number in any state: what is done already is skipped.',
    )
    .argument('[id]', 'phone number id (default: WA_PHONE_NUMBER_ID)')
    .option('--method <method>', 'how Meta delivers the code: SMS or VOICE (default: SMS)')
    .option('--language <ll_CC>', 'language of the code’s message (default: en_US)')
    .option('--label <text>', 'a name for people, shown in lists; no telephone number')
    .option('--requested-by <name>', 'who asks for it (default: your user name)')
    .option('--deadline <duration>', 'how long to wait for a code (default: 24 hours)')
    .option(
      '--when-agent-ready',
      'have the code sent only when somebody says "ready": it lives ten minutes (default: at once)',
    )
    .option('--take-over', 'set a new PIN on a registered number whose PIN is not in the PIN store')
    .option(
      '--on-pin-refused <what>',
      'when Meta refuses the PIN: park or compensate (default: park)',
    )
    .option('--watch', 'follow the onboarding until it ends; the exit code then tells how')
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard start 106540352242922 --label "Support Berlin" --watch',
        'npx wa-onboard start 106540352242922 --method VOICE --deadline "48 hours"',
        'npx wa-onboard start 106540352242922 --when-agent-ready --deadline "5 days"',
        'npx wa-onboard start 106540352242922 --json',
      ),
    )
    .action((id: string | undefined, flags: StartFlags) =>
      run(async () => {
        const input = inputOf(session.phoneNumberId(id), flags);
        usableOption(parseOnboardingInput(input));
        return session.withClient(async (client, link) => {
          const started = await client.start(input);
          const url = link(started.workflowId, started.runId);
          const { phoneNumberId } = started;
          session.tell(
            [
              `Started onboarding ${phoneNumberId}${input.label ? ` (${input.label})` : ''}.`,
              ...(url === undefined ? [] : [`In the Temporal UI: ${url}`]),
              ...(flags.watch
                ? ['']
                : [
                    `Follow it:       npx wa-onboard watch ${phoneNumberId}`,
                    ...(flags.whenAgentReady
                      ? [`Have it sent:    npx wa-onboard ready ${phoneNumberId}`]
                      : []),
                    `Give the code:   npx wa-onboard code ${phoneNumberId}`,
                  ]),
            ],
            { ...started, ...(url === undefined ? {} : { link: url }) },
          );
          return flags.watch ? follow(session, client, phoneNumberId) : EXIT.done;
        });
      }),
    );
};

/** The flags as they are: what is wrong with them is found, and said, where the input is parsed. */
function inputOf(phoneNumberId: string, flags: StartFlags): OnboardingInput {
  const requestedBy = flags.requestedBy ?? userName();
  return {
    phoneNumberId,
    ...(flags.method === undefined ? {} : { codeMethod: flags.method.toUpperCase() as CodeMethod }),
    ...(flags.language === undefined ? {} : { language: flags.language }),
    ...(flags.label === undefined ? {} : { label: flags.label }),
    ...(requestedBy === undefined ? {} : { requestedBy }),
    ...(flags.deadline === undefined ? {} : { codeDeadline: flags.deadline as Duration }),
    ...(flags.whenAgentReady === undefined ? {} : { startCode: 'whenAgentReady' as const }),
    ...(flags.takeOver === undefined ? {} : { takeOver: flags.takeOver }),
    ...(flags.onPinRefused === undefined
      ? {}
      : { onPinRefused: flags.onPinRefused as NonNullable<OnboardingInput['onPinRefused']> }),
  };
}
