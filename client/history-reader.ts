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
        const something = await (signal === undefined
          ? bounded()
          : this.temporal.withAbortSignal(signal, bounded));
        if (something) return;
      } catch (error) {
        if (isGrpcCancelledError(error)) return;
        if (deadline !== undefined && isGrpcDeadlineError(error)) return;
        throw error;
      }
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
