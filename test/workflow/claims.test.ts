import { describe, expect, test } from 'vitest';
import { InvalidInputError, OnboardingEndedError } from '../../client/index.js';
import { DESK_MEMO, MESSAGES, workflowIdOf } from '../../workflows/messages.js';
import { progressWhere } from './end-state.js';
import { UNDECODABLE, updateRaw } from './raw-messages.js';
import { codeAwaited, stackForFile, writesTo, wrongCode } from './stack.js';

const the = stackForFile();

async function waiting() {
  const { stack } = the;
  const id = stack.number();
  await stack.start(id, { label: 'Shop Lisbon' });
  const code = await codeAwaited(stack, id);
  return { stack, id, code, handle: stack.temporal.workflow.getHandle(workflowIdOf(id)) };
}

describe.concurrent('a number that Ana has taken', () => {
  test('does not try the code of anybody else, who is told who holds it', async () => {
    const { stack, id, code, handle } = await waiting();
    expect(await stack.client.claim(id, { by: 'Ana' })).toMatchObject({
      verdict: 'held',
      claim: { by: 'Ana' },
    });
    const answer = await stack.client.tryCode(id, code, { submittedBy: 'Ben' });
    expect(answer).toMatchObject({ verdict: 'notWaiting', heldBy: { by: 'Ana' } });
    expect(answer).toHaveProperty('reason', expect.stringContaining('Ana'));
    expect(await stack.client.tryCode(id, code)).toMatchObject({ verdict: 'notWaiting' });
    await handle.signal(MESSAGES.submitCode, code);
    const { ignored } = await progressWhere(stack, id, 'the signal to be ignored', (progress) =>
      Boolean(progress.ignored),
    );
    expect(ignored?.reason).toMatch(/^Ana has taken/);
    expect(writesTo(stack.simulator, id)).toEqual(['requestCode']);
    expect(await stack.client.tryCode(id, code, { submittedBy: 'Ana' })).toEqual({
      verdict: 'verified',
    });
    expect((await stack.client.result(id)).outcome).toBe('live');
  });

  test('goes to Ben with a reason, which everybody sees, and then takes his codes only', async () => {
    const { stack, id, code } = await waiting();
    await stack.client.claim(id, { by: 'Ana' });
    expect(await stack.client.claim(id, { by: 'Ben' })).toMatchObject({
      verdict: 'heldByOther',
      claim: { by: 'Ana' },
    });
    await stack.client.claim(id, { by: 'Ben', takeOver: 'Ana has gone home' });
    const takenFrom = { by: 'Ana', reason: 'Ana has gone home' };
    expect((await stack.client.progress(id)).claim).toMatchObject({ by: 'Ben', takenFrom });
    expect((await stack.client.status(id)).card?.claim).toMatchObject({ by: 'Ben', takenFrom });
    expect(await stack.client.tryCode(id, code, { submittedBy: 'Ana' })).toMatchObject({
      heldBy: { by: 'Ben' },
    });
    expect(await stack.client.release(id, { by: 'Ana' })).toMatchObject({
      verdict: 'heldByOther',
    });
    expect(await stack.client.tryCode(id, code, { submittedBy: 'Ben' })).toEqual({
      verdict: 'verified',
    });
  });

  test('takes anybody’s code again once she has given it back', async () => {
    const { stack, id, code } = await waiting();
    await stack.client.claim(id, { by: 'Ana' });
    expect(await stack.client.release(id, { by: 'Ana' })).toEqual({ verdict: 'released' });
    expect((await stack.client.progress(id)).claim).toBeUndefined();
    expect(await stack.client.tryCode(id, code, { submittedBy: 'Ben' })).toEqual({
      verdict: 'verified',
    });
  });

  test('stays hers for longer with each code she submits', async () => {
    const { stack, id, code } = await waiting();
    const first = await stack.client.claim(id, { by: 'Ana' });
    await stack.client.tryCode(id, wrongCode(code), { submittedBy: 'Ana' });
    const later = (await stack.client.progress(id)).claim;
    const untilFirst = first.verdict === 'held' ? first.claim.until : '';
    expect(Date.parse(later?.until ?? '')).toBeGreaterThan(Date.parse(untilFirst));
    await stack.client.cancel(id);
  });
});

test('a claim that makes no sense is refused with a sentence, and changes nothing', async () => {
  const { stack, id, handle } = await waiting();
  await expect(stack.client.claim(id, { by: ' ' })).rejects.toThrow(InvalidInputError);
  for (const name of [MESSAGES.claim, MESSAGES.release]) {
    await expect(handle.executeUpdate(name, { args: [{ who: 'Ana' }] })).rejects.toThrow();
    expect(await updateRaw(stack, id, name, UNDECODABLE['broken JSON'])).toMatch(
      /could not be decoded/,
    );
  }
  expect((await stack.client.progress(id)).claim).toBeUndefined();
  await stack.client.cancel(id);
  await expect(stack.client.result(id)).rejects.toThrow();
  await expect(stack.client.claim(id, { by: 'Ana' })).rejects.toThrow(OnboardingEndedError);
});

test('what lists show of a run tells how people know the number, the code and who holds it, without a telephone number', async () => {
  const { stack, id, code, handle } = await waiting();
  await stack.client.claim(id, { by: 'Ana' });
  await stack.client.tryCode(id, wrongCode(code), { submittedBy: 'Ana' });
  const { displayPhoneNumber, verifiedName } = stack.simulator.number(id);
  const card = (await handle.describe()).memo?.[DESK_MEMO];
  expect(card).toMatchObject({
    lastDigits: displayPhoneNumber.replaceAll(/\D/g, '').slice(-4),
    businessName: verifiedName,
    waiting: { for: 'the code' },
    code: { method: 'SMS', refusedCount: 1, triesLeft: 4 },
    claim: { by: 'Ana' },
    problem: { text: expect.any(String) },
  });
  expect(JSON.stringify(card)).not.toContain(displayPhoneNumber);
  expect(JSON.stringify(card)).not.toContain(code);
  await stack.client.resendCode(id, { requestedBy: 'Ana' });
  await handle.terminate('test over');
});
