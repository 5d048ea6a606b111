import type { OnboardingResult } from '../../workflows/messages.js';
import type { OnboardingStatus } from '../onboarding-status.js';
import { block, type Line } from './block.js';
import { instantText } from './time-text.js';
import type { View } from './view.js';

/** How the run ended: its result and where the PIN lies, or what was undone and what was not. */
export function renderEnd({ result, failure, progress }: OnboardingStatus, view: View): string[] {
  const { colors } = view;
  if (result !== undefined) {
    const { pin } = result;
    return [
      ...block(
        'Result',
        [
          result.summary,
          ...result.missing.map((missing): Line => [`still missing: ${missing}`, colors.yellow]),
          ...(result.cancelRequested
            ? ['A cancel came after the PIN was set, so the onboarding went on to its end.']
            : []),
        ],
        view,
      ),
      ...block('PIN', result.pinRecord === undefined ? pinLines(pin) : recordLines(result), view),
    ];
  }
  if (failure === undefined) return [];
  const { undone = [], notUndone = [] } = failure.details ?? progress?.compensation ?? {};
  const problem = failure.details?.problem;
  return [
    // A run's own message is its problem and what was not undone in one sentence; those are shown apart.
    ...(problem === undefined ? block('Ended', [[failure.message, colors.red]], view) : []),
    ...block('Undone', undone, view),
    ...block(
      'Not undone',
      notUndone.map((left): Line => [left, colors.yellow]),
      view,
    ),
  ];
}

function pinLines({ store, record, version, confirmed, since }: OnboardingResult['pin']): string[] {
  return [
    ...(record === '' ? [] : [`in ${store}: ${record}, version ${version}`]),
    confirmed
      ? 'accepted by Meta in this run'
      : `not checked at Meta in this run${
          since === undefined ? '' : `; current since ${instantText(since)}`
        }`,
  ];
}

/** What an offboarding did with the PIN. */
function recordLines({ phoneNumberId, pin, pinRecord }: OnboardingResult): string[] {
  if (pinRecord === 'deleted') return ['its record is deleted'];
  if (pinRecord === 'none') return ['there was no record of it'];
  const place = pin.record === '' ? '' : ` in ${pin.store}: ${pin.record}`;
  return [`kept${place}; who registers ${phoneNumberId} next needs it`];
}
