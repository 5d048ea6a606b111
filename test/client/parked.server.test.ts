import { Client } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXIT } from '../../client/cli/exit-codes.js';
import { addSearchAttributes } from '../../client/cli/namespace-setup.js';
import {
  NotParkedError,
  OnboardingClient,
  OnboardingEndedError,
  OnboardingNotFoundError,
  workflowIdOf,
} from '../../client/index.js';
import { placesOf } from '../../demo/secret-search.js';
import { SOMEBODYS_PIN } from '../../simulator/simulator.js';
import { type CompiledCommand, compileCommand } from './compiled-command.js';
import { type ClientStack, parked, sentCode, startClientStack } from './stack.js';

let stack: ClientStack;
let command: CompiledCommand;

beforeAll(async () => {
  [stack, command] = await Promise.all([startClientStack(), compileCommand()]);
}, 120_000);

afterAll(async () => {
  await command.remove();
  await stack.stop();
});

type Options = Parameters<CompiledCommand['run']>[1];

const run = (args: string[], options: Options = {}) =>
  command.run(args, { cwd: stack.folder, ...options });

async function runJson(args: string[], options: Options = {}) {
  const { stdout, exitCode } = await run([...args, '--json'], options);
  const documents = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { exitCode, documents, document: documents.at(-1) };
}

const historyOf = (id: string) =>
  stack.client.temporal.workflow.getHandle(workflowIdOf(id)).fetchHistory();

/** A number with the PIN of a former holder; its onboarding is parked before anything was sent. */
async function formerNumber(): Promise<string> {
  const id = stack.newNumber();
  stack.simulator.addNumber({ id, preset: 'former' });
  await stack.client.start({ phoneNumberId: id });
  await parked(stack, id);
  return id;
}

/** A number that Meta registers and whose PIN it then refuses to set; its onboarding is parked. */
async function pinlessNumber(): Promise<string> {
  const id = stack.newNumber();
  stack.simulator.addNumber({ id, preset: 'pinRetired' });
  await stack.client.start({ phoneNumberId: id });
  await parked(stack, id);
  return id;
}

test('a PIN given while the run is parked for it lets it go live, and is in no history and no output', async () => {
  const id = await formerNumber();
  let seen: () => void = () => {};
  const watches = new Promise<void>((resolve) => {
    seen = resolve;
  });
  const watching = run(['watch', id], { onOutput: () => seen() });
  await watches;
  const asked = await run(['status', id]);
  expect(asked.exitCode).toBe(EXIT.waiting);
  expect(asked.stdout).toContain(`npx wa-onboard pin provide ${id}`);

  const given = await run(['pin', 'provide', id], { stdin: `${SOMEBODYS_PIN}\n` });
  expect(given.stdout).toContain(`The PIN of ${id} is kept as provided.`);
  expect(given.stdout).toContain('Told the parked onboarding to try again.');
  expect(given.stdout).toContain(`${id} · live`);
  expect(given.exitCode).toBe(EXIT.done);

  expect(await stack.client.result(id)).toMatchObject({
    outcome: 'live',
    pin: { confirmed: true },
  });
  expect(stack.simulator.number(id)).toMatchObject({ registered: true, pin: SOMEBODYS_PIN });
  const watched = await watching;
  expect(watched.exitCode).toBe(EXIT.done);
  for (const change of ['parked until', 'decided: retry', 'no longer parked', 'ended: live']) {
    expect(watched.stdout).toContain(change);
  }
  expect(placesOf(SOMEBODYS_PIN, await historyOf(id))).toEqual([]);
  const outputs = [asked, given, watched];
  expect(placesOf(SOMEBODYS_PIN, outputs)).toEqual([]);
});

test('a wrong PIN leaves the run parked, with exit code 5 and Meta’s own words', async () => {
  const id = await formerNumber();
  const given = await runJson(['pin', 'provide', id], { stdin: '000000\n' });
  expect(given).toMatchObject({
    exitCode: EXIT.waiting,
    document: {
      phoneNumberId: id,
      pin: { store: 'local', record: id, state: 'provided' },
      retried: true,
      status: { stage: 'Parked', progress: { problem: { code: 133005 } } },
    },
  });
  const { stdout } = await run(['status', id]);
  expect(stdout).toMatch(/Problem +/);
  expect(stdout).toContain("Meta's code 133005, fbtrace_id ");
  const again = await run(['pin', 'provide', id], { stdin: `${SOMEBODYS_PIN}\n` });
  expect(again.exitCode).toBe(EXIT.done);
});

