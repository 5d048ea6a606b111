import type { SweepStatus } from '../../fleet.js';
import { type AddCommand, examples } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { renderSweep } from '../render-sweep.js';
import { addSweepOptions, type SweepFlags, sweepInputOf } from '../sweep-options.js';
import { userName } from '../user-name.js';

export const addSweep: AddCommand = (program, session, run) => {
  const sweep = program
    .command('sweep')
    .summary('rotate all PINs that are due, and see how that goes')
    .description(
      'Show the newest sweep: the rotation of all PINs that are older than their age, or known not to be the PIN any more. "schedule rotation" has one begun every day. A sweep halts when too many of its rotations fail, as with a revoked access token, and "sweep resume" has it go on; no number is rotated twice. Exit code: 0 finished or at work; 5 halted; 1 it ended otherwise; 3 there was none.',
    )
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard sweep',
        'npx wa-onboard sweep start --age 90d --per-minute 20',
        'npx wa-onboard sweep resume',
      ),
    )
    .action(() =>
      run(() =>
        session.withClient(async (client) => {
          const status = await client.sweep();
          if (status === undefined) {
            session.tell(
              [
                'There was no sweep yet, or Temporal forgot it.',
                'Begin one:        npx wa-onboard sweep start',
                'Have one a day:   npx wa-onboard schedule rotation --every 90d',
              ],
              { sweep: null },
            );
            return EXIT.notFound;
          }
          session.answer(renderSweep(status, session.view), status);
          return exitCodeOfSweep(status);
        }),
      ),
    );

  addSweepOptions(
    sweep
      .command('start')
      .summary('begin a sweep now')
      .description(
        'Begin a sweep now: every PIN that became the current one longer ago than --age is rotated, some at a time. Only one sweep runs at a time. It goes on by itself; "sweep" shows how far it is. Exit code: 0 begun; 4 one is open already.',
      )
      .option('--age <duration>', 'rotate PINs older than this (default: 90 days)'),
  )
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard sweep start',
        'npx wa-onboard sweep start --age 30d --per-minute 30 --at-once 50',
      ),
    )
    .action((flags: SweepFlags & { age?: string }) =>
      run(async () => {
        const input = sweepInputOf(flags, { option: '--age', text: flags.age });
        return session.withClient(async (client, link) => {
          const begun = await client.startSweep(input);
          const url = link(begun.workflowId, begun.runId);
          session.tell(
            [
              `Rotating the PINs that are older than ${input.age ?? '90 days'}.`,
              ...(url === undefined ? [] : [`In the Temporal UI: ${url}`]),
              'See how far it is:   npx wa-onboard sweep',
            ],
            { ...begun, ...(url === undefined ? {} : { link: url }) },
          );
          return EXIT.done;
        });
      }),
    );

  sweep
    .command('resume')
    .summary('let a halted sweep go on')
    .description(
      'Tell a halted sweep that its cause is cured: it goes on where it stopped. Exit code: 0 told; 4 none is halted.',
    )
    .addHelpText('after', examples('npx wa-onboard sweep resume'))
    .action(() =>
      run(() =>
        session.withClient(async (client) => {
          const requestedBy = userName();
          const resumed = await client.resumeSweep(
            requestedBy === undefined ? {} : { requestedBy },
          );
          session.tell(
            ['The sweep goes on where it stopped.', 'See how far it is:   npx wa-onboard sweep'],
            { ...resumed, resumed: true },
          );
          return EXIT.done;
        }),
      ),
    );
};

export function exitCodeOfSweep({ run, progress }: SweepStatus): ExitCode {
  if (run === 'running') return progress?.state === 'halted' ? EXIT.waiting : EXIT.done;
  return run === 'completed' ? EXIT.done : EXIT.failed;
}
