import { ONBOARD_NUMBER, type OnboardingResult } from './messages.js';
import { stepsOf } from './progress.js';
import { enter, type Run } from './run.js';

/** The end of a run that leaves a registered number: how it stands. */
export function stands(run: Run, missing: string[]): OnboardingResult {
  enter(run, 'Live');
  const { phoneNumberId } = run.input;
  const { operation } = run;
  const live = missing.length === 0;
  return {
    phoneNumberId,
    ...(operation === ONBOARD_NUMBER ? {} : { operation }),
    outcome: live ? 'live' : 'registered',
    summary: [
      live
        ? 'The number is live: registered, with two-step verification on and its PIN in the PIN store.'
        : `The PIN is in the PIN store, but the number is not live yet: ${missing.join('; ')}.`,
      ...(run.pinAccepted || operation !== ONBOARD_NUMBER
        ? []
        : ['Meta has not confirmed the PIN.']),
    ].join(' '),
    changed: true,
    missing,
    steps: stepsOf(run),
    pin: {
      ...(run.pin ?? { store: '', record: '', version: '' }),
      confirmed: run.pinAccepted,
      ...(run.pinSince === undefined ? {} : { since: run.pinSince }),
    },
  };
}
