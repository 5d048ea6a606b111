import { type AddCommand, examples } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { knownNowhere, type NumberPicture, numberPicture } from '../number-picture.js';
import { renderNumber } from '../render-number.js';

export const addNumber: AddCommand = (program, session, run) => {
  program
    .command('number')
    .summary('show all that is known of a number')
    .description(
      'Show one number: what Meta says of it (status, health, display name and its review, quality, throughput), what the PIN store holds (never a PIN), how much of Meta’s limits is used, and its runs. It reads only. What cannot be had says so itself. Exit code: 0 Meta answered; 1 Meta did not; 3 nobody knows the number.',
    )
    .argument('[id]', 'phone number id (default: WA_PHONE_NUMBER_ID)')
    .addHelpText(
      'after',
      examples(
        'npx wa-onboard number 106540352242922',
        'npx wa-onboard number 106540352242922 --json',
      ),
    )
    .action((givenId: string | undefined) =>
      run(async () => {
        const picture = await numberPicture(session, session.phoneNumberId(givenId));
        if (knownNowhere(picture)) {
          session.tell(
            [
              `Neither Meta nor the PIN store nor Temporal knows number ${picture.phoneNumberId}: check the id, which is not the telephone number.`,
            ],
            documentOf(picture),
          );
          return EXIT.notFound;
        }
        session.answer(renderNumber(picture, session.view), documentOf(picture));
        return picture.meta.answer === 'number' ? EXIT.done : EXIT.failed;
      }),
    );
};

/** Each part, or why there is none. Holds no PIN. */
export function documentOf({ phoneNumberId, meta, store, runs }: NumberPicture): object {
  return {
    phoneNumberId,
    ...(meta.answer === 'number' ? { meta: meta.number } : { metaMissing: meta.why }),
    ...(store.answer === 'read'
      ? { pinStore: store.place, pinRecord: store.record ?? null }
      : { pinRecordMissing: store.why }),
    ...(runs.answer === 'read'
      ? {
          runs: runs.runs,
          ...(runs.later === undefined || runs.later.length === 0
            ? {}
            : { plannedRotations: runs.later }),
          ...(runs.status?.progress === undefined ? {} : { budget: runs.status.progress.budget }),
        }
      : { runsMissing: runs.why }),
  };
}
