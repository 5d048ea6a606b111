/** Everything a case plays in: time, Temporal, Meta, the PIN store, the real activities, and the invariants that watch. */
import { createGraphClient, type GraphClient } from '../../../activities/graph-api/graph-client.js';
import { createNumberActivities, type NumberActivities } from '../../../activities/number.js';
import type { PastRuns } from '../../../activities/past-runs.js';
import { stageInDocument } from '../../../activities/pin-store/pin-document.js';
import { Secret } from '../../../activities/secret.js';
import { seededRandom } from '../../../simulator/faults.js';
import { DEFAULT_WABA_ID } from '../../../simulator/number-state.js';
import type { OnLog } from '../driver/attempt.js';
import { createSandbox, type Sandbox } from '../driver/sandbox.js';
import { createTemporal, type NumberRun } from '../driver/temporal.js';
import { startVirtualTime } from '../driver/virtual-time.js';
import { INVARIANTS } from '../invariants/all.js';
import type { Invariant, Scene } from '../invariants/scene.js';
import { createModelMeta, META_URL } from '../world/meta.js';
import { createModelPinStore } from '../world/pin-store.js';
import type { ModelCase } from './case.js';

export const PHONE_NUMBER_ID = '106540352242922';

/** What a planted bug changes. */
export interface Mutations {
  pastRuns?(pastRuns: PastRuns): PastRuns;
  graph?(graph: GraphClient): GraphClient;
  activities?(activities: NumberActivities): NumberActivities;
  stageInDocument?: typeof stageInDocument;
}

export interface OpenScene extends Scene {
  decisions: number[];
  /** What was done to the scene, for {@link storyOf}. */
  readonly told: { at: number; what: string }[];
  tell(what: string): void;
  /** The stages in which runs stood idle. */
  readonly idleIn: Set<string>;
  /** Somebody else has changed something at Meta. */
  worldChanged(): void;
  /** Looks at the open run, if it does nothing. */
  lookAtIdleRun(): Promise<void>;
  atEnd(): void;
  /** What the case left behind is cleared away; returns no sooner than that. */
  close(): Promise<void>;
}

const sandboxes = new Map<string, { sandbox: Sandbox; log: { on: OnLog } }>();

/** One sandbox for all cases, as a worker has. */
function sandboxFor(code: string, names: string[], on: OnLog): Sandbox {
  const known = sandboxes.get(code);
  if (known !== undefined) {
    known.log.on = on;
    return known.sandbox;
  }
  const log = { on };
  const sandbox = createSandbox(code, names, (message, details) => log.on(message, details));
  sandboxes.set(code, { sandbox, log });
  return sandbox;
}

export async function openScene(
  { seed, number, listingLagMs, notifies }: ModelCase,
  workflowCode: string,
  mutations: Mutations = {},
): Promise<OpenScene> {
  const time = startVirtualTime();
  const realFetch = globalThis.fetch;
  const watching: Invariant[] = [];
  const logs: { message: string; details: unknown }[] = [];
  const onLog: OnLog = (message, details) => void logs.push({ message, details });
  const random = seededRandom(seed);
  const told: OpenScene['told'] = [];
  const note = (what: string) => void told.push({ at: time.now(), what });
  /** A violation ends the case; thrown right here, an activity would take it for a failure of Meta. */
  const tell = (visit: (invariant: Invariant) => void): void => {
    try {
      for (const invariant of watching) visit(invariant);
    } catch (error) {
      time.fail(error);
    }
  };

  const meta = createModelMeta({ id: PHONE_NUMBER_ID, ...number }, time, random, {
    onSend: (request) => tell((each) => each.onSend?.(request)),
    onArrival: (request) => tell((each) => each.onArrival?.(request)),
    onHandled: (request) => tell((each) => each.onHandled?.(request)),
  });
  globalThis.fetch = meta.fetch;
  const store = createModelPinStore(
    PHONE_NUMBER_ID,
    time,
    random,
    (change) => {
      note(`  PIN store: ${change.method} ${change.version}`);
      tell((each) => each.onStoreChange?.(change));
    },
    mutations.stageInDocument ?? stageInDocument,
  );
  const graph = createGraphClient({
    baseUrl: META_URL,
    version: 'v25.0',
    accessToken: new Secret(meta.meta.token),
  });
  const real: NumberActivities = createNumberActivities({
    graph: mutations.graph?.(graph) ?? graph,
    pinStore: store.store,
    pastRuns: {
      of: (...about) => (mutations.pastRuns?.(temporal.pastRuns) ?? temporal.pastRuns).of(...about),
      newest: (workflowId) => temporal.pastRuns.newest(workflowId),
    },
    wabaId: DEFAULT_WABA_ID,
    notifies,
    clock: () => new Date(time.now()),
  });
  const activities = mutations.activities?.(real) ?? real;
  const ended: NumberRun[] = [];
  const temporal = createTemporal({
    time,
    sandbox: sandboxFor(workflowCode, Object.keys(activities), onLog),
    phoneNumberId: PHONE_NUMBER_ID,
    activities: () => activities,
    // Mostly at once; now and then a worker is busy.
    dispatchMs: () => (random() < 0.7 ? 1 : random() * 400),
    listingLagMs,
    onLog,
    onRunEnd: (run) => void ended.push(run),
  });

  const decisions: number[] = [];
  const worldChanges: number[] = [];
  const scene: Scene = {
    phoneNumberId: PHONE_NUMBER_ID,
    notifies,
    time,
    meta,
    store,
    temporal,
    logs,
    decisions,
    worldChanges,
  };
  watching.push(...INVARIANTS.map((rule) => rule(scene)));

  async function lookAtEndedRuns(): Promise<void> {
    for (const run of ended.splice(0)) {
      const progress = await temporal.progress(run);
      tell((each) => each.onRunEnd?.(run, progress));
    }
  }

  const idleIn = new Set<string>();
  let seen = '';
  return {
    ...scene,
    decisions,
    told,
    tell: note,
    idleIn,
    worldChanged() {
      worldChanges.push(time.now());
      tell((each) => each.onWorldChange?.());
    },
    async lookAtIdleRun() {
      await lookAtEndedRuns();
      const run = temporal.openRun;
      if (run === undefined || !run.idle || !temporal.workerUp) return;
      const state = `${run.runId} ${run.committed.length}`;
      if (state === seen) return;
      seen = state;
      const progress = await temporal.progress(run);
      const details = await temporal.details(run);
      if (progress === undefined) return;
      idleIn.add(progress.stage);
      tell((each) => each.onIdle?.(run, progress, details ?? ''));
    },
    atEnd: () => tell((each) => each.atEnd?.()),
    async close() {
      globalThis.fetch = realFetch;
      meta.meta.end();
      time.end();
      for (const run of temporal.runs) await run.dispose();
    },
  };
}
