/** What is said between the bench and the process of the API. */

export interface ApiTask {
  /** Of Temporal. */
  address: string;
  /** That tokens are signed with, in base64. */
  key: string;
  auditFile: string;
}

/** Answers any message but the first. */
export interface ApiUsage {
  /** Calls of Temporal's list so far. */
  calls: number;
  /** Rows that they gave. */
  rows: number;
  /** Bytes. */
  rss: number;
  heapUsed: number;
}
