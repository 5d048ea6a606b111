/**
 * One run of the workflow, driven as Temporal's server and the SDK's core drive it: workflow tasks, local activities within
 * them, timers, activities, messages. When its worker is killed, the workflow code is built anew from what history has.
 */
import type { Payload } from '@temporalio/common';
import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import {
  type LocalActivity,
  type LocalActivityHost,
  startLocalActivity,
} from './local-activity.js';
import {
  type OrdinaryActivity,
  type OrdinaryActivityHost,
  scheduleOrdinaryActivity,
} from './ordinary-activity.js';
import type { Sandbox, SandboxedWorkflow } from './sandbox.js';
import type {
  Activation,
  Command,
  Job,
  ScheduleActivity,
  ScheduleLocalActivity,
  StartChild,
} from './sdk-types.js';
import { createUpdates, type UpdateCall, type Updates } from './updates.js';
import { Violation } from './violation.js';
import type { VirtualTime } from './virtual-time.js';
import { activationOf, type CommittedActivation, endOf, type RunEnd } from './workflow-task.js';

export interface RunHost {
  time: VirtualTime;
  sandbox: Sandbox;
  workerUp(): boolean;
  /** How long Temporal takes to hand out a task, in milliseconds. */
  dispatchMs(): number;
  startAttempt(
    command: ScheduleActivity | ScheduleLocalActivity,
    isLocal: boolean,
    ...about: Parameters<OrdinaryActivityHost['start']>
  ): ReturnType<OrdinaryActivityHost['start']>;
  onSearchAttributes(fields: Record<string, Payload>): void;
  onMemo(fields: Record<string, Payload>): void;
  /** Another workflow was begun, which outlives the run. */
  onChild(type: string, input: Payload | undefined): void;
  onEnd(): void;
}

export interface ModelRun {
  readonly runId: string;
  readonly startedAt: number;
  readonly closedAt: number | undefined;
  readonly end: RunEnd | undefined;
  readonly activities: readonly OrdinaryActivity[];
  readonly updates: readonly UpdateCall[];
  /** All that went into and came out of the workflow code so far. */
  readonly committed: readonly CommittedActivation[];
  /** True where nothing happens before a timer fires or a message comes. */
  readonly idle: boolean;
  /** When the next timer of the workflow fires. */
  readonly nextTimerAt: number | undefined;
  deliver(job: Job): void;
  update(name: string, input: Payload): UpdateCall;
  /** @returns undefined where no worker can answer, or the workflow code has not begun */
  query(name: string): Promise<unknown>;
  terminate(): void;
  workerKilled(): void;
  workerStarted(): void;
  /** Builds the workflow code anew from history, which must do the same again. */
  replay(): Promise<void>;
  /** Frees the workflow code. Nothing more can be asked of the run. */
  dispose(): Promise<void>;
}

/** The server gives a workflow task up after that time. */
const TASK_TIMEOUT_MS = 10_000;
/** Core renews a task that local activities keep open, after 80 % of its time. */
const TASK_HEARTBEAT_MS = 8_000;

