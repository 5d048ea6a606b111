/** The real workflow code in the SDK's own sandbox, handed activations by the driver in place of the SDK's core. */
import vm from 'node:vm';
import {
  defaultPayloadConverter,
  encodingKeys,
  type Payload,
  TypedSearchAttributes,
} from '@temporalio/common';
import { msNumberToTs } from '@temporalio/common/lib/time.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { createUnsafeRandomSource } from '@temporalio/workflow/lib/random-helpers.js';
import type { OnLog } from './attempt.js';
import type { Activation, Completion, Job } from './sdk-types.js';

/** One run's workflow code. */
export interface SandboxedWorkflow {
  activate(activation: Activation): Promise<Completion>;
  /** @throws Error with what the query handler threw */
  query(name: string): Promise<unknown>;
  close(): Promise<void>;
}

export interface Sandbox {
  open(run: { runId: string; workflowId: string; startedAt: number }): Promise<SandboxedWorkflow>;
}

const FILE_NAME = 'workflow-bundle.js';
/** Flags that a history of this SDK carries from its first task on. */
export const SDK_FLAGS = [1, 2];

export function createSandbox(code: string, activityNames: string[], onLog: OnLog): Sandbox {
  const creator = new ReusableVMWorkflowCreator(
    new vm.Script(code, { filename: FILE_NAME }),
    {
      code,
      filename: FILE_NAME,
      sourceMap: { version: 3, sources: [], names: [], mappings: '', file: FILE_NAME },
    },
    60_000,
    new Set(activityNames),
  );
  // A limit makes Node start a thread for each call into the sandbox, which doubles the time of a case.
  Reflect.deleteProperty(creator, 'isolateExecutionTimeoutMs');

  return {
    async open({ runId, workflowId, startedAt }) {
      const workflow = await creator.createWorkflow({
        info: {
          workflowId,
          runId,
          workflowType: 'onboardNumber',
          searchAttributes: {},
          typedSearchAttributes: new TypedSearchAttributes(),
          taskQueue: 'number-onboarding',
          namespace: 'default',
          firstExecutionRunId: runId,
          originalExecutionRunId: runId,
          startTime: new Date(startedAt),
          runStartTime: new Date(startedAt),
          taskTimeoutMs: 10_000,
          attempt: 1,
          historyLength: 3,
          historySize: 0,
          continueAsNewSuggested: false,
          targetWorkerDeploymentVersionChanged: false,
          unsafe: {
            now: () => startedAt,
            isReplaying: false,
            isReplayingHistoryEvents: false,
            random: createUnsafeRandomSource(() => 0.5),
          },
        },
        randomnessSeed: [1],
        now: startedAt,
        showStackTraceSources: false,
      });
      return {
        async activate(activation) {
          const completion = await workflow.activate({ ...activation, runId });
          for (const call of await workflow.getAndResetSinkCalls()) {
            if (call.ifaceName === '__temporal_logger') onLog(String(call.args[0]), call.args[1]);
          }
          return completion;
        },
        async query(name) {
          const job: Job & { variant: 'queryWorkflow' } = {
            variant: 'queryWorkflow',
            queryWorkflow: { queryId: name, queryType: name, arguments: [], headers: {} },
          };
          const completion = await workflow.activate({ runId, jobs: [job] });
          const [answer] = completion.successful?.commands ?? [];
          const { succeeded, failed } = answer?.respondToQuery ?? {};
          if (!succeeded) {
            const failure = failed ?? completion.failed?.failure;
            throw new Error(`The query ${name} failed: ${failure?.message ?? 'no answer'}`);
          }
          return decoded(succeeded.response);
        },
        close: () => workflow.dispose(),
      };
    },
  };
}

export function decoded(payload: Payload | null | undefined): unknown {
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}

export const timestamp = msNumberToTs;
export { encodingKeys };
