import { setTimeout } from 'node:timers/promises';
import {
  ApplicationFailure,
  activityInfo,
  Context,
  cancellationSignal,
} from '@temporalio/activity';
import { type LimitUse, LONGEST_WINDOW_MS, limitUse, type RequestLimit } from './budget.js';
import { failure, failureOf, notSent, type ProblemVerdict, problemIn } from './failures.js';
import type { GraphClient, RequestOptions } from './graph-api/graph-client.js';
import { type NumberFacts, numberFacts } from './number-facts.js';
import type { PastRun, PastRuns } from './past-runs.js';
import type { PinStore } from './pin-store/pin-store.js';

/** What the activities need of the world. */
export interface NumberActivityDependencies {
  graph: GraphClient;
  pinStore: PinStore;
  pastRuns: PastRuns;
  /** The WhatsApp Business account of the numbers, where configured: kept in the PIN record, and asked for its subscribed apps. */
  wabaId?: string;
  /** Does the worker hand notifications to a webhook? @default false */
  notifies?: boolean;
  /** @default () => new Date() */
  clock?: () => Date;
}

/** Use of a limit as histories can hold it: instants are ISO 8601 in UTC. */
export interface LimitUseReport {
  used: number;
  limit: number;
  nextAt?: string;
}

/** What a limit says when it allows no request now. */
export interface SpentLimit {
  verdict: ProblemVerdict;
  /** Where all of it is used. */
  text: string;
  /** Where it is not, but Meta or the gap between two requests wants a wait. */
  notYet: string;
}

/** The ways of every activity to Meta, the PIN store and the former runs. */
export interface NumberAccess {
  graph: GraphClient;
  pinStore: PinStore;
  wabaId: string | undefined;
  notifies: boolean;
  clock: () => Date;
  /** Options of a read of Meta within the running activity. */
  reading(): RequestOptions;
  /** Options of a write. */
  writing(): RequestOptions;
  readFacts(phoneNumberId: string): Promise<NumberFacts>;
  /** Runs of the number whose activity is running, as far back as the widest limit looks. */
  runsOfThisNumber(): Promise<PastRun[]>;
  /** The newest run of a workflow id. */
  newestRun(workflowId: string): Promise<string | undefined>;
  /**
   * Takes one request from a limit.
   *
   * @returns the runs that were counted, the running activity included, and the use with the request about to be sent
   * @throws `ApplicationFailure` when no more is allowed now; nothing was sent then
   */
  takeFrom(
    rule: RequestLimit,
    phoneNumberId: string,
    spent: SpentLimit,
  ): Promise<{ runs: PastRun[]; budget: LimitUseReport }>;
}

/**
 * Reads within a local activity must leave room for a second attempt; ordinary ones may take longer. All stay below the
 * activity's start-to-close timeout.
 */
const LOCAL_READ_TIMEOUT_MS = 3_000;
const READ_TIMEOUT_MS = 8_000;
const WRITE_TIMEOUT_MS = 15_000;

export function numberAccess(dependencies: NumberActivityDependencies): NumberAccess {
  const { graph, pinStore, pastRuns, wabaId, notifies = false } = dependencies;
  const { clock = () => new Date() } = dependencies;
  const reading = () => ({
    signal: cancellationSignal(),
    timeoutMs: activityInfo().isLocal ? LOCAL_READ_TIMEOUT_MS : READ_TIMEOUT_MS,
  });

  async function runsOfThisNumber(): Promise<PastRun[]> {
    const { workflowExecution } = activityInfo();
    if (workflowExecution === undefined) return [];
    const { workflowId, runId } = workflowExecution;
    const since = new Date(clock().getTime() - LONGEST_WINDOW_MS);
    return asking(() => pastRuns.of(workflowId, runId, since));
  }

  return {
    graph,
    pinStore,
    wabaId,
    notifies,
    clock,
    reading,
    writing: () => ({ signal: cancellationSignal(), timeoutMs: WRITE_TIMEOUT_MS }),
    readFacts: async (id) => numberFacts(await graph.readNumber(id, reading())),
    runsOfThisNumber,
    newestRun: (workflowId) => asking(() => pastRuns.newest(workflowId)),
    async takeFrom(rule, phoneNumberId, spent) {
      const { workflowExecution, activityId } = activityInfo();
      const runs = await beforeSending(runsOfThisNumber);
      const itself = { runId: workflowExecution?.runId ?? '', activityId };
      const { used, limit, nextAt } = limitUse(rule, runs, clock(), itself);
      if (nextAt === undefined) return { runs, budget: { used: used + 1, limit } };
      const allowedAt = nextAt.toISOString();
      const text = `${used >= limit ? spent.text : spent.notYet} (${used} of ${limit} used)`;
      const advice = `The next one is allowed from ${allowedAt.slice(0, 19).replace('T', ' ')} UTC.`;
      throw failure(`Number ${phoneNumberId}: ${text}. ${advice}`, {
        verdict: spent.verdict,
        outcome: 'notSent',
        text,
        advice,
        allowedAt,
        budget: { used, limit },
      });
    },
  };
}

export function limitReport({ used, limit, nextAt }: LimitUse): LimitUseReport {
  return { used, limit, ...(nextAt === undefined ? {} : { nextAt: nextAt.toISOString() }) };
}

async function asking<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const text = 'Temporal could not be asked for the former runs of the number';
    const advice = 'Check that the worker may list and read workflows in its namespace.';
    throw failure(
      `${text} (${error instanceof Error ? error.message : 'no reason given'}). ${advice}`,
      { verdict: 'retryLater', outcome: 'notSent', text, advice },
    );
  }
}

/** Work that writes nothing to Meta. */
export async function looking<T>(work: () => Promise<T>): Promise<T> {
  return unlessCancelled(work()).catch((error: unknown) => {
    throw failureOf(error, false);
  });
}

/**
 * Work of the PIN store knows no cancellation. All of it may be repeated, so a store that hangs is left alone when the worker
 * shuts down or the run is cancelled.
 */
function unlessCancelled<T>(work: Promise<T>): Promise<T> {
  return Promise.race([work, Context.current().cancelled]);
}

const LONGEST_NOTE_MS = 2_000;

/** A note that matters less than the answer to the request that was made: it is not waited for long, and may fail. */
export async function soon(note: Promise<unknown>): Promise<void> {
  await Promise.race([note.catch(() => undefined), setTimeout(LONGEST_NOTE_MS)]);
}

/** What comes before a counted write is sent: a failure says that nothing was. */
export async function beforeSending<T>(work: () => Promise<T>): Promise<T> {
  return unlessCancelled(work()).catch((error: unknown) => {
    const known = failureOf(error, false);
    throw known instanceof ApplicationFailure ? notSent(known) : known;
  });
}

/** The write itself: after a failure it may have been done, unless the failure says that it never left. */
export async function sending<T>(work: () => Promise<T>): Promise<T> {
  return work().catch((error: unknown) => {
    throw sendingFailure(error);
  });
}

/** The failure of a write that was begun. */
export function sendingFailure(error: unknown): unknown {
  const known = failureOf(error);
  return known instanceof ApplicationFailure && problemIn(known)?.outcome === 'notSent'
    ? notSent(known)
    : known;
}

/** Is this the failure of the given type that {@link failureOf} made? */
export function isFailure(error: unknown, type: string): boolean {
  return error instanceof Error && 'type' in error && error.type === type;
}
