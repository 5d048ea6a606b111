/** A stack on the time-skipping server, on which days pass at once. */
import { activityInfo, getClient } from '@temporalio/activity';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll } from 'vitest';
import { type PastRun, type PastRuns, pastRunOf } from '../../activities/past-runs.js';
import { programPlaces } from '../../configuration/program-places.js';
import { findTestServerBinary } from '../../worker/temporal-binary.js';
import { SEARCH_ATTRIBUTES, workflowIdOf } from '../../workflows/messages.js';
import { eventsOf } from './end-state.js';
import { type Stack, startStack, writesTo } from './stack.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const KEYWORD = 2;

/** The server's time, which runs ahead of the machine's. */
const serverClock = () => new Date(activityInfo().currentAttemptScheduledTimestampMs);

export interface TimeSkippingStack {
  readonly stack: Stack;
  /** Lets time pass, at the server and at Meta. */
  pass(ms: number): Promise<void>;
  /** The server's time, in milliseconds since the epoch. */
  now(): Promise<number>;
  /** How many requests of a number an endpoint has seen. */
  countOf(id: string, endpoint: string): number;
  /** How long the run's timers were armed for, in milliseconds. */
  timersOf(id: string): Promise<number[]>;
}

/**
 * A stack that all tests of a file share. This server lists no workflows, so that the activities know of those runs only
 * that were started through it.
 */
export function timeSkippingStackForFile(): TimeSkippingStack {
  let environment: TestWorkflowEnvironment | undefined;
  let stack: Stack | undefined;
  const runIds = new Map<string, Set<string>>();
  const knownRuns: PastRuns = {
    newest: async (workflowId) => [...(runIds.get(workflowId) ?? [])].at(-1),
    async of(workflowId, runId, since) {
      const ids = runIds.get(workflowId) ?? new Set();
      runIds.set(workflowId, ids.add(runId));
      const runs: PastRun[] = [];
      for (const id of ids) {
        const { events } = await getClient().workflow.getHandle(workflowId, id).fetchHistory();
        runs.push(pastRunOf(id, events ?? []));
      }
      return runs.filter(({ closedAt }) => closedAt === undefined || closedAt >= since);
    },
  };
  const started = () => {
    if (stack === undefined || environment === undefined)
      throw new Error('The stack starts before the first test.');
    return { stack, environment };
  };

  beforeAll(async () => {
    const { testServerPath, ...places } = programPlaces();
    const path = await findTestServerBinary({
      ...places,
      explicitPath: testServerPath,
      onDownload: (sentence) => process.stderr.write(`${sentence}\n`),
    });
    environment = await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path } },
    });
    const { connection, namespace = 'default', address } = environment;
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(
        Object.values(SEARCH_ATTRIBUTES).map(({ name }) => [name, KEYWORD]),
      ),
    });
    stack = await startStack({
      server: { address, namespace },
      timeSkipping: true,
      pastRuns: knownRuns,
      clock: serverClock,
    });
  }, 120_000);

  afterAll(async () => {
    await stack?.close();
    await environment?.teardown();
  });

  return {
    get stack() {
      return started().stack;
    },
    async pass(ms) {
      started().stack.simulator.clock.advance(ms);
      await started().environment.sleep(ms);
    },
    now: () => started().environment.currentTimeMs(),
    countOf: (id, endpoint) =>
      writesTo(started().stack.simulator, id).filter((each) => each === endpoint).length,
    async timersOf(id) {
      const handle = started().stack.temporal.workflow.getHandle(workflowIdOf(id));
      return (await eventsOf(handle)).flatMap(({ timerStartedEventAttributes: timer }) =>
        timer
          ? [
              Number(timer.startToFireTimeout?.seconds ?? 0) * 1000 +
                (timer.startToFireTimeout?.nanos ?? 0) / 1e6,
            ]
          : [],
      );
    },
  };
}
