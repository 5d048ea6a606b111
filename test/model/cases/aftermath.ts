/** After the commands: the world is mended, and time runs on until the run has ended. */

import { findVersion } from '../../../activities/pin-store/pin-document.js';
import type { OnboardingResult } from '../../../workflows/messages.js';
import { MESSAGES } from '../../../workflows/messages.js';
import { decoded } from '../driver/sandbox.js';
import { Violation } from '../driver/violation.js';
import type { ModelCase } from './case.js';
import { type OpenScene, PHONE_NUMBER_ID } from './open-scene.js';
import { payloadOf } from './payloads.js';
import { changeWorld } from './world-changes.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Longer than all waits of a run together: parks, budgets, code deadlines and what was added to them. */
const MOST_DAYS = 90;

/** Nobody does anything. The run must end by itself. */
export async function untilItEnds(scene: OpenScene): Promise<void> {
  const { time, temporal } = scene;
  for (let day = 0; temporal.openRun !== undefined; day += 1) {
    if (day > MOST_DAYS) {
      const progress = await temporal.progress(temporal.openRun);
      throw new Violation(
        'I5',
        `a run has not ended after ${MOST_DAYS} days without a fault; it waits for ${progress?.waiting?.for ?? 'nothing'}, stage ${progress?.stage}`,
      );
    }
    await time.pass(DAY, scene.lookAtIdleRun);
  }
  await time.pass(HOUR, scene.lookAtIdleRun); // what is still on its way arrives
}

/** So often somebody looks after the run, and so often the onboarding is started again. */
const LOOK_EVERY_MS = 2 * HOUR;
const MOST_LOOKS = 12 * MOST_DAYS;
const MOST_STARTS = 4;
/** A run that ends right after the mending may say what was so before. */
const A_MOMENT_MS = 5 * 60_000;

/**
 * Somebody gives the operator's PIN, enters codes, retries, and starts again, allowed to take the number over. In a mended
 * world that must lead to a live number whose PIN is in the store.
 */
export async function helpToTheEnd(scene: OpenScene, played: ModelCase): Promise<void> {
  const { time, temporal } = scene;
  const calmFrom = time.now() + A_MOMENT_MS;
  let starts = 0;
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    if (temporal.openRun === undefined) {
      const last = temporal.runs.at(-1);
      const wasCalm = (last?.closedAt ?? 0) > calmFrom;
      if (wasCalm && last?.end?.kind === 'completed' && isLive(scene)) return;
      if (starts >= MOST_STARTS) break;
      starts += 1;
      knownPin(scene);
      temporal.start({ ...played.start, phoneNumberId: PHONE_NUMBER_ID, takeOver: true });
    }
    await time.pass(LOOK_EVERY_MS / 60, scene.lookAtIdleRun);
    await help(scene, look);
    await time.pass(LOOK_EVERY_MS, scene.lookAtIdleRun);
  }
  const { openRun } = temporal;
  const progress = openRun && (await temporal.progress(openRun));
  throw new Violation(
    'help',
    `in a mended world and with help the number did not get live; ${JSON.stringify(progress ?? temporal.runs.at(-1)?.end)}`,
  );
}

/** Meta's codes for a PIN that is not the number's. */
const PIN_MISMATCH: ReadonlySet<number> = new Set([133005, 131031]);

/** @param looks how often somebody has looked after this run before */
async function help(scene: OpenScene, looks: number): Promise<void> {
  const { temporal, meta, time } = scene;
  const run = temporal.openRun;
  const progress = run && (await temporal.progress(run));
  if (progress === undefined) return;
  if (progress.stage === 'Parked') {
    // Meta's own cure: turn two-step verification off in WhatsApp Manager.
    if (PIN_MISMATCH.has(progress.problem?.code ?? 0) && looks > 1) {
      changeWorld(meta.meta, PHONE_NUMBER_ID, 'twoStepOff');
      scene.worldChanged();
    }
    knownPin(scene);
    scene.decisions.push(time.now());
    temporal.signal(MESSAGES.retry, payloadOf({ requestedBy: 'Olga' }));
  }
  if (progress.stage === 'AwaitingAgent') {
    temporal.signal(MESSAGES.agentReady, payloadOf(undefined));
    await time.pass(60_000, scene.lookAtIdleRun);
    submitNewest(scene);
    return;
  }
  if (progress.stage !== 'AwaitingCode') return;
  const newest = meta.meta.codes(PHONE_NUMBER_ID).at(-1);
  if (newest !== undefined && !newest.used && newest.expiresAt > time.now()) {
    temporal.signal(MESSAGES.submitCode, payloadOf(newest.code));
    return;
  }
  temporal.signal(MESSAGES.resendCode, payloadOf(undefined));
  await time.pass(10 * 60_000 - 30_000, scene.lookAtIdleRun);
  submitNewest(scene);
}

function submitNewest({ meta, temporal }: OpenScene): void {
  const sent = meta.meta.codes(PHONE_NUMBER_ID).at(-1);
  if (sent !== undefined) temporal.signal(MESSAGES.submitCode, payloadOf(sent.code));
}

/** The operator has found the number's PIN, where it has one. */
function knownPin({ store, meta }: OpenScene): void {
  const { pin } = meta.meta.number(PHONE_NUMBER_ID);
  if (pin !== undefined) store.provide(pin);
}

/** Is the number live by the last run's own words? Then it must be so. */
function isLive({ temporal, store, meta }: OpenScene): boolean {
  const end = temporal.runs.at(-1)?.end;
  if (end?.kind !== 'completed') return false;
  const result = decoded(end.payload) as OnboardingResult;
  if (result.outcome !== 'live') return false;
  const { pin, registered } = meta.meta.number(PHONE_NUMBER_ID);
  if (!registered) {
    throw new Violation('help', `a run ended "${result.summary}" and the number is not registered`);
  }
  const current = store.document && findVersion(store.document, 'current');
  if (result.pin.confirmed && current?.pin !== pin) {
    throw new Violation(
      'help',
      'the number is live with a PIN that is not the current one in the store',
    );
  }
  return true;
}
