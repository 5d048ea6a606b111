import { Worker } from '@temporalio/worker';
import { describe, expect, inject, test } from 'vitest';
import { OnboardingEndedError } from '../../client/index.js';
import { instantText } from '../../workflows/instant-text.js';
import { MESSAGES, workflowIdOf } from '../../workflows/messages.js';
import {
  cancelled,
  endState,
  eventsOf,
  failureOf,
  hold,
  liveAfter,
  progressWhere,
  requestCancel,
} from './end-state.js';
import { signalRaw, UNDECODABLE, updateRaw } from './raw-messages.js';
import {
  codeAwaited,
  type Stack,
  stackForFile,
  stackForTest,
  stepStates,
  until,
  writesTo,
  wrongCode,
} from './stack.js';

const the = stackForFile();

const LIVE = liveAfter('requestCode', 'verifyCode', 'register', 'setPin');

/** A run that waits for its code. */
async function waiting(input: Parameters<Stack['start']>[1] = {}) {
  const { stack } = the;
  const id = stack.number();
  await stack.start(id, input);
  const code = await codeAwaited(stack, id);
  return { stack, id, code, handle: stack.temporal.workflow.getHandle(workflowIdOf(id)) };
}

/** Codes that differ from the right one and from each other. */
function wrongCodes(right: string, count: number): string[] {
  return Array.from({ length: count + 1 }, (_, index) => String(index + 1).repeat(6))
    .filter((code) => code !== right)
    .slice(0, count);
}

async function updatesAccepted({ temporal }: Stack, id: string, count: number): Promise<void> {
  const handle = temporal.workflow.getHandle(workflowIdOf(id));
  await until('the updates to be accepted', async () => {
    const events = await eventsOf(handle);
    return (
      events.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes).length >= count
    );
  });
}

async function replay(stack: Stack, id: string): Promise<void> {
  const history = await stack.temporal.workflow.getHandle(workflowIdOf(id)).fetchHistory();
  await Worker.runReplayHistory(
    { workflowBundle: { codePath: inject('workflowBundlePath') } },
    history,
    workflowIdOf(id),
  );
}

describe.concurrent('the signal submitCode', () => {
  const dashed = (code: string) => `${code.slice(0, 3)}-${code.slice(3)}`;
  test.each<[string, (code: string) => unknown]>([
    ['as six digits', (code) => code],
    ['with a dash', dashed],
    ['as the whole message', (code) => `WhatsApp code ${dashed(code)}`],
    ['with blanks around and within', (code) => `  ${code.slice(0, 3)} ${code.slice(3)}\n`],
    ['as an object with who typed it', (code) => ({ code: dashed(code), submittedBy: 'Ana' })],
  ])('takes a code %s', async (_, form) => {
    const { stack, id, code, handle } = await waiting();
    await handle.signal(MESSAGES.submitCode, form(code));
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(LIVE);
  });

  test('takes a code as a JSON number', async () => {
    // A number has lost a leading zero, so a code without one is needed.
    let run = await waiting();
    while (run.code.startsWith('0')) run = await waiting();
    await run.handle.signal(MESSAGES.submitCode, Number(run.code));
    expect((await run.stack.client.result(run.id)).outcome).toBe('live');
  });

  test('records who submitted a code and what became of it, and shows the code nowhere', async () => {
    const { stack, id, code, handle } = await waiting();
    const wrong = wrongCode(code);
    await stack.client.submitCode(id, wrong, { submittedBy: 'Bo' });
    await progressWhere(stack, id, 'the refusal', (shown) => shown.code?.refusedCount === 1);
    await stack.client.submitCode(id, code, { submittedBy: 'Ana' });
    const result = await stack.client.result(id);
    const progress = await stack.client.progress(id);
    expect(progress.code?.submissions).toMatchObject([
      { by: 'Bo', verdict: 'refused' },
      { by: 'Ana', verdict: 'verified' },
    ]);
    const metadata = await handle.query('__temporal_workflow_metadata');
    const shown = JSON.stringify([progress, result, metadata]);
    expect(shown).toContain('Ana');
    for (const secret of [code, wrong]) expect(shown).not.toContain(secret);
  });

  test('of a run that then fails leaves no code in its failures', async () => {
    const { stack, id, code, handle } = await waiting({ codeDeadline: '3 seconds' });
    const wrong = wrongCode(code);
    expect(await stack.client.tryCode(id, wrong)).toMatchObject({ verdict: 'refused' });
    const failure = await failureOf(stack, id);
    const { events = [] } = await handle.fetchHistory();
    const failures = (events ?? []).flatMap((event) => [
      event.activityTaskFailedEventAttributes?.failure,
      event.workflowExecutionFailedEventAttributes?.failure,
    ]);
    const texts = [
      JSON.stringify(failure),
      ...failures.map((each) => each?.message ?? ''),
      ...failures
        .flatMap((each) => each?.applicationFailureInfo?.details?.payloads ?? [])
        .map(({ data }) => Buffer.from(data ?? []).toString()),
    ].join('\n');
    expect(texts).toContain('136025');
    expect(texts).not.toContain(wrong);
  });

  test('that comes while the code is still being asked for is tried', async () => {
    const { stack } = the;
    const id = stack.number();
    const request = hold(stack.simulator, id, 'requestCode', 'after');
    await stack.start(id);
    await request.reached();
    await stack.client.submitCode(id, stack.simulator.codes(id).at(-1)?.code ?? '');
    request.release();
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(LIVE);
  });
});

