import type { Stage } from './stage.js';

/** A run to record. Its name says what happens in it, and names the file. */
export interface Scenario {
  name: string;
  /** How the run ends; an open one is recorded while it waits for something that takes too long for a test. */
  ending: 'completed' | 'failed' | 'canceled' | 'open';
  /** @default 'strict' */
  on?: Exclude<keyof Stage, 'beforePromote' | 'close'>;
  /** Plays it. @returns the number whose newest run is to be recorded, or another workflow */
  play(stage: Stage): Promise<string | { workflowId: string }>;
}
