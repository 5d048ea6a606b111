/** What a run's history costs. Pure. */
import type { WorkflowHandle } from '@temporalio/client';

type HistoryEvent = NonNullable<
  Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']
>[number];

/**
 * Billable Actions in a history, as Temporal Cloud counts them: the start, each timer, signal, update, activity attempt and
 * search-attribute upsert; local activities of one workflow task count together.
 */
export function billableActions(events: HistoryEvent[]): Record<string, number> {
  const attempts = events.map((event) => event.activityTaskStartedEventAttributes?.attempt ?? 0);
  const count = (has: (event: HistoryEvent) => unknown) => events.filter(has).length;
  const localActivities = events.filter(
    (event) => event.markerRecordedEventAttributes?.markerName === 'core_local_activity',
  );
  const tasksWithLocals = new Set(
    localActivities.map((event) =>
      String(event.markerRecordedEventAttributes?.workflowTaskCompletedEventId),
    ),
  );
  return {
    start: count((event) => event.workflowExecutionStartedEventAttributes),
    timers: count((event) => event.timerStartedEventAttributes),
    signals: count((event) => event.workflowExecutionSignaledEventAttributes),
    updates: count((event) => event.workflowExecutionUpdateAcceptedEventAttributes),
    activityAttempts: attempts.reduce((sum, attempt) => sum + attempt, 0),
    localActivities: tasksWithLocals.size,
    upserts: count((event) => event.upsertWorkflowSearchAttributesEventAttributes),
  };
}