describe.concurrent('messages that make no sense', () => {
  const long = 'x'.repeat(300);
  const malformed: Record<string, unknown[][]> = {
    [MESSAGES.submitCode]: [
      [],
      [''],
      ['abc'],
      ['12345'],
      ['1234567'],
      [12345],
      [123456.5],
      [null],
      [true],
      [[]],
      [{}],
      [{ code: null }],
      [{ code: { code: '123456' } }],
      [{ code: '123456', submittedBy: 5 }],
      [{ code: '123456', submittedBy: long }],
    ],
    [MESSAGES.resendCode]: [
      ['SMS'],
      [5],
      [[]],
      [{ method: 'FAX' }],
      [{ method: null }],
      [{ language: 'english' }],
      [{ requestedBy: long }],
    ],
    [MESSAGES.extend]: [
      [],
      ['nonsense'],
      ['24'],
      [-1],
      [0],
      [{ by: 'x' }],
      [{ by: '99 days' }],
      [{ by: '1 day', requestedBy: 7 }],
      [null],
    ],
  };
  test.each(Object.entries(malformed))(
    '%s: each is ignored, and the run goes on',
    async (name, all) => {
      const { stack, id, code, handle } = await waiting();
      const before = await stack.client.progress(id);
      for (const args of all) await handle.signal(name, ...args);
      const { ignored, ...after } = await stack.client.progress(id);
      expect(after).toEqual(before);
      expect(ignored).toMatchObject({
        message: `the signal ${name}`,
        reason: expect.stringMatching(/\.$/),
      });
      expect(writesTo(stack.simulator, id)).toEqual(['requestCode']);
      await stack.client.submitCode(id, code);
      expect((await stack.client.result(id)).outcome).toBe('live');
      await replay(stack, id);
    },
  );

  test('a signal of an unknown name is ignored', async () => {
    const { stack, id, code, handle } = await waiting();
    await handle.signal('submitKode', code);
    expect(stepStates(await stack.client.progress(id)).awaitCode).toBe('running');
    await stack.client.submitCode(id, code);
    expect((await stack.client.result(id)).outcome).toBe('live');
  });

  test('payloads that cannot be decoded neither wedge nor fail the run, and its history replays', async () => {
    const { stack, id, code } = await waiting();
    const before = await stack.client.progress(id);
    for (const name of [MESSAGES.submitCode, MESSAGES.extend, 'unheardOf']) {
      for (const payload of Object.values(UNDECODABLE)) await signalRaw(stack, id, name, payload);
      await signalRaw(stack, id, name, ...Object.values(UNDECODABLE));
    }
    for (const payload of Object.values(UNDECODABLE)) {
      await signalRaw(stack, id, MESSAGES.resendCode, payload);
      expect(await updateRaw(stack, id, MESSAGES.tryCode, payload)).toMatch(
        /could not be decoded; send it as JSON/,
      );
    }
    const { ignored, ...after } = await stack.client.progress(id);
    expect(after).toEqual(before);
    expect(ignored?.reason).toMatch(/could not be decoded; send it as JSON/);
    expect(await stack.client.tryCode(id, code)).toEqual({ verdict: 'verified' });
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(LIVE);
    await replay(stack, id);
  });
});

