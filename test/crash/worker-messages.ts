/** What a test and its worker process tell each other. */
import type { LogLevel } from '@temporalio/worker';
import type { NumberActivities } from '../../activities/number.js';

/** The first message: what to work on. */
export interface WorkerTask {
  address: string;
  namespace: string;
  taskQueue: string;
  workflowBundlePath: string;
  graphUrl: string;
  accessToken: string;
  pinStoreDir: string;
  /** `host:port` that serves the SDK's metrics. */
  metricsAddress: string;
  logLevel: Lowercase<LogLevel>;
  /** Activities at a time. */
  maxActivities: number;
  /** Workflows kept in memory. */
  maxWorkflows: number;
  /** Activities that stand still for good, by phone-number id. */
  stops: Record<string, Stop>;
  /** Writes of the PIN store that take their time, by phone-number id. */
  slowWrites: Record<string, SlowWrite>;
  /** While this file is there, the PIN store does not answer to the methods that it names. */
  storeDownFile: string;
}

/** The first time that a number's activity gets here, it says so and goes no further. */
export interface Stop {
  activity: keyof NumberActivities;
  /** Before it has begun, or when all is done and only Temporal has not heard. */
  when: 'before' | 'after';
}

/** A write that says when it is reached, waits until it is let on, and takes so many milliseconds before and after it. */
export interface SlowWrite {
  method: 'stage' | 'promote';
  beforeMs: number;
  afterMs: number;
}

export type WorkerReport =
  | { what: 'running' }
  /** A stop, a slow write or a store that does not answer was reached; a slow write is over. */
  | { what: 'reached' | 'left'; phoneNumberId: string };

/** The message that lets slow writes on. */
export const GO = 'go';

/** Runs on a task queue of this prefix wait a hundredth of the time. */
export const HURRIED = 'hurried-';
