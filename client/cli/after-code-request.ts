import type { OnboardingProgress } from '../../workflows/messages.js';
import { METHOD_TEXTS } from '../method-text.js';
import type { OnboardingClient } from '../onboarding-client.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Session } from './session.js';
import { watchUntil } from './settle.js';

/** How long to look for what became of the request. */
const SETTLE_MS = 20_000;

type Outcome = 'sent' | 'ignored' | 'refused';

/**
 * Looks what became of a wish for a code, and tells it.
 *
 * @param before the progress before the wish was told to the run
 */
export async function tellCodeRequest(
  session: Session,
  client: OnboardingClient,
  phoneNumberId: string,
  before: OnboardingProgress,
): Promise<ExitCode> {
  const status = await watchUntil(
    client,
    phoneNumberId,
    ({ progress }) => progress !== undefined && outcomeOf(before, progress) !== undefined,
    SETTLE_MS,
  );
  const after = status?.progress;
  const outcome = after === undefined ? undefined : outcomeOf(before, after);
  const document = { phoneNumberId, requested: true };
  if (outcome === 'ignored') {
    const reason = after?.ignored?.reason ?? '';
    session.tell([`It had no effect: ${reason}`], { ...document, ignored: reason });
    return EXIT.refused;
  }
  if (outcome === 'refused') {
    const { problem } = after ?? {};
    const { text = '', advice = '' } = problem ?? {};
    session.tell([`No new code was sent: ${text}`, advice], { ...document, problem });
    return EXIT.refused;
  }
  const code = after?.code;
  const former = before.code === undefined ? '' : '; the former one is useless now';
  session.tell(
    outcome === 'sent' && code !== undefined
      ? [
          `A ${before.code === undefined ? '' : 'new '}code ${code.maybe ? 'may have been' : 'was'} sent by ${METHOD_TEXTS[code.method]}${former}.`,
          `Give it:   npx wa-onboard code ${phoneNumberId}`,
        ]
      : [
          `A ${before.code === undefined ? '' : 'new '}code was asked for; see what became of it:`,
          `  npx wa-onboard status ${phoneNumberId}`,
        ],
    { ...document, ...(code && { code }) },
  );
  return EXIT.done;
}

/** What became of the request, once that shows. */
function outcomeOf(before: OnboardingProgress, after: OnboardingProgress): Outcome | undefined {
  if (after.code?.sentAt !== before.code?.sentAt) return 'sent';
  if (isNew(before.ignored, after.ignored)) return 'ignored';
  return isNew(before.problem, after.problem) ? 'refused' : undefined;
}

function isNew(before: unknown, after: unknown): boolean {
  return after !== undefined && JSON.stringify(after) !== JSON.stringify(before);
}
