/** Plays a calm case on virtual time. */
import { findVersion, PIN_VERSION_STATES } from '../../../activities/pin-store/pin-document.js';
import { type CalmEnd, isCalm, shownBy } from './calm.js';
import type { ModelCase } from './case.js';
import { type OpenScene, openScene, PHONE_NUMBER_ID } from './open-scene.js';
import { perform } from './perform.js';
import { actorsOf, fillStore } from './play.js';

/** No run of a calm case does anything for longer without being calm. */
const LONGEST_MS = 30 * 60_000;

export async function playCalmly(played: ModelCase, workflowCode: string): Promise<CalmEnd> {
  const scene = await openScene(played, workflowCode);
  const actors = actorsOf(scene, played);
  try {
    await fillStore(scene, played.stored);
    for (const { command } of played.commands) {
      await untilCalm(scene);
      scene.time.instantly(perform(actors, command));
      await scene.time.settle();
    }
    await untilCalm(scene);
    return await endOf(scene);
  } finally {
    await scene.close();
  }
}

async function untilCalm({ time, temporal }: OpenScene): Promise<void> {
  const giveUpAt = time.now() + LONGEST_MS;
  for (;;) {
    await time.pass(100);
    const run = temporal.openRun;
    if (run === undefined) return;
    const progress = run.idle ? await temporal.progress(run) : undefined;
    if (progress !== undefined && isCalm(progress)) return;
    if (time.now() > giveUpAt) throw new Error('A calm case did not get calm.');
  }
}

async function endOf({ temporal, meta, store }: OpenScene): Promise<CalmEnd> {
  const newest = temporal.runs.at(-1);
  const { registered, verified, twoStepOn, pin } = meta.meta.number(PHONE_NUMBER_ID);
  const { document } = store;
  return {
    endings: temporal.runs.map(({ end }) => end?.kind ?? 'open'),
    requests: meta.meta.requests
      .filter((entry) => entry.phoneNumberId === PHONE_NUMBER_ID)
      .map(({ endpoint, errorCode, executed }) => `${endpoint} ${errorCode ?? executed}`),
    verdicts: temporal.runs
      .flatMap(({ updates }) => updates.flatMap(({ answer }) => verdictOf(answer) ?? []))
      .sort(),
    shown: shownBy(newest && (await temporal.progress(newest))),
    number: { registered, verified, twoStepOn },
    pins: Object.fromEntries(
      PIN_VERSION_STATES.flatMap((state) => {
        const version = document && findVersion(document, state);
        if (version === undefined) return [];
        return [[state, version.pin === pin ? 'the PIN at Meta' : 'another PIN'] as const];
      }),
    ),
  };
}

function verdictOf(answer: unknown): string | undefined {
  const { verdict } = (answer ?? {}) as { verdict?: string };
  return verdict;
}
