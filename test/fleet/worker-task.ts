/** What a test and its worker process tell each other. */

/** The first message: what to work on. */
export interface FleetWorkerTask {
  address: string;
  namespace: string;
  taskQueue: string;
  workflowBundlePath: string;
  graphUrl: string;
  accessToken: string;
  pinStoreDir: string;
  /** Workflows kept in memory. */
  maxWorkflows: number;
}

export type FleetWorkerReport =
  | { what: 'running' }
  /** What the process holds, in bytes, right after garbage was collected: of all its threads, and of the main one. */
  | { what: 'memory'; rss: number; heap: number };
