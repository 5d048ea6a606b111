import type { Duration } from '@temporalio/common';
import type { Command } from 'commander';
import { lastDigitsOf } from '../../../activities/number-facts.js';
import {
  type PinDescription,
  PinNotFoundError,
  type PinVersionState,
} from '../../../activities/pin-store/pin-store.js';
import { InvalidInputError } from '../../errors.js';
import { type CommandEntry, cliAudit } from '../cli-audit.js';
import { examples, type Run } from '../command.js';
import { DAY_MS, durationOption } from '../duration-option.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { NoNoticeError, needWebhook } from '../notice.js';
import { openPinStoreInUse } from '../pin-store-in-use.js';
import { reasonOption } from '../reason-option.js';
import { oneSentence } from '../sentences.js';
import type { Session } from '../session.js';
import { showUntilEnter } from '../show-once.js';
import { instantAndAge } from '../time-text.js';
import { userName } from '../user-name.js';

const STATES: readonly PinVersionState[] = ['current', 'pending', 'previous', 'provided'];

interface RevealFlags {
  reason: string;
  which: string;
  rotateAfter?: string;
  withoutNotice?: boolean;
  force?: boolean;
}

/** How long a PIN that somebody has seen may stay. */
const ROTATE_AFTER = {
  leastMs: 60_000,
  mostMs: 30 * DAY_MS,
  range: 'between 1 minute and 30 days',
  example: '1h',
};

export function addPinReveal(pin: Command, session: Session, run: Run): void {
  pin
    .command('reveal')
    .summary('show a PIN to a person, audited and notified')
    .description(
      'Show a PIN to the person at this terminal, for when nothing else will do, such as typing it in WhatsApp Manager. It is written to the audit trail with the reason, and notified, before it is shown; where either cannot be done it is not shown. Without a webhook that notifications go to, give --without-notice. It stays on the screen until Enter is pressed. Have it rotated afterwards with --rotate-after: a PIN that a person has seen is no secret for long. Exit code: 0 shown; 1 not shown; 3 the PIN store has none.',
    )
    .argument('[id]', 'phone number id (default: WA_PHONE_NUMBER_ID)')
    .requiredOption('--reason <text>', 'why: kept in the audit trail and notified')
    .option('--which <state>', STATES.join(', '), 'current')
    .option('--rotate-after <duration>', 'have the PIN rotated this long afterwards, such as 1h')
    .option('--without-notice', 'show it also where nobody can be notified; audited as such')
    .option('--force', 'print it also where there is no terminal, or with --json')
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard pin reveal 106540352242922 --reason "moving to another provider"',
        'npx wa-onboard pin reveal 106540352242922 --reason "call with Meta" --rotate-after 1h',
      ),
    )
    .action((givenId: string | undefined, flags: RevealFlags) =>
      run(() => {
        const reason = reasonOption(flags.reason) ?? '';
        return reveal(session, {
          phoneNumberId: session.phoneNumberId(givenId),
          reason,
          state: stateOf(flags.which),
          withoutNotice: flags.withoutNotice === true,
          force: flags.force === true,
          ...(flags.rotateAfter === undefined
            ? {}
            : { rotateAfter: durationOption('--rotate-after', flags.rotateAfter, ROTATE_AFTER) }),
        });
      }),
    );
}

interface Wish {
  phoneNumberId: string;
  reason: string;
  state: PinVersionState;
  withoutNotice: boolean;
  force: boolean;
  rotateAfter?: Duration;
}

async function reveal(session: Session, wish: Wish): Promise<ExitCode> {
  const { phoneNumberId, state, reason } = wish;
  refuseLogs(session, wish.force);
  const { store, remarks } = await openPinStoreInUse(session.configuration);
  session.remark(remarks);
  const record = await store.describe(phoneNumberId);
  const version = record?.versions[state];
  const audit = cliAudit(session.configuration, session.terminal.now, 'the PIN is not shown');
  const entry: Omit<CommandEntry, 'outcome'> = {
    ...{ action: 'revealPin', phoneNumberId, reason, version: state },
    ...(record?.label === undefined ? {} : { label: record.label }),
  };
  // As the API does: a line before anything happens, and one that tells what came of it.
  await audit.write({ ...entry, outcome: 'revealing' });
  if (record === undefined || version === undefined) {
    await audit.write({ ...entry, status: 404, outcome: 'notFound' });
    throw new PinNotFoundError(notThere(wish, record));
  }
  let shown: Shown;
  try {
    const rotation = await tellAndRotate(session, wish, record, version.version);
    const { pin } = await store.read(phoneNumberId, version.version);
    shown = {
      ...{ pin: pin.reveal(), version, auditFile: audit.file },
      ...(rotation === undefined ? {} : { rotation }),
    };
  } catch (error) {
    await audit.write({ ...entry, status: 503, outcome: 'notRevealed' });
    throw error;
  }
  const outcome = wish.withoutNotice ? 'revealedWithoutNotice' : 'revealed';
  await audit.write({ ...entry, status: 200, outcome });
  await show(session, wish, shown);
  return EXIT.done;
}

