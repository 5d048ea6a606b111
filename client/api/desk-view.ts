import type { OnboardingClient } from '../onboarding-client.js';
import type { Desk, DeskEvent } from './desk.js';
import { differenceOf, type View } from './desk-difference.js';
import { matcherOf } from './desk-filter.js';
import { createMailbox, type Mailbox } from './desk-mailbox.js';
import { type Listed, listedOf, type RunLink } from './desk-onboarding.js';
import { comparePlaces, placeOf } from './desk-order.js';
import { pageOf } from './desk-page.js';
import { createPoll } from './desk-poll.js';
import { createSightings } from './desk-sightings.js';
import { type DeskSource, deskSource } from './desk-source.js';
import type { Onboarding } from './schemas.js';
import { withinMs } from './within.js';

export interface DeskOptions {
  /** Time from one reading of Temporal's list to the next while somebody looks, in milliseconds. @default 3_000 */
  pollMs?: number;
  /** How long after the last request the list is still kept up, in milliseconds. @default 30_000 */
  idleAfterMs?: number;
  /**
   * Time from one reading to the next while nobody looks, in milliseconds: whoever looks first is shown that list at once,
   * and what has changed since a moment later. @default nothing is read while nobody looks
   */
  idlePollMs?: number;
  clock?: () => Date;
  link?: RunLink;
}

type Connection = Extract<DeskEvent, { event: 'connection' }>;

/** A view that was read longer ago than this many intervals is read again before it is shown. */
const INTERVALS_OF_A_VIEW = 2;
/** After a failure, requests get the same answer for this long, before Temporal is asked again. */
const FAILURE_LASTS_MS = 1_000;
/** How long whoever sent a message waits for the look that follows it. */
const LOOK_TIMEOUT_MS = 2_000;
const MOST_WAITING_EVENTS = 10_000;

/** The desk of one process, on what Temporal's list says. */
export function createDesk(client: OnboardingClient, options: DeskOptions = {}): Desk {
  return createDeskOn(deskSource(client), options);
}

/** The same on anything that answers like Temporal. */
export function createDeskOn(source: DeskSource, options: DeskOptions = {}): Desk {
  const { pollMs = 3_000, idleAfterMs = 30_000, idlePollMs } = options;
  const { clock = () => new Date(), link } = options;
  const mailboxes = new Set<Mailbox>();
  let rows: View = new Map();
  let view: View = rows;
  let ordered: Onboarding[] | undefined;
  let asOf: number | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let connection: Connection | undefined;
  let failure: { error: unknown; at: number } | undefined;
  /** Nobody had looked for a while, and the reading that this began is under way: the list as it was is shown till then. */
  let waking = false;
  let closed = false;

  const now = () => clock().getTime();
  /** How long ago something was, also where the machine's clock was set back since. */
  const since = (ms: number) => Math.abs(now() - ms);
  const wanted = () => mailboxes.size > 0 || since(askedAt) < idleAfterMs;
  const poll = createPoll(readList, { everyMs: pollMs, wanted, now });
  const idlePoll =
    idlePollMs === undefined
      ? undefined
      : setInterval(() => void (wanted() || poll.now()), idlePollMs).unref();
  const sightings = createSightings({ source, link, now, rows: () => rows, onFound: show });

  function tell(event: DeskEvent): void {
    for (const mailbox of mailboxes) mailbox.put(event);
  }

  function show(): void {
    const next = sightings.over(rows);
    const events = differenceOf(view, next);
    if (events.length === 0) return;
    view = next;
    ordered = undefined;
    for (const event of events) tell(event);
  }

  function connectionIs(temporal: Connection['data']['temporal']): void {
    if (connection?.data.temporal === temporal) return;
    connection = { event: 'connection', data: { temporal, since: clock().toISOString() } };
    tell(connection);
  }

  /** @returns whether Temporal answered */
  async function readList(): Promise<boolean> {
    const polledAt = now();
    try {
      rows = await allRows(source, link);
    } catch (error) {
      waking = false;
      failure = { error, at: now() };
      connectionIs('lost');
      return false;
    }
    waking = false;
    asOf = polledAt;
    failure = undefined;
    connectionIs('ok');
    sightings.listRead(polledAt);
    show();
    return true;
  }

  /** A view that is fresh enough to show. @throws what the client throws where Temporal cannot be asked */
  async function fresh(): Promise<void> {
    if (!wanted() && failure === undefined) waking = true;
    askedAt = now();
    poll.wake();
    const ageMs = asOf === undefined ? Number.POSITIVE_INFINITY : since(asOf);
    const intervalMs = waking ? Math.max(poll.intervalMs(), idlePollMs ?? 0) : poll.intervalMs();
    if (ageMs > intervalMs * INTERVALS_OF_A_VIEW) {
      if (failure === undefined || since(failure.at) >= FAILURE_LASTS_MS) await poll.now();
      if (failure !== undefined) throw failure.error;
    }
    await withinMs(LOOK_TIMEOUT_MS, sightings.caughtUp());
  }

  return {
    async list(filter) {
      const isWanted = matcherOf(filter);
      await fresh();
      ordered ??= inOrder(view);
      const matching = ordered.filter(isWanted);
      return {
        ...pageOf(matching, filter),
        total: matching.length,
        asOf: new Date(asOf ?? now()).toISOString(),
      };
    },

    async refresh(phoneNumberId) {
      if (closed) return;
      if (wanted()) await withinMs(LOOK_TIMEOUT_MS, sightings.look(phoneNumberId));
      else sightings.lookLater(phoneNumberId);
    },

    async *changes(signal) {
      const stopped = () => closed || signal.aborted;
      if (stopped()) return;
      await fresh().catch(() => undefined); // the connection, told next, says so
      if (stopped()) return;
      const mailbox = createMailbox(MOST_WAITING_EVENTS);
      mailboxes.add(mailbox);
      signal.addEventListener('abort', mailbox.end, { once: true });
      try {
        poll.wake();
        if (connection !== undefined) yield connection;
        while (!mailbox.ended()) {
          const event = mailbox.take();
          if (event === undefined) await mailbox.arrived();
          else yield event;
        }
      } finally {
        signal.removeEventListener('abort', mailbox.end);
        mailboxes.delete(mailbox);
      }
    },

    async close() {
      closed = true;
      clearInterval(idlePoll);
      for (const mailbox of mailboxes) mailbox.end();
      await poll.stop();
    },
  };
}

/** All open onboardings that Temporal lists, page by page. */
async function allRows(source: DeskSource, link: RunLink | undefined): Promise<View> {
  const rows = new Map<string, Listed>();
  let pageToken: string | undefined;
  do {
    const page = await source.page(pageToken);
    for (const summary of page.items) {
      const { phoneNumberId } = summary;
      if (!rows.has(phoneNumberId)) rows.set(phoneNumberId, listedOf(summary, link));
    }
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return rows;
}

function inOrder(view: View): Onboarding[] {
  return [...view.values()]
    .map(({ onboarding }) => ({ onboarding, place: placeOf(onboarding) }))
    .sort((a, b) => comparePlaces(a.place, b.place))
    .map(({ onboarding }) => onboarding);
}
