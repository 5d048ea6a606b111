import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXIT } from '../../client/cli/exit-codes.js';
import { type CompiledCommand, compileCommand } from './compiled-command.js';
import { type ClientStack, sentCode, startClientStack, wrongCode } from './stack.js';

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

/** Where the stack file is, so that no address has to be given. */
const run = (args: string[], options: Options = {}) =>
  command.run(args, { cwd: stack.folder, ...options });

/** A sentence as it was before it was wrapped below its mark. */
const unwrapped = (text: string) => text.replaceAll('\n  ', ' ');

/** With `--json`: the one document that is printed. */
async function runJson(args: string[], options: Options = {}) {
  const { stdout, stderr, exitCode } = await run([...args, '--json'], options);
  expect(stderr).toBe('');
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  return { exitCode, document: JSON.parse(stdout) };
}

test('start, status, code: a number goes live by the command line alone', async () => {
  const id = stack.newNumber();
  const started = await runJson(['start', id, '--label', 'Zoo', '--requested-by', 'ana']);
  expect(started).toMatchObject({
    exitCode: EXIT.done,
    document: { phoneNumberId: id, workflowId: `whatsapp-number-${id}` },
  });
  expect(started.document.link).toContain(`/workflows/whatsapp-number-${id}/`);
  const code = await sentCode(stack, id);

  const waiting = await runJson(['status', id]);
  expect(waiting).toMatchObject({
    exitCode: EXIT.waiting,
    document: { run: 'running', stage: 'AwaitingCode', label: 'Zoo' },
  });
  expect(waiting.document.progress.waiting.until).toMatch(/Z$/);

  const refused = await run(['code', id, wrongCode(code)]);
  expect(refused.stdout).toMatch(/^✖ Meta refused the code: /);
  expect(refused.stdout).toContain('Tries left: 4.');
  expect(refused.exitCode).toBe(EXIT.refused);

  const verified = await runJson(['code', id], { stdin: `${code}\n` });
  expect(verified).toEqual({
    exitCode: EXIT.done,
    document: { phoneNumberId: id, verdict: 'verified' },
  });

  const watched = await run(['watch', id]);
  expect(watched.stdout).toContain('ended: live');
  expect(watched.exitCode).toBe(EXIT.done);
  const done = await run(['status', id]);
  expect(done.stdout).toContain('· Zoo · live');
  expect(done.exitCode).toBe(EXIT.done);

  const late = await runJson(['code', id, code]);
  expect(late).toMatchObject({
    exitCode: EXIT.refused,
    document: { error: { type: 'OnboardingEndedError', phoneNumberId: id, run: 'completed' } },
  });
});

test('start --watch prints each change on a line and ends as the onboarding does', async () => {
  const id = stack.newNumber();
  const watching = run(['start', id, '--watch', '--json']);
  await expect
    .poll(
      () =>
        stack.client.status(id).then(
          ({ run }) => run,
          () => undefined,
        ),
      { timeout: 30_000 },
    )
    .toBe('running');
  await stack.client.submitCode(id, await sentCode(stack, id));
  const { stdout, exitCode } = await watching;
  const documents = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(documents[0]).toMatchObject({ phoneNumberId: id, runId: expect.any(String) });
  expect(documents.at(-1)).toMatchObject({ run: 'completed', result: { outcome: 'live' } });
  expect(exitCode).toBe(EXIT.done);
});

test('Ctrl-C ends watching quietly with exit code 130, and the onboarding goes on', async () => {
  const id = stack.newNumber();
  await stack.client.start({ phoneNumberId: id });
  await sentCode(stack, id);
  const { exitCode, stderr } = await run(['watch', id], {
    onOutput: (_text, interrupt) => interrupt(),
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: EXIT.interrupted, stderr: '' });
  expect((await stack.client.status(id)).run).toBe('running');
});