describe.concurrent('the update tryCode', () => {
  test.each<[string, unknown, RegExp]>([
    ['too few digits', '12345', /must have six digits.*this has 5/],
    ['a number that lost its zeros', 12345, /in quotes, as a number loses its leading zeros/],
    ['no code', undefined, /six digits of the code/],
    ['a name that is no text', { code: '123456', submittedBy: {} }, /submittedBy must be a text/],
  ])(
    'is rejected with a sentence for %s, and Meta is not asked',
    async (_, malformed, sentence) => {
      const { stack, id, handle } = await waiting();
      await expect(
        handle.executeUpdate(MESSAGES.tryCode, { args: [malformed] }),
      ).rejects.toMatchObject({ cause: { message: expect.stringMatching(sentence) } });
      expect(writesTo(stack.simulator, id)).toEqual(['requestCode']);
      await stack.client.cancel(id);
      await cancelled(stack, id);
    },
  );

  test('answers refused with Meta’s words and the tries left, then verified', async () => {
    const { stack, id, code } = await waiting();
    const refused = await stack.client.tryCode(id, wrongCode(code), { submittedBy: 'Ana' });
    expect(refused).toEqual({
      verdict: 'refused',
      text: expect.stringMatching(/could not be verified/),
      advice: expect.stringMatching(/Read the code again/),
      codeAgeSeconds: expect.any(Number),
      triesLeft: 4,
      fbtraceId: expect.stringMatching(/^A/),
    });
    const progress = await stack.client.progress(id);
    expect(progress).toMatchObject({
      stage: 'AwaitingCode',
      code: { refusedCount: 1, sentCount: 1 },
      problem: { code: 136025, text: refused.verdict === 'refused' ? refused.text : '' },
    });
    expect(await stack.client.tryCode(id, code)).toEqual({ verdict: 'verified' });
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(
      liveAfter('requestCode', 'verifyCode', 'verifyCode', 'register', 'setPin'),
    );
  });

  test('of two agents with the same wrong code asks Meta once', async () => {
    const { stack, id, code } = await waiting();
    const wrong = wrongCode(code);
    const verify = hold(stack.simulator, id, 'verifyCode');
    const first = stack.client.tryCode(id, wrong, { submittedBy: 'Ana' });
    await verify.reached();
    const second = stack.client.tryCode(id, wrong, { submittedBy: 'Bo' });
    verify.release();
    expect(await first).toMatchObject({ verdict: 'refused', triesLeft: 4 });
    expect(await second).toMatchObject({
      verdict: 'refused',
      text: 'This code was refused before.',
      triesLeft: 4,
    });
    expect(writesTo(stack.simulator, id)).toEqual(['requestCode', 'verifyCode']);
    await stack.client.submitCode(id, code);
    await stack.client.result(id);
  });

  test('of two agents with the same right code verifies once; the other hears that no code is needed', async () => {
    const { stack, id, code } = await waiting();
    const verify = hold(stack.simulator, id, 'verifyCode');
    const first = stack.client.tryCode(id, code);
    await verify.reached();
    const second = stack.client.tryCode(id, code);
    await updatesAccepted(stack, id, 2);
    verify.release();
    expect(await first).toEqual({ verdict: 'verified' });
    expect(await second).toMatchObject({ verdict: 'notWaiting' });
    await stack.client.result(id);
    expect(await endState(stack, id)).toEqual(LIVE);
  });

  test('sends no more to Meta after five refused codes, not even the right one', async () => {
    const { stack, id, code } = await waiting();
    const left: number[] = [];
    for (const wrong of wrongCodes(code, 5)) {
      const answer = await stack.client.tryCode(id, wrong);
      if (answer.verdict === 'refused') left.push(answer.triesLeft);
    }
    expect(left).toEqual([4, 3, 2, 1, 0]);
    expect(await stack.client.tryCode(id, code)).toMatchObject({
      verdict: 'refused',
      text: expect.stringMatching(/5 codes were refused/),
      advice: expect.stringMatching(/Ask for a new code \(possible from 2/),
      triesLeft: 0,
    });
    expect(writesTo(stack.simulator, id).filter((each) => each === 'verifyCode')).toHaveLength(5);
    await stack.client.cancel(id);
    await cancelled(stack, id);
  });

  test('answers notWaiting to a code that came before any was asked for, and the run waits on', async () => {
    const { stack } = the;
    const id = stack.number({ verification: 'EXPIRED' });
    const register = hold(stack.simulator, id, 'register');
    await stack.start(id);
    await register.reached();
    const early = stack.client.tryCode(id, '123-830');
    await updatesAccepted(stack, id, 1);
    register.release();
    expect(await early).toMatchObject({ verdict: 'notWaiting' });
    const code = await codeAwaited(stack, id);
    expect(writesTo(stack.simulator, id)).toEqual(['register', 'requestCode']);
    expect(await stack.client.tryCode(id, code)).toEqual({ verdict: 'verified' });
    expect((await stack.client.result(id)).outcome).toBe('live');
  });

  test('answers notWaiting where the plan needs no code', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    const register = hold(stack.simulator, id, 'register');
    await stack.start(id);
    await register.reached();
    const answer = stack.client.tryCode(id, '123-830');
    register.release();
    expect(await answer).toMatchObject({ verdict: 'notWaiting' });
    await stack.client.result(id);
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
  });

  test('answers ended where the run ends before it tried the code', async () => {
    const { stack, id, code } = await waiting();
    const verify = hold(stack.simulator, id, 'verifyCode');
    const first = stack.client.tryCode(id, wrongCode(code));
    await verify.reached();
    const second = stack.client.tryCode(id, code);
    await updatesAccepted(stack, id, 2);
    await requestCancel(stack, id);
    verify.release();
    expect(await first).toMatchObject({ verdict: 'refused' });
    expect(await second).toMatchObject({ verdict: 'ended' });
    await cancelled(stack, id);
    await expect(stack.client.tryCode(id, code)).rejects.toThrow(OnboardingEndedError);
  });

  test('that is repeated with its id is not tried again and gets the same answer', async () => {
    const { stack, id, code } = await waiting();
    const updateId = 'the-same';
    const wrong = wrongCode(code);
    const first = await stack.client.tryCode(id, wrong, { updateId });
    expect(await stack.client.tryCode(id, wrong, { updateId })).toEqual(first);
    expect(writesTo(stack.simulator, id)).toEqual(['requestCode', 'verifyCode']);
    await stack.client.submitCode(id, code);
    await stack.client.result(id);
  });
});

