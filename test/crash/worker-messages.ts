/** What a test and its worker process tell each other. */

/** The first message: what to work on. */
export interface WorkerTask {
  address: string;
  namespace: string;
  taskQueue: string;
  workflowBundlePath: string;
  graphUrl: string;
  accessToken: string;
  pinStoreDir: string;
  /** Writes of the PIN store that take their time, by phone-number id. */
  slowWrites: Record<string, SlowWrite>;
}

/** A write that says when it is reached, waits until it is let on, and takes so many milliseconds before and after it. */
export interface SlowWrite {
  method: 'stage' | 'promote';
  beforeMs: number;
  afterMs: number;
}

export type WorkerReport =
  | { what: 'running' }
  /** A slow write was reached, and is over. */
  | { what: 'reached' | 'left'; phoneNumberId: string };

/** The message that lets slow writes on. */
export const GO = 'go';