test('a second start is refused with exit code 4 and names the run', async () => {
  const id = stack.newNumber();
  const { runId } = await stack.client.start({ phoneNumberId: id });
  const { exitCode, stderr } = await run(['start', id]);
  expect(stderr).toContain(`Number ${id} is being onboarded already (since 20`);
  expect(exitCode).toBe(EXIT.refused);
  expect((await runJson(['start', id])).document.error).toMatchObject({
    type: 'OnboardingInProgressError',
    runId,
  });
});

test.each([[['status']], [['watch']], [['cancel']], [['resend']], [['extend', '--by', '1 hour']]])(
  '%j of a number never started ends with exit code 3',
  async ([name = '', ...flags]) => {
    const { exitCode, stderr, stdout } = await run([name, stack.newNumber(), ...flags]);
    expect(unwrapped(stderr)).toMatch(/^✖ No onboarding of number [0-9]+ was found: [^\n]+\n$/);
    expect(stdout).toBe('');
    expect(exitCode).toBe(EXIT.notFound);
  },
);

test('a code for a number never started ends with exit code 3 and is not repeated', async () => {
  const { exitCode, stderr } = await run(['code', stack.newNumber(), '907-142']);
  expect(stderr).toContain('No onboarding of number');
  expect(stderr).not.toMatch(/907-?142/);
  expect(exitCode).toBe(EXIT.notFound);
});

test('resend says when the next code may be sent, extend until when it now waits', async () => {
  const id = stack.newNumber();
  await stack.client.start({ phoneNumberId: id });
  await sentCode(stack, id);
  const before = (await stack.client.progress(id)).waiting?.until ?? '';
  const resent = await runJson(['resend', id]);
  expect(resent).toMatchObject({ exitCode: EXIT.done, document: { requested: true } });
  expect(resent.document.sendAt).toMatch(/Z$/);
  const extended = await runJson(['extend', id, '--by', '2 hours']);
  expect(extended.exitCode).toBe(EXIT.done);
  expect(Date.parse(extended.document.until) - Date.parse(before)).toBe(2 * 3_600_000);
});

test('cancel --wait shows the end and exits 0; afterwards there is nothing to cancel', async () => {
  const id = stack.newNumber();
  await stack.client.start({ phoneNumberId: id });
  await sentCode(stack, id);
  const { exitCode, stdout } = await run(['cancel', id, '--wait']);
  expect(stdout).toContain('· cancelled');
  expect(exitCode).toBe(EXIT.done);
  expect((await run(['cancel', id])).exitCode).toBe(EXIT.refused);
  expect((await run(['resend', id])).exitCode).toBe(EXIT.refused);
  expect((await run(['status', id])).exitCode).toBe(EXIT.failed);
});

test('a refused number makes start --watch and status exit 4', async () => {
  const id = stack.newNumber();
  stack.simulator.addNumber({ id, preset: 'banned' });
  const watched = await run(['start', id, '--watch']);
  expect(watched.stdout).toContain('ended: failed');
  expect(watched.exitCode).toBe(EXIT.refused);
  expect((await run(['status', id])).exitCode).toBe(EXIT.refused);
});

test('a list with a filter that nothing passes says so', async () => {
  expect((await run(['list', '--label', 'no such label'])).stdout).toBe('None that match.\n');
});

test('list shows what there is, as a table and as JSON', async () => {
  const id = stack.newNumber();
  const label = `list-${id}`;
  await stack.client.start({ phoneNumberId: id, label });
  await sentCode(stack, id);
  await expect
    .poll(async () => (await run(['list', '--label', label])).stdout, {
      timeout: 30_000,
      interval: 500,
    })
    .toMatch(
      new RegExp(
        `^NUMBER .*\\n${id}  •••• \\d{4}  ${label}  waiting for the code  started .* ago\\n$`,
      ),
    );
  const { document } = await runJson(['list', '--stage', 'awaitingcode', '--label', label]);
  expect(document.onboardings).toMatchObject([{ phoneNumberId: id, run: 'running', label }]);
});

