import { cancellationSignal, heartbeat, sleep } from '@temporalio/activity';
import type { GraphClient, RequestOptions } from '../graph-api/graph-client.js';
import type { PinStore } from '../pin-store/pin-store.js';
import type { OpenRuns } from './open-runs.js';

/** What the fleet's activities need of the world. */
export interface FleetActivityDependencies {
  graph: GraphClient;
  pinStore: PinStore;
  /** The WhatsApp Business account, where none is named. */
  wabaId?: string;
  openRuns: OpenRuns;
  /** @default () => new Date() */
  clock?: () => Date;
}

const REQUEST_TIMEOUT_MS = 8_000;
const BEAT_MS = 5_000;

/** Options of a request within the running activity. */
export function asking(): RequestOptions {
  return { signal: cancellationSignal(), timeoutMs: REQUEST_TIMEOUT_MS };
}

/** Says that the running activity is alive. @throws where it was cancelled */
export function beat(): void {
  heartbeat();
  cancellationSignal().throwIfAborted();
}

/** Waits and says meanwhile that the activity is alive. */
export async function waitWithBeats(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= BEAT_MS) {
    beat();
    await sleep(Math.min(left, BEAT_MS));
  }
}
