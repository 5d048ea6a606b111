/** One kill of a worker that many runs share, each at a place of its own. */
import { setTimeout as delay } from 'node:timers/promises';
import type { PinVersionState } from '../../activities/pin-store/pin-store.js';
import {
  OnboardingCancelledError,
  type OnboardingClient,
  OnboardingFailedError,
} from '../../client/index.js';
import type { Endpoint, NumberSnapshot } from '../../simulator/simulator.js';
import {
  FAILURE_TYPES,
  type OnboardingResult,
  SEARCH_ATTRIBUTES,
  workflowIdOf,
} from '../../workflows/messages.js';
import { until } from '../workflow/stack.js';
import { type Course, sequenceOf } from './allowed-sequences.js';
import type { Draw } from './draws.js';
import { openScene, type Scene, type SceneOptions } from './scene.js';
import { requestAt, slowDown, standing, troublesOf } from './spots.js';

/** How one run ended. */
export interface Survivor extends Course {
  phoneNumberId: string;
  phase: Draw['hit']['phase'];
  /** True where the kill certainly came while the run was where it was to be. */
  caught: boolean;
  sequence: string;
  /** How often the number was read. */
  reads: number;
  ending: OnboardingResult | 'cancelled' | 'deadline passed';
  /** When the worker was dead and no other had started. */
  atKill: PinsOfNumber;
  atEnd: PinsOfNumber & { number: NumberSnapshot };
}

/** The PINs of a number, at Meta and in the PIN store. */
export interface PinsOfNumber {
  atMeta: string | undefined;
  stored: Partial<Record<PinVersionState, string>>;
}

/** Lets one piece of work run at a time. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>;

export interface RoundOptions extends SceneOptions {
  runs: readonly Draw[];
  /** Bring the runs together at their first request of this kind. */
  muster?: Endpoint;
  /** Where the runs are not to go on to their end. Those to be cancelled are so while they are together at their muster. */
  cutShort?: Course['cutShort'];
  /** How long runs are held for the others. @default 8000 */
  gatherMs?: number;
  /** From then to the kill. */
  killAfterMs: number;
  /** From the kill to the start of another worker. */
  restartAfterMs: number;
  /** What people do whose code never comes: ask again, as soon as that is allowed, which takes minutes; or cancel. */
  codeLost: NonNullable<Course['codeLost']>;
  /** Taken from the start of the runs to the kill: a machine with too much to do would kill at the wrong moment. */
  turn: Turn;
}

interface Round extends RoundOptions {
  scene: Scene;
  candidates: (Draw & { id: string })[];
  /** Codes on their way from people to their runs. */
  people: Promise<void>[];
}

/** Starts the runs, kills the worker within the step, starts another one, sees the runs to their end, and searches for leaks. */
export async function crashRound(options: RoundOptions): Promise<Survivor[]> {
  const scene = await openScene(options);
  const candidates = options.runs.map((run) => ({
    ...run,
    id: scene.number(run.verified ? { preset: 'verified' } : {}),
  }));
  const round: Round = { ...options, scene, candidates, people: [] };
  try {
    const caught = await options.turn(() => upToTheKill(round));
    const atKill = await Promise.all(candidates.map(({ id }) => pinsOf(scene, id)));
    await scene.keepDescriptions();
    await delay(options.restartAfterMs);
    await scene.startWorker();
    const endings = await Promise.all(candidates.map((candidate) => ending(round, candidate)));
    await Promise.all(round.people);
    await scene.expectNoLeaks(endings.map(({ caller }) => caller));
    return await Promise.all(
      candidates.map(async ({ id, verified, hit: { phase } }, index) => {
        const { caller: _, ...ended } = endings[index] ?? raise();
        return {
          ...ended,
          phoneNumberId: id,
          verified,
          phase,
          caught: caught.has(id),
          ...(options.cutShort === undefined ? {} : { cutShort: options.cutShort }),
          sequence: sequenceOf(scene.simulator.requests, id),
          reads: scene.simulator.requests.filter(
            ({ phoneNumberId, endpoint }) => phoneNumberId === id && endpoint === 'read',
          ).length,
          atKill: atKill[index] ?? raise(),
          atEnd: { ...(await pinsOf(scene, id)), number: scene.simulator.number(id) },
        };
      }),
    );
  } finally {
    await scene.close();
  }
}

