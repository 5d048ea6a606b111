import type { Command } from 'commander';
import { examples, type Run } from '../command.js';
import type { Finding } from '../doctor.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { knownNowhere, type NumberPicture, numberPicture } from '../number-picture.js';
import {
  type PinForms,
  pinFacts,
  pinFindings,
  pinForms,
  sameNumberRecords,
} from '../pin-checks.js';
import { type PinVerdict, pinVerdict } from '../pin-trouble.js';
import { remarkAfter } from '../remark-after.js';
import { renderPinTrouble } from '../render-pin-trouble.js';
import { oneSentence } from '../sentences.js';
import type { Session } from '../session.js';

export function addPinTroubleshoot(pin: Command, session: Session, run: Run): void {
  pin
    .command('troubleshoot')
    .summary('find out why a PIN does not work, and what to do')
    .description(
      'Look at everything that may be wrong with the PIN of a number, in order: the form of the stored PINs, what the PIN store has, other ids of the same telephone number, what Meta says, the newest run, Meta’s limits. Then say what to do, with the commands to type. It changes nothing, and shows no PIN. Exit code: 0 nothing to do; 5 there is; 1 it could not be found out; 3 nobody knows the number.',
    )
    .argument('[id]', 'phone number id (default: WA_PHONE_NUMBER_ID)')
    .addHelpText('after', examples('npx wa-onboard pin troubleshoot 106540352242922'))
    .action((givenId: string | undefined) =>
      run(() => troubleshoot(session, session.phoneNumberId(givenId))),
    );
}

/** From when on a person would wonder. */
const LONG_MS = 4_000;

async function troubleshoot(session: Session, phoneNumberId: string): Promise<ExitCode> {
  const { view } = session;
  const { picture, findings, verdict } = await remarkAfter(
    LONG_MS,
    () => session.remark(['Looking; with many PIN records this takes a while.']),
    () => lookedAt(session, phoneNumberId),
  );
  session.answer(renderPinTrouble(phoneNumberId, findings, verdict, view), {
    ...{ phoneNumberId, checks: findings },
    ...verdict,
  });
  if (knownNowhere(picture)) return EXIT.notFound;
  if (verdict.verdict === 'inOrder') return EXIT.done;
  return COULD_NOT_TELL.has(verdict.verdict) ? EXIT.failed : EXIT.waiting;
}

const COULD_NOT_TELL: ReadonlySet<PinVerdict['verdict']> = new Set([
  'storeUnreadable',
  'metaSilent',
]);

async function lookedAt(
  session: Session,
  phoneNumberId: string,
): Promise<{ picture: NumberPicture; findings: Finding[]; verdict: PinVerdict }> {
  const { view } = session;
  const first = await numberPicture(session, phoneNumberId);
  const { picture, forms, sameNumber } = await storeLook(first);
  return {
    picture,
    findings: pinFindings(picture, forms, sameNumber, view),
    verdict: pinVerdict(pinFacts(picture, sameNumber, view.now)),
  };
}

/** What only reading the PINs, or all records, tells. Where the store fails at that, it cannot be read. */
async function storeLook(picture: NumberPicture): Promise<{
  picture: NumberPicture;
  forms: PinForms;
  sameNumber: Awaited<ReturnType<typeof sameNumberRecords>>;
}> {
  const { meta, store, phoneNumberId } = picture;
  if (store.answer === 'none') return { picture, forms: {}, sameNumber: [] };
  const telephoneNumber =
    (meta.answer === 'number' ? meta.number.display_phone_number : undefined) ??
    store.record?.displayPhoneNumber;
  try {
    const [forms, sameNumber] = await Promise.all([
      store.record === undefined ? {} : pinForms(store.store, store.record),
      sameNumberRecords(store.store, phoneNumberId, telephoneNumber),
    ]);
    return { picture, forms, sameNumber };
  } catch (error) {
    const why = oneSentence(error);
    return { picture: { ...picture, store: { answer: 'none', why } }, forms: {}, sameNumber: [] };
  }
}
