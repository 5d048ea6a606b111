/** One kill of a worker that many runs share, each at a moment of its own within the same step. */
import { randomInt, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import { OnboardingClient } from '../../client/index.js';
import { seededRandom } from '../../simulator/faults.js';
import { type NumberSnapshot, type Simulator, startSimulator } from '../../simulator/simulator.js';
import {
  type OnboardingResult,
  SEARCH_ATTRIBUTES,
  workflowIdOf,
} from '../../workflows/messages.js';
import type { History } from '../histories/history-text.js';
import { until } from '../workflow/stack.js';
import { type Course, type Moment, sequenceOf } from './allowed-sequences.js';
import { type KillableWorker, startWorkerProcess, type WorkerProgram } from './killable-worker.js';
import { requestAt, SPOTS, type Spot, slowDown } from './spots.js';
import type { WorkerTask } from './worker-messages.js';

const RUNS_PER_ROUND = 24;

/** How one run ended. */
export interface Survivor extends Course {
  phoneNumberId: string;
  /** True where the kill certainly came within the step. */
  caught: boolean;
  sequence: string;
  /** How often the number was read. */
  reads: number;
  result: OnboardingResult;
  atMeta: NumberSnapshot;
  /** The PIN that the PIN store has as the current one. */
  currentPin: string;
  history: History;
}

/** Lets one piece of work run at a time. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>;

export interface RoundOptions {
  moment: Moment;
  seed: number;
  worker: WorkerProgram;
  temporal: { address: string; namespace: string };
  /** Taken from the start of the runs to the kill: a machine with too much to do would kill at the wrong moment. */
  turn: Turn;
}

/** A number of a round, and what the seed holds for it. */
interface Candidate {
  id: string;
  verified: boolean;
  spot: Spot | undefined;
  beforeMs: number;
  afterMs: number;
  lost: boolean;
  submitAfterMs: number;
}

interface Round {
  moment: Moment;
  candidates: Candidate[];
  killAfterMs: number;
  simulator: Simulator;
  client: OnboardingClient;
  task: WorkerTask;
  program: string;
  /** Codes on their way from people to their runs. */
  people: Promise<void>[];
}

