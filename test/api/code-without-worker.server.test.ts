/** A code that comes in while no worker runs. */
import { expect, onTestFinished, test } from 'vitest';
import { codeAwaited } from '../workflow/stack.js';
import { startApiStack } from './api-stack.js';

test('a code submitted while the worker is down is kept: the caller is told so, and the run takes it and goes live', async () => {
  const api = await startApiStack({ verdictMs: 1_500 });
  onTestFinished(() => api.close());
  const { stack } = api;
  const ana = await api.user('Ana', 'agent');
  const id = stack.number();
  await stack.start(id);
  const code = await codeAwaited(stack, id);
  await stack.stopWorker();

  const submitted = await ana.post(`/v1/onboardings/${id}/code`, { code });
  expect(submitted).toMatchObject({
    status: 202,
    body: {
      verdict: 'pending',
      reason: expect.stringMatching(/kept/),
      statusUrl: `/v1/onboardings/${id}`,
    },
  });
  expect(stack.simulator.number(id)?.registered).toBe(false);
  // Whoever is impatient gives it twice; it is tried once.
  expect(await ana.post(`/v1/onboardings/${id}/code`, { code })).toMatchObject({ status: 202 });
  const seen = await ana.get(`/v1/onboardings/${id}`);
  expect(seen).toMatchObject({
    status: 200,
    body: { run: 'running', progressMissing: expect.stringContaining('worker') },
  });

  await stack.startWorker();
  expect(await stack.client.result(id)).toMatchObject({ outcome: 'live' });
  const tried = stack.simulator.requests.filter(
    ({ phoneNumberId, endpoint }) => phoneNumberId === id && endpoint === 'verifyCode',
  );
  expect(tried).toHaveLength(1);
  expect(await ana.get(`/v1/onboardings/${id}`)).toMatchObject({
    body: { progress: { code: { submissions: [{ by: 'Ana', verdict: 'verified' }] } } },
  });
  expect(await api.audited()).toMatchObject([
    { who: 'Ana', action: 'submitCode', status: 202, outcome: 'pending' },
    { who: 'Ana', action: 'submitCode', status: 202, outcome: 'pending' },
  ]);
});

test('where Meta is slow to judge a code, the caller is told that it is being tried, and the status tells the verdict', async () => {
  const api = await startApiStack({ verdictMs: 1_500 });
  onTestFinished(() => api.close());
  const { stack } = api;
  const ana = await api.user('Ana', 'agent');
  const id = stack.number();
  await stack.start(id);
  const code = await codeAwaited(stack, id);
  let release: () => void = () => {};
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  stack.simulator.faults.add({ kind: 'hold', endpoint: 'verifyCode', phoneNumberId: id, until });
  expect(await ana.post(`/v1/onboardings/${id}/code`, { code })).toMatchObject({
    status: 202,
    body: { verdict: 'pending', reason: expect.stringMatching(/being tried/) },
  });
  release();
  expect(await stack.client.result(id)).toMatchObject({ outcome: 'live' });
});