export function openRun(
  ids: { runId: string; workflowId: string; input: Payload },
  host: RunHost,
): ModelRun {
  const { time } = host;
  const { runId, workflowId } = ids;
  const startedAt = time.now();
  const timers = new Map<number, { at: number; cancel(): void }>();
  const ordinary = new Map<number, OrdinaryActivity>();
  const local = new Map<number, LocalActivity>();
  const updates: Updates = createUpdates();
  const committed: CommittedActivation[] = [];
  let workflow: SandboxedWorkflow | undefined;
  /** Events that no workflow task has seen yet. */
  let inbox: Job[] = [];
  let resolvedLocals: Job[] = [];
  /** The workflow task being worked on; local activities keep it open. */
  let task: { startedAt: number; activations: CommittedActivation[] } | undefined;
  let taskDue = false;
  let working = false;
  /** Set while working: something came meanwhile. */
  let moreToDo = false;
  let childrenDue = 0;
  let closedAt: number | undefined;
  let end: RunEnd | undefined;

  deliver({
    initializeWorkflow: {
      workflowType: 'onboardNumber',
      workflowId,
      arguments: [ids.input],
      headers: {},
      attempt: 1,
    },
  });

  return {
    runId,
    startedAt,
    get closedAt() {
      return closedAt;
    },
    get end() {
      return end;
    },
    get activities() {
      return [...ordinary.values()];
    },
    updates: updates.all,
    committed,
    get idle() {
      const open = [...ordinary.values()].some((each) => each.closedAt === undefined);
      if (open || childrenDue > 0) return false;
      return task === undefined && inbox.length === 0 && !working && local.size === 0;
    },
    get nextTimerAt() {
      const [first] = [...timers.values()].map(({ at }) => at).sort((a, b) => a - b);
      return first;
    },
    deliver,
    update(name, input) {
      const call = updates.send(name, input, time.now());
      deliver(call.job);
      return call;
    },
    async query(name) {
      const begun = committed.length > 0 || (task?.activations.length ?? 0) > 0;
      return host.workerUp() && begun ? (await sandboxed()).query(name) : undefined;
    },
    terminate() {
      close({ kind: 'terminated' });
    },
    workerKilled() {
      for (const activity of ordinary.values()) activity.lose();
      if (closedAt !== undefined) return;
      forgetTask(TASK_TIMEOUT_MS);
      forgetWorkflow();
    },
    workerStarted() {
      for (const activity of ordinary.values()) activity.workerIsUp();
      work();
    },
    async replay() {
      forgetWorkflow();
      await sandboxed();
    },
    async dispose() {
      await workflow?.close();
      workflow = undefined;
    },
  };

  function deliver(job: Job): void {
    if (closedAt !== undefined) return;
    inbox.push(job);
    makeTaskDueIn(host.dispatchMs());
  }

  function makeTaskDueIn(ms: number): void {
    if (task !== undefined || taskDue) {
      work();
      return;
    }
    time.after(ms, () => {
      taskDue = true;
      work();
    });
  }

  /** Works off what there is for the workflow code to do. */
  function work(): void {
    moreToDo = true;
    if (!working) time.instantly(workOff());
  }

  async function workOff(): Promise<void> {
    working = true;
    try {
      while (moreToDo) {
        moreToDo = false;
        for (let jobs = nextJobs(); jobs !== undefined; jobs = nextJobs()) {
          await hand(jobs);
          if (local.size === 0) commit();
        }
      }
    } finally {
      working = false;
    }
  }

  function nextJobs(): Job[] | undefined {
    if (closedAt !== undefined || !host.workerUp()) return undefined;
    const resolved = resolvedLocals.shift();
    if (resolved !== undefined) return [resolved];
    if (task !== undefined && local.size > 0) {
      if (time.now() < task.startedAt + TASK_HEARTBEAT_MS) return undefined;
      commit();
    }
    const unfinished = workflow === undefined && lostLocals().length > 0;
    if (!taskDue && task === undefined) return undefined;
    if (inbox.length === 0 && !unfinished) return undefined;
    taskDue = false;
    const jobs = inbox;
    inbox = [];
    return jobs;
  }

  async function hand(jobs: Job[]): Promise<void> {
    if (task === undefined) {
      const opened = { startedAt: time.now(), activations: [] };
      task = opened;
      time.after(TASK_HEARTBEAT_MS, () => {
        if (task === opened) work();
      });
    }
    const current = task;
    const code = await sandboxed();
    if (jobs.length === 0) return; // only what history has was to be gone on with
    const activation = activationOf(jobs, time.now());
    const commands = await activate(code, activation);
    current.activations.push({ at: time.now(), activation, commands });
    for (const { scheduleLocalActivity, requestCancelLocalActivity } of commands) {
      if (scheduleLocalActivity) startLocal(scheduleLocalActivity);
      if (requestCancelLocalActivity) {
        local.get(requestCancelLocalActivity.seq ?? 0)?.requestCancel();
      }
    }
  }

  async function activate(code: SandboxedWorkflow, activation: Activation): Promise<Command[]> {
    const { successful, failed } = await code.activate(activation);
    if (!successful) {
      const said = failed?.failure?.message ?? 'no reason given';
      throw new Violation('stuck', `a workflow task failed, and would fail for ever: ${said}`);
    }
    return successful.commands ?? [];
  }

  /** The workflow code; built anew from history where its worker was killed. Checks that it does the same again. */
  async function sandboxed(): Promise<SandboxedWorkflow> {
    if (workflow !== undefined) return workflow;
    const fresh = await host.sandbox.open({ runId, workflowId, startedAt });
    workflow = fresh;
    for (const { activation, commands } of committed) {
      const again = await activate(fresh, { ...activation, isReplaying: true });
      if (JSON.stringify(again) !== JSON.stringify(commands)) {
        throw new Violation(
          'I6',
          `the workflow code did something else when its history was replayed: ${JSON.stringify(again.map((command) => Object.keys(command)))} in place of ${JSON.stringify(commands.map((command) => Object.keys(command)))}`,
        );
      }
    }
    if (closedAt === undefined) for (const command of lostLocals()) startLocal(command);
    return fresh;
  }

  /** Local activities that history knows nothing of but that they were begun. */
  function lostLocals(): ScheduleLocalActivity[] {
    const resolved = new Set(
      committed.flatMap(({ activation }) =>
        (activation.jobs ?? []).map(({ resolveActivity }) => resolveActivity?.seq),
      ),
    );
    return committed
      .flatMap(({ commands }) => commands.map((command) => command.scheduleLocalActivity))
      .filter((command) => command != null)
      .filter(({ seq }) => !resolved.has(seq) && !local.has(seq ?? 0));
  }

  /** Ends the workflow task: its commands take effect. */
  function commit(): void {
    if (task === undefined) return;
    const commands = task.activations.flatMap((activation) => activation.commands);
    const ending = commands.map(endOf).find((each) => each !== undefined);
    if (ending !== undefined && inbox.some((job) => !job.doUpdate)) {
      // The server takes no end of a run that has not seen all: the task is made again, with what came meanwhile.
      forgetTask(0);
      forgetWorkflow();
      return;
    }
    committed.push(...task.activations);
    task = undefined;
    for (const command of commands) apply(command);
    if (ending !== undefined) close(ending);
    else if (inbox.length > 0) taskDue = true;
  }

  function apply(command: Command): void {
    const { startTimer, cancelTimer, scheduleActivity, requestCancelActivity } = command;
    if (startTimer) {
      const seq = startTimer.seq ?? 0;
      const ms = optionalTsToMs(startTimer.startToFireTimeout) ?? 0;
      const cancel = time.after(ms, () => {
        timers.delete(seq);
        deliver({ fireTimer: { seq } });
      });
      timers.set(seq, { at: time.now() + ms, cancel });
    }
    if (cancelTimer) {
      timers.get(cancelTimer.seq ?? 0)?.cancel();
      timers.delete(cancelTimer.seq ?? 0);
    }
    if (scheduleActivity) schedule(scheduleActivity);
    if (requestCancelActivity) ordinary.get(requestCancelActivity.seq ?? 0)?.requestCancel();
    if (command.updateResponse) updates.answer(command.updateResponse);
    if (command.upsertWorkflowSearchAttributes) {
      host.onSearchAttributes(
        command.upsertWorkflowSearchAttributes.searchAttributes?.indexedFields ?? {},
      );
    }
    if (command.modifyWorkflowProperties) {
      host.onMemo(command.modifyWorkflowProperties.upsertedMemo?.fields ?? {});
    }
    if (command.startChildWorkflowExecution) startChild(command.startChildWorkflowExecution);
  }

  /** The server drops a child that has not begun when the run ends, whatever its close policy says. */
  function startChild(command: StartChild): void {
    childrenDue += 1;
    time.after(host.dispatchMs(), () => {
      childrenDue -= 1;
      if (closedAt !== undefined) return;
      host.onChild(command.workflowType ?? '', command.input?.[0]);
      const succeeded = { runId: `${runId}-child-${command.seq}` };
      deliver({ resolveChildWorkflowExecutionStart: { seq: command.seq ?? 0, succeeded } });
    });
  }

  function schedule(command: ScheduleActivity): void {
    const seq = command.seq ?? 0;
    const activity = scheduleOrdinaryActivity(command, {
      time,
      workerUp: host.workerUp,
      dispatchMs: host.dispatchMs,
      start: (...about) => host.startAttempt(command, false, ...about),
      resolve: (result) => deliver({ resolveActivity: { seq, result, isLocal: false } }),
    });
    ordinary.set(seq, activity);
  }

  function startLocal(command: ScheduleLocalActivity): void {
    const seq = command.seq ?? 0;
    const localHost: LocalActivityHost = {
      time,
      start: (...about) => host.startAttempt(command, true, ...about),
      resolve(result) {
        local.delete(seq);
        resolvedLocals.push({ resolveActivity: { seq, result, isLocal: true } });
        work();
      },
    };
    local.set(seq, startLocalActivity(command, localHost));
  }

  /** The task is made again, as if it had not begun; after a kill the server notices only when its time is up. */
  function forgetTask(timeoutMs: number): void {
    const interrupted = local.size > 0;
    for (const each of local.values()) each.lose();
    local.clear();
    resolvedLocals = [];
    if (task !== undefined) {
      const jobs = task.activations.flatMap(({ activation }) => activation.jobs ?? []);
      inbox = [...jobs.filter((job) => !job.resolveActivity?.isLocal), ...inbox];
      makeTaskDueAgain(task.startedAt + timeoutMs - time.now());
      task = undefined;
    } else if (interrupted || inbox.length > 0) makeTaskDueAgain(timeoutMs);
  }

  function makeTaskDueAgain(ms: number): void {
    taskDue = false;
    time.after(ms, () => {
      taskDue = true;
      work();
    });
  }

  function forgetWorkflow(): void {
    const old = workflow;
    workflow = undefined;
    if (old !== undefined) time.instantly(old.close());
  }

  function close(how: RunEnd): void {
    closedAt = time.now();
    end = how;
    for (const { cancel } of timers.values()) cancel();
    timers.clear();
    for (const activity of ordinary.values()) activity.runEnded();
    local.clear();
    inbox = [];
    updates.runEnded();
    host.onEnd();
  }
}
