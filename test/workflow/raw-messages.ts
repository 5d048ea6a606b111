import { randomUUID } from 'node:crypto';
import { ONBOARD_NUMBER, workflowIdOf } from '../../workflows/messages.js';
import type { Stack } from './stack.js';

const bytes = (text: string) => new TextEncoder().encode(text);

/** Payloads that no converter can decode, by what is wrong with them. */
export const UNDECODABLE = {
  'broken JSON': { metadata: { encoding: bytes('json/plain') }, data: bytes('{"code": "12') },
  'no encoding': { metadata: {}, data: bytes('"123830"') },
  'no metadata': { data: bytes('"123830"') },
  'an encoding nobody knows': {
    metadata: { encoding: bytes('zip/folded') },
    data: bytes('"123830"'),
  },
  'bytes that are no text': {
    metadata: { encoding: bytes('json/plain') },
    data: Uint8Array.of(0xff, 0xfe, 0x00, 0x80),
  },
  'nothing at all': {},
} as const;

type Payload = (typeof UNDECODABLE)[keyof typeof UNDECODABLE];

/** Sends a signal with a payload as it is. */
export async function signalRaw(
  { temporal }: Pick<Stack, 'temporal'>,
  phoneNumberId: string,
  signalName: string,
  ...payloads: Payload[]
): Promise<void> {
  await temporal.workflowService.signalWorkflowExecution({
    namespace: temporal.options.namespace,
    workflowExecution: { workflowId: workflowIdOf(phoneNumberId) },
    signalName,
    input: { payloads },
    requestId: randomUUID(),
  });
}

/** `UpdateWorkflowExecutionLifecycleStage`: completed, or rejected by the validator. */
const COMPLETED = 3;

/** Sends an update with a payload as it is. @returns the sentence it was rejected with; undefined where it was not */
export async function updateRaw(
  { temporal }: Stack,
  phoneNumberId: string,
  name: string,
  payload: Payload,
): Promise<string | undefined> {
  const { outcome } = await temporal.workflowService.updateWorkflowExecution({
    namespace: temporal.options.namespace,
    workflowExecution: { workflowId: workflowIdOf(phoneNumberId) },
    waitPolicy: { lifecycleStage: COMPLETED },
    request: {
      meta: { updateId: randomUUID(), identity: 'test' },
      input: { name, args: { payloads: [payload] } },
    },
  });
  return outcome?.failure?.message ?? undefined;
}

/** Starts a run with an input as it is. */
export async function startRaw(
  { temporal, taskQueue }: Stack,
  phoneNumberId: string,
  payload: Payload,
): Promise<void> {
  await temporal.workflowService.startWorkflowExecution({
    namespace: temporal.options.namespace,
    workflowId: workflowIdOf(phoneNumberId),
    workflowType: { name: ONBOARD_NUMBER },
    taskQueue: { name: taskQueue },
    input: { payloads: [payload] },
    requestId: randomUUID(),
  });
}
