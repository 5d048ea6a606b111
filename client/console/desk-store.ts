/** The list of open onboardings and how well the desk is connected, kept up by one stream of events. */

import type { z } from 'zod';
import type { CodeVerdict } from '../../workflows/messages.js';
import type { EVENT_SCHEMAS, Onboarding } from '../api/schemas.js';
import type { Api } from './api.js';
import { ApiRefusal, type CodePending } from './api-answers.js';
import { afterVerdict, applyChange, type DeskChange, mergeLoaded } from './desk-list.js';
import { type EventStream, followEvents } from './event-stream.js';
import type { ServerClock } from './server-clock.js';
import type { ServerSentEvent } from './sse.js';
import { createStore, type Store } from './store.js';

export interface DeskState {
  items: ReadonlyMap<string, Onboarding>;
  /** `first`: the beginning is there, the rest is on its way. */
  loaded: 'no' | 'first' | 'all';
  /** How many there are, where not all are in `items`. */
  total?: number;
  /** Why the list could not be loaded. */
  problem?: string;
}

export type Connection =
  | { state: 'connecting' }
  | { state: 'ok' }
  /** The API does not answer. @property since milliseconds since the epoch, server's time */
  | { state: 'apiLost'; since: number }
  /** The API answers, and what it asks does not. */
  | { state: 'temporalLost'; since: number };

export interface DeskStore {
  desk: Store<DeskState>;
  connection: Store<Connection>;
  /** Show what became of a code without waiting for the event. */
  judged(phoneNumberId: string, verdict: CodeVerdict | CodePending): void;
  /** A number as it was last listed, where it is listed no more. */
  former(phoneNumberId: string): Onboarding | undefined;
  /** Opens the stream, also again after signing in anew. */
  connect(): void;
  /** Try to connect now rather than when it is due. */
  retry(): void;
  close(): void;
}

const FIRST_PAGE = '100';
const OTHER_PAGES = '500';
/** A desk with more than this is worked from its beginning; searching still asks the server. */
const MOST_ITEMS = 5_000;
const FLUSH_MS = 60;

export function createDeskStore(api: Api, clock: ServerClock): DeskStore {
  const desk = createStore<DeskState>({ items: new Map(), loaded: 'no' });
  const connection = createStore<Connection>({ state: 'connecting' });
  let items = new Map<string, Onboarding>();
  const former = new Map<string, Onboarding>();
  /** What events told since the loading in progress began. */
  let since: DeskChange[] | undefined;
  let loading = new AbortController();
  let flush: ReturnType<typeof setTimeout> | undefined;
  let temporalLostAt: number | undefined;

  const publish = (change: Partial<DeskState> = {}) => {
    clearTimeout(flush);
    flush = undefined;
    desk.set({ ...desk.get(), ...change, items: new Map(items) });
  };

  function remember(ids: Iterable<string>): void {
    for (const id of ids) {
      const item = items.get(id);
      if (item !== undefined) former.set(id, item);
    }
  }

  function apply(change: DeskChange): void {
    since?.push(change);
    if (change.kind === 'gone') remember([change.phoneNumberId]);
    applyChange(items, change);
    flush ??= setTimeout(publish, FLUSH_MS);
  }

  async function load(): Promise<void> {
    loading.abort();
    loading = new AbortController();
    const { signal } = loading;
    const changes: DeskChange[] = [];
    since = changes;
    const loaded: Onboarding[] = [];
    try {
      let cursor: string | undefined;
      do {
        const page = await api.list(
          {
            limit: cursor === undefined ? FIRST_PAGE : OTHER_PAGES,
            ...(cursor === undefined ? {} : { cursor }),
          },
          signal,
        );
        if (signal.aborted) return;
        loaded.push(...page.items);
        cursor = page.next;
        const { problem: _, ...before } = desk.get();
        if (cursor === undefined || loaded.length >= MOST_ITEMS) {
          remember(items.keys());
          items = mergeLoaded(loaded, changes);
          desk.set({ ...before, total: page.total ?? items.size });
          publish({ loaded: 'all' });
          cursor = undefined;
        } else if (before.loaded === 'no') {
          items = mergeLoaded(loaded, changes);
          desk.set({ ...before, total: page.total ?? items.size });
          publish({ loaded: 'first' });
        }
      } while (cursor !== undefined);
    } catch (error) {
      if (signal.aborted) return;
      const problem = error instanceof Error ? error.message : String(error);
      desk.set({ ...desk.get(), problem });
    } finally {
      if (since === changes) since = undefined;
    }
  }

  function settle(): void {
    connection.set(
      temporalLostAt === undefined
        ? { state: 'ok' }
        : { state: 'temporalLost', since: temporalLostAt },
    );
  }

  function onEvent({ event, data }: ServerSentEvent): void {
    if (event === 'onboarding') {
      apply({ kind: 'onboarding', onboarding: JSON.parse(data) as Onboarding });
    } else if (event === 'gone') {
      const gone = JSON.parse(data) as z.output<(typeof EVENT_SCHEMAS)['gone']>;
      apply({ kind: 'gone', ...gone });
    } else if (event === 'connection') {
      const told = JSON.parse(data) as z.output<(typeof EVENT_SCHEMAS)['connection']>;
      const wasLost = temporalLostAt !== undefined;
      temporalLostAt = told.temporal === 'lost' ? Date.parse(told.since) : undefined;
      settle();
      if (wasLost && temporalLostAt === undefined) void load();
    }
  }

  let stream: EventStream | undefined;

  function connect(): void {
    stream?.close();
    stream = followEvents({
      open: (signal) => api.events(undefined, signal),
      onEvent,
      onState(state) {
        // Loaded once the stream is open, nothing that happens meanwhile is missed.
        if (state.state === 'open') {
          settle();
          void load();
        } else if (connection.get().state !== 'apiLost') {
          connection.set({ state: 'apiLost', since: clock.now() });
        }
      },
      again: (error) => !(error instanceof ApiRefusal && error.problem.status === 401),
    });
  }

  const retry = () => stream?.retry();
  const seen = () => {
    if (document.visibilityState === 'visible') retry();
  };
  window.addEventListener('online', retry);
  document.addEventListener('visibilitychange', seen);

  return {
    desk,
    connection,
    former: (phoneNumberId) => former.get(phoneNumberId),
    judged(phoneNumberId, verdict) {
      const item = items.get(phoneNumberId);
      if (item === undefined || verdict.verdict === 'pending') return;
      apply({ kind: 'onboarding', onboarding: afterVerdict(item, verdict) });
    },
    connect,
    retry,
    close() {
      stream?.close();
      loading.abort();
      clearTimeout(flush);
      window.removeEventListener('online', retry);
      document.removeEventListener('visibilitychange', seen);
    },
  };
}
