import { type AddCommand, examples } from '../command.js';
import { EXIT } from '../exit-codes.js';

export const addSetup: AddCommand = (program, session, run) => {
  program
    .command('setup')
    .summary('prepare a Temporal namespace, once')
    .description(
      'Create the search attributes that onboardings carry, where the namespace lacks them, and look at how long it keeps histories. The stack of npm start needs no setup.',
    )
    .addHelpText('after', examples('TEMPORAL_ADDRESS=temporal.example:7233 npx wa-onboard setup'))
    .action(() =>
      run(async () =>
        session.withClient(async ({ temporal }) => {
          const { addSearchAttributes, LEAST_RETENTION_DAYS, retentionDays } = await import(
            '../namespace-setup.js'
          );
          const { added, present } = await addSearchAttributes(temporal);
          const days = await retentionDays(temporal);
          const { namespace } = temporal.options;
          const { colors } = session.view;
          session.tell(
            [
              ...added.map((name) => `${colors.green('✔')} created search attribute ${name}`),
              ...present.map((name) => `${colors.green('✔')} search attribute ${name} was there`),
              ...(days >= LEAST_RETENTION_DAYS
                ? [`${colors.green('✔')} namespace ${namespace} keeps histories for ${days} days`]
                : [
                    `${colors.yellow('!')} namespace ${namespace} keeps histories for ${days} days; the count of Meta's 72-hour limits needs ${LEAST_RETENTION_DAYS}:`,
                    `  temporal operator namespace update --retention 7d -n ${namespace}`,
                  ]),
            ],
            { namespace, added, present, retentionDays: days },
          );
          return EXIT.done;
        }),
      ),
    );
};
