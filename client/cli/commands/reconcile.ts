import type { ReconcileInput, ReconcileReport } from '../../../workflows/messages.js';
import { InvalidInputError, RunFailedError } from '../../errors.js';
import type { OnboardingClient } from '../../onboarding-client.js';
import { type AddCommand, examples } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import {
  addReconcileOptions,
  type ReconcileFlags,
  reconcileInputOf,
} from '../reconcile-options.js';
import { remarkAfter } from '../remark-after.js';
import { openFindings, renderFindings } from '../render-findings.js';

/** From when on a person would wonder. */
const LONG_MS = 3_000;

export const addReconcile: AddCommand = (program, session, run) => {
  addReconcileOptions(
    program
      .command('reconcile')
      .summary('compare Meta’s numbers with the PIN store and the runs')
      .description(
        'Compare Meta’s list of an account’s numbers with the PIN store and the open runs, and tell what is not in order: numbers without a PIN, PINs without a number, numbers that are not verified, disconnected or restricted, PINs that are too old, changed outside or never confirmed, webhooks that reach nobody. It reads only, but for what --subscribe and --reregister cure. Exit code: 0 nothing to do; 5 there is; 1 it could not be compared; 3 Meta lists no number of the account.',
      ),
  )
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard reconcile',
        'npx wa-onboard reconcile --subscribe --reregister',
        'npx wa-onboard reconcile --waba 102290129340398 --age 60d --no-notify --json',
      ),
    )
    .action((flags: ReconcileFlags) =>
      run(async () => {
        const input = reconcileInputOf(flags);
        return session.withClient(async (client) => {
          const report = await remarkAfter(
            LONG_MS,
            () => session.remark(['Comparing; with many numbers this takes a while.']),
            () => reportOf(client, input),
          );
          session.answer(renderFindings(report, session.view), report);
          return exitCodeOfReport(report);
        });
      }),
    );
};

/** @throws InvalidInputError where neither the command nor the worker names an account */
async function reportOf(client: OnboardingClient, input: ReconcileInput): Promise<ReconcileReport> {
  try {
    return await client.reconcile(input);
  } catch (error) {
    const isUnnamed =
      error instanceof RunFailedError &&
      input.wabaId === undefined &&
      error.message.includes('No WhatsApp Business account is named');
    if (!isUnnamed) throw error;
    throw new InvalidInputError(
      'No WhatsApp Business account is named: give its id with --waba, or give the worker WA_BUSINESS_ACCOUNT_ID.',
    );
  }
}

/** An account without numbers is in no order that anybody asked for: more likely its id is wrong. */
export function exitCodeOfReport(report: ReconcileReport): ExitCode {
  if (openFindings(report) > 0) return EXIT.waiting;
  return report.compared.numbers === 0 ? EXIT.notFound : EXIT.done;
}
