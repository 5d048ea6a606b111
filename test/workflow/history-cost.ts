/** What a run's history costs, and what it gives away. Pure. */
import type { WorkflowHandle } from '@temporalio/client';

export type HistoryEvent = NonNullable<
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

/**
 * Does a secret stand anywhere in these events: plain, URL-encoded or as base64, in any text or bytes, also within what is
 * encoded there?
 */
export function givesAway(events: HistoryEvent[], secret: string): boolean {
  const forms = [secret, encodeURIComponent(secret), ...base64Forms(secret)];
  const found = (text: string, depth: number): boolean => {
    if (forms.some((form) => text.includes(form))) return true;
    if (depth === 0) return false;
    const encoded = text.match(/[A-Za-z0-9+/_-]{8,}={0,2}/g) ?? [];
    return encoded.some((part) => found(Buffer.from(part, 'base64').toString('latin1'), depth - 1));
  };
  return textsIn(events).some((text) => found(text, 2));
}

/** What base64 makes of a secret within a longer text, at each of the three places it may begin. */
function base64Forms(secret: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const whole = Buffer.from('\0'.repeat(before) + secret);
    // Cut off the characters that also depend on what stands before or after the secret.
    const from = Math.ceil((before * 4) / 3);
    const to = Math.floor((whole.length * 4) / 3);
    return [whole.toString('base64'), whole.toString('base64url')].map((text) =>
      text.slice(from, to),
    );
  });
}

/** Every text in a value; bytes as text. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('latin1')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [key, ...textsIn(each)]);
}
