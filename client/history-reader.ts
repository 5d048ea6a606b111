import { type Client, isGrpcCancelledError, isGrpcDeadlineError } from '@temporalio/client';

/** Waits for a run to write to its history. Reading a history asks nothing of a worker. */
export class HistoryReader {
  #pageToken: Uint8Array | undefined;

  constructor(
    readonly temporal: Client,
    readonly workflowId: string,
    readonly runId: string,
  ) {}

  /**
   * Resolves when events were written that this reader has not read, when the run has ended, when `signal` aborts, or after
   * `timeoutMs`.
   */
  async next(options: { signal?: AbortSignal; timeoutMs?: number } = {}): Promise<void> {
    const { signal, timeoutMs } = options;
    const deadline = timeoutMs === undefined ? undefined : Date.now() + timeoutMs;
    while (signal?.aborted !== true) {
      const poll = () => this.#poll();
      const bounded =
        deadline === undefined ? poll : () => this.temporal.withDeadline(deadline, poll);
      try {
        if (await (signal === undefined ? bounded() : this.#unlessAborted(signal, bounded))) return;
      } catch (error) {
        if (isGrpcCancelledError(error)) return;
        if (deadline !== undefined && isGrpcDeadlineError(error)) return;
        throw error;
      }
    }
  }

  /** The SDK never takes its listener off the signal that a call is given, so each call gets one of its own. */
  async #unlessAborted<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    const ownSignal = new AbortController();
    const abort = () => ownSignal.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await this.temporal.withAbortSignal(ownSignal.signal, call);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** One long poll; the server ends it after some seconds without events. */
  async #poll(): Promise<boolean> {
    const { history, nextPageToken } =
      await this.temporal.workflowService.getWorkflowExecutionHistory({
        namespace: this.temporal.options.namespace,
        execution: { workflowId: this.workflowId, runId: this.runId },
        waitNewEvent: true,
        ...(this.#pageToken === undefined ? {} : { nextPageToken: this.#pageToken }),
      });
    const ended = nextPageToken === undefined || nextPageToken.length === 0;
    this.#pageToken = ended ? undefined : nextPageToken;
    return ended || (history?.events ?? []).length > 0;
  }
}