test('setup finds the search attributes there and the retention long enough', async () => {
  const { exitCode, document } = await runJson(['setup']);
  expect(document).toMatchObject({
    namespace: 'default',
    added: [],
    present: ['OnboardingStage', 'OnboardingLabel'],
  });
  expect(document.retentionDays).toBeGreaterThanOrEqual(4);
  expect(exitCode).toBe(EXIT.done);
});

/** The environment of a worker that has a token, pointed at the simulator. */
const realEnv = (id: string): Record<string, string> => ({
  CLOUD_API_ACCESS_TOKEN: stack.simulator.token,
  GRAPH_API_BASE_URL: stack.simulator.url,
  WA_PHONE_NUMBER_ID: id,
  WA_BUSINESS_ACCOUNT_ID: stack.simulator.number(id).wabaId,
});

test('doctor finds a healthy stack healthy, and has written nothing to Meta', async () => {
  const id = stack.newNumber();
  stack.simulator.addNumber({ id });
  const from = stack.simulator.requests.length;
  const { exitCode, document } = await runJson(['doctor'], { env: realEnv(id) });
  expect(document.checks.filter(({ outcome }: { outcome: string }) => outcome !== 'ok')).toEqual(
    [],
  );
  expect(document.healthy).toBe(true);
  expect(exitCode).toBe(EXIT.done);
  const endpoints = stack.simulator.requests.slice(from).map(({ endpoint }) => endpoint);
  expect(endpoints.sort()).toEqual(['list', 'read', 'subscribedApps', 'unknown']); // the clock asks the root
});

test('doctor without a token reads the clock of the simulator that npm start serves', async () => {
  const { document } = await runJson(['doctor']);
  expect(document.checks).toContainEqual({
    check: 'clock',
    outcome: 'ok',
    text: `agrees with ${stack.simulator.url}`,
  });
});

test('doctor says what is wrong with a token, an account and a PIN store, and how to cure it', async () => {
  const id = stack.newNumber();
  stack.simulator.addNumber({ id });
  const { wabaId } = stack.simulator.number(id);
  stack.simulator.setSubscribed(wabaId, false);
  const env = realEnv(id);
  const unsubscribed = await run(['doctor'], { env });
  expect(unsubscribed.stdout).toMatch(/! webhooks .*no app is subscribed/);
  expect(unsubscribed.exitCode).toBe(EXIT.done);
  stack.simulator.setSubscribed(wabaId, true);

  const { exitCode, stdout } = await run(['doctor'], {
    env: {
      ...env,
      CLOUD_API_ACCESS_TOKEN: 'EAAGexpired',
      PIN_STORE_DIR: '.onboarding/stack.json/pins',
    },
  });
  expect(stdout).toMatch(/✖ number .*Meta refused to read number/);
  expect(stdout).toMatch(/→ .*token/i);
  expect(stdout).toMatch(/✖ PIN store/);
  expect(stdout).not.toContain('EAAGexpired');
  expect(exitCode).toBe(EXIT.failed);
});

test('doctor without Temporal and without a token fails at the first and warns of the second', async () => {
  const { exitCode, stdout } = await run(['doctor'], {
    env: { TEMPORAL_ADDRESS: '127.0.0.1:1', GRAPH_API_BASE_URL: stack.simulator.url },
  });
  expect(stdout).toMatch(/✖ Temporal .*127.0.0.1:1 does not answer/);
  expect(stdout).toMatch(/! Graph API token .*none is set/);
  expect(exitCode).toBe(EXIT.failed);
});

test('nothing that goes wrong prints a stack trace', async () => {
  const runs = await Promise.all([
    run(['status', '12345'], { env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } }),
    run(['status', '12345'], {
      env: { TEMPORAL_NAMESPACE: 'nowhere', TEMPORAL_ADDRESS: stack.address },
    }),
    run(['frobnicate']),
  ]);
  for (const { stdout, stderr, exitCode } of runs) {
    expect(unwrapped(`${stdout}${stderr}`)).toMatch(/^✖ [^\n]+\n$/);
    expect(exitCode).not.toBe(EXIT.done);
  }
});
