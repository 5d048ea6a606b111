import { Client, Connection, type WorkflowExecutionInfo } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { expect, onTestFinished, test, vi } from 'vitest';
import { pastRunOf, temporalPastRuns } from '../../activities/past-runs.js';

const HOUR = 3_600_000;
const START = Date.parse('2026-11-20T10:00:00.000Z');
const at = (ms: number) => new Date(START + ms);

type Attributes = Record<string, unknown>;

/** A history as Temporal exports it: one event a second, numbered from 1. */
function history(...events: Attributes[]) {
  return historyFromJSON({
    events: events.map((attributes, i) => ({
      eventId: String(i + 1),
      eventTime: at(i * 1000).toISOString(),
      ...attributes,
    })),
  });
}

const started = (input?: unknown): Attributes => ({
  workflowExecutionStartedEventAttributes:
    input === undefined
      ? {}
      : {
          input: {
            payloads: [
              {
                metadata: { encoding: Buffer.from('json/plain').toString('base64') },
                data: Buffer.from(JSON.stringify(input)).toString('base64'),
              },
            ],
          },
        },
});
const scheduled = (type: string, activityId: string, startToCloseTimeout = '40s'): Attributes => ({
  activityTaskScheduledEventAttributes: {
    activityId,
    activityType: { name: type },
    startToCloseTimeout,
  },
});
const completed = (event: number): Attributes => ({
  activityTaskCompletedEventAttributes: { scheduledEventId: String(event) },
});
const failed = (event: number, type: string): Attributes => ({
  activityTaskFailedEventAttributes: {
    scheduledEventId: String(event),
    failure: { message: 'm', applicationFailureInfo: { type } },
  },
});

const runOf = (...events: Attributes[]) => pastRunOf('run', history(...events).events ?? []);

test('every scheduled activity is told with its type, id, end, failure type and longest duration', () => {
  const run = runOf(
    started(),
    scheduled('register', '1'),
    { activityTaskStartedEventAttributes: { scheduledEventId: '2' } },
    completed(2),
    scheduled('register', '2', '15s'),
    failed(5, 'PinMismatch'),
    scheduled('deregister', '3'),
  );
  expect(run).toEqual({
    runId: 'run',
    startedAt: at(0),
    cutOff: false,
    activities: [
      { type: 'register', id: '1', startToCloseMs: 40_000, closedAt: at(3000) },
      {
        type: 'register',
        id: '2',
        startToCloseMs: 15_000,
        closedAt: at(5000),
        failureType: 'PinMismatch',
      },
      { type: 'deregister', id: '3', startToCloseMs: 40_000 },
    ],
  });
});

test.each(['activityTaskTimedOutEventAttributes', 'activityTaskCanceledEventAttributes'])(
  'an activity is over by %s too',
  (attributes) => {
    const run = runOf(started(), scheduled('register', '1'), {
      [attributes]: { scheduledEventId: '2' },
    });
    expect(run.activities[0]?.closedAt).toEqual(at(2000));
  },
);

test.each<[string, boolean]>([
  ['workflowExecutionCompletedEventAttributes', false],
  ['workflowExecutionFailedEventAttributes', false],
  ['workflowExecutionCanceledEventAttributes', false],
  ['workflowExecutionContinuedAsNewEventAttributes', false],
  ['workflowExecutionTerminatedEventAttributes', true],
  ['workflowExecutionTimedOutEventAttributes', true],
])('a run is closed by %s; cut off: %s', (attributes, cutOff) => {
  const run = runOf(started(), scheduled('register', '1'), { [attributes]: {} });
  expect(run).toMatchObject({ closedAt: at(2000), cutOff });
  expect(run.activities[0]?.closedAt).toBeUndefined();
});

test('an open run, and one whose history is not there yet, has no end', () => {
  expect(runOf(started(), scheduled('register', '1'))).not.toHaveProperty('closedAt');
  expect(pastRunOf('run', [])).toEqual({
    runId: 'run',
    startedAt: new Date(0),
    cutOff: false,
    activities: [],
  });
});

test('local activities, signals and timers are no requests', () => {
  const run = runOf(
    started(),
    { markerRecordedEventAttributes: { markerName: 'core_local_activity' } },
    { workflowExecutionSignaledEventAttributes: { signalName: 'submitCode' } },
    { timerStartedEventAttributes: { timerId: '1' } },
  );
  expect(run.activities).toEqual([]);
});

