import type { Command } from 'commander';
import type { PinDescription, PinVersionState } from '../../../activities/pin-store/pin-store.js';
import type { SentDecision } from '../../decide.js';
import {
  InvalidInputError,
  NotParkedError,
  OnboardingEndedError,
  OnboardingNotFoundError,
} from '../../errors.js';
import type { OnboardingClient } from '../../onboarding-client.js';
import type { OnboardingStatus } from '../../onboarding-status.js';
import { lookAfter } from '../after-decision.js';
import { audited, type CommandEntry, cliAudit, ENDS_HERE } from '../cli-audit.js';
import { examples, type Run } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { refuseShortId } from '../number-argument.js';
import { openPinStoreInUse } from '../pin-store-in-use.js';
import { askForPin } from '../prompt-pin.js';
import { renderStatus } from '../render-status.js';
import { oneSentence } from '../sentences.js';
import type { Session } from '../session.js';
import { userName } from '../user-name.js';

export function addPinProvide(pin: Command, session: Session, run: Run): void {
  pin
    .command('provide')
    .summary('keep the PIN that a number has at Meta')
    .description(
      'Keep the two-step-verification PIN that a number has at Meta already, for onboardings to try where Meta refuses the one they have. A terminal asks for it (hidden); a pipe gives it as its first line; it goes straight into the PIN store, and nowhere else. A parked onboarding of the number is then told to try again. Exit code: 0 kept; 5 kept, and the onboarding is parked still or waits for a code; 1 not kept, or the onboarding could not be told.',
    )
    .argument('[id]', 'phone number id (default: WA_PHONE_NUMBER_ID)')
    .allowExcessArguments()
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard pin provide 106540352242922',
        'pass show former-pin | npx wa-onboard pin provide 106540352242922',
      ),
    )
    .action((givenId: string | undefined, _flags: object, { args }: Command) =>
      run(async () => {
        if (args.length > 1) {
          throw new InvalidInputError(
            'Give the phone number id alone: a PIN on the command line stays in the shell’s history and shows in process lists, so it is asked for.',
          );
        }
        refuseShortId(givenId, 'give the id alone, and the PIN when it is asked for');
        return provide(session, session.phoneNumberId(givenId));
      }),
    );
}

async function provide(session: Session, phoneNumberId: string): Promise<ExitCode> {
  const { store, place, remarks } = await openPinStoreInUse(session.configuration);
  session.remark(remarks);
  const before = await store.describe(phoneNumberId); // before a person types for nothing
  const pin = await askForPin(session, phoneNumberId);
  const audit = cliAudit(session.configuration, session.terminal.now, ENDS_HERE);
  const entry: Omit<CommandEntry, 'outcome'> = {
    ...{ action: 'providePin', phoneNumberId, store: place },
    ...(before?.label === undefined ? {} : { label: before.label }),
  };
  const { record, version, known, state } = await audited(
    audit,
    entry,
    { doing: 'providing', failed: 'notProvided' },
    async () => {
      const provided = await store.provide(phoneNumberId, pin);
      const formerState = stateOf(before, provided.version);
      const newState =
        formerState === undefined || formerState === 'previous' ? 'provided' : formerState;
      await audit.write({ ...entry, status: 200, outcome: 'provided', version: newState });
      return { ...provided, known: formerState, state: newState };
    },
  );
  const kept = { phoneNumberId, pin: { store: store.name, record, version, state } };
  if (!session.json) {
    session.tell(
      [
        state === known
          ? `The PIN store had this PIN of ${phoneNumberId} already, as ${known}: nothing was changed.`
          : `The PIN of ${phoneNumberId} is kept as provided.`,
        `PIN store: ${place}`,
      ],
      {},
    );
  }
  try {
    return await session.withClient((client) => goOn(session, client, kept));
  } catch (error) {
    // What was asked for first is done, and has to be said also where Temporal does not answer.
    const sentence = oneSentence(error);
    if (session.json) session.answer([], { ...kept, retried: false, notTold: sentence });
    else {
      session.fail(error);
      session.remark([`The PIN is kept; a parked onboarding goes on with:`]);
      session.remarkCommand(`npx wa-onboard retry ${phoneNumberId}`);
    }
    return EXIT.failed;
  }
}

interface Kept {
  phoneNumberId: string;
  /** Where it is, and what the record shows it as: never the PIN. */
  pin: { store: string; record: string; version: string; state: PinVersionState };
}

/** The state under which the store showed this version. */
function stateOf(before: PinDescription | undefined, version: string): PinVersionState | undefined {
  const states = Object.entries(before?.versions ?? {}) as [PinVersionState, { version: string }][];
  return states.find(([, shown]) => shown.version === version)?.[0];
}

async function goOn(session: Session, client: OnboardingClient, kept: Kept): Promise<ExitCode> {
  const { phoneNumberId: id } = kept;
  const status = await newestOf(client, id);
  const sent = status?.stage === 'Parked' ? await retryIfTaken(client, id) : undefined;
  if (sent === undefined) {
    const now = status?.stage === 'Parked' ? await newestOf(client, id) : status;
    session.tell([whenTried(id, now)], { ...kept, retried: false });
    return EXIT.done;
  }
  if (!session.json) {
    session.tell(
      [
        `Told the parked onboarding to try again.${
          sent.progressMissing === undefined
            ? ''
            : ` ${sent.progressMissing} It takes effect once a worker answers.`
        }`,
        '',
      ],
      {},
    );
  }
  const after = await lookAfter(client, sent);
  session.answer(renderStatus(after.status, session.view), {
    ...kept,
    retried: true,
    status: after.status,
  });
  return after.exitCode;
}

async function newestOf(
  client: OnboardingClient,
  phoneNumberId: string,
): Promise<OnboardingStatus | undefined> {
  try {
    return await client.status(phoneNumberId);
  } catch (error) {
    if (error instanceof OnboardingNotFoundError) return undefined;
    throw error;
  }
}

/** Undefined where somebody else let it go on, or ended it, meanwhile. */
async function retryIfTaken(
  client: OnboardingClient,
  phoneNumberId: string,
): Promise<SentDecision | undefined> {
  const requestedBy = userName();
  try {
    return await client.retry(phoneNumberId, requestedBy === undefined ? {} : { requestedBy });
  } catch (error) {
    if (error instanceof NotParkedError || error instanceof OnboardingEndedError) return undefined;
    throw error;
  }
}

function whenTried(phoneNumberId: string, status: OnboardingStatus | undefined): string {
  return status?.run === 'running'
    ? 'The onboarding that runs tries it where Meta refuses the PIN that it has.'
    : `The next onboarding tries it: npx wa-onboard start ${phoneNumberId}`;
}
