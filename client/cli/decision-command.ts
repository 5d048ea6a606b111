import type { Command } from 'commander';
import { parseDecision } from '../../workflows/input.js';
import type { Decision } from '../../workflows/messages.js';
import { lookAfter } from './after-decision.js';
import { examples, type Run } from './command.js';
import { EXIT } from './exit-codes.js';
import { follow } from './follow.js';
import { usableOption } from './option-names.js';
import { renderStatus } from './render-status.js';
import type { Session } from './session.js';
import { userName } from './user-name.js';

interface DecisionFlags {
  requestedBy?: string;
  watch?: boolean;
}

interface DecisionTexts {
  summary: string;
  description: string;
  /** What was told to the run, for `Told <id> to …`. */
  told: string;
}

/** Adds `retry` or `accept`, which differ in their words. */
export function addDecision(
  program: Command,
  session: Session,
  run: Run,
  decision: Decision,
  texts: DecisionTexts,
): void {
  program
    .command(decision)
    .summary(texts.summary)
    .description(
      `${texts.description} Then it looks for some seconds what the run makes of it. Exit code: 0 the run goes on, or the number is live; 5 it is parked again, waits for a code, or ended with a number that is not live yet; 4 it takes no ${decision} now, or has ended; 3 never started; 1 failed, or no worker answered.`,
    )
    .argument('[id]', 'phone number id (default: WA_PHONE_NUMBER_ID)')
    .option('--requested-by <name>', 'who decided it (default: your user name)')
    .option('--watch', 'follow the onboarding until it ends; the exit code then tells how')
    .addHelpText(
      'after',
      examples(
        `npx wa-onboard ${decision} 106540352242922`,
        `npx wa-onboard ${decision} 106540352242922 --watch`,
      ),
    )
    .action((givenId: string | undefined, flags: DecisionFlags) =>
      run(async () => {
        const id = session.phoneNumberId(givenId);
        const requestedBy = flags.requestedBy ?? userName();
        const request = usableOption(
          parseDecision(requestedBy === undefined ? undefined : { requestedBy }),
        );
        return session.withClient(async (client) => {
          const sent = await client[decision](id, request);
          const { runId, progressMissing } = sent;
          const document = { phoneNumberId: id, runId, decision };
          const told = [
            `Told ${id} to ${texts.told}.`,
            ...(progressMissing === undefined
              ? []
              : [`${progressMissing} It takes effect once a worker answers.`]),
            '',
          ];
          if (flags.watch) {
            session.tell(told, document);
            return follow(session, client, id);
          }
          if (!session.json) session.tell(told, document);
          const { status, ignored, exitCode } = await lookAfter(client, sent);
          if (ignored !== undefined) {
            session.tell([`It had no effect: ${ignored}`], { ...document, ignored, status });
            return EXIT.refused;
          }
          session.answer(renderStatus(status, session.view), { ...document, status });
          return exitCode;
        });
      }),
    );
}
