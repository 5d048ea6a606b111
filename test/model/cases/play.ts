/** Plays a case to its end and tells what happened in it. */
import { Secret } from '../../../activities/secret.js';
import type { OnboardingResult } from '../../../workflows/messages.js';
import { decoded } from '../driver/sandbox.js';
import { Violation } from '../driver/violation.js';
import { helpToTheEnd, untilItEnds } from './aftermath.js';
import type { ModelCase } from './case.js';
import { type Mutations, type OpenScene, openScene, PHONE_NUMBER_ID } from './open-scene.js';
import { type Actors, perform, pinThatIs } from './perform.js';
import { storyOf } from './story.js';
import { changeWorld } from './world-changes.js';

/** What a case was made of, for the table at the end. */
export interface Played {
  commands: number;
  faults: Record<string, number>;
  storeFaults: Record<string, number>;
  /** How each run ended: `completed`, `canceled`, `terminated`, or the type of its failure. */
  endings: string[];
  /** What the runs that completed said. */
  results: OnboardingResult[];
  /** The stages in which runs stood idle. */
  waits: string[];
  requests: number;
  virtualMs: number;
  /** All of it in order, line by line. */
  story(): string;
}

/** Of so many cases, one has all histories replayed; where a worker is killed they are in any case. */
const REPLAY_ONE_IN = 4;

export async function play(
  played: ModelCase,
  workflowCode: string,
  mutations: Mutations = {},
): Promise<Played> {
  const scene = await openScene(played, workflowCode, mutations);
  const { time, temporal, meta, store } = scene;
  const actors = actorsOf(scene, played);
  const beganAt = time.now();
  try {
    await fillStore(scene, played.stored);
    for (const { afterMs, command } of played.commands) {
      await time.pass(afterMs, scene.lookAtIdleRun);
      scene.tell(`* ${JSON.stringify(command)}`);
      time.instantly(perform(actors, command));
      await time.settle();
    }
    mendTheWorld(scene);
    if (played.helped) await helpToTheEnd(scene, played);
    else await untilItEnds(scene);
    scene.atEnd();
    if (played.seed % REPLAY_ONE_IN === 0) for (const run of temporal.runs) await run.replay();
    await time.settle();
    return {
      commands: played.commands.length,
      faults: { ...meta.hits },
      storeFaults: { ...store.faults.hits },
      endings: temporal.runs.map(({ end }) =>
        end?.kind === 'failed'
          ? (end.failure?.applicationFailureInfo?.type ?? 'failed')
          : (end?.kind ?? 'open'),
      ),
      results: temporal.runs.flatMap(({ end }) =>
        end?.kind === 'completed' ? [decoded(end.payload) as OnboardingResult] : [],
      ),
      waits: [...scene.idleIn],
      requests: meta.requests.length,
      virtualMs: time.now() - beganAt,
      story: () => storyOf(scene),
    };
  } catch (error) {
    throw withStory(error, scene);
  } finally {
    await scene.close();
  }
}

export function actorsOf(scene: OpenScene, played: ModelCase): Actors {
  const { temporal, meta, store, time } = scene;
  return {
    phoneNumberId: PHONE_NUMBER_ID,
    seed: played.seed,
    meta: meta.meta,
    now: time.now,
    after: (ms, callback) => void time.after(ms, callback),
    signal: temporal.signal,
    update: (name, payload) => void temporal.update(name, payload),
    cancel: temporal.cancel,
    terminate: temporal.terminate,
    start() {
      const { openRun } = temporal;
      const started = temporal.start({ ...played.start, phoneNumberId: PHONE_NUMBER_ID });
      if ((started === undefined) !== (openRun !== undefined)) {
        throw new Violation('I2', 'a second run of the number was started');
      }
    },
    killWorker(downMs) {
      temporal.killWorker(downMs);
      meta.workerKilled();
    },
    providePin: store.provide,
    addStoreFault: (rule) => void store.faults.add(rule),
    addConnectionFault: meta.addConnectionFault,
    decided: () => void scene.decisions.push(time.now()),
    worldChanged: scene.worldChanged,
  };
}

/** The same error, its message followed by what led to it. */
function withStory(error: unknown, scene: OpenScene): unknown {
  if (error instanceof Error) error.message += `\n\nWhat happened:\n${storyOf(scene)}\n`;
  return error;
}

export async function fillStore(
  { store, meta, time }: OpenScene,
  stored: ModelCase['stored'],
): Promise<void> {
  const { pin } = meta.meta.number(PHONE_NUMBER_ID);
  const filling = (async () => {
    for (const state of ['current', 'pending'] as const) {
      const which = stored[state];
      if (which === undefined) continue;
      const { version } = await store.store.stage(
        PHONE_NUMBER_ID,
        {},
        () =>
          new Secret(
            state === 'pending' && stored.current === which ? '593716' : pinThatIs(which, pin),
          ),
      );
      if (state === 'current') await store.store.promote(PHONE_NUMBER_ID, version);
    }
  })();
  await time.pass(1_000);
  await filling;
  if (stored.provided !== undefined) store.provide(pinThatIs(stored.provided, pin));
}

function mendTheWorld(scene: OpenScene): void {
  scene.tell('* the world is mended');
  scene.meta.mend();
  scene.store.faults.clear();
  changeWorld(scene.meta.meta, PHONE_NUMBER_ID, 'mended');
  scene.worldChanged();
}
