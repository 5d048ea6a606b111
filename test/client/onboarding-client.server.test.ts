import { Client } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addSearchAttributes } from '../../client/cli/namespace-setup.js';
import {
  InvalidInputError,
  NoWorkerAnswerError,
  OnboardingCancelledError,
  OnboardingClient,
  OnboardingEndedError,
  OnboardingFailedError,
  OnboardingInProgressError,
  OnboardingNotFoundError,
  type OnboardingStatus,
  OnboardingTerminatedError,
  SearchAttributesMissingError,
  TemporalNamespaceError,
  TemporalUnreachableError,
  workflowIdOf,
} from '../../client/index.js';
import { type ClientStack, sentCode, startClientStack, wrongCode } from './stack.js';

let stack: ClientStack;

beforeAll(async () => {
  stack = await startClientStack();
});

afterAll(() => stack.stop());

/** The error that the promise rejects with, checked to be of the class. */
async function rejection<T extends Error>(
  promise: Promise<unknown>,
  expected: abstract new (...args: never[]) => T,
): Promise<T> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(expected);
  return error as T;
}

const ask = async <T>(answers: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const answer of answers) all.push(answer);
  return all;
};

test('a number is onboarded: refused, then verified, then live', async () => {
  const { client, newNumber } = stack;
  const id = newNumber();
  const started = await client.start({ phoneNumberId: id, label: 'Zoo' });
  expect(started).toEqual({
    phoneNumberId: id,
    workflowId: workflowIdOf(id),
    runId: expect.any(String),
  });
  const code = await sentCode(stack, id);
  expect(await client.tryCode(id, wrongCode(code))).toMatchObject({
    verdict: 'refused',
    triesLeft: 4,
  });
  expect(await client.tryCode(id, code, { submittedBy: 'ana' })).toEqual({ verdict: 'verified' });
  expect(await client.result(id)).toMatchObject({ phoneNumberId: id, outcome: 'live' });
  expect(await client.status(id)).toMatchObject({
    run: 'completed',
    stage: 'Live',
    label: 'Zoo',
    result: { outcome: 'live' },
    progress: { stage: 'Live' },
  });
});

test('a signal hands over the code too, and watching tells each change until the run has ended', async () => {
  const { client, simulator, newNumber } = stack;
  const id = newNumber();
  await client.start({ phoneNumberId: id });
  const seen: OnboardingStatus[] = [];
  for await (const status of client.watch(id)) {
    if (status.stage === 'AwaitingCode' && seen.every(({ stage }) => stage !== 'AwaitingCode')) {
      await client.submitCode(id, simulator.codes(id)[0]?.code ?? '', { submittedBy: 'ana' });
    }
    seen.push(status);
  }
  expect(seen.at(-1)).toMatchObject({ run: 'completed', result: { outcome: 'live' } });
  expect(seen.at(-1)?.progress?.code?.submissions).toMatchObject([
    { by: 'ana', verdict: 'verified' },
  ]);
  expect(seen.filter(({ run }) => run !== 'running')).toHaveLength(1);
  expect(new Set(seen.map((status) => JSON.stringify(status))).size).toBe(seen.length);
});

test('watching stops when its signal aborts', async () => {
  const { client, newNumber } = stack;
  const id = newNumber();
  await client.start({ phoneNumberId: id });
  await sentCode(stack, id);
  const stop = new AbortController();
  for await (const _status of client.watch(id, { signal: stop.signal })) stop.abort();
  expect((await client.status(id)).run).toBe('running');
});

test('a second start of a running onboarding throws who runs since when', async () => {
  const { client, newNumber } = stack;
  const id = newNumber();
  const { runId } = await client.start({ phoneNumberId: id });
  const error = await rejection(client.start({ phoneNumberId: id }), OnboardingInProgressError);
  expect(error).toMatchObject({ phoneNumberId: id, runId, workflowType: 'onboardNumber' });
});

test('of many starts at once exactly one starts, and the others say which', async () => {
  const { client, newNumber } = stack;
  const id = newNumber();
  const starts = await Promise.allSettled(
    Array.from({ length: 8 }, () => client.start({ phoneNumberId: id })),
  );
  const started = starts.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const refused = starts.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(started).toHaveLength(1);
  for (const error of refused) {
    expect(error).toBeInstanceOf(OnboardingInProgressError);
    expect(error).toMatchObject({ runId: started[0]?.runId });
  }
});

test('a run of another type that holds the number is named', async () => {
  const { client, newNumber } = stack;
  const id = newNumber();
  await client.temporal.workflow.start('somethingElse', {
    workflowId: workflowIdOf(id),
    taskQueue: 'polled-by-nobody',
  });
  const started = await rejection(client.start({ phoneNumberId: id }), OnboardingInProgressError);
  expect(started.workflowType).toBe('somethingElse');
  const found = await rejection(client.status(id), OnboardingNotFoundError);
  expect(found.workflowType).toBe('somethingElse');
});

