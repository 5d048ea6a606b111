import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { codeAwaited, stackForFile, wrongCode } from '../workflow/stack.js';

const the = stackForFile();

test('watching a run for long leaves no listener behind with each change', async () => {
  const { stack } = the;
  const id = stack.number();
  await stack.start(id);
  const code = await codeAwaited(stack, id);
  const stop = new AbortController();
  let changes = 0;
  for await (const { progress } of stack.client.watch(id, { signal: stop.signal })) {
    changes += 1;
    expect(getEventListeners(stop.signal, 'abort').length).toBeLessThanOrEqual(1);
    if (progress?.code?.refusedCount === 3) break;
    const tried = (progress?.code?.refusedCount ?? 0) * 111_111;
    if (progress?.waiting !== undefined) {
      await stack.client.submitCode(id, String(Number(wrongCode(code)) + tried));
    }
  }
  expect(changes).toBeGreaterThan(3);
  expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  await stack.client.cancel(id);
});