/** Starts the runs, kills the worker within the step, starts another one, and sees the runs to their end. */
export async function crashRound(options: RoundOptions): Promise<Survivor[]> {
  const { moment, temporal, turn, worker } = options;
  const random = seededRandom(options.seed);
  const between = (least: number, most: number) => least + random() * (most - least);
  const candidates = drawCandidates(moment, random, between);
  const killAfterMs = between(100, 450);
  const restartAfterMs = between(0, 1_000);
  const folder = await mkdtemp(join(tmpdir(), 'onboarding-crash-'));
  const simulator = await startSimulator();
  const taskQueue = `crash-${randomUUID()}`;
  const client = await OnboardingClient.connect({ ...temporal, taskQueue });
  const round: Round = {
    moment,
    candidates,
    killAfterMs,
    simulator,
    client,
    task: {
      ...temporal,
      taskQueue,
      workflowBundlePath: worker.workflowBundlePath,
      graphUrl: simulator.url,
      accessToken: simulator.token,
      pinStoreDir: join(folder, 'pins'),
      slowWrites: {},
    },
    program: worker.program,
    people: [],
  };
  let second: KillableWorker | undefined;
  try {
    const caught = await turn(() => upToTheKill(round));
    await delay(restartAfterMs);
    second = await startWorkerProcess(round.program, round.task);
    return await toTheEnd(round, caught);
  } finally {
    await second?.kill();
    await client.close();
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const NEEDS_CODE: readonly Moment[] = ['requestCode', 'awaitCode', 'verifyCode'];

function drawCandidates(
  moment: Moment,
  random: () => number,
  between: (least: number, most: number) => number,
): Candidate[] {
  return Array.from({ length: RUNS_PER_ROUND }, (_, index) => ({
    id: `${randomInt(1e9, 9e9)}${randomInt(1e5, 9e5)}`,
    verified: !NEEDS_CODE.includes(moment) && index % 2 === 1,
    spot: moment === 'awaitCode' ? undefined : oneOf(SPOTS[moment], random),
    beforeMs: between(0, 600),
    afterMs: between(150, 750),
    lost: random() < 0.2,
    submitAfterMs: SUBMIT_AFTER_MS[moment] === undefined ? 0 : between(...SUBMIT_AFTER_MS[moment]),
  }));
}

/** When people submit: right after the code came, or spread, where the kill is to fall before, between and after. */
const SUBMIT_AFTER_MS: Partial<Record<Moment, [number, number]>> = {
  requestCode: [0, 3_000],
  awaitCode: [50, 4_000],
};

/** @returns the numbers whose runs were certainly in the step when the worker was killed */
async function upToTheKill(round: Round): Promise<Set<string>> {
  const { moment, candidates, simulator, client, people } = round;
  const muster = openable();
  const gate = openable();
  for (const { id, verified, spot, ...times } of candidates) {
    simulator.addNumber({ id, ...(verified ? { preset: 'verified' as const } : {}) });
    if (moment === 'confirm') slowDown(simulator, id, MUSTER, { ...AT_ONCE, gate: muster.opened });
    if (spot !== undefined && 'endpoint' in spot) {
      slowDown(simulator, id, spot, { ...times, gate: gate.opened });
    }
  }
  const submitted = new Set<string>();
  const submit = async (id: string, code: string) => {
    await delay(candidates.find((each) => each.id === id)?.submitAfterMs);
    submitted.add(id);
    await client.submitCode(id, code);
  };
  simulator.onCode(({ phoneNumberId, code }) => {
    if (moment !== 'awaitCode') people.push(submit(phoneNumberId, code));
  });
  await Promise.all(candidates.map(({ id }) => client.start({ phoneNumberId: id })));

  const worker = await startWorkerProcess(round.program, {
    ...round.task,
    slowWrites: slowWritesOf(candidates),
  });
  try {
    const at = ({ id, spot }: Candidate) => {
      if (spot === undefined) return { reached: submitted.has(id), left: submitted.has(id) };
      return 'write' in spot
        ? { reached: worker.reached.has(id), left: worker.left.has(id) }
        : requestAt(simulator, id, spot);
    };
    if (moment === 'awaitCode') {
      await Promise.all(candidates.map(({ id }) => waitsForCode(client, id)));
      for (const { id } of candidates) {
        people.push(submit(id, simulator.codes(id).at(-1)?.code ?? ''));
      }
    } else {
      if (moment === 'confirm') {
        await gathered(candidates, ({ id }) => requestAt(simulator, id, MUSTER).reached, 8_000);
        muster.open();
      }
      await gathered(candidates, (each) => at(each).reached, GATHER_MS[moment] ?? 8_000);
    }
    gate.open();
    worker.go();
    await delay(round.killAfterMs);
    return new Set(
      candidates
        .filter((each) =>
          moment === 'awaitCode' ? !at(each).left : at(each).reached && !at(each).left,
        )
        .map(({ id }) => id),
    );
  } finally {
    await worker.kill();
    simulator.faults.clear();
  }
}

/** Runs that are to be in a short local activity together are brought together at the request before it. */
const MUSTER = { endpoint: 'setPin', nth: 1 } as const;
const AT_ONCE = { beforeMs: 0, afterMs: 0, lost: false };

/** How long runs are held for the others: local activities may take four seconds, and ordinary ones twelve here. */
const GATHER_MS: Partial<Record<Moment, number>> = { prepare: 1_200, stage: 1_200, confirm: 1_200 };

/** Waits until all are there, or so many milliseconds have passed since the first was. */
async function gathered(
  candidates: Candidate[],
  isThere: (candidate: Candidate) => boolean,
  withinMs: number,
): Promise<void> {
  await until('the first run to get there', () => candidates.some(isThere), 60_000);
  const giveUpAt = Date.now() + withinMs;
  await until('the runs to gather', () => candidates.every(isThere) || Date.now() > giveUpAt);
}

function slowWritesOf(candidates: Candidate[]): WorkerTask['slowWrites'] {
  return Object.fromEntries(
    candidates.flatMap(({ id, spot, beforeMs, afterMs }) =>
      spot !== undefined && 'write' in spot
        ? [[id, { method: spot.write, beforeMs, afterMs }]]
        : [],
    ),
  );
}

async function toTheEnd(round: Round, caught: Set<string>): Promise<Survivor[]> {
  const { candidates, simulator, client, people, task } = round;
  const askedAgain = new Set<string>();
  const end = async ({ id, verified }: Candidate) => {
    if (!verified && simulator.codes(id).length === 0) {
      // The code of a request that was lost never comes: its person asks for another one.
      await waitsForCode(client, id);
      if (simulator.codes(id).length === 0) {
        askedAgain.add(id);
        await client.resendCode(id);
      }
    }
    return client.result(id);
  };
  const results = await Promise.all(candidates.map(end));
  await Promise.all(people);
  const pinStore = await openPinStore({ kind: 'local', dir: task.pinStoreDir });
  return Promise.all(
    candidates.map(async ({ id, verified }, index) => ({
      phoneNumberId: id,
      verified,
      askedAgain: askedAgain.has(id),
      caught: caught.has(id),
      sequence: sequenceOf(simulator.requests, id),
      reads: simulator.requests.filter(
        ({ phoneNumberId, endpoint }) => phoneNumberId === id && endpoint === 'read',
      ).length,
      result: results[index] as OnboardingResult,
      atMeta: simulator.number(id),
      currentPin: (await pinStore.read(id, 'current')).pin.reveal(),
      history: await client.temporal.workflow.getHandle(workflowIdOf(id)).fetchHistory(),
    })),
  );
}

/** Waits until the run waits for a code, or has ended. Temporal knows without a worker. */
async function waitsForCode({ temporal }: OnboardingClient, id: string): Promise<void> {
  const run = temporal.workflow.getHandle(workflowIdOf(id));
  await until(
    'the wait for a code',
    async () => {
      const { status, typedSearchAttributes } = await run.describe();
      const stage = typedSearchAttributes.get(SEARCH_ATTRIBUTES.stage);
      return stage === 'AwaitingCode' || status.name !== 'RUNNING';
    },
    60_000,
  );
}

export function inTurn(): Turn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine;
    return mine;
  };
}

function oneOf<T>(choices: readonly T[], random: () => number): T {
  const choice = choices[Math.floor(random() * choices.length)];
  if (choice === undefined) throw new Error('There is nothing to choose from.');
  return choice;
}

function openable(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
