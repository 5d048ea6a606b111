import { createHash } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
import {
  NUMBER_OPERATIONS,
  ONBOARD_NUMBER,
  type OnboardingResult,
  type OnboardingStage,
  SEARCH_ATTRIBUTES,
} from '../workflows/messages.js';
import { InvalidInputError, NoWorkerAnswerError } from './errors.js';
import { HistoryReader } from './history-reader.js';
import type { NumberRuns } from './number-runs.js';
import { type OnboardingStatus, type OnboardingSummary, summaryOf } from './onboarding-status.js';
import { endingError, failureOf } from './run-ending.js';

export interface ListFilter {
  stage?: OnboardingStage;
  label?: string;
  /** Only those that run still. @default false */
  running?: boolean;
}

export interface ListPageRequest {
  run: 'open' | 'ended';
  /** As many as Temporal gives in one call at most; it may give fewer. */
  pageSize: number;
  /** {@link ListPage.nextPageToken} of the page before. */
  pageToken?: string;
  label?: string;
  stage?: OnboardingStage;
}

export interface ListPage {
  items: OnboardingSummary[];
  /** Absent on the last page. */
  nextPageToken?: string;
}

/** An ended run changes no more, so what a worker could add to its result is not worth a long wait. */
const ENDED_QUERY_TIMEOUT_MS = 3_000;
/** While no worker answers, nothing is written to the history that could tell of its return. */
const ASK_AGAIN_MS = 3_000;

/**
 * @param runId without it, the newest run
 * @throws OnboardingNotFoundError
 */
export async function statusOf(
  runs: NumberRuns,
  id: string,
  runId?: string,
): Promise<OnboardingStatus> {
  const summary = summaryOf(await runs.onboarding(id, runId));
  const { queryTimeoutMs } = runs.place;
  const running = summary.run === 'running';
  const [ending, progress] = await Promise.all([
    running ? {} : endingOf(runs, summary),
    runs
      .progress(
        id,
        summary.runId,
        running ? queryTimeoutMs : Math.min(queryTimeoutMs, ENDED_QUERY_TIMEOUT_MS),
      )
      .then(
        (answer) => ({ progress: answer, stage: answer.stage }),
        (error: unknown) => {
          if (error instanceof NoWorkerAnswerError) return { progressMissing: error.message };
          throw error;
        },
      ),
  ]);
  return { ...summary, ...progress, ...ending };
}

/** How an ended run ended. Its history tells, no worker is needed. */
async function endingOf(
  runs: NumberRuns,
  { phoneNumberId, runId }: OnboardingSummary,
): Promise<Pick<OnboardingStatus, 'result' | 'failure'>> {
  try {
    return { result: await runs.call(() => runs.handle(phoneNumberId, runId).result()) };
  } catch (error) {
    if (error instanceof WorkflowFailedError) return { failure: failureOf(error) };
    throw runs.translated(error);
  }
}

/** @throws OnboardingNotFoundError */
export async function* watchOnboarding(
  runs: NumberRuns,
  phoneNumberId: string,
  options: { signal?: AbortSignal },
): AsyncGenerator<OnboardingStatus, void> {
  let status = await statusOf(runs, phoneNumberId);
  const history = new HistoryReader(runs.temporal, status.workflowId, status.runId);
  yield status;
  while (status.run === 'running') {
    try {
      await history.next({
        ...options,
        ...(status.progress === undefined ? { timeoutMs: ASK_AGAIN_MS } : {}),
      });
    } catch (error) {
      throw runs.translated(error);
    }
    if (options.signal?.aborted) return;
    const before = JSON.stringify(status);
    status = await statusOf(runs, phoneNumberId, status.runId);
    if (JSON.stringify(status) !== before) yield status;
  }
}

/**
 * What else is done with numbers is listed while a person must act, so that a sweep over a thousand of them does not hide the
 * onboardings.
 */
const OPEN_AND_ONBOARDINGS = `(WorkflowType = '${ONBOARD_NUMBER}' OR (WorkflowType IN (${NUMBER_OPERATIONS.map((type) => `'${type}'`).join(', ')}) AND ${SEARCH_ATTRIBUTES.stage.name} = 'Parked' AND ExecutionStatus = 'Running'))`;