test('a PIN given before the first onboarding is tried by it', async () => {
  const id = stack.newNumber();
  stack.simulator.addNumber({ id, preset: 'former' });
  const given = await run(['pin', 'provide', id], { stdin: `${SOMEBODYS_PIN}\n` });
  expect(given.stdout).toContain(`The next onboarding tries it: npx wa-onboard start ${id}`);
  expect(given.exitCode).toBe(EXIT.done);
  const { exitCode } = await run(['start', id, '--watch']);
  expect(exitCode).toBe(EXIT.done);
});

test('a PIN given while a run waits for its code is kept for it, and disturbs nothing', async () => {
  const id = stack.newNumber();
  await stack.client.start({ phoneNumberId: id });
  await sentCode(stack, id);
  const given = await runJson(['pin', 'provide', id], { stdin: '246813\n' });
  expect(given).toMatchObject({ exitCode: EXIT.done, document: { retried: false } });
  expect((await stack.client.progress(id)).decided).toBeUndefined();
});

test('everything that asks about a parked run ends with exit code 5, and says that it is parked', async () => {
  const id = await formerNumber();
  const code = await run(['code', id, '123-830']);
  expect(code.stdout).toContain('No code is awaited: The run is parked');
  expect(code.exitCode).toBe(EXIT.waiting);
  const resent = await runJson(['resend', id]);
  expect(resent.document.error).toMatchObject({ type: 'NoCodeAwaitedError', stage: 'Parked' });
  expect(resent.exitCode).toBe(EXIT.waiting);
  const status = await runJson(['status', id]);
  expect(status.document.progress.waiting).toMatchObject({
    decisions: ['retry'],
    onExpiry: 'compensate',
  });
  expect(status.exitCode).toBe(EXIT.waiting);
  await expect
    .poll(async () => (await run(['list', '--stage', 'Parked'])).stdout, { timeout: 30_000 })
    .toMatch(new RegExp(`${id} .*parked, needs an operator`));
});

test('a run parked for a token goes on after it was renewed and somebody said retry', async () => {
  const { client, simulator, newNumber } = stack;
  const id = newNumber();
  simulator.addNumber({ id, preset: 'verified' });
  simulator.faults.add({
    kind: 'error',
    code: 190,
    subcode: 463,
    endpoint: 'register',
    phoneNumberId: id,
    times: 2,
  });
  await client.start({ phoneNumberId: id });
  expect((await parked(stack, id)).problem).toMatchObject({ code: 190 });
  const early = await run(['retry', id]);
  expect(early.stdout).toMatch(new RegExp(`^Told ${id} to try again\\.\n\n${id} · parked`));
  expect(early.exitCode).toBe(EXIT.waiting);

  const late = await runJson(['retry', id, '--requested-by', 'ana']);
  expect(late).toMatchObject({
    exitCode: EXIT.done,
    document: {
      phoneNumberId: id,
      decision: 'retry',
      status: {
        run: 'completed',
        result: { outcome: 'live' },
        progress: { decided: { decision: 'retry', by: 'ana' } },
      },
    },
  });
});

test('accept finishes a run whose PIN Meta refused after it had registered the number', async () => {
  const id = await pinlessNumber();
  const { stdout, exitCode } = await run(['accept', id]);
  expect(stdout).toContain(`Told ${id} to finish with its PIN unconfirmed.`);
  expect(exitCode).toBe(EXIT.done);
  expect(await stack.client.result(id)).toMatchObject({ pin: { confirmed: false } });
  expect(stack.simulator.number(id).registered).toBe(true);
});

test('retry --watch and accept --watch follow the onboarding to its end', async () => {
  const id = await pinlessNumber();
  const watching = run(['retry', id, '--watch', '--json']);
  const decided = async () => (await stack.client.progress(id)).decided?.decision;
  await expect.poll(decided, { timeout: 30_000 }).toBe('retry');
  await parked(stack, id);
  expect(await runJson(['accept', id, '--watch'])).toMatchObject({
    exitCode: EXIT.done,
    document: { run: 'completed', result: { pin: { confirmed: false } } },
  });
  expect((await watching).exitCode).toBe(EXIT.done);
});

