import type { OnboardingStatus } from '../../onboarding-status.js';
import { type Caller, maySee } from '../caller.js';
import type { Desk, DeskEvent } from '../desk.js';
import type { RunLink } from '../desk-onboarding.js';
import type { ServerSentEvent } from '../event-streams.js';
import { detailOf } from '../onboarding-detail.js';
import type { Handlers, Parts } from './handler.js';

/** Handlers of the streams of events. */
export function streamingHandlers({
  client,
  desk,
  streams,
  link,
}: Parts): Handlers<'events' | 'onboardingEvents'> {
  return {
    async events({ caller }) {
      return { status: 200, body: streams.open(caller, (end) => changes(desk, caller, end)) };
    },

    async onboardingEvents({ params: { phoneNumberId }, caller }) {
      const watching = new AbortController();
      const statuses = client.watch(phoneNumberId, { signal: watching.signal });
      // Whether there is such an onboarding is known before the answer begins.
      const first = await statuses.next();
      const body = streams.open(caller, (end) => {
        end.addEventListener('abort', () => watching.abort());
        return statusEvents(first, statuses, link);
      });
      return { status: 200, body };
    },
  };
}

async function* changes(
  desk: Pick<Desk, 'changes'>,
  caller: Caller,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  for await (const change of desk.changes(signal)) {
    if (!mayHearOf(caller, change)) continue;
    yield { event: change.event, data: change.data };
  }
}

function mayHearOf(caller: Caller, change: DeskEvent): boolean {
  if (change.event === 'connection') return true;
  if (change.event === 'onboarding') return maySee(caller, change.data);
  return maySee(caller, { ...change.data, label: change.label });
}

async function* statusEvents(
  first: IteratorResult<OnboardingStatus, void>,
  rest: AsyncGenerator<OnboardingStatus, void>,
  link: RunLink | undefined,
): AsyncGenerator<ServerSentEvent> {
  if (first.done) return;
  yield { event: 'status', data: detailOf(first.value, link) };
  for await (const status of rest) yield { event: 'status', data: detailOf(status, link) };
}
