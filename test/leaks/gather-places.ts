/** Everything that a run leaves behind in Temporal, gathered for a leak scan. */
import {
  type Client,
  isGrpcServiceError,
  ServiceError,
  type WorkflowHandle,
} from '@temporalio/client';
import type { PinStore } from '../../activities/pin-store/pin-store.js';
import type { Simulator } from '../../simulator/simulator.js';
import { MESSAGES, workflowIdOf } from '../../workflows/messages.js';
import { until } from '../workflow/stack.js';
import type { Canary, Place } from './leak-scan.js';

/** The PINs and codes of numbers, wherever they are known, and the access token. */
export async function canariesOf(
  { simulator, pinStore }: { simulator: Simulator; pinStore: PinStore },
  phoneNumberIds: readonly string[],
): Promise<Canary[]> {
  const ofNumbers = await Promise.all(
    phoneNumberIds.map(async (id): Promise<Canary[]> => {
      const pins = new Set(await storedPins(pinStore, id));
      const { pin } = simulator.number(id);
      if (pin !== undefined) pins.add(pin);
      const codes = new Set(simulator.codes(id).map(({ code }) => code));
      return [
        ...[...pins].map((value) => ({ name: `PIN of ${id}`, kind: 'PIN' as const, value })),
        ...[...codes].map((value) => ({ name: `code of ${id}`, kind: 'code' as const, value })),
      ];
    }),
  );
  return [{ name: 'the token', kind: 'token', value: simulator.token }, ...ofNumbers.flat()];
}

async function storedPins(pinStore: PinStore, phoneNumberId: string): Promise<string[]> {
  const versions = Object.values((await pinStore.describe(phoneNumberId))?.versions ?? {});
  const records = await Promise.all(
    versions.map(({ version }) => pinStore.read(phoneNumberId, version)),
  );
  return records.map(({ pin }) => pin.reveal());
}

/** The query that the Temporal UI asks for current details and the handlers' descriptions. */
const METADATA_QUERY = '__temporal_workflow_metadata';

/** A run of a number. */
export interface RunOfNumber {
  phoneNumberId: string;
  runId: string;
}

/**
 * What Temporal has of runs: histories, descriptions (search attributes, memo, summary and details, pending activities with
 * their failures), and what they say of themselves. A worker must run to answer the queries.
 */
export async function placesOfRuns(
  temporal: Client,
  runs: readonly RunOfNumber[],
): Promise<Place[]> {
  const places = await Promise.all(
    runs.map(async ({ phoneNumberId: id, runId }): Promise<Place[]> => {
      const run = temporal.workflow.getHandle(workflowIdOf(id), runId);
      const [history, description, progress, metadata] = await Promise.all([
        run.fetchHistory(),
        descriptionOf(temporal, id, runId),
        answerTo(run, MESSAGES.progress),
        answerTo(run, METADATA_QUERY),
      ]);
      return [
        { kind: 'history', name: `history of ${id}`, content: history },
        description,
        { kind: 'else', name: `progress of ${id}`, content: progress },
        { kind: 'else', name: `metadata of ${id}`, content: metadata },
      ];
    }),
  );
  return places.flat();
}

/** The answer to a query, from a worker that may have much else to do. */
function answerTo(run: WorkflowHandle, query: string): Promise<unknown> {
  const tooLate = (error: unknown) => {
    const cause = error instanceof ServiceError ? error.cause : error;
    if (!isGrpcServiceError(cause) || cause.code !== DEADLINE_EXCEEDED) throw error;
    return undefined;
  };
  return until(`an answer to ${query}`, () => run.query(query).catch(tooLate), 60_000);
}

const DEADLINE_EXCEEDED = 4;

/**
 * What the server tells of a run, also while no worker runs.
 *
 * @param runId without it, the number's newest run
 */
export async function descriptionOf(
  temporal: Client,
  phoneNumberId: string,
  runId?: string,
): Promise<Place> {
  const content = await temporal.workflowService.describeWorkflowExecution({
    namespace: temporal.options.namespace,
    execution: {
      workflowId: workflowIdOf(phoneNumberId),
      ...(runId === undefined ? {} : { runId }),
    },
  });
  return { kind: 'else', name: `description of ${phoneNumberId}`, content };
}

/** The runs of numbers as lists show them. Lists lag some seconds behind; the newest run of each is waited for. */
export async function listedRuns(
  temporal: Client,
  taskQueue: string,
  phoneNumberIds: readonly string[],
): Promise<{ runs: RunOfNumber[]; rows: Place }> {
  const newest = await Promise.all(
    phoneNumberIds.map((id) => temporal.workflow.getHandle(workflowIdOf(id)).describe()),
  );
  return until('all runs to be listed', async () => {
    const { executions } = await temporal.workflowService.listWorkflowExecutions({
      namespace: temporal.options.namespace,
      query: `TaskQueue = '${taskQueue}'`,
      pageSize: 1_000,
    });
    const runs = executions.flatMap(({ execution }) => {
      const id = phoneNumberIds.find((each) => workflowIdOf(each) === execution?.workflowId);
      const runId = execution?.runId;
      return id === undefined || !runId ? [] : [{ phoneNumberId: id, runId }];
    });
    const listed = new Set(runs.map(({ runId }) => runId));
    if (!newest.every(({ runId }) => listed.has(runId))) return undefined;
    return { runs, rows: { kind: 'else', name: 'visibility rows', content: executions } };
  });
}
