/** The messages between the SDK's workflow code and its core, by name. */
import type { Workflow } from '@temporalio/worker/lib/workflow/interface.js';

export type Activation = Parameters<Workflow['activate']>[0];
export type Job = NonNullable<Activation['jobs']>[number];
export type Completion = Awaited<ReturnType<Workflow['activate']>>;
export type Command = NonNullable<NonNullable<Completion['successful']>['commands']>[number];

type Of<K extends keyof Command> = NonNullable<Command[K]>;
export type ScheduleActivity = Of<'scheduleActivity'>;
export type ScheduleLocalActivity = Of<'scheduleLocalActivity'>;
export type StartChild = Of<'startChildWorkflowExecution'>;
export type RetryPolicy = NonNullable<ScheduleActivity['retryPolicy']>;

type Resolution = NonNullable<NonNullable<Job['resolveActivity']>['result']>;
export type ActivityResolution = Resolution;
export type Failure = NonNullable<NonNullable<Resolution['failed']>['failure']>;