export async function* listOnboardings(
  runs: NumberRuns,
  filter: ListFilter,
): AsyncGenerator<OnboardingSummary, void> {
  const query = [
    OPEN_AND_ONBOARDINGS,
    ...(filter.running ? [`ExecutionStatus = 'Running'`] : []),
  ].join(' AND ');
  const seen = new Set<string>();
  try {
    for await (const info of runs.temporal.workflow.list({ query })) {
      // Temporal lists open runs first, then those that ended last: the first of an id is its newest run.
      if (seen.has(info.workflowId)) continue;
      seen.add(info.workflowId);
      const summary = summaryOf(info);
      if (filter.stage !== undefined && summary.stage !== filter.stage) continue;
      if (filter.label !== undefined && summary.label !== filter.label) continue;
      yield summary;
    }
  } catch (error) {
    throw runs.translated(error);
  }
}

/** @throws InvalidInputError when the page token is none that Temporal gave */
export async function listPage(runs: NumberRuns, request: ListPageRequest): Promise<ListPage> {
  const { run, pageSize, label, stage } = request;
  const nextPageToken = tokenOf(request.pageToken);
  const unlistable = label !== undefined && UNLISTABLE.test(label);
  const is = (name: string, value: string | undefined) =>
    value === undefined ? [] : [`${name} = ${quoted(value)}`];
  const { temporal } = runs;
  const { namespace, loadedDataConverter } = temporal.options;
  try {
    const page = await runs.call(() =>
      temporal.workflowService.listWorkflowExecutions({
        namespace,
        pageSize,
        nextPageToken,
        query: [
          run === 'open' ? OPEN_AND_ONBOARDINGS : `WorkflowType = '${ONBOARD_NUMBER}'`,
          `CloseTime IS ${run === 'open' ? '' : 'NOT '}NULL`,
          ...is(SEARCH_ATTRIBUTES.label.name, unlistable ? undefined : label),
          ...is(SEARCH_ATTRIBUTES.stage.name, stage),
        ].join(' AND '),
      }),
    );
    const infos = await Promise.all(
      page.executions.map((raw) => executionInfoFromRaw(raw, loadedDataConverter, raw, namespace)),
    );
    const items = infos.map(summaryOf);
    return {
      items: unlistable ? items.filter((item) => item.label === label) : items,
      ...(page.nextPageToken.length === 0
        ? {}
        : { nextPageToken: pageTokenOf(page.nextPageToken) }),
    };
  } catch (error) {
    throw runs.translated(error);
  }
}

/** Characters that Temporal's lists find in no text, however they are written in a query. */
const UNLISTABLE = /["\\\p{Cc}]/u;

/**
 * Temporal's token with a checksum: one that is not its own it does not refuse, but fails on in ways that look like an outage.
 */
function pageTokenOf(token: Uint8Array): string {
  return `${Buffer.from(token).toString('base64url')}.${checksumOf(token)}`;
}

/** @throws InvalidInputError when it is none that {@link pageTokenOf} made */
function tokenOf(pageToken: string | undefined): Uint8Array {
  if (pageToken === undefined) return new Uint8Array();
  const [encoded = '', checksum] = pageToken.split('.');
  const token = Buffer.from(encoded, 'base64url');
  if (checksum === checksumOf(token)) return token;
  throw new InvalidInputError('The page token is not usable: begin with the first page again.');
}

function checksumOf(token: Uint8Array): string {
  return createHash('sha256').update(token).digest('base64url').slice(0, 12);
}

/** A text of a query of Temporal's lists. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** @throws OnboardingFailedError, OnboardingCancelledError, OnboardingTerminatedError, OnboardingNotFoundError */
export async function resultOf(runs: NumberRuns, id: string): Promise<OnboardingResult> {
  try {
    return await runs.handle(id).result();
  } catch (error) {
    if (error instanceof WorkflowFailedError) throw endingError(id, error);
    throw await runs.explained(error, id);
  }
}
