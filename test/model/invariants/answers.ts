/** What came back of a request, as far as its sender heard it. */
import type { NumberRun } from '../driver/temporal.js';
import type { SentRequest } from '../world/meta.js';

export interface HeardError {
  code: number;
  subcode: number | undefined;
  details: string;
}

/** The error that Meta answered and the sender heard; undefined for everything else. */
export function heardError({ answer, attempt }: SentRequest): HeardError | undefined {
  if (answer === undefined || attempt?.lost) return undefined;
  const { error } = parsed(answer.body);
  if (error?.code === undefined) return undefined;
  return {
    code: error.code,
    subcode: error.error_subcode,
    details: error.error_data?.details ?? '',
  };
}

interface Envelope {
  success?: unknown;
  error?: { code?: number; error_subcode?: number; error_data?: { details?: string } };
}

/** The answer as JSON; an empty object where it is none. */
export function parsed(body: string): Envelope {
  try {
    return JSON.parse(body);
  } catch {
    return {}; // half an answer, or a proxy's page
  }
}

/** Did history take note of how the activity ended that sent this? Where not, nobody can act on it. */
export function isInHistory(runs: readonly NumberRun[], { attempt }: SentRequest): boolean {
  return runs.some(
    (run) =>
      run.runId === attempt?.runId &&
      run.activities.some(
        ({ id, closedAt }) => id === attempt.activityId && closedAt !== undefined,
      ),
  );
}
