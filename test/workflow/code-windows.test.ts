import { describe, expect, test } from 'vitest';
import { workflowIdOf } from '../../workflows/messages.js';
import { endState, eventsOf, failureOf, liveAfter, progressWhere } from './end-state.js';
import { codeAwaited, type Stack, stackForFile, until, writesTo } from './stack.js';

const the = stackForFile();

/** A run that waits for an agent before it asks for the code. */
async function awaitingAgent(input: Parameters<Stack['start']>[1] = {}) {
  const { stack } = the;
  const id = stack.number();
  await stack.start(id, { startCode: 'whenAgentReady', ...input });
  const progress = await progressWhere(
    stack,
    id,
    'the run to wait for an agent',
    ({ stage, waiting }) => stage === 'AwaitingAgent' && waiting !== undefined,
  );
  return { stack, id, progress };
}

describe.concurrent('a run that asks for the code when an agent is ready', () => {
  test('waits for the agent, visibly and with a deadline, and asks Meta for nothing', async () => {
    const { stack, id, progress } = await awaitingAgent({ codeDeadline: '3 days' });
    expect(writesTo(stack.simulator, id)).toEqual([]);
    expect(progress.waiting).toMatchObject({ for: expect.stringContaining('an agent') });
    expect(progress.steps.find(({ name }) => name === 'requestCode')).toMatchObject({
      state: 'deferred',
    });
    const { since = '', until: deadline = '' } = progress.waiting ?? {};
    expect(Date.parse(deadline) - Date.parse(since)).toBe(3 * 24 * 3_600_000);
    expect(await stack.client.status(id)).toMatchObject({
      stage: 'AwaitingAgent',
      card: { waiting: { for: expect.stringContaining('an agent') } },
    });
    const events = await eventsOf(stack.temporal.workflow.getHandle(workflowIdOf(id)));
    expect(events.filter((event) => event.timerStartedEventAttributes)).toHaveLength(1);
    await stack.client.cancel(id);
  });

  test('asks for it once the agent is ready, says for whom, and goes live', async () => {
    const { stack, id } = await awaitingAgent();
    await stack.client.agentReady(id, { requestedBy: 'Ana' });
    const code = await codeAwaited(stack, id);
    const progress = await stack.client.progress(id);
    expect(progress).toMatchObject({ stage: 'AwaitingCode', code: { requestedBy: 'Ana' } });
    expect(await stack.client.tryCode(id, code, { submittedBy: 'Ana' })).toEqual({
      verdict: 'verified',
    });
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(
      liveAfter('requestCode', 'verifyCode', 'register', 'setPin'),
    );
  });

  test('gives the code the whole of the deadline, whatever the agent took of theirs', async () => {
    const { stack, id, progress } = await awaitingAgent({ codeDeadline: '2 hours' });
    await stack.client.agentReady(id);
    await codeAwaited(stack, id);
    const { waiting } = await stack.client.progress(id);
    expect(Date.parse(waiting?.since ?? '')).toBeGreaterThan(
      Date.parse(progress.waiting?.since ?? ''),
    );
    expect(Date.parse(waiting?.until ?? '') - Date.parse(waiting?.since ?? '')).toBe(2 * 3_600_000);
    await stack.client.cancel(id);
  });

  test('takes a wish for a code as the word that somebody is ready', async () => {
    const { stack, id } = await awaitingAgent();
    await stack.client.resendCode(id, { method: 'VOICE', requestedBy: 'Ben' });
    await codeAwaited(stack, id);
    expect((await stack.client.progress(id)).code).toMatchObject({
      method: 'VOICE',
      requestedBy: 'Ben',
      sentCount: 1,
    });
    await stack.client.cancel(id);
  });

  test('takes a code that came before it, without asking for another', async () => {
    const { stack } = the;
    const id = stack.number();
    await stack.start(id);
    const code = await codeAwaited(stack, id);
    await stack.client.cancel(id);
    await expect(stack.client.result(id)).rejects.toThrow();
    await stack.start(id, { startCode: 'whenAgentReady' });
    await progressWhere(stack, id, 'the agent', ({ stage }) => stage === 'AwaitingAgent');
    expect(await stack.client.tryCode(id, code)).toEqual({ verdict: 'verified' });
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(stack.simulator.codes(id)).toHaveLength(1);
  });

  test('waits longer where the deadline is moved', async () => {
    const { stack, id, progress } = await awaitingAgent({ codeDeadline: '1 hour' });
    await stack.client.extend(id, { by: '2 days' });
    const later = await progressWhere(
      stack,
      id,
      'the later deadline',
      ({ waiting }) => waiting?.until !== progress.waiting?.until,
    );
    expect(Date.parse(later.waiting?.until ?? '') - Date.parse(progress.waiting?.until ?? '')).toBe(
      2 * 24 * 3_600_000,
    );
    expect((await stack.client.status(id)).card?.waiting?.until).toBe(later.waiting?.until);
    await stack.client.cancel(id);
  });

  test('ends at the deadline with nothing sent and nothing to undo', async () => {
    const { stack } = the;
    const id = stack.number();
    await stack.start(id, { startCode: 'whenAgentReady', codeDeadline: '1 second' });
    const failure = await failureOf(stack, id);
    expect(failure).toMatchObject({ type: 'CodeDeadlinePassed', details: { undone: [] } });
    expect(failure.message).toMatch(/^No agent was ready/);
    expect(writesTo(stack.simulator, id)).toEqual([]);
  });

  test('does not wait where the agent was ready before the run had prepared', async () => {
    const { stack } = the;
    const id = stack.number();
    stack.simulator.faults.add({
      kind: 'slow',
      endpoint: 'read',
      phoneNumberId: id,
      ms: 1_000,
      times: 1,
    });
    await stack.start(id, { startCode: 'whenAgentReady' });
    await stack.client.agentReady(id, { requestedBy: 'Ana' });
    await codeAwaited(stack, id);
    expect((await stack.client.progress(id)).code).toMatchObject({ requestedBy: 'Ana' });
    await stack.client.cancel(id);
  });
});

test.each([
  ['asks by itself', {}, /by itself/],
  ['has asked already', { startCode: 'whenAgentReady' as const }, /already/],
])('a run that %s ignores that an agent is ready, visibly', async (_, input, reason) => {
  const { stack } = the;
  const id = stack.number();
  await stack.start(id, input);
  if ('startCode' in input) await stack.client.agentReady(id);
  await codeAwaited(stack, id);
  await stack.client.agentReady(id);
  const { ignored } = await progressWhere(stack, id, 'the word', (progress) =>
    Boolean(progress.ignored),
  );
  expect(ignored?.reason).toMatch(reason);
  await until('one code only', () => stack.simulator.codes(id).length === 1);
  await stack.client.cancel(id);
});