/** @returns the numbers whose runs were certainly where they were to be when the worker was killed */
async function upToTheKill(round: Round): Promise<Set<string>> {
  const { candidates, scene, people } = round;
  const { simulator, client } = scene;
  const gate = openable();
  const muster = musterOf(round);
  for (const { id, hit } of candidates) {
    if ('request' in hit) slowDown(simulator, id, hit.request, hit.slowness, gate.opened);
  }
  const submitted = new Set<string>();
  const submit = async (id: string, code: string, afterMs: number) => {
    await delay(afterMs);
    submitted.add(id);
    await client.submitCode(id, code);
  };
  const waiting = candidates.filter(({ hit }) => 'wait' in hit);
  const waits = new Set(waiting.map(({ id }) => id));
  simulator.onCode(({ phoneNumberId, code }) => {
    const { submitAfterMs } = candidates.find(({ id }) => id === phoneNumberId) ?? {};
    if (submitAfterMs === undefined || waits.has(phoneNumberId)) return;
    people.push(submit(phoneNumberId, code, submitAfterMs));
  });
  const codeDeadline = round.cutShort === 'deadline' ? SHORT_DEADLINE : '24 hours';
  await Promise.all(candidates.map(({ id }) => client.start({ phoneNumberId: id, codeDeadline })));

  const worker = await scene.startWorker(troublesOf(candidates));
  try {
    await muster();
    await Promise.all(waiting.map(({ id }) => waitsForCode(client, id)));
    for (const { id, submitAfterMs } of waiting) {
      people.push(submit(id, simulator.codes(id).at(-1)?.code ?? '', submitAfterMs ?? 0));
    }
    const at = ({ id, hit }: Draw & { id: string }) =>
      'wait' in hit
        ? { reached: true, left: submitted.has(id) }
        : standing(hit, id, { simulator, worker });
    await gathered(candidates, (each) => at(each).reached, round.gatherMs ?? 8_000);
    await worker.metrics();
    gate.open();
    worker.go();
    await delay(round.killAfterMs);
    const caught = candidates.filter((each) => at(each).reached && !at(each).left);
    return new Set(caught.map(({ id }) => id));
  } finally {
    await worker.kill();
    simulator.faults.clear();
  }
}

/** As long as a busy machine takes to bring all the runs there. */
const SHORT_DEADLINE = '4 seconds';

const AT_ONCE = { beforeMs: 0, afterMs: 0, lost: false };

/** Runs that are to be in a short local activity together are brought together at a request before it, and so are those to be cancelled. */
function musterOf({ muster, cutShort, candidates, scene }: Round) {
  const { simulator, client } = scene;
  if (muster === undefined) return async () => undefined;
  const spot = { endpoint: muster, nth: 1 };
  const together = openable();
  for (const { id } of candidates) slowDown(simulator, id, spot, AT_ONCE, together.opened);
  return async (): Promise<void> => {
    await gathered(candidates, ({ id }) => requestAt(simulator, id, spot).reached, 8_000);
    if (cutShort === 'cancelled while registering') {
      await Promise.all(candidates.map(({ id }) => client.cancel(id)));
    }
    together.open();
  };
}

/** Waits until all are there, or so many milliseconds have passed since the first was. */
async function gathered<T>(
  candidates: readonly T[],
  isThere: (candidate: T) => boolean,
  withinMs: number,
): Promise<void> {
  await until('the first run to get there', () => candidates.some(isThere), 60_000);
  const giveUpAt = Date.now() + withinMs;
  await until('the runs to gather', () => candidates.every(isThere) || Date.now() > giveUpAt);
}

async function ending(
  { scene: { simulator, client }, codeLost }: Round,
  { id, verified, submitAfterMs }: Draw & { id: string },
): Promise<Pick<Survivor, 'ending' | 'codeLost'> & { caller: unknown }> {
  let lost = {};
  if (!verified && submitAfterMs !== undefined && simulator.codes(id).length === 0) {
    // The code of a request that was lost never comes.
    await waitsForCode(client, id);
    if (simulator.codes(id).length === 0) {
      lost = { codeLost };
      await (codeLost === 'askedAgain' ? client.resendCode(id) : client.cancel(id));
    }
  }
  try {
    const result = await client.result(id);
    return { ending: result, caller: result, ...lost };
  } catch (error) {
    return { ending: cutShortBy(error), caller: error, ...lost };
  }
}

function cutShortBy(error: unknown): 'cancelled' | 'deadline passed' {
  if (error instanceof OnboardingCancelledError) return 'cancelled';
  const isLate =
    error instanceof OnboardingFailedError && error.failureType === FAILURE_TYPES.deadline;
  if (!isLate) throw error;
  return 'deadline passed';
}

/** Waits until the run waits for a code, or has ended. Temporal knows without a worker. */
async function waitsForCode({ temporal }: OnboardingClient, id: string): Promise<void> {
  const run = temporal.workflow.getHandle(workflowIdOf(id));
  await until(
    'the wait for a code',
    async () => {
      await delay(250); // many runs wait at a time, and the server has more to do
      const { status, typedSearchAttributes } = await run.describe();
      const stage = typedSearchAttributes.get(SEARCH_ATTRIBUTES.stage);
      return stage === 'AwaitingCode' || status.name !== 'RUNNING';
    },
    60_000,
  );
}

async function pinsOf({ simulator, pinStore }: Scene, id: string): Promise<PinsOfNumber> {
  const { versions = {} } = (await pinStore.describe(id)) ?? {};
  const stored = await Promise.all(
    Object.entries(versions).map(async ([state, { version }]) => [
      state,
      (await pinStore.read(id, version)).pin.reveal(),
    ]),
  );
  return { atMeta: simulator.number(id).pin, stored: Object.fromEntries(stored) };
}

export function inTurn(): Turn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine;
    return mine;
  };
}

function openable(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

function raise(): never {
  throw new Error('A run has no ending.');
}