const ID = 'whatsapp-number-106540352242922';
type History = ReturnType<typeof history>;

/** A real client that is never connected: what it would ask the server is answered from here. */
function clientOver(
  listed: { runId: string; closeTime?: Date }[],
  histories: Record<string, History>,
) {
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  onTestFinished(() => connection.close());
  const client = new Client({ connection });
  const info = (runId: string): WorkflowExecutionInfo => ({
    type: 'onboardNumber',
    workflowId: ID,
    runId,
    taskQueue: 'q',
    status: { code: 1, name: 'RUNNING' },
    historyLength: 1,
    startTime: at(0),
    searchAttributes: {},
    typedSearchAttributes: new TypedSearchAttributes(),
    raw: {},
  });
  const list = vi.spyOn(client.workflow, 'list').mockImplementation(() => ({
    async *[Symbol.asyncIterator]() {
      for (const { runId, ...times } of listed) yield { ...info(runId), ...times };
    },
    intoHistories: () => {
      throw new Error('not asked for');
    },
  }));
  const asked: string[] = [];
  const getHandle = client.workflow.getHandle.bind(client.workflow);
  vi.spyOn(client.workflow, 'getHandle').mockImplementation((workflowId, runId = '') => {
    const handle = getHandle(workflowId, runId);
    handle.fetchHistory = async () => {
      asked.push(runId);
      const found = histories[runId];
      if (found === undefined)
        throw Object.assign(new Error('gone'), { name: 'WorkflowNotFoundError' });
      return found;
    };
    return handle;
  });
  return { pastRuns: temporalPastRuns(() => client), list, asked };
}

const RUN_A = history(
  started({ phoneNumberId: '1', previousRunId: 'b' }),
  scheduled('register', '1'),
);
const CLOSED = (previousRunId?: string) =>
  history(started({ phoneNumberId: '1', previousRunId }), {
    workflowExecutionFailedEventAttributes: {},
  });

test('runs that listing does not show yet are found by the chain of previous run ids, each read once', async () => {
  const { pastRuns, list, asked } = clientOver([{ runId: 'a' }, { runId: 'd' }], {
    a: RUN_A,
    b: CLOSED('c'),
    c: CLOSED('a'),
    d: CLOSED(),
  });
  const runs = await pastRuns.of(ID, 'a', at(-HOUR));
  expect(runs.map(({ runId }) => runId).sort()).toEqual(['a', 'b', 'c', 'd']);
  expect(runs.find(({ runId }) => runId === 'b')?.previousRunId).toBe('c');
  expect(asked.sort()).toEqual(['a', 'b', 'c', 'd']);
  expect(list.mock.calls).toEqual([[{ query: `WorkflowId = "${ID}"` }]]);
});

test('a run that Temporal has dropped counts as none', async () => {
  const { pastRuns } = clientOver([{ runId: 'gone' }], { a: RUN_A });
  expect((await pastRuns.of(ID, 'a', at(-HOUR))).map(({ runId }) => runId)).toEqual(['a']);
});

test('runs that ended before the time asked for are left out, and neither read nor followed further', async () => {
  const { pastRuns, asked } = clientOver([{ runId: 'old', closeTime: at(0) }], {
    a: RUN_A,
    b: CLOSED('c'),
    c: CLOSED(),
    old: CLOSED(),
  });
  const runs = await pastRuns.of(ID, 'a', at(HOUR));
  expect(runs.map(({ runId }) => runId)).toEqual(['a']);
  expect(asked).not.toContain('old');
  expect(asked).not.toContain('c');
});

test('a start whose input is of another shape has no previous run', async () => {
  for (const input of [null, 'x', [], { previousRunId: 7 }]) {
    const { pastRuns } = clientOver([], { a: history(started(input)) });
    expect((await pastRuns.of(ID, 'a', at(-HOUR)))[0]).not.toHaveProperty('previousRunId');
  }
});

test('a server that cannot be asked is no empty past', async () => {
  const { pastRuns, list } = clientOver([], { a: RUN_A });
  list.mockImplementation(() => {
    throw new Error('unavailable');
  });
  await expect(pastRuns.of(ID, 'a', at(-HOUR))).rejects.toThrow('unavailable');
});
