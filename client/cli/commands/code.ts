import { heldByOther, heldText } from '../../../workflows/claims.js';
import { parseCode } from '../../../workflows/input.js';
import type { Claim, CodeVerdict } from '../../../workflows/messages.js';
import { NoCodeAwaitedError, NoWorkerAnswerError } from '../../errors.js';
import type { OnboardingClient } from '../../onboarding-client.js';
import { type AddCommand, examples } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { refuseShortId } from '../number-argument.js';
import { usableOption } from '../option-names.js';
import { codeFromPipe, promptForCode } from '../prompt-code.js';
import { remarkAfter } from '../remark-after.js';
import { requireRunning } from '../require-running.js';
import type { Session } from '../session.js';
import { durationText } from '../time-text.js';
import { userName } from '../user-name.js';
import { hang } from '../wrap.js';

interface CodeFlags {
  submittedBy?: string;
  updateId?: string;
}

/** A worker that runs answers sooner, unless Meta is slow. */
const PATIENCE_MS = 5_000;

export const addCode: AddCommand = (program, session, run) => {
  program
    .command('code')
    .summary('give the code that Meta sent')
    .description(
      'Give the code that Meta sent to the SIM holder, and see Meta’s verdict. Without a code, a terminal asks for it (hidden), and a pipe gives it as its first line; both keep it out of your shell’s history. Exit code: 0 verified; 4 refused, or somebody else has taken the number, or no code is awaited, or the onboarding has ended; 5 it is parked, so that an operator has to act first; 3 never started; 1 no answer.',
    )
    .argument('[id]', 'phone number id (default: WA_PHONE_NUMBER_ID)')
    .argument('[code]', 'the six digits, such as 123-830')
    .option('--submitted-by <name>', 'who typed it (default: your user name)')
    .option(
      '--update-id <id>',
      'repeat an attempt that got no answer, without trying the code twice',
    )
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard code 106540352242922',
        'npx wa-onboard code 106540352242922 123-830',
      ),
    )
    .action((givenId: string | undefined, givenCode: string | undefined, flags: CodeFlags) =>
      run(async () => {
        refuseShortId(givenId, 'give the id before the code');
        const phoneNumberId = session.phoneNumberId(givenId);
        const asks = givenCode === undefined && session.terminal.stdin.isTTY === true;
        const given = asks
          ? undefined
          : usableOption(parseCode(givenCode ?? (await codeFromPipe(session))));
        const submittedBy = flags.submittedBy ?? userName();
        return session.withClient(async (client) => {
          if (asks) {
            // Before a person types for nothing.
            const holder = await holderAgainst(client, phoneNumberId, submittedBy, session);
            if (holder !== undefined) {
              return tellVerdict(session, client, phoneNumberId, {
                ...{ verdict: 'notWaiting', reason: heldText(holder), heldBy: holder },
              });
            }
          }
          const code = given?.code ?? (await promptForCode(session, phoneNumberId));
          usableOption(parseCode({ code, submittedBy }));
          let verdict: CodeVerdict;
          try {
            verdict = await remarkAfter(
              PATIENCE_MS,
              () => session.remark([STILL_WAITING]),
              () =>
                client.tryCode(phoneNumberId, code, {
                  ...(submittedBy === undefined ? {} : { submittedBy }),
                  ...(flags.updateId === undefined ? {} : { updateId: flags.updateId }),
                }),
            );
          } catch (error) {
            if (!(error instanceof NoWorkerAnswerError)) throw error;
            const exitCode = session.fail(error);
            session.remark(['To repeat it, with the same code:']);
            session.remarkCommand(repeatCommand(error, flags));
            return exitCode;
          }
          return tellVerdict(session, client, phoneNumberId, verdict);
        });
      }),
    );
};

async function tellVerdict(
  session: Session,
  client: OnboardingClient,
  phoneNumberId: string,
  verdict: CodeVerdict,
): Promise<ExitCode> {
  const { colors } = session.view;
  const accepted = verdict.verdict === 'verified';
  const mark = `${accepted ? colors.green('✔') : colors.red('✖')} `;
  const [first = '', ...rest] = verdictLines(verdict, phoneNumberId);
  session.answer(
    [
      ...hang(mark, 2, first, session.columns),
      ...rest.flatMap((line) => hang('  ', 2, line, session.columns)),
    ],
    { phoneNumberId, ...verdict },
  );
  if (accepted) return EXIT.done;
  if (verdict.verdict !== 'notWaiting' || verdict.heldBy !== undefined) return EXIT.refused;
  return (await client.status(phoneNumberId)).stage === 'Parked' ? EXIT.waiting : EXIT.refused;
}

/**
 * Who else has taken the number, where somebody has.
 *
 * @throws OnboardingEndedError, OnboardingNotFoundError, NoCodeAwaitedError when an operator has to act first
 */
async function holderAgainst(
  client: OnboardingClient,
  phoneNumberId: string,
  submittedBy: string | undefined,
  session: Session,
): Promise<Claim | undefined> {
  const { stage, progress } = await requireRunning(client, phoneNumberId);
  if (stage === 'Parked') throw new NoCodeAwaitedError(phoneNumberId, stage);
  return heldByOther(progress?.claim, submittedBy, session.terminal.now().getTime());
}

const STILL_WAITING = 'No worker has answered yet; still waiting, for a minute at most …';

/**
 * The command that repeats an attempt whose outcome is unknown without trying the code twice. The code is not in it: it is
 * asked for.
 */
export function repeatCommand(
  { phoneNumberId, updateId }: NoWorkerAnswerError,
  { submittedBy }: CodeFlags,
): string {
  return [
    `npx wa-onboard code ${phoneNumberId}`,
    ...(updateId === undefined ? [] : [`--update-id ${quoted(updateId)}`]),
    ...(submittedBy === undefined ? [] : [`--submitted-by ${quoted(submittedBy)}`]),
  ].join(' ');
}

/** As a shell takes it for one word. */
function quoted(text: string): string {
  return /^[A-Za-z0-9._-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The verdict for people, the gist first. */
export function verdictLines(verdict: CodeVerdict, phoneNumberId: string): string[] {
  switch (verdict.verdict) {
    case 'verified':
      return [
        'Meta accepted the code. The rest goes on by itself.',
        `Follow it: npx wa-onboard watch ${phoneNumberId}`,
      ];
    case 'refused':
      return [
        `Meta refused the code: ${verdict.text}`,
        verdict.advice,
        [
          ...(verdict.codeAgeSeconds === undefined
            ? []
            : [`The newest code was sent ${durationText(verdict.codeAgeSeconds * 1_000)} ago.`]),
          verdict.triesLeft === 0
            ? `No more tries: ask for a new code with "npx wa-onboard resend ${phoneNumberId}".`
            : `Tries left: ${verdict.triesLeft}.`,
          ...(verdict.fbtraceId === undefined ? [] : [`fbtrace_id ${verdict.fbtraceId}`]),
        ].join(' '),
      ];
    case 'notWaiting':
      return verdict.heldBy === undefined
        ? [`No code is awaited: ${verdict.reason}`]
        : [`The code was not tried: ${verdict.reason}`];
    case 'ended':
      return [
        `No verdict on the code: ${verdict.reason}`,
        `See how the onboarding ended: npx wa-onboard status ${phoneNumberId}`,
      ];
  }
}
