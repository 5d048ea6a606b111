import type { OnboardingStage } from '../../../workflows/messages.js';
import { InvalidInputError } from '../../errors.js';
import type { OnboardingSummary } from '../../onboarding-status.js';
import { type AddCommand, examples } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { renderList } from '../render-list.js';

interface ListFlags {
  stage?: string;
  label?: string;
  running?: boolean;
}

const STAGES: readonly OnboardingStage[] = [
  'Preparing',
  'Registering',
  'AwaitingAgent',
  'AwaitingCode',
  'Securing',
  'Parked',
  'Compensating',
  'Live',
  'Offboarded',
  'Failed',
];

export const addList: AddCommand = (program, session, run) => {
  program
    .command('list')
    .summary('list the newest onboarding of each number')
    .description(
      'List the newest onboarding of each number, those that run first. Temporal’s lists lag some seconds behind; a stage is the one the run last published.',
    )
    .option('--stage <stage>', `only this stage: ${STAGES.join(', ')}`)
    .option('--label <text>', 'only this label')
    .option('--running', 'only those that run')
    .addHelpText(
      'after',
      examples('npx wa-onboard list --stage AwaitingCode', 'npx wa-onboard list --running --json'),
    )
    .action((flags: ListFlags) =>
      run(async () => {
        const stage = stageOf(flags.stage);
        return session.withClient(async (client) => {
          const onboardings: OnboardingSummary[] = [];
          for await (const summary of client.list({
            ...(stage === undefined ? {} : { stage }),
            ...(flags.label === undefined ? {} : { label: flags.label }),
            ...(flags.running === undefined ? {} : { running: flags.running }),
          })) {
            onboardings.push(summary);
          }
          const filtered = Object.keys(flags).length > 0;
          session.answer(renderList(onboardings, session.view, filtered), { onboardings });
          return EXIT.done;
        });
      }),
    );
};

function stageOf(given: string | undefined): OnboardingStage | undefined {
  if (given === undefined) return undefined;
  const stage = STAGES.find((known) => known.toLowerCase() === given.toLowerCase());
  if (stage !== undefined) return stage;
  throw new InvalidInputError(`The stage must be one of ${STAGES.join(', ')}.`);
}