/** @throws InvalidInputError where the PIN would end up in a file or a log */
function refuseLogs(session: Session, force: boolean): void {
  if (force) return;
  const { stdin, stdout } = session.terminal;
  if (session.json) {
    throw new InvalidInputError(
      'With --json a PIN would end up in a log: run it in a terminal without --json, or give --force.',
    );
  }
  if (stdout.isTTY !== true) {
    throw new InvalidInputError(
      'Standard output is no terminal, so a PIN would end up in a file or a log: run it in a terminal, or give --force.',
    );
  }
  if (stdin.isTTY !== true) {
    throw new InvalidInputError(
      'Standard input is no terminal, so Enter could not take the PIN off the screen: run it in a terminal, without a pipe, or give --force.',
    );
  }
}

/** @throws NoNoticeError, or what Temporal answers where the rotation cannot be arranged */
async function tellAndRotate(
  session: Session,
  { phoneNumberId, reason, state, withoutNotice, rotateAfter }: Wish,
  record: PinDescription,
  version: string,
): Promise<{ at: string } | undefined> {
  if (!withoutNotice) needWebhook(session, NOT_SHOWN);
  else if (rotateAfter === undefined) return undefined;
  const requestedBy = userName();
  const known = {
    reason,
    ...(requestedBy === undefined ? {} : { requestedBy }),
  };
  const lastDigits = lastDigitsOf(record.displayPhoneNumber);
  let told = withoutNotice;
  try {
    return await session.withClient(async (client) => {
      if (!withoutNotice) {
        await client.notify({
          event: 'pin.revealed',
          phoneNumberId,
          ...(record.label === undefined ? {} : { label: record.label }),
          ...(lastDigits === undefined ? {} : { lastDigits }),
          text: `${requestedBy ?? 'Somebody'} was shown the ${state} PIN of number ${phoneNumberId} on the command line: ${reason}`,
          ...known,
        });
        told = true;
      }
      if (rotateAfter === undefined) return undefined;
      return client.rotateLater(phoneNumberId, {
        ...{ after: rotateAfter, replace: version },
        ...(record.label === undefined ? {} : { label: record.label }),
        ...known,
      });
    });
  } catch (error) {
    if (told) throw error;
    throw new NoNoticeError(NOT_SHOWN, oneSentence(error), { cause: error });
  }
}

const NOT_SHOWN = 'the PIN is not shown';

interface Shown {
  pin: string;
  version: { version: string; createdAt: string; lastRotated?: string };
  auditFile: string;
  rotation?: { at: string };
}

async function show(
  session: Session,
  { phoneNumberId, state }: Wish,
  { pin, version, auditFile, rotation }: Shown,
): Promise<void> {
  const { terminal } = session;
  const { now, colors } = session.view;
  const since = instantAndAge(version.lastRotated ?? version.createdAt, now);
  const after = [
    `Audited in ${auditFile}.`,
    rotation === undefined
      ? `Now that somebody has seen it, give the number another with "npx wa-onboard rotate ${phoneNumberId}".`
      : `It is rotated at ${instantAndAge(rotation.at, now)}.`,
  ];
  if (session.json) {
    session.answer([], {
      ...{ phoneNumberId, state, pin, ...version },
      ...(rotation === undefined ? {} : { rotateAt: rotation.at }),
    });
    return;
  }
  if (terminal.stdout.isTTY && terminal.stdin.isTTY) {
    await showUntilEnter(terminal, [
      `The ${state} PIN of ${phoneNumberId}, since ${since}:`,
      '',
      `  ${colors.bold(pin)}`,
      '',
      'Enter takes it off the screen.',
    ]);
    session.tell([`The PIN of ${phoneNumberId} was shown. ${after[0]}`, ...after.slice(1)], {});
    return;
  }
  session.answer([pin], {});
  session.remark(after);
}

function notThere({ phoneNumberId, state }: Wish, record: PinDescription | undefined): string {
  if (record === undefined) {
    return `The PIN store has no PIN of number ${phoneNumberId}: check the id, or see what to do with "npx wa-onboard pin troubleshoot ${phoneNumberId}".`;
  }
  const there = Object.keys(record.versions).join(', ');
  return `The PIN store has no ${state} PIN of number ${phoneNumberId}; it has: ${there === '' ? 'none' : there}.`;
}

function stateOf(given: string): PinVersionState {
  const state = STATES.find((known) => known === given.toLowerCase());
  if (state !== undefined) return state;
  throw new InvalidInputError(`--which must be one of ${STATES.join(', ')}.`);
}
