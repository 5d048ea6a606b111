import {
  type NumberOperation,
  ONBOARD_NUMBER,
  type StepProgress,
} from '../../../workflows/messages.js';
import type { OnboardingStatus } from '../../onboarding-status.js';
import { type AddCommand, examples } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { renderStatus } from '../render-status.js';
import { stepsOf } from '../render-steps.js';

interface CancelFlags {
  wait?: boolean;
}

export const addCancel: AddCommand = (program, session, run) => {
  program
    .command('cancel')
    .summary('stop an onboarding and undo what can be undone')
    .description(
      'Stop an onboarding. What it did is undone where Meta allows: a number that it registered is deregistered; the PIN is kept for the next run. Once Meta has accepted the PIN, the onboarding goes on to its end instead. Exit code: 0 asked, with --wait: cancelled; 4 ended already, or with --wait: completed instead; 1 ended otherwise.',
    )
    .argument('[id]', 'phone number id (default: WA_PHONE_NUMBER_ID)')
    .option('--wait', 'wait for the end and show it')
    .addHelpText('after', examples('npx wa-onboard cancel 106540352242922 --wait'))
    .action((givenId: string | undefined, flags: CancelFlags) =>
      run(async () => {
        const id = session.phoneNumberId(givenId);
        return session.withClient(async (client) => {
          const before = await client.status(id);
          await client.cancel(id);
          const effect = effectText(stepsOf(before), before.operation);
          if (!flags.wait) {
            session.tell(
              [`Cancelling ${id}. ${effect}`, `See how it ends:   npx wa-onboard watch ${id}`],
              { phoneNumberId: id, runId: before.runId, cancelRequested: true },
            );
            return EXIT.done;
          }
          if (!session.json) session.tell([`Cancelling ${id}. ${effect}`, ''], {});
          let last = before;
          for await (const status of client.watch(id)) last = status;
          session.answer(renderStatus(last, session.view), last);
          return exitCodeOfCancel(last);
        });
      }),
    );
};

/** What a cancel will do, judged by the steps done so far. */
export function effectText(
  steps: StepProgress[],
  operation: NumberOperation = ONBOARD_NUMBER,
): string {
  const stateOf = (name: StepProgress['name']) => steps.find((step) => step.name === name)?.state;
  if (stateOf('setTwoStepPin') === 'done') {
    return 'Meta has accepted the PIN, so the onboarding goes on to its end and keeps it.';
  }
  if (operation !== ONBOARD_NUMBER) return NO_UNDO[operation];
  const register = stateOf('register');
  if (register === 'done' || register === 'running') {
    return 'If this onboarding registered the number, it is deregistered; the PIN is kept for the next start.';
  }
  return 'Nothing is registered yet, so nothing has to be undone at Meta.';
}

/** What the other operations leave. */
const NO_UNDO: Record<Exclude<NumberOperation, 'onboardNumber'>, string> = {
  rotatePin:
    'Nothing is undone: a PIN that was begun is kept, and the next rotation goes on with it.',
  reregisterNumber: 'Nothing is undone: the number stays as Meta has it.',
  offboardNumber: 'Nothing is undone: a number that is deregistered stays so.',
};

function exitCodeOfCancel({ run }: OnboardingStatus): ExitCode {
  if (run === 'cancelled') return EXIT.done;
  return run === 'completed' ? EXIT.refused : EXIT.failed;
}
