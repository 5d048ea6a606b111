import type { Duration } from '@temporalio/common';
import { parseExtend } from '../../../workflows/input.js';
import { type AddCommand, examples } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { usableOption } from '../option-names.js';
import { watchUntil } from '../settle.js';
import { instantAndAge } from '../time-text.js';
import { userName } from '../user-name.js';

interface ExtendFlags {
  by: string;
  requestedBy?: string;
}

/** How long to look for the new deadline. */
const SETTLE_MS = 5_000;

export const addExtend: AddCommand = (program, session, run) => {
  program
    .command('extend')
    .summary('wait longer for the code, or for an agent')
    .description(
      'Move the deadline of the wait for a code, or for an agent who is ready for it: the SIM holder is back on Monday. Exit code: 0 moved; 4 the onboarding has ended.',
    )
    .argument('[id]', 'phone number id (default: WA_PHONE_NUMBER_ID)')
    .requiredOption('--by <duration>', 'how much later, such as "24 hours"')
    .option('--requested-by <name>', 'who asks for it (default: your user name)')
    .addHelpText('after', examples('npx wa-onboard extend 106540352242922 --by "48 hours"'))
    .action((givenId: string | undefined, { by, ...flags }: ExtendFlags) =>
      run(async () => {
        const id = session.phoneNumberId(givenId);
        const requestedBy = flags.requestedBy ?? userName();
        const request = {
          by: by as Duration,
          ...(requestedBy === undefined ? {} : { requestedBy }),
        };
        usableOption(parseExtend(request));
        return session.withClient(async (client) => {
          const before = await client.progress(id);
          await client.extend(id, request);
          // Of a parked run that is when it stops waiting for an operator, which stays as it is.
          const until = before.stage === 'Parked' ? undefined : before.waiting?.until;
          const status =
            until === undefined
              ? undefined
              : await watchUntil(
                  client,
                  id,
                  ({ progress }) => progress?.waiting?.until !== until,
                  SETTLE_MS,
                );
          const moved = status?.progress?.waiting?.until;
          session.tell(
            [
              moved === undefined || moved === until
                ? `The deadline of ${id} moves by ${by}.`
                : `${id} now waits until ${instantAndAge(moved, session.terminal.now())}.`,
            ],
            { phoneNumberId: id, extendedBy: by, ...(moved === undefined ? {} : { until: moved }) },
          );
          return EXIT.done;
        });
      }),
    );
};