test('a number never started is not found, whatever is asked of it', async () => {
  const { client, newNumber } = stack;
  const id = newNumber();
  const asked = [
    () => client.progress(id),
    () => client.status(id),
    () => client.submitCode(id, '907142'),
    () => client.tryCode(id, '907142'),
    () => client.resendCode(id),
    () => client.extend(id, '1 hour'),
    () => client.cancel(id),
    () => client.result(id),
    () => ask(client.watch(id)),
  ];
  for (const request of asked) {
    const error = await rejection(request(), OnboardingNotFoundError);
    expect(error.phoneNumberId).toBe(id);
  }
});

test('a cancelled onboarding takes no more messages, and the next start knows the run before', async () => {
  const { client, newNumber } = stack;
  const id = newNumber();
  const { runId } = await client.start({ phoneNumberId: id });
  await sentCode(stack, id);
  await client.cancel(id);
  await rejection(client.result(id), OnboardingCancelledError);
  const asked = [
    () => client.submitCode(id, '907142'),
    () => client.tryCode(id, '907142'),
    () => client.resendCode(id),
    () => client.extend(id, '1 hour'),
    () => client.cancel(id),
  ];
  for (const request of asked) {
    const error = await rejection(request(), OnboardingEndedError);
    expect(error).toMatchObject({ phoneNumberId: id, runId, run: 'cancelled' });
    expect(error.endedAt).toMatch(/Z$/);
  }
  expect((await client.start({ phoneNumberId: id })).previousRunId).toBe(runId);
});

test('a refused number fails with the sentence of the run, and nothing was done', async () => {
  const { client, simulator, newNumber } = stack;
  const id = newNumber();
  simulator.addNumber({ id, preset: 'banned' });
  await client.start({ phoneNumberId: id });
  const error = await rejection(client.result(id), OnboardingFailedError);
  expect(error).toMatchObject({ phoneNumberId: id, failureType: 'OnboardingRefused' });
  expect(error.details?.steps).toHaveLength(6);
  expect(await client.status(id)).toMatchObject({
    run: 'failed',
    stage: 'Failed',
    failure: { type: 'OnboardingRefused', message: error.message },
  });
});

test('a terminated run says that nothing was undone', async () => {
  const { client, newNumber } = stack;
  const id = newNumber();
  await client.start({ phoneNumberId: id });
  await sentCode(stack, id);
  await client.temporal.workflow.getHandle(workflowIdOf(id)).terminate('maintenance');
  const error = await rejection(client.result(id), OnboardingTerminatedError);
  expect(error.reason).toBe('maintenance');
  expect(await client.status(id)).toMatchObject({
    run: 'terminated',
    failure: { type: 'Terminated' },
  });
});

test('unusable input is refused before anything is sent', async () => {
  const { client, newNumber } = stack;
  const id = newNumber();
  await client.start({ phoneNumberId: id });
  await sentCode(stack, id);
  const handle = client.temporal.workflow.getHandle(workflowIdOf(id));
  const { historyLength } = await handle.describe();
  const error = await rejection(client.submitCode(id, '1234'), InvalidInputError);
  expect(error.message).toBe('The code must have six digits, such as "123-830"; this has 4.');
  await rejection(client.tryCode(id, '12345678'), InvalidInputError);
  await rejection(client.extend(id, '90 days'), InvalidInputError);
  await rejection(client.resendCode(id, { language: 'x' }), InvalidInputError);
  await rejection(client.start({ phoneNumberId: 'x' }), InvalidInputError);
  await rejection(client.progress('+4930'), InvalidInputError);
  expect((await handle.describe()).historyLength).toBe(historyLength);
});

test('a verdict that takes too long may be asked for again without trying the code twice', async () => {
  const { client, simulator, newNumber } = stack;
  const id = newNumber();
  await client.start({ phoneNumberId: id });
  const code = await sentCode(stack, id);
  let answer: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const release = simulator.faults.add({
    kind: 'hold',
    until: held,
    endpoint: 'verifyCode',
    phoneNumberId: id,
  });
  const error = await rejection(client.tryCode(id, code, { timeoutMs: 800 }), NoWorkerAnswerError);
  expect(error).toMatchObject({ phoneNumberId: id, workerPolling: true });
  expect(error.message).toContain(error.updateId);
  answer();
  release();
  const { updateId } = error;
  if (updateId === undefined) throw new Error('An unanswered update has an id.');
  expect(await client.tryCode(id, code, { updateId })).toEqual({ verdict: 'verified' });
  const tries = simulator.requests.filter(
    (request) => request.phoneNumberId === id && request.endpoint === 'verifyCode',
  );
  expect(tries).toHaveLength(1);
});