describe.concurrent('resendCode and extend', () => {
  test('a new code that is asked for too early is queued, and shown with its time', async () => {
    const { stack, id, code } = await waiting();
    const { code: sent } = await stack.client.progress(id);
    const gap = Date.parse(sent?.nextSendAt ?? '') - Date.parse(sent?.sentAt ?? '');
    expect(gap).toBe(120_000);
    await stack.client.resendCode(id, { method: 'VOICE' });
    const progress = await progressWhere(stack, id, 'the queued request', ({ waiting: shown }) =>
      Boolean(shown?.for.includes(instantText(Date.parse(sent?.nextSendAt ?? '')))),
    );
    expect(progress.code).toEqual(sent);
    expect(writesTo(stack.simulator, id)).toEqual(['requestCode']);
    await stack.client.submitCode(id, code);
    expect((await stack.client.result(id)).outcome).toBe('live');
    expect(await endState(stack, id)).toEqual(LIVE);
  });

  test('extend moves the deadline by what it says, again and again', async () => {
    const { stack, id, handle } = await waiting({ codeDeadline: '3 seconds' });
    const deadline = async () => Date.parse((await stack.client.progress(id)).waiting?.until ?? '');
    const before = await deadline();
    await stack.client.extend(id, '48 hours');
    expect((await deadline()) - before).toBe(48 * 3_600_000);
    await handle.signal(MESSAGES.extend, { by: '1 hour', requestedBy: 'Ana' });
    expect((await deadline()) - before).toBe(49 * 3_600_000);
    await until('the first deadline to be over', () => Date.now() > before + 500);
    expect((await stack.client.progress(id)).stage).toBe('AwaitingCode');
    await stack.client.cancel(id);
    await cancelled(stack, id);
  });
});

test('a code that came before the first workflow task is not tried, and the run waits on', async () => {
  const stack = await stackForTest({ withWorker: false });
  const id = stack.number();
  await stack.start(id);
  await stack.client.submitCode(id, '123-830');
  await stack.startWorker();
  const code = await codeAwaited(stack, id);
  const { submissions } = (await stack.client.progress(id)).code ?? {};
  expect(submissions).toBeUndefined();
  expect(writesTo(stack.simulator, id)).toEqual(['requestCode']);
  expect(await stack.client.tryCode(id, code)).toEqual({ verdict: 'verified' });
  await stack.client.result(id);
  expect(await endState(stack, id)).toEqual(LIVE);
});