test('a number that is registered and not live ends status, watch and a start that follows with 5', async () => {
  const id = stack.newNumber();
  stack.simulator.addNumber({ id, preset: 'flagged' });
  const started = await run(['start', id, '--take-over', '--watch']);
  expect(started.stdout).toContain('ended: registered, not yet live');
  expect(started.exitCode).toBe(EXIT.waiting);
  expect((await run(['watch', id])).exitCode).toBe(EXIT.waiting);
  const status = await run(['status', id]);
  expect(status.stdout).toContain('still missing: Meta has flagged the number');
  expect(status.exitCode).toBe(EXIT.waiting);
});

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

test('a run that takes no such decision is sent none, and the error says what it takes', async () => {
  const { client } = stack;
  const parkedId = await formerNumber();
  expect(await rejection(client.accept(parkedId), NotParkedError)).toMatchObject({
    phoneNumberId: parkedId,
    decision: 'accept',
    stage: 'Parked',
    takes: ['retry'],
  });
  const id = stack.newNumber();
  await client.start({ phoneNumberId: id });
  await sentCode(stack, id);
  const handle = client.temporal.workflow.getHandle(workflowIdOf(id));
  const { historyLength } = await handle.describe();
  expect(await rejection(client.retry(id), NotParkedError)).toMatchObject({
    stage: 'AwaitingCode',
    takes: [],
  });
  expect((await handle.describe()).historyLength).toBe(historyLength);
  const refused = await run(['accept', id]);
  expect(refused.stderr).toContain('is not parked');
  expect(refused.exitCode).toBe(EXIT.refused);
});

test('a decision answers with what the run waited for, and the run remembers who decided', async () => {
  const { client } = stack;
  const id = await formerNumber();
  const sent = await client.retry(id, { requestedBy: 'ana' });
  expect(sent).toMatchObject({
    phoneNumberId: id,
    decision: 'retry',
    before: { stage: 'Parked', waiting: { decisions: ['retry'] } },
  });
  expect(sent.progressMissing).toBeUndefined();
  await expect
    .poll(async () => (await client.progress(id)).decided, { timeout: 30_000 })
    .toMatchObject({ decision: 'retry', by: 'ana' });
});

test('a number never started, and one whose run has ended, take no decision', async () => {
  const { client } = stack;
  const id = stack.newNumber();
  await rejection(client.retry(id), OnboardingNotFoundError);
  expect((await run(['retry', id])).exitCode).toBe(EXIT.notFound);
  const { runId } = await client.start({ phoneNumberId: id });
  await sentCode(stack, id);
  await client.cancel(id);
  await client.result(id).catch(() => undefined);
  const ended = await rejection(client.accept(id), OnboardingEndedError);
  expect(ended).toMatchObject({ runId, run: 'cancelled' });
  expect((await run(['accept', id])).exitCode).toBe(EXIT.refused);
});

test('retry where no worker runs is sent, says when it takes effect, and ends with exit code 1', async () => {
  const { client, address, newNumber } = stack;
  const namespace = 'idle';
  await client.temporal.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  const temporal = new Client({ connection: client.temporal.connection, namespace });
  const idle = new OnboardingClient(temporal);
  const id = newNumber();
  const started = () =>
    addSearchAttributes(temporal)
      .then(() => idle.start({ phoneNumberId: id }))
      .then(
        () => 'started',
        () => 'not yet',
      );
  await expect.poll(started, { timeout: 30_000, interval: 500 }).toBe('started');
  const env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
  const { stdout, exitCode } = await run(['retry', id], { env });
  expect(stdout.replaceAll('\n', ' ')).toMatch(
    new RegExp(
      `^Told ${id} to try again\\. No worker is running, .* It takes effect once a worker answers\\.`,
    ),
  );
  expect(exitCode).toBe(EXIT.failed);
});

test('where no worker answers, a decision is sent all the same, and the answer says so', async () => {
  const { client, newNumber } = stack;
  const lonely = new OnboardingClient(client.temporal, {
    taskQueue: 'polled-by-nobody',
    queryTimeoutMs: 500,
  });
  const id = newNumber();
  await lonely.start({ phoneNumberId: id });
  const sent = await lonely.retry(id, { requestedBy: 'ana' });
  expect(sent.before).toBeUndefined();
  expect(sent.progressMissing).toContain('No worker is running');
  const { events } = await historyOf(id);
  const signals = events?.map(
    (event) => event.workflowExecutionSignaledEventAttributes?.signalName,
  );
  expect(signals).toContain('retry');
});