test('where no worker polls, progress says so, and status still tells what Temporal knows', async () => {
  const { client, newNumber } = stack;
  const lonely = new OnboardingClient(client.temporal, {
    taskQueue: 'polled-by-nobody',
    queryTimeoutMs: 500,
  });
  const id = newNumber();
  await lonely.start({ phoneNumberId: id, label: 'Lonely' });
  const error = await rejection(lonely.progress(id), NoWorkerAnswerError);
  expect(error).toMatchObject({ workerPolling: false, updateId: undefined });
  expect(error.message).toContain('start one with "npm start"');
  const tried = lonely.tryCode(id, '907142', { timeoutMs: 500, updateId: 'mine' });
  expect(await rejection(tried, NoWorkerAnswerError)).toMatchObject({ updateId: 'mine' });
  const status = await lonely.status(id);
  expect(status).toMatchObject({
    run: 'running',
    stage: 'Preparing',
    label: 'Lonely',
    progressMissing: error.message,
  });
  expect(status.progress).toBeUndefined();
});

test('a list has the newest run of each number once, and filters', async () => {
  const { client, newNumber } = stack;
  const [one, two] = [newNumber(), newNumber()];
  const label = `list-${one}`;
  await client.start({ phoneNumberId: one, label });
  await sentCode(stack, one);
  await client.cancel(one);
  await rejection(client.result(one), OnboardingCancelledError);
  const { runId } = await client.start({ phoneNumberId: one, label });
  await client.start({ phoneNumberId: two, label });
  await expect
    .poll(async () => (await ask(client.list({ label }))).map(({ runId }) => runId), {
      timeout: 20_000,
    })
    .toEqual(expect.arrayContaining([runId]));
  await expect
    .poll(async () => (await ask(client.list({ label, running: true }))).length, {
      timeout: 20_000,
    })
    .toBe(2);
  const listed = await ask(client.list({ label }));
  expect(listed.map(({ phoneNumberId }) => phoneNumberId).sort()).toEqual([one, two].sort());
});

test('a label as long as it may be, in letters of four bytes, can be started with', async () => {
  const { client, newNumber } = stack;
  const label = '🐘'.repeat(100);
  const id = newNumber();
  await client.start({ phoneNumberId: id, label });
  const description = await client.temporal.workflow.getHandle(workflowIdOf(id)).describe();
  expect(await description.staticSummary()).toMatch(/^Onboard 🐘+$/u);
  expect((await client.status(id)).label).toBe(label);
});

test('nothing in what Temporal shows beside the input holds the telephone number', async () => {
  const { client, simulator, newNumber } = stack;
  const id = newNumber();
  simulator.addNumber({ id, displayPhoneNumber: '+1 631-555-1234' });
  await client.start({ phoneNumberId: id, label: 'Front desk', requestedBy: 'ana' });
  const description = await client.temporal.workflow.getHandle(workflowIdOf(id)).describe();
  expect(await description.staticSummary()).toBe('Onboard Front desk');
  expect(await description.staticDetails()).toBe(
    `Number ${id}, asked for by ana, code by SMS in en_US, awaited for 24 hours`,
  );
});

test('a Temporal that is not there is unreachable, within the time given', async () => {
  const error = await rejection(
    OnboardingClient.connect({ address: '127.0.0.1:1', connectTimeout: 300 }),
    TemporalUnreachableError,
  );
  expect(error.address).toBe('127.0.0.1:1');
});

test('a namespace that is not there is named', async () => {
  const { address, newNumber } = stack;
  const client = await OnboardingClient.connect({ address, namespace: 'nowhere' });
  const error = await rejection(
    client.start({ phoneNumberId: newNumber() }),
    TemporalNamespaceError,
  );
  expect(error.namespace).toBe('nowhere');
  await client.close();
});

test('a namespace without the search attributes is refused until they are set up', async () => {
  const { client, newNumber } = stack;
  const namespace = 'bare';
  await client.temporal.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  const temporal = new Client({ connection: client.temporal.connection, namespace });
  const bare = new OnboardingClient(temporal);
  const id = newNumber();
  const startError = () =>
    bare.start({ phoneNumberId: id }).then(
      () => undefined,
      (error: unknown) => error,
    );
  await expect.poll(startError, { timeout: 30_000 }).toBeInstanceOf(SearchAttributesMissingError);
  expect((await addSearchAttributes(temporal)).added).toHaveLength(2);
  expect((await addSearchAttributes(temporal)).present).toHaveLength(2);
  await expect.poll(startError, { timeout: 30_000 }).toBeUndefined();
});
