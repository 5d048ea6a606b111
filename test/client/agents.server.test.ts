/** Several people at one number: an agent who is ready for its code, and one who has taken it. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { EXIT } from '../../client/cli/exit-codes.js';
import { type ClientStack, parked, sentCode, startClientStack } from './stack.js';
import { run as runIn } from './terminal.js';

let stack: ClientStack;

beforeAll(async () => {
  stack = await startClientStack();
}, 120_000);

afterAll(() => stack.stop());

const run = (...args: string[]) => runIn(args, { cwd: stack.folder });

/** With `--json`: the one document that is printed. */
async function runJson(...args: string[]) {
  const { stdout, stderr, exitCode } = await run(...args, '--json');
  expect(stderr).toBe('');
  return { exitCode, document: JSON.parse(stdout) };
}

/** Starts a run that waits for an agent. */
async function awaitingAgent(...flags: string[]): Promise<string> {
  const id = stack.newNumber();
  const started = await run('start', id, '--when-agent-ready', ...flags);
  expect(started.exitCode).toBe(EXIT.done);
  expect(started.stdout).toContain(`Have it sent:    npx wa-onboard ready ${id}\n`);
  await vi.waitFor(
    async () => expect((await stack.client.status(id)).stage).toBe('AwaitingAgent'),
    { timeout: 20_000, interval: 100 },
  );
  return id;
}

test('a code is sent when somebody says ready, for them, and the number goes live with it', async () => {
  const id = await awaitingAgent('--label', 'Zoo');
  const waiting = await run('status', id);
  expect(waiting.exitCode).toBe(EXIT.waiting);
  expect(waiting.stdout).toContain('· Zoo · waiting for an agent\n');
  expect(waiting.stdout).toMatch(/\n.* · •••• \d{4}\n/);
  expect(waiting.stdout).toContain(`npx wa-onboard ready ${id}`);
  expect(stack.simulator.codes(id)).toEqual([]);

  const ready = await run('ready', id, '--requested-by', 'Ana');
  expect(ready).toEqual({
    exitCode: EXIT.done,
    stdout: `A code was sent by SMS.\nGive it:   npx wa-onboard code ${id}\n`,
    stderr: '',
  });
  const code = await sentCode(stack, id);
  expect((await stack.client.progress(id)).code?.requestedBy).toBe('Ana');
  expect((await run('status', id)).stdout).toMatch(/Code +sent by SMS at .* ago, for Ana\n/);

  const again = await runJson('ready', id);
  expect(again).toEqual({
    exitCode: EXIT.refused,
    document: {
      ...{ phoneNumberId: id, requested: true },
      ignored: 'Meta was asked for the code already.',
    },
  });
  expect((await run('code', id, code)).exitCode).toBe(EXIT.done);
  expect((await run('watch', id)).exitCode).toBe(EXIT.done);
  const late = await runJson('ready', id);
  expect(late).toMatchObject({
    ...{ exitCode: EXIT.refused, document: { error: { type: 'OnboardingEndedError' } } },
  });
});

test('the deadline for an agent can be moved', async () => {
  const id = await awaitingAgent();
  const { waiting } = await stack.client.progress(id);
  const extended = await runJson('extend', id, '--by', '48 hours');
  expect(extended.exitCode).toBe(EXIT.done);
  expect(Date.parse(extended.document.until) - Date.parse(waiting?.until ?? '')).toBe(
    48 * 3_600_000,
  );
  expect((await stack.client.status(id)).stage).toBe('AwaitingAgent');
});

test('a wish for a code by call is as good as being ready', async () => {
  const id = await awaitingAgent();
  const sent = await run('resend', id, '--method', 'voice');
  expect(sent).toMatchObject({
    ...{ exitCode: EXIT.done, stdout: expect.stringContaining('A code was sent by call.') },
  });
});

test('lists show who waits for an agent, by stage', async () => {
  const id = await awaitingAgent('--label', 'Aquarium');
  await vi.waitFor(
    async () => {
      const { stdout, exitCode } = await run('list', '--stage', 'awaitingagent', '--running');
      expect(exitCode).toBe(EXIT.done);
      expect(stdout).toMatch(new RegExp(`${id}  •••• \\d{4}  Aquarium .*waiting for an agent`));
    },
    { timeout: 20_000, interval: 300 },
  );
});

test('ready has no effect on a run that asks for its code by itself, and is not sent to a parked one', async () => {
  const id = stack.newNumber();
  await run('start', id);
  await sentCode(stack, id);
  const useless = await run('ready', id);
  expect(useless).toMatchObject({
    ...{ exitCode: EXIT.refused },
    stdout: 'It had no effect: This run asks Meta for the code by itself.\n',
  });
  const parkedId = stack.newNumber();
  stack.simulator.addNumber({ id: parkedId, preset: 'pinRetired' });
  await run('start', parkedId, '--when-agent-ready');
  await parked(stack, parkedId);
  const refused = await run('ready', parkedId);
  expect(refused.exitCode).toBe(EXIT.waiting);
  expect(refused.stderr).toContain('is parked, so it awaits no code');
  expect((await stack.client.progress(parkedId)).ignored).toBeUndefined();
  expect((await run('ready', stack.newNumber())).exitCode).toBe(EXIT.notFound);
});

test('while somebody has taken a number, the code of anybody else is not tried, and is told who', async () => {
  const id = stack.newNumber();
  await run('start', id);
  const code = await sentCode(stack, id);
  await stack.client.claim(id, { by: 'Ana' });
  expect((await run('status', id)).stdout).toMatch(/Taken +by Ana, until .*, in \d/);

  const refused = await runJson('code', id, code, '--submitted-by', 'Ben');
  expect(refused).toMatchObject({
    exitCode: EXIT.refused,
    document: { phoneNumberId: id, verdict: 'notWaiting', heldBy: { by: 'Ana' } },
  });
  const told = await run('code', id, code, '--submitted-by', 'Ben');
  expect(told.exitCode).toBe(EXIT.refused);
  expect(told.stdout).toMatch(/^✖ The code was not tried: Ana has taken this number until /);

  // A terminal does not even ask for it.
  const asked = await runIn(['code', id, '--submitted-by', 'Ben'], {
    cwd: stack.folder,
    asks: true,
  });
  expect(asked.stdout).toBe(told.stdout);
  expect(asked).toMatchObject({ exitCode: EXIT.refused, stderr: '' });

  const held = await run('code', id, code, '--submitted-by', 'Ana');
  expect(held.exitCode).toBe(EXIT.done);
});
