import type { Notice } from '../../workflows/notification.js';
import { OnboardingClientError } from '../errors.js';
import { oneSentence } from './sentences.js';
import type { Session } from './session.js';

/** Nobody could be told, so what they are to be told of is not done. */
export class NoNoticeError extends OnboardingClientError {
  override readonly name = 'NoNoticeError';

  /** @param notDone such as `the PIN is not shown` */
  constructor(notDone: string, why: string, options?: ErrorOptions) {
    super(
      `Nobody can be notified, so ${notDone}. ${why} If it cannot wait, give --without-notice: the audit trail then says so.`,
      options,
    );
  }
}

/**
 * A worker drops notifications where it has no webhook, and says so to nobody.
 *
 * @throws NoNoticeError where none is configured
 */
export function needWebhook({ configuration }: Session, notDone: string): void {
  if (configuration.notify !== undefined) return;
  throw new NoNoticeError(
    notDone,
    'NOTIFY_WEBHOOK_URL and NOTIFY_WEBHOOK_SECRET are not set here: set them as the workers have them.',
  );
}

/** @throws NoNoticeError where it cannot be handed over */
export async function notifyFirst(
  session: Session,
  notice: Notice,
  notDone: string,
): Promise<void> {
  needWebhook(session, notDone);
  try {
    await session.withClient((client) => client.notify(notice));
  } catch (error) {
    throw new NoNoticeError(notDone, oneSentence(error), { cause: error });
  }
}
