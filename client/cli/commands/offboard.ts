import { InvalidInputError } from '../../errors.js';
import type { StartedOnboarding } from '../../start-onboarding.js';
import { audited, cliAudit, ENDS_HERE } from '../cli-audit.js';
import { type AddCommand, examples } from '../command.js';
import { confirmId } from '../confirm-id.js';
import { beginOperation, OPERATION_EXIT_CODES } from '../number-operation.js';
import { reasonOption } from '../reason-option.js';
import type { Session } from '../session.js';
import { userName } from '../user-name.js';

interface OffboardFlags {
  confirm?: string;
  keepPin?: boolean;
  deletePin?: boolean;
  reason?: string;
  requestedBy?: string;
  wait: boolean;
}

export const addOffboard: AddCommand = (program, session, run) => {
  program
    .command('offboard')
    .summary('deregister a number on purpose')
    .description(
      `Deregister a number: it can no longer send or receive until it is onboarded again. Two-step verification outlives that, so its PIN is kept, and deleted only where Meta says that two-step verification is off, or with --delete-pin, which is audited. A terminal asks for the last four characters of the id; programs give --confirm. ${OPERATION_EXIT_CODES}`,
    )
    .argument('[id]', 'phone number id (default: WA_PHONE_NUMBER_ID)')
    .option('--confirm <id>', 'the same id once more, in place of the question')
    .option('--keep-pin', 'keep the PIN record also where two-step verification is off')
    .option('--delete-pin', 'delete the PIN record also where two-step verification is on')
    .option('--reason <text>', 'why, for people to read')
    .option('--requested-by <name>', 'who asks for it (default: your user name)')
    .option('--no-wait', 'end at once; "watch" shows what becomes of it')
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard offboard 106540352242922 --reason "shop closed"',
        'npx wa-onboard offboard 106540352242922 --confirm 106540352242922 --json',
      ),
    )
    .action((givenId: string | undefined, flags: OffboardFlags) =>
      run(async () => {
        const phoneNumberId = session.phoneNumberId(givenId);
        const pinRecord = pinRecordOf(flags);
        const reason = reasonOption(flags.reason);
        const requestedBy = flags.requestedBy ?? userName();
        await confirmId(session, {
          phoneNumberId,
          given: flags.confirm,
          does: 'Offboarding takes a number out of use',
          question: `Take ${phoneNumberId} out of use?`,
          otherwise: 'leaves the number as it is',
        });
        return beginOperation(session, {
          phoneNumberId,
          begun: `Offboarding ${phoneNumberId}. ${PIN_TEXTS[pinRecord]}`,
          wait: flags.wait,
          begin: (client) => {
            const begin = () =>
              client.offboard(phoneNumberId, {
                confirm: phoneNumberId,
                pinRecord,
                ...(reason === undefined ? {} : { reason }),
                ...(requestedBy === undefined ? {} : { requestedBy }),
              });
            return pinRecord === 'delete'
              ? auditedDeletion(session, phoneNumberId, reason, begin)
              : begin();
          },
        });
      }),
    );
};

/** The run deletes the record at its end; who wanted that is written down when it begins. */
function auditedDeletion(
  session: Session,
  phoneNumberId: string,
  reason: string | undefined,
  begin: () => Promise<StartedOnboarding>,
): Promise<StartedOnboarding> {
  const audit = cliAudit(session.configuration, session.terminal.now, ENDS_HERE);
  const entry = {
    ...{ action: 'offboardAndDeletePin', phoneNumberId },
    ...(reason === undefined ? {} : { reason }),
  };
  return audited(audit, entry, { doing: 'beginning', failed: 'notBegun' }, async () => {
    const started = await begin();
    await audit.write({ ...entry, status: 202, outcome: 'begun' });
    return started;
  });
}

const PIN_TEXTS = {
  keep: 'Its PIN is kept.',
  ifTwoStepOff: 'Its PIN is kept, unless Meta says that two-step verification is off.',
  delete: 'Its PIN record is deleted afterwards.',
} as const;

function pinRecordOf({ keepPin, deletePin }: OffboardFlags): keyof typeof PIN_TEXTS {
  if (keepPin && deletePin) throw new InvalidInputError('Give either --keep-pin or --delete-pin.');
  if (keepPin) return 'keep';
  return deletePin ? 'delete' : 'ifTwoStepOff';
}
